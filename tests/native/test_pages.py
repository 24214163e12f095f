"""Texts behind their lengths, codes in few bits, differences, few different values and bounds: both ways."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.native.bound_loops import bounds_of
from balansfilter.native.coding_loops import first_ones
from balansfilter.native.page_loops import behind_lengths, differences, front_coded, in_bits
from tests.loops import both_ways

TEXTS = st.lists(st.text("aé€\0", max_size=40), max_size=30)
BEGINNINGS = ["", "MK-", "MK-2", "MK-2026-1000", "MK-2026-1000000", "a text of many bytes, ", "é\U0001f600" * 9]
"""What texts have in common: less than their first bytes in a view, as much, as much as stands there, and more."""


@settings(deadline=None)
@given(TEXTS)
def test_texts_stand_behind_their_lengths(texts: list[str]) -> None:
    data = [text.encode() for text in texts]
    wanted = b"".join(len(text).to_bytes(4, "little") + text for text in data)
    for made in both_ways(lambda: behind_lengths(pl.Series(texts, dtype=pl.String))):
        assert made.tobytes() == wanted


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(BEGINNINGS), st.text("aé\0", max_size=20)), max_size=30), st.integers(0, 29))
def test_texts_stand_without_what_they_share_with_the_one_before(parts: list[tuple[str, str]], first: int) -> None:
    texts = ["".join(two) for two in parts]
    for made in both_ways(lambda: front_coded(pl.Series(texts, dtype=pl.String).slice(first))):
        before, again, at = b"", [], 0
        for alike, left in zip(made.shared.tolist(), made.left.tolist(), strict=True):
            again.append(before[:alike] + made.rests[at : at + left].tobytes())
            assert before[: alike + 1] != again[-1][: alike + 1] or alike == len(before) == alike + left
            before, at = again[-1], at + left
        assert [text.decode() for text in again] == texts[first:]
        assert at == len(made.rests)


@settings(deadline=None)
@given(st.integers(1, 32), st.data())
def test_codes_stand_in_few_bits_the_first_in_the_lowest(width: int, data: st.DataObject) -> None:
    codes = data.draw(st.lists(st.integers(0, 2**width - 1), max_size=40))
    whole = sum(code << place * width for place, code in enumerate(codes))
    wanted = whole.to_bytes(-(-len(codes) // 8) * width, "little")
    for made in both_ways(lambda: in_bits(np.array(codes, np.uint32), width)):
        assert made.tobytes() == wanted


@settings(deadline=None)
@given(
    st.lists(st.text("ab", max_size=3) | st.just("a text of many bytes"), min_size=1, max_size=40), st.integers(1, 12)
)
def test_few_different_texts_are_told_by_where_they_stand_first(texts: list[str], most: int) -> None:
    different = list(dict.fromkeys(texts))
    for found in both_ways(lambda: first_ones(pl.Series(texts), most)):
        if len(different) > most:
            assert found is None
            continue
        assert found is not None
        assert found[0].tolist() == [texts.index(text) for text in different]
        assert found[1].tolist() == [different.index(text) for text in texts]


@settings(deadline=None)
@given(st.lists(st.sampled_from([0, 1, 2**31, 2**32, 2**63, 2**64 - 1, 7, 8]), min_size=1, max_size=40))
def test_and_so_are_numbers(numbers: list[int]) -> None:
    different = list(dict.fromkeys(numbers))
    for found in both_ways(lambda: first_ones(pl.Series(numbers, dtype=pl.UInt64), 8)):
        assert found is not None
        assert [numbers[first] for first in found[0]] == different
        assert [different[code] for code in found[1]] == numbers


@pytest.mark.parametrize("most", [0, 1])
def test_none_at_all_may_be_many(most: int) -> None:
    for found in both_ways(lambda: first_ones(pl.Series(["a", "b"]), most)):
        assert found is None


def bounds_of_all(texts: list[str]) -> None:
    data = [text.encode() for text in texts]
    for found in both_ways(lambda: bounds_of(pl.Series(texts, dtype=pl.String))):
        assert found == (min(data), max(data))


@settings(deadline=None)
@given(st.lists(st.text("az09é€\U0001f600\0\x7f", max_size=24), min_size=1, max_size=30))
def test_the_bounds_of_texts_are_those_of_their_bytes(texts: list[str]) -> None:
    bounds_of_all(texts)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(st.sampled_from(BEGINNINGS), st.text("aé\0", max_size=9)), min_size=1, max_size=30),
    st.sampled_from([None, False, True]),
)
def test_and_so_are_those_of_texts_that_begin_alike(parts: list[tuple[str, str]], falling: bool | None) -> None:
    texts = ["".join(two) for two in parts]
    bounds_of_all(texts if falling is None else sorted(texts, reverse=falling))
    beginning = parts[0][0]
    bounds_of_all([beginning + rest for _, rest in parts])


@pytest.mark.parametrize("length", range(40))
def test_a_text_is_less_than_one_that_goes_on_even_with_zeros(length: int) -> None:
    texts = ["x" * length + rest for rest in ("\0", "", "\0\0", "y", "\0y")]
    for first in range(len(texts)):
        bounds_of_all(texts[first:] + texts[:first])
    bounds_of_all(["\0" * length for length in (length, length + 1, 0 if length % 2 else 40)])


def test_the_bounds_of_a_part_of_a_column_are_its_own() -> None:
    texts = pl.Series([f"MK-2026-{10_000_000 + n}" for n in range(1_000)])
    for found in both_ways(lambda: bounds_of(texts.slice(37, 400))):
        assert found == (b"MK-2026-10000037", b"MK-2026-10000436")


def numbers_in(blocks: bytes, first: int, rows: int) -> list[int]:
    """Return numbers as the format says that they are read, and look whether nothing is left or wasted."""
    numbers, at = [first], 0

    def varint() -> int:
        nonlocal at
        number = shift = 0
        while True:
            byte, at = blocks[at], at + 1
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                return number
            shift += 7

    while len(numbers) < rows:
        told = varint()
        least, widths, at = told >> 1 ^ -(told & 1), blocks[at : at + 4], at + 4
        rests: list[int] = []
        for width in widths:
            packed, at = int.from_bytes(blocks[at : at + 4 * width], "little"), at + 4 * width
            values = [packed >> place * width & (1 << width) - 1 for place in range(32)]
            left = rows - len(numbers) - len(rests)
            assert not any(values[left:])
            assert width in (max(values).bit_length(), 64)
            rests += values[:left]
        assert min(rests) == 0
        for rest in rests:
            number = (numbers[-1] + least + rest) % (1 << 64)
            numbers.append(number - (1 << 64) if number >> 63 else number)
    assert at == len(blocks)
    return numbers


@pytest.mark.parametrize("rows", [1, 2, 3, 31, 32, 33, 34, 64, 65, 97, 128, 129, 130, 161, 257, 1_000])
@settings(deadline=None, max_examples=30)
@given(st.integers(-(2**63), 2**62), st.integers(0, 63), st.integers(0, 2**32))
def test_differences_are_as_the_format_says(rows: int, first: int, width: int, seed: int) -> None:
    steps = np.random.default_rng(seed).integers(0, 1 << width, rows, np.uint64)
    steps[0] = 0
    numbers = np.uint64(first % (1 << 64)) + np.cumsum(steps)
    made, without = both_ways(lambda: differences(numbers.view(np.int64)))
    assert made.tobytes() == without.tobytes()
    assert numbers_in(made.tobytes(), first, rows) == numbers.view(np.int64).tolist()


@pytest.mark.parametrize("width", range(65))
def test_differences_of_any_width_come_back(width: int) -> None:
    step = (1 << width) - 1
    numbers = np.cumsum(np.array([0, *[0, step] * 20, step, 1], np.uint64)).view(np.int64)
    made, without = both_ways(lambda: differences(numbers))
    assert made.tobytes() == without.tobytes()
    assert numbers_in(made.tobytes(), 0, len(numbers)) == numbers.tolist()
