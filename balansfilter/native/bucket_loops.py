"""Rows put together by their numbers, so that rows with one number lie in one of few buckets."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from balansfilter.native.loop import loop
from balansfilter.native.views import Words

_WORDS_OF_A_ROW = 3


class Buckets(NamedTuple):
    """Rows in buckets."""

    rows: Words
    """Number, row and the bits of the anchor of each, bucket by bucket, in their order."""
    sizes: npt.NDArray[np.int64]
    """How many there are in each bucket."""


@loop
def _in_buckets(numbers, rows, anchors, places, out):
    """Write the number, row and anchor of each row where its bucket is.

    :param places: for each bucket, where its first row goes; takes where the next would go.
    """
    for row in range(len(numbers)):
        bucket = numbers[row] % np.uint64(len(places))
        place = places[bucket]
        out[place, 0], out[place, 1], out[place, 2] = numbers[row], rows[row], np.uint64(np.int64(anchors[row]))
        places[bucket] = place + 1


@loop
def _count(numbers, counts):
    for row in range(len(numbers)):
        counts[numbers[row] % np.uint64(len(counts))] += 1


def in_buckets(numbers: Words, rows: Words, anchors: npt.NDArray[np.int32], buckets: int) -> Buckets:
    """Put rows into buckets by what is left of their numbers, divided by how many buckets there are."""
    out = np.empty((len(numbers), _WORDS_OF_A_ROW), np.uint64)
    if _in_buckets.pays(len(numbers)):
        sizes = np.zeros(buckets, np.int64)
        _count(numbers, sizes)
        _in_buckets(numbers, rows, anchors, np.cumsum(sizes) - sizes, out)
        return Buckets(out, sizes)
    bucket = (numbers % np.uint64(buckets)).astype(np.intp)
    order = np.argsort(bucket, kind="stable")
    for column, values in enumerate((numbers, rows, anchors.astype(np.int64).view(np.uint64))):
        out[:, column] = values[order]
    return Buckets(out, np.bincount(bucket, minlength=buckets))
