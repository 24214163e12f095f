"""One call of the history as it is kept for counting: who, when, after which purchase, and how it ended.

The calls lie on disk in parts, each person's in one part, so that people can be told apart exactly and a person's calls
be put in order in the memory that one part takes. A person is a 64-bit hash of the customer id, or of the number where
the call has no id; among fifty million people the chance that two have the same one is below one in ten thousand. The
files are private, hold no number and no id as such, and are gone when the counting is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.engine.membership import UInt64Array

CONVERTED, OBJECTED, COMPLAINED = (np.uint8(1 << bit) for bit in range(3))
"""How a call ended, as flags."""

NOBODY = np.uint64(0)
"""The person of a call that names neither a readable number nor a customer id."""

Calls = npt.NDArray[np.void]
"""Calls, with the fields of :data:`CALL`."""

CALL = np.dtype(
    [
        ("person", np.uint64),
        ("row", np.uint64),
        ("day", np.int32),
        ("purchase", np.int32),
        ("product", np.uint16),
        ("ended", np.uint8),
    ]
)
"""A call: its row in the history from 1, the days as numbers, the product by its place, and its flags."""

_PARTS = 64
_SHIFT = np.uint64(58)


def persons(customer_id: pl.Series, number: pl.Series) -> UInt64Array:
    """Give who was called: by customer id where there is one, else by number."""
    frame = pl.DataFrame({"id": customer_id, "number": number})
    person = (
        pl.when(pl.col("id") != "")
        .then(pl.max_horizontal(pl.col("id").hash(1), pl.lit(1, dtype=pl.UInt64)))
        .when(pl.col("number").is_not_null())
        .then(pl.max_horizontal(pl.col("number").hash(2), pl.lit(1, dtype=pl.UInt64)))
        .otherwise(pl.lit(0, dtype=pl.UInt64))
    )
    return frame.select(person).to_series().to_numpy()


@dataclass
class CallStore:
    """Calls on disk. Add them in the order of the history; take them out part by part."""

    folder: Path

    def __post_init__(self) -> None:
        self._paths = [self.folder / f"calls.{part:02d}" for part in range(_PARTS)]
        self._files: list[BinaryIO] = [path.open("wb") for path in self._paths]
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files:
            file.close()

    def add(self, calls: Calls) -> None:
        """Add calls; raises OSError where the disk refuses."""
        who = np.where(calls["person"] == NOBODY, calls["row"] << _SHIFT, calls["person"])
        part = (who >> _SHIFT).astype(np.uint8)
        ordered = calls[np.argsort(part, kind="stable")]
        ends = np.cumsum(np.bincount(part, minlength=_PARTS)).tolist()
        for file, start, end in zip(self._files, [0, *ends], ends, strict=False):
            if end > start:
                file.write(ordered[start:end].tobytes())
        self.rows += len(calls)

    def parts(self) -> Iterator[Calls]:
        """Give the calls, every person's in one part, each part in the order of the history."""
        for file, path in zip(self._files, self._paths, strict=True):
            file.flush()
            calls = np.fromfile(path, dtype=CALL)
            if len(calls):
                yield calls
