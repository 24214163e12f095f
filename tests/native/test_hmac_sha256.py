"""The compiled keyed hashes are those of the standard library, whatever the text and however many there are."""

from __future__ import annotations

import hmac

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.audit.keys import AuditKey
from balansfilter.native.hmac_sha256 import LONGEST, number_hashes
from tests.loops import both_ways, loops_for

KEY = AuditKey("0123456789abcdef" * 4)
TEXTS = st.lists(st.none() | st.text(max_size=27) | st.text("0123456789", max_size=56), max_size=50)


def bytes_of(made):
    """Return keyed hashes as bytes; None for a null, in whose place there are zeros."""
    assert not made.words[~made.known].any()
    return [words.tobytes() if known else None for words, known in zip(made.words, made.known, strict=True)]


def expected(texts):
    return [bytes.fromhex(KEY.hash(text)) if text else None for text in texts]


def of_numbers(numbers):
    return KEY.hashes_of_numbers(np.array(numbers, np.uint64))


@settings(deadline=None)  # the first example waits for what is compiled
@given(TEXTS)
def test_texts(texts):
    assert bytes_of(KEY.hashes(pl.Series("id", texts, pl.String))) == expected(texts)


@settings(deadline=None)  # the first example waits for what is compiled
@given(st.sampled_from([100, 10**11, 10**16, 2**64]).flatmap(lambda end: st.lists(st.integers(0, end - 1))))
def test_numbers(numbers):
    assert bytes_of(of_numbers(numbers)) == expected([f"+{number}" if number else None for number in numbers])


@pytest.mark.parametrize("longest", [16, 17, 20])
def test_numbers_of_every_length(longest):
    numbers = [*(10**digits + more for digits in range(longest) for more in (-1, 0, 1)), 10**longest - 1]
    numbers = [number for number in numbers if number < 2**64]
    for made in both_ways(lambda: of_numbers(numbers)):
        assert bytes_of(made) == expected([f"+{number}" if number else None for number in numbers])


def test_every_length_that_fits_and_one_that_does_not():
    texts = ["x" * length for length in range(LONGEST + 1)]  # the first of which has none
    assert bytes_of(KEY.hashes(pl.Series("id", texts))) == expected(texts)
    assert bytes_of(KEY.hashes(pl.Series("id", [*texts, "x" * (LONGEST + 1)])))[:-1] == expected(texts)


@pytest.mark.parametrize("key", [b"", b"k", bytes(range(64))])
def test_any_key_of_at_most_a_block(key):
    numbers = [7, 31612345678, 2**64 - 1]
    made = number_hashes(np.array(numbers, np.uint64), key, 32)
    assert bytes_of(made) == [hmac.digest(key, f"+{number}".encode(), "sha256") for number in numbers]


def test_without_numba_the_hashes_are_the_same():
    texts = ["", "a", None, "é" * 40]
    with loops_for(compiled=False):
        assert bytes_of(KEY.hashes(pl.Series("id", texts))) == expected(texts)
        assert bytes_of(of_numbers([0, 31612345678])) == expected([None, "+31612345678"])


@pytest.mark.parametrize("longest", [3, 55, 56, 300])
def test_texts_of_any_length_and_empty_ones(longest):
    texts = ["", "x" * longest, "abc", "", None]
    for made in both_ways(lambda: KEY.hashes(pl.Series("id", texts))):
        assert bytes_of(made) == expected(texts)
