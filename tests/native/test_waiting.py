"""Columns that wait in few bytes come back as they went, and in few bytes they are where their rows are alike."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.native import waiting_loops
from balansfilter.native.coded_texts import as_series
from balansfilter.native.frame_arrays import in_arrays
from balansfilter.native.text_loops import all_bytes, extent, laid_out
from balansfilter.native.views import Views
from balansfilter.native.waiting_loops import (
    AlikeTexts,
    alike_texts,
    few_texts,
    near_numbers,
    numbers_of,
    texts_behind,
)
from tests.loops import both_ways

compiled = settings(deadline=None, max_examples=200)  # the first example waits for what is compiled
BEGINNINGS = st.sampled_from(["", "K-", "KLANT-2", "KLANT-20", "KLANT-2026", "MK-2026-00000001", "é" * 5, "x" * 40])
RESTS = st.text("0123456789", max_size=9) | st.text("é€a", max_size=3)
NUMBERS = st.just(0) | st.integers(1, 2**64 - 1) | st.integers(31_600_000_000, 31_699_999_999)


def column(texts: list[str | None]) -> pl.Series:
    return pl.Series("waits", texts, pl.String)


def alike(texts: pl.Series) -> AlikeTexts | None:
    views = Views.of(texts)
    return alike_texts(views, extent(views))


def bytes_of(frame: pl.DataFrame) -> dict[str, int]:
    arrays = in_arrays(frame.to_dict()) or {}
    return {name: sum(array.nbytes for array in of_column.arrays) for name, of_column in arrays.items()}


@compiled
@given(BEGINNINGS, st.lists(RESTS, min_size=1, max_size=60), st.lists(RESTS, max_size=2))
@example("KLANT-20", ["", "12345678"], [])
@example("KLANT-20", [""], [])
@example("KLANT-2026", ["1"] * 40, ["KLANT-2O26"])
@example("MK-2026-00000001", ["12345678"] * 20, [])
def test_texts_that_begin_alike_come_back(beginning: str, rests: list[str], others: list[str]) -> None:
    texts = column([*others, *(beginning + rest for rest in rests)])
    found = alike(texts)
    if found is not None:
        for made in both_ways(lambda: texts_behind(len(texts), *found)):
            assert made.to_list() == texts.to_list()


@pytest.mark.parametrize("missing", [range(998, 999), range(985, 995), range(939, 999), range(500, 520)])
@pytest.mark.parametrize("short", ["", "MK-20"])
def test_nothing_is_written_behind_the_room_where_a_text_is_too_short(missing: range, short: str) -> None:
    texts = [f"MK-2026-1{n:07}" for n in range(1000)]
    for n in missing:
        texts[n] = short
    views = Views.of(column(texts))
    shared = len("MK-2026-1000")
    left = extent(views).size - len(texts) * shared
    whole = np.full(left + 8 + 10_000, 7, np.uint8)
    ends = (np.uint64(int.from_bytes(some, "little")) for some in (b"MK-2026-", b"026-1000"))
    took = waiting_loops._take_rests(*views.told, shared, *ends, np.empty(1000, np.uint8), whole[: left + 8])
    assert not took
    assert (whole[left + 8 :] == 7).all()
    assert alike(column(texts)) is None


@compiled
@given(st.lists(st.none() | RESTS, min_size=1, max_size=20), st.integers(1, 40))
@example(["2026-01-01", "2025-12-31", None, "a text of more than twelve bytes"], 20)
@example([None], 16)
def test_few_texts_come_back(texts: list[str | None], times: int) -> None:
    given_ones = column(texts * times)
    (few, _) = both_ways(lambda: few_texts(given_ones))
    assert few is not None or len(set(texts)) * 3 > len(texts) * times or len(set(texts)) > 256
    if few is not None:
        assert few.series().to_list() == given_ones.to_list()
        (apart,) = (in_arrays({"waits": few}) or {}).values()
        assert as_series(apart.make(*apart.arrays)).to_list() == given_ones.to_list()


@compiled
@given(st.lists(NUMBERS, min_size=1, max_size=50))
@example([0])
@example([1])
@example([1, 2**32])
@example([1, 2**32 - 1])
@example([31_600_000_000, 31_600_000_000 + 2**32 - 2, 0])
@example([2**64 - 1, 2**64 - 2, 0])
def test_near_numbers_come_back_and_0_stays_0(numbers: list[int]) -> None:
    given_ones = np.array(numbers, np.uint64)
    known = [number for number in numbers if number]
    near = near_numbers(given_ones)
    assert (near is not None) == (bool(known) and max(known) - min(known) + 1 < 2**32)
    if near is not None:
        for made in both_ways(lambda: numbers_of(*near)):
            assert made.tolist() == numbers


@pytest.mark.parametrize("rows", [1, 15, 16, 17, 40, 1000])
def test_any_frame_comes_back_out_of_its_arrays(rows: int) -> None:
    frame = pl.DataFrame(
        {
            "id": [f"MK-2026-{n:08}" for n in range(rows)],
            "other id": [f"MK-2026-{n}" for n in range(rows)],
            "one id": ["MK-2026-00000001"] * rows,
            "product": [("dagblad", None, "weekblad")[n % 3] for n in range(rows)],
            "empty": [""] * rows,
            "null": pl.Series([None] * rows, dtype=pl.String),
            "number": pl.Series([(0, 31_612_345_678, 31_699_999_999)[n % 3] for n in range(rows)], dtype=pl.UInt64),
            "far number": pl.Series([(1, 2**64 - 1)[n % 2] for n in range(rows)], dtype=pl.UInt64),
            "some number": pl.Series([(None, 31_612_345_678)[n % 2] for n in range(rows)], dtype=pl.UInt64),
        }
    )
    arrays = in_arrays(frame.to_dict())
    assert arrays is not None
    for name, of_column in arrays.items():
        made = as_series(of_column.make(*of_column.arrays))
        assert (made.dtype, made.to_list()) == (frame.schema[name], frame[name].to_list()), name


def test_rows_that_are_alike_take_few_bytes() -> None:
    rows = 1000
    ids = column([f"MK-2026-{10_000_000 + n}" for n in range(rows)])
    frame = pl.DataFrame(
        {
            "id": laid_out(np.full(rows, 16, np.uint32), all_bytes(ids)),
            "product": ["weekblad", "dagblad"] * (rows // 2),
            "number": pl.Series([31_600_000_000 + 90_000 * n for n in range(rows)], dtype=pl.UInt64),
        }
    )
    taken = bytes_of(frame)
    assert taken["id"] < 5 * rows
    assert taken["product"] < 1.1 * rows
    assert taken["number"] == 4 * rows
