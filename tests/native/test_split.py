"""Delimited text is split as Python's csv module does, or given back to who can."""

from __future__ import annotations

import csv
import io

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from balansfilter.native.split_loops import split
from balansfilter.sources.records import Marks, lay_out
from tests.loops import both_ways

compiled = settings(deadline=None, max_examples=400)
CELLS = st.text('ab ,;"\r\n', max_size=8) | st.text("0123456789", max_size=70) | st.sampled_from(["", "é", "x" * 64])
ANY = st.binary(max_size=200) | st.lists(
    st.sampled_from([b'"', b",", b"\n", b"\r\n", b"\r", b"ab", b"\0"]), max_size=140
).map(b"".join)
FILLER = b"filler,filler,filler,filler,filler,filler,filler,filler,filler,f\n"


def marks(separator: str = ",", quote: str | None = '"') -> Marks:
    return Marks(separator.encode(), quote.encode() if quote else None)


@compiled
@given(ANY, st.sampled_from(['"', None]))
@example(b'a,"b"\r\n' * 20, '"')
@example(b"a\r\n\r\nb\n" * 20, '"')
@example(b'"' + b"\n" * 80, '"')
@example(b'a"\n' * 40, '"')
def test_text_is_simple_only_where_laying_it_out_says_the_same(text: bytes, quote: str | None) -> None:
    found, plain = both_ways(lambda: lay_out(text + FILLER, marks(quote=quote)))
    assert not plain.is_simple
    if found.is_simple:
        assert (found.text, found.records, found.line_feeds) == (plain.text, plain.records, plain.line_feeds)
        assert (found.feeds.tolist(), found.quotes.tolist()) == (plain.feeds.tolist(), plain.quotes.tolist())
        assert found.raw is found.text
        assert plain.raw is plain.text
        assert plain.blank is None
        assert not plain.broken
        assert plain.ending is None
        assert b"\0" not in found.text
        returns = np.flatnonzero(plain.codes == 13)
        assert not plain.outside(returns[plain.codes[returns + 1] != 10]).any()


@compiled
@given(
    st.integers(1, 5).flatmap(
        lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=30)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.sampled_from([",", ";"]),
)
def test_cells_are_those_of_the_csv_module(rows: list[list[str]], end: str, quoting: int, separator: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)
    data = text.getvalue().encode()
    assume(len(data) >= 64)
    if end == "\n" and quoting == csv.QUOTE_MINIMAL:  # else a bare "\r" before the line feed is part of the line's end
        assume(not any(row[-1].endswith("\r") for row in rows))
    found = lay_out(data, marks(separator))
    if not found.is_simple:  # a line feed in a cell, an empty line
        assert any("\n" in cell or "\r" in cell for row in rows for cell in row) or [""] in rows
        return
    width = len(rows[0])
    made = split(data, marks(separator).codes, width, tuple(range(width)), found.records, keep_records=True)
    if made is None:
        assert any('"' in cell for row in rows for cell in row)
        return
    columns = [one.to_list() for one in made.columns]
    assert [list(row) for row in zip(*columns, strict=True)] == rows
    assert made.records is not None
    records = made.records.to_list()
    assert [next(csv.reader([record], delimiter=separator)) for record in records] == rows


@compiled
@given(st.lists(st.integers(1, 4), min_size=2, max_size=40), st.integers(1, 4))
def test_uneven_records_are_not_split(widths: list[int], width: int) -> None:
    data = b"".join(b",".join([b"0123456789"] * cells) + b"\n" for cells in [*widths, width] * 3)
    assume(len(data) >= 64)
    made = split(data, marks().codes, width, (0,), data.count(b"\n"), keep_records=False)
    assert (made is not None) == (set(widths) <= {width})
