"""Columns of text say what Polars says of them, with loops and without."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.evidence.lookup import TextSet
from balansfilter.native.coding_loops import coded
from balansfilter.native.line_loops import joined, need_quotes, numbered
from balansfilter.native.text_loops import all_bytes, compacted, extent, laid_out, replaced, trimmed
from balansfilter.native.views import Views
from tests.loops import both_ways

compiled = settings(deadline=None, max_examples=150)  # the first example waits for what is compiled
SPACES = " \t\n\r\x0b\x0c\u00a0\u2009\u3000\x85\x1c"
PARTS = (
    st.text(max_size=30)
    | st.text("ab", max_size=40)
    | st.text(SPACES + "a", max_size=6)
    | st.text("0123456789-", max_size=20)
)
LISTS = st.lists(PARTS, max_size=40)
GAPPED = st.lists(st.none() | PARTS, max_size=40)


def column(texts: list[str] | list[str | None], name: str = "") -> pl.Series:
    return pl.Series(name, texts, pl.String)


@compiled
@given(GAPPED)
@example(["  a  ", "b"])
@example([" 123456789012 ", " 1234567890123 ", "1234567890123456 "])
def test_white_space_around_texts_goes_as_polars_takes_it(texts: list[str | None]) -> None:
    cells = column(texts, "cell")
    for made in both_ways(lambda: trimmed(cells)):
        assert made.to_list() == cells.fill_null("").str.strip_chars().to_list()
        assert made.name == "cell"


@compiled
@given(
    st.lists(
        st.none() | PARTS | st.sampled_from(["2026-01-01", "01-01-2026", "a" * 16, "a" * 17, "b" * 17, "a" * 24]),
        max_size=60,
    )
)
@example([f"{n:04}" for n in range(9000)])
@example([f"abcd{n:012}12345678" for n in range(300)] * 2)
def test_each_text_is_coded_once(texts: list[str | None]) -> None:
    half = len(texts) // 2
    for cells in (column(texts), pl.concat([column(texts[:half]), column(texts[half:])], rechunk=False)):
        for found in both_ways(partial(coded, cells)):
            assert found.series().to_list() == texts
            assert found.different.n_unique() == len(found.different)


@compiled
@given(GAPPED)
def test_compacted_texts_are_the_same_and_keep_nothing_else_alive(texts: list[str | None]) -> None:
    whole = column([*texts, "x" * 1000], "kept").fill_null("")
    for made in both_ways(lambda: compacted(whole[:-1])):
        assert (made.name, made.to_list()) == ("kept", [text or "" for text in texts])
        assert Views.of(made).buffers.sizes.sum() <= sum(len((text or "").encode()) for text in texts)


@compiled
@given(GAPPED)
def test_the_bytes_of_texts_lie_one_behind_the_other(texts: list[str | None]) -> None:
    wanted = "".join(text or "" for text in texts).encode()
    assert [made.tobytes() for made in both_ways(lambda: all_bytes(column(texts)))] == [wanted, wanted]


@compiled
@given(GAPPED, st.booleans())
@example([None, "somebody of the list"], False)
def test_how_much_text_there_is_is_told_either_way(texts: list[str | None], long: bool) -> None:
    given = column([(text or "") + "long enough to stand elsewhere" * long for text in texts])
    lengths = [len(text.encode()) for text in given]
    views = Views.of(laid_out(np.array(lengths, np.uint32), all_bytes(given)) if long else given)
    found, plain = both_ways(lambda: extent(views))
    assert found == plain
    assert found[:3] == (sum(lengths), sum(length for length in lengths if length > 12), max(lengths, default=0))
    if long:
        assert found.lie_behind_each_other == (len(texts) > 0)


@compiled
@given(LISTS)
def test_texts_that_lie_one_behind_the_other_are_told_apart_by_their_lengths(texts: list[str]) -> None:
    lengths = np.array([len(text.encode()) for text in texts], np.uint32)
    packed = np.frombuffer("".join(texts).encode(), np.uint8)
    assert [made.to_list() for made in both_ways(lambda: laid_out(lengths, packed))] == [texts, texts]


@compiled
@given(LISTS, LISTS, st.randoms(use_true_random=False))
def test_texts_are_replaced_in_some_places(texts: list[str], others: list[str], chance) -> None:
    others = others[: len(texts)]
    places = sorted(chance.sample(range(len(texts)), len(others)))
    wanted = list(texts)
    for place, other in zip(places, others, strict=True):
        wanted[place] = other
    assert replaced(column(texts), np.array(places, np.intp), column(others)).to_list() == wanted


@compiled
@given(LISTS, st.lists(PARTS, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_lines_are_texts_with_tails(texts: list[str], tails: list[str], chance) -> None:
    codes = np.array([chance.randrange(len(tails)) for _ in texts], dtype=np.int32)
    wanted = [text + tails[code] for text, code in zip(texts, codes, strict=True)]
    for made in both_ways(lambda: joined(column(texts), column(tails), codes)):
        assert made.to_list() == wanted
        assert made.filter(pl.Series(codes == 0)).to_list() == [wanted[n] for n in np.flatnonzero(codes == 0)]


@compiled
@given(
    st.lists(PARTS, min_size=1, max_size=30),
    st.lists(PARTS, min_size=1, max_size=5),
    st.integers(0, 2**64 - 100),
    st.randoms(use_true_random=False),
)
@example(["a"] * 12, ["\n"], 8, None)
def test_numbered_lines_are_a_number_a_text_and_a_tail(texts: list[str], tails: list[str], first: int, chance) -> None:
    codes = np.array([chance.randrange(len(tails)) if chance else 0 for _ in texts], dtype=np.int32)
    numbers = pl.Series(range(first, first + len(texts)), dtype=pl.UInt64)
    wanted = "".join(f"{n},{text}{tails[code]}" for n, text, code in zip(numbers, texts, codes, strict=True)).encode()
    made = both_ways(lambda: bytes(numbered(numbers, column(texts), column(tails), codes)))
    assert made == (wanted, wanted)


@compiled
@given(st.lists(st.text("ab ;.", max_size=30) | st.text('ab,"\r\n\0-', max_size=30), max_size=4))
@example(["a" * 12 + "\n"])
@example(["a" * 20 + "," + "a" * 20])
@example(["\u012c\u2c2c"])
def test_a_text_with_a_mark_in_it_or_nothing_needs_quotes(texts: list[str]) -> None:
    wanted = any(not text or set(text) & set(',"\r\n') for text in texts)
    assert both_ways(lambda: need_quotes(column(texts))) == (wanted, wanted)


@compiled
@given(LISTS, LISTS)
@example(["k" * n for n in range(1, 40)], ["k" * n for n in range(50)])
@example([f"abcd{n:012}12345678" for n in range(300)], [f"abcd{n:012}12345678" for n in range(100, 400)])
def test_a_set_of_texts_finds_them(kept: list[str], asked: list[str]) -> None:
    probes = column([*asked, *kept])
    found = TextSet.of(column(kept))
    quick, plain = both_ways(lambda: found.positions(probes))
    assert quick.tolist() == plain.tolist()
    assert [place >= 0 for place in quick] == [text != "" and text in kept for text in probes]
    assert found.texts.gather(quick[quick >= 0]).to_list() == [text for text in probes if text and text in kept]
