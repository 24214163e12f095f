"""Whatever a table holds and however it is written, it comes back cell for cell; Python's csv module is the oracle."""

import csv
import gzip
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from source_opening import PIECES_OF_CSV, is_several_rows, lacks_a_separator, open_file, raw_records

from balansfilter.errors import SourceError
from tests.lines import records_of

C1 = "".join(map(chr, range(0x80, 0xA0)))
LETTERS = st.characters(codec="utf-8", exclude_characters="\0\r", exclude_categories=["Cs"])
CELLS = (
    st.text(st.one_of(st.sampled_from("\"',;\t|\n a0€é"), LETTERS), max_size=8) | st.just("x\r\ny") | st.just("a\rb")
)
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16-le", "windows-1252": "cp1252", "iso-8859-1": "latin-1"}


@dataclass(frozen=True)
class Written:
    """A table as a file."""

    header: list[str]
    rows: list[list[str]]
    records: list[str]
    lines: list[int]
    content: bytes
    options: dict
    name: str


def record(row: list[str], separator: str, quote: str | None, quoting: int) -> str:
    """Write one row without a line end; csv.writer leaves a carriage return unquoted, so rows with one are quoted."""
    buffer = io.StringIO()
    if any("\r" in cell for cell in row):
        quoting = csv.QUOTE_ALL
    csv.writer(buffer, delimiter=separator, quotechar=quote, quoting=quoting, lineterminator="\n").writerow(row)
    return buffer.getvalue()[:-1]


@st.composite
def tables(draw, *, ragged: bool = False) -> Written:
    width = draw(st.integers(1, 5))
    quote = draw(st.sampled_from(['"', '"', "'", None]))
    separator = draw(st.sampled_from(",;\t| ^-"))
    encoding = draw(st.sampled_from(list(CODECS)))
    cells = CELLS
    if quote is None:
        cells = st.text(st.sampled_from("ab\"' é€".replace(separator, "")), min_size=1, max_size=5)
    widths = st.just(width) if not ragged else st.sampled_from([width] * 6 + [width + 1, max(1, width - 1)])
    rows = draw(st.lists(widths.flatmap(lambda n: st.lists(cells, min_size=n, max_size=n)), max_size=12))
    header = [f"kolom{n}é" if n else "k0" for n in range(width)] if draw(st.booleans()) else []
    if not header:
        rows = [["1"] * width, *rows]
    quoting = csv.QUOTE_NONE if quote is None else draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    records = [record(row, separator, quote, quoting) for row in rows]
    assume(quote is not None or all(records))
    assume(not any(is_several_rows(line, width, separator, quote) for line in records))
    return written(draw, header, rows, records, separator, quote, encoding)


def written(draw, header, rows, records, separator, quote, encoding) -> Written:
    """Put records into a file: line ends, blank lines, encoding, byte order mark, compression."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    text, lines = "", []
    for place, line in enumerate([record(header, separator, quote, csv.QUOTE_NONE)] * bool(header) + records):
        text += end * draw(st.sampled_from([0, 0, 0, 0, 1, 2]))
        if place >= bool(header):
            lines.append(text.count("\n") + 1)
        text += line + end
    if draw(st.booleans()):
        text = text.removesuffix(end)
    name, content = compressed(draw, encoded(text, encoding, bom=draw(st.booleans())))
    options = {"separator": separator, "quote": quote, "encoding": encoding, "header": bool(header)}
    return Written(header, rows, records, lines, content, options, name)


def encoded(text: str, encoding: str, *, bom: bool) -> bytes:
    """Encode a text; what its encoding cannot hold, or cannot be told from UTF-8, is no example."""
    if encoding.startswith("utf"):
        return ("\ufeff" * bom + text).encode(CODECS[encoding])
    try:
        content = text.encode(CODECS[encoding])
    except UnicodeEncodeError:
        assume(False)
        raise
    assume(encoding != "iso-8859-1" or not any(letter in C1 for letter in text))
    assume(content.isascii() or not is_utf8(content))
    return content


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def compressed(draw, content: bytes) -> tuple[str, bytes]:
    """Compress a file, or not; in two parts, of which the first may be empty."""
    split = draw(st.integers(0, len(content)))
    how = draw(st.sampled_from(["", "", ".gz", ".zst"]))
    if how == ".gz":
        content = gzip.compress(content[:split]) + gzip.compress(content[split:]) + bytes(split % 3)
    elif how == ".zst":
        content = zstandard.compress(content[:split]) + zstandard.compress(content[split:])
    return "lijst.csv" + how, content


def read(table: Written, block_bytes: int, **options):
    """Read a table back: numbers, cells, records, unreadable rows, and the source."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / table.name
        path.write_bytes(table.content)
        numbers, cells, records, unreadable = [], [], [], []
        with open_file(
            path.parent, path, block_bytes=block_bytes, keep_records=True, **table.options, **options
        ) as source:
            for chunk in source.chunks():
                numbers += chunk.row.to_list()
                cells += [list(row) for row in chunk.cells.rows()]
                records += records_of(chunk)
                unreadable += chunk.unreadable.to_list()
        return numbers, cells, records, unreadable, source


SIZES = st.sampled_from([3, 17, 64, 300, 16 << 20, 16 << 20])


@settings(deadline=None, max_examples=100)
@given(tables(), SIZES)
def test_comes_back_cell_for_cell(table: Written, size: int):
    numbers, cells, records, unreadable, source = read(table, size)
    assert cells == table.rows
    assert records == table.records
    assert numbers == list(range(1, len(table.rows) + 1))
    assert unreadable == []
    assert source.header == (tuple(table.header) or tuple(str(n + 1) for n in range(len(table.rows[0]))))
    assert source.fingerprint.rows == len(table.rows)
    assert source.fingerprint.sha256 == hashlib.sha256(table.content).hexdigest()
    assert source.fingerprint.bytes == len(table.content)


@settings(deadline=None, max_examples=40)
@given(tables(), SIZES)
def test_can_be_written_again_in_the_same_way(table: Written, size: int):
    *_, records, _, source = read(table, size)
    dialect = source.dialect
    lines = [dialect.header_record] * bool(table.header) + records
    again = dialect.bom + "".join(line + dialect.line_end for line in lines).encode(dialect.codec)
    copy = Written(table.header, table.rows, table.records, [], again, table.options, "lijst.csv")
    assert read(copy, size)[:3] == read(table, size)[:3]


@settings(deadline=None, max_examples=80)
@given(tables(ragged=True), SIZES)
def test_ragged_rows_are_found_at_their_lines(table: Written, size: int):
    width = len(table.header or table.rows[0])
    bad = [place for place, row in enumerate(table.rows) if len(row) != width]
    if not bad:
        assert read(table, size)[1] == table.rows
        return
    with pytest.raises(SourceError) as caught:
        read(table, size)
    found = [problem.line for problem in caught.value.problems]
    expected = [table.lines[place] for place in bad]
    assert found == expected[: len(found)]
    assert size < 1 << 20 or found == expected[:10]
    numbers, cells, records, unreadable, _ = read(table, size, on_bad_row="drop")
    good = [place for place in range(len(table.rows)) if place not in bad]
    assert numbers == [place + 1 for place in good]
    assert unreadable == [place + 1 for place in bad]
    assert cells == [table.rows[place] for place in good]
    assert records == [table.records[place] for place in good]


PIECES = [*PIECES_OF_CSV, '"x,y"', '5" pipe', '"\n"', '",', ',"']


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=40).map("".join), SIZES)
def test_any_text_is_read_as_the_csv_module_does_or_refused(text: str, size: int):
    assume(text.strip("\r\n"))
    table = Written([], [], [], [], text.encode(), {"header": False}, "lijst.csv")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        rows = None
    is_odd = rows is not None and any(
        lacks_a_separator(cells) or is_several_rows(",".join(cells), len(rows[0])) for cells in raw_records(text)
    )
    if rows is None or is_odd or len({len(row) for row in rows}) > 1:
        with pytest.raises(SourceError) as caught:
            read(table, size)
        assert caught.value.problems
        return
    assert read(table, size)[1] == rows
