"""Columns by their places say what the texts say."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.evidence.lookup import TextSet
from balansfilter.native.texts import Packed, Texts, as_series, coded, trimmed

compiled = settings(deadline=None, max_examples=150)  # the first example waits for what is compiled
SPACES = " \t\n\r\x0b\x0c\u00a0\u2009\u3000\x85\x1c"
PARTS = (
    st.text(max_size=30)
    | st.text("ab", max_size=40)
    | st.text(SPACES + "a", max_size=6)
    | st.text("0123456789-", max_size=20)
)
LISTS = st.lists(PARTS, max_size=40)


def column(texts: list[str]) -> pl.Series:
    return pl.Series("", texts, pl.String)


@compiled
@given(LISTS)
def test_texts_come_back_as_they_went_in(texts: list[str]) -> None:
    assert Texts.of(column(texts)).series("name").to_list() == texts
    assert Texts.of(column(texts)).series("name").name == "name"
    assert Packed.of(column(texts)).binary().to_list() == [text.encode() for text in texts]


@compiled
@given(st.lists(st.none() | PARTS, min_size=1, max_size=40), st.integers(0, 10))
def test_a_part_of_a_column_of_several_chunks_is_packed_as_it_is(texts: list[str | None], start: int) -> None:
    whole = pl.concat([pl.Series("", texts, pl.String), pl.Series("", texts, pl.String)], rechunk=False)[start:]
    assert Packed.of(whole).series().to_list() == [text or "" for text in [*texts, *texts][start:]]


@compiled
@given(LISTS)
def test_white_space_around_texts_goes_as_polars_takes_it(texts: list[str]) -> None:
    assert as_series(trimmed(Texts.of(column(texts)))).to_list() == column(texts).str.strip_chars().to_list()


@compiled
@given(
    st.lists(PARTS | st.sampled_from(["2026-01-01", "01-01-2026", "a" * 16, "a" * 17, "b" * 17, "a" * 24]), max_size=60)
)
@example([f"{n:04}" for n in range(9000)])
def test_each_text_is_coded_once(texts: list[str]) -> None:
    different, places = coded(Texts.of(column(texts)))
    assert different.gather(places).to_list() == texts
    assert different.n_unique() == len(different)


@compiled
@given(LISTS, st.lists(PARTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_lines_are_texts_with_tails(texts: list[str], tails: list[str], chance) -> None:
    codes = np.array([chance.randrange(len(tails)) for _ in texts], dtype=np.intp)
    made = Texts.of(column(texts)).joined(Packed.of(column(tails)), codes)
    assert made.series().to_list() == [text + tails[code] for text, code in zip(texts, codes, strict=True)]
    kept = np.flatnonzero(codes == 0)
    assert made.gather(kept).series().to_list() == [texts[place] + tails[0] for place in kept]


@compiled
@given(LISTS, LISTS)
@example(["k" * n for n in range(1, 40)], ["k" * n for n in range(50)])
def test_a_set_of_texts_finds_them_in_both_forms(kept: list[str], asked: list[str]) -> None:
    found, probes = TextSet.of(column(kept)), column([*asked, *kept])
    places = found.positions(Texts.of(probes))
    assert places.tolist() == found.positions(probes).tolist()
    assert [place >= 0 for place in places] == [text != "" and text in kept for text in probes]
