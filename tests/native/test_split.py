"""Delimited text is split as Python's csv module does, or given back to who can."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from balansfilter.errors import SourceError
from balansfilter.native import split_loops
from balansfilter.native.record_loops import chosen_lines
from balansfilter.native.split_loops import split
from balansfilter.native.views import Views
from balansfilter.sources.csv_block import CsvBlock, Shape
from balansfilter.sources.interface import OnBadRow
from balansfilter.sources.origin import Origin
from balansfilter.sources.records import Marks, lay_out, layouts
from tests.lines import records_of
from tests.loops import both_ways, loops_for

compiled = settings(deadline=None, max_examples=400)
CELLS = st.text('ab ,;"\r\n', max_size=8) | st.text("0123456789", max_size=70) | st.sampled_from(["", "é", "x" * 64])
ANY = st.binary(max_size=200) | st.lists(
    st.sampled_from([b'"', b",", b"\n", b"\r\n", b"\r", b"ab", b"\0", b"\xef", "é".encode()]), max_size=140
).map(b"".join)
LONG = (
    st.text('ab,"', max_size=3) | st.integers(0, 200).map("x".__mul__) | st.sampled_from(["", "é", '"', '""', "a\r\nb"])
)
PARTS = st.sampled_from(
    [
        b'"',
        b'""',
        b'",',
        b',"',
        b'"\n',
        b'"\r\n',
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b"\0",
        b"\xff",
        "é".encode(),
        b"\xef\xbb\xbf",
    ]
) | st.integers(0, 140).map(b"x".__mul__)
FILLER = b"filler,filler,filler,filler,filler,filler,filler,filler,filler,f\n"


def marks(separator: str = ",", quote: str | None = '"') -> Marks:
    return Marks(separator.encode(), quote.encode() if quote else None)


def lines_of(text: bytes, rows: int) -> list[str]:
    found = chosen_lines(text, np.ones(rows, np.bool_))
    assert found is not None
    return found.views.series().to_list()


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
        assert found.counted is not None
        assert (found.counted.may_have_marks, found.is_ascii) == (b"\xef" in found.text, plain.is_ascii)
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
    made = split(data, marks(separator).codes, width, tuple(range(width)), found.records)
    if made is None:
        assert any('"' in cell for row in rows for cell in row)
        return
    columns = [one.to_list() for one in made]
    assert [list(row) for row in zip(*columns, strict=True)] == rows
    records = lines_of(data, found.records)
    assert [next(csv.reader([record], delimiter=separator)) for record in records] == rows


@compiled
@given(st.lists(st.integers(1, 4), min_size=2, max_size=40), st.integers(1, 4))
def test_uneven_records_are_not_split(widths: list[int], width: int) -> None:
    data = b"".join(b",".join([b"0123456789"] * cells) + b"\n" for cells in [*widths, width] * 3)
    assume(len(data) >= 64)
    made = split(data, marks().codes, width, (0,), data.count(b"\n"))
    assert (made is not None) == (set(widths) <= {width})


@compiled
@given(
    st.data(),
    st.integers(1, 12),
    st.integers(1, 9),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_only_doubled_quotes_in_a_wanted_cell_are_left_to_others(
    data: st.DataObject, width: int, near: int, end: str, quoting: int
) -> None:
    rows = data.draw(st.lists(st.lists(LONG, min_size=width, max_size=width), min_size=1, max_size=20))
    wanted = tuple(data.draw(st.lists(st.integers(0, width - 1), unique=True)))
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(rows)
    found = lay_out(text.getvalue().encode(), marks())
    assume(found.is_simple)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split_loops, "_NEAR", near)
        made = split(found.text, marks().codes, width, wanted, found.records)
        fewer = split(found.text, marks().codes, width, wanted, found.records - 1)
    assert fewer is None
    assert (made is None) == any('"' in row[place] for row in rows for place in wanted)
    if made is not None:
        assert [one.to_list() for one in made] == [[row[place] for row in rows] for place in wanted]
        assert [next(csv.reader([record])) for record in lines_of(found.text, len(rows))] == rows


@compiled
@given(st.integers(0, 63), st.integers(1, 40), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_texts_of_every_length_are_split(left: int, rows: int, end: bytes, quoted: bool) -> None:
    cells = [b"x" * (n % 17) for n in range(rows)]
    cells[-1] += b"y" * left
    mark = b'"' if quoted else b""
    text = b"".join(b"1," + mark + cell + mark + end for cell in cells)
    assume(len(text) >= 64)
    made = split(text, marks().codes, 2, (1,), rows)
    assert made is not None
    assert made[0].to_list() == [cell.decode() for cell in cells]


def test_records_of_more_cells_than_a_processor_keeps_near_are_split() -> None:
    width = 3 * split_loops._NEAR + 1
    text = b"".join(b",".join(b"%d" % (row * n) for n in range(width)) + b"\n" for row in range(5))
    made = split(text, marks().codes, width, (0, width - 1), 5)
    assert made is not None
    assert [one.to_list() for one in made] == [["0"] * 5, [str(row * (width - 1)) for row in range(5)]]


@compiled
@given(st.lists(PARTS, max_size=60).map(b"".join), st.integers(1, 3), st.sampled_from(["drop", "stop"]), st.booleans())
@example(b'x,"y"\r\n' * 40, 2, "drop", True)
@example(b'x,"y\n"\r\n' * 40, 2, "drop", True)
def test_any_text_is_read_and_refused_as_without_loops(
    text: bytes, width: int, on_bad_row: OnBadRow, quotes_mean: bool
) -> None:
    origin = Origin("call list", "list.csv")
    its = marks(quote='"' if quotes_mean else None)
    shape = Shape(origin, its, width, tuple((str(n), n) for n in {0, width - 1}), True, on_bad_row, True)

    def read() -> tuple[list[object], list[int], list[tuple[int, str]]]:
        made, marked, line, row = list[object](), list[int](), 1, 1
        told = list[tuple[int, str]]()
        try:
            for layout in layouts(iter([text[:90], text[90:]]), 150, its, origin, line, 1 << 20, marked):
                block = CsvBlock(layout, shape, row, line)
                line, row = line + layout.line_feeds, row + layout.records
                if layout.records:
                    chunk = block.parse()
                    made += chunk.row.to_list(), chunk.unreadable.to_list(), chunk.cells.rows(), records_of(chunk)
        except SourceError as error:
            told.append((line, str(error)))
        return made, marked, told

    compiled_way, plain = both_ways(read)
    assert compiled_way == plain


@compiled
@given(
    st.lists(st.sampled_from([5, 13, 16, 64, 65, 200]), min_size=1, max_size=300),
    st.sampled_from([0, 20, 100]),
    st.integers(0, 16),
)
def test_long_cells_are_those_of_the_text_wherever_they_are_put(lengths: list[int], few: int, first: int) -> None:
    lengths = [first] * few + lengths  # by which the room for the others is guessed
    cells = [f"{n:04d}".ljust(length, "x")[:length] or "y" for n, length in enumerate(lengths)]
    data = b"".join(f"{cell},{n},{cell}\n".encode() for n, cell in enumerate(cells))
    assume(len(data) >= 64)
    with loops_for(compiled=True):
        made = split(data, marks().codes, 3, (0, 1, 2), len(cells))
    assert made is not None
    assert made[0].to_list() == made[2].to_list() == cells
    assert made[1].to_list() == [str(n) for n in range(len(cells))]


def test_cells_that_lie_near_each_other_keep_nothing_else() -> None:
    rows = [f"MK-2026-{n:08d},{'name ' * 9},0612345678" for n in range(1000)]
    with loops_for(compiled=True):
        data = "\n".join([*rows, ""]).encode()
        made = split(data, marks().codes, 3, (0, 2), len(rows))
        assert made is not None
        ids, phones = (Views.of(column).buffers.sizes.tolist() for column in made)
    assert ids == [16 * len(rows)]
    assert sum(phones) == 0


def test_room_for_long_cells_is_never_more_than_there_is_text() -> None:
    long, short = "x" * 64, 5000
    data = f"{long},{long}\n".encode() * 40 + b",\n" * short
    assert split_loops._rooms(data, marks().codes, 2, (1,), 40 + short).tolist() == [0, len(data) + 64]
    with loops_for(compiled=True):
        made = split(data, marks().codes, 2, (0, 1), 40 + short)
    assert made is not None
    assert made[0].to_list() == made[1].to_list() == [long] * 40 + [""] * short
