"""Text with escapes is read as Python's csv module reads it, and published as it came."""

import csv
import io
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from source_opening import PIECES_OF_CSV, lacks_a_separator, open_file

from balansfilter.errors import SourceError
from balansfilter.publish.csv_records import PlainCsv, raw_cells, record
from tests.lines import records_of

CELLS = st.text(st.sampled_from('ab"\\,;\n N0é'), max_size=6)
SIZES = st.sampled_from([3, 17, 64, 16 << 20])


def read(text: str, size: int = 16 << 20, **options):
    """Read a text without header: its cells and its records."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lijst.csv"
        path.write_bytes(text.encode())
        with open_file(path.parent, path, header=False, block_bytes=size, keep_records=True, **options) as source:
            chunks = list(source.chunks())
        return [list(row) for one in chunks for row in one.cells.rows()], [r for one in chunks for r in records_of(one)]


def escaped(cell: str, separator: str, quote: str | None) -> str:
    """Write a cell as MySQL writes it: with a backslash before each character that has a meaning."""
    return "".join(f"\\{letter}" if letter in ("\\", separator, quote, "\n") else letter for letter in cell)


@settings(deadline=None, max_examples=150)
@given(
    st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=8)),
    st.sampled_from(['"', None]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    SIZES,
)
@example([["a\\", 'b"'], ["\n", "é,"]], '"', ",", "\n", True, 3)
def test_what_is_written_with_escapes_comes_back(rows, quote, separator, end, enclosed, size):
    wrap = quote if enclosed and quote else ""
    records = [separator.join(wrap + escaped(cell, separator, quote) + wrap for cell in row) for row in rows]
    assume(all(records))
    assume(not any("\n" in cells and separator in cells for cells in map("".join, rows)))  # so that no line is a row
    text = "".join(line + end for line in records)
    assume("\\\r" not in text.replace("\\\\", ""))
    cells, raw = read(text, size, separator=separator, quote=quote, escape="\\")
    assert cells == rows
    assert raw == records
    how = {"delimiter": separator, "quotechar": quote, "escapechar": "\\"}
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    assert list(csv.reader(io.StringIO(text, newline=""), quoting=quoting, **how)) == rows


PIECES = [*PIECES_OF_CSV, "N", "\\", '\\"', "\\,", "\\\\", "\\\n"]


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=30).map("".join), st.sampled_from(['"', None]), SIZES)
@example('a\\"b,"c\\"",d\n1,2,3\n', '"', 16 << 20)
@example("a\\\nb,c\n1,2\n", None, 3)
def test_any_text_with_escapes_is_read_as_the_csv_module_does_or_refused(text: str, quote: str | None, size: int):
    assume(text.strip("\r\n"))
    quoting = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    ended = io.StringIO(text.removesuffix("\n") + "\n", newline="")  # csv forgets a last line after an escaped end
    reader = csv.reader(ended, quotechar=quote, quoting=quoting, escapechar="\\", strict=True)
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        rows = None
    if rows is None or len({len(row) for row in rows}) > 1:
        with pytest.raises(SourceError):
            read(text, size, quote=quote, escape="\\")
        return
    cells = None
    told = ""
    try:
        cells, _ = read(text, size, quote=quote, escape="\\")
    except SourceError as error:
        told = str(error)
    # stricter than csv, of quotes that seem to stand where none belongs and of an escaped line end of two characters;
    # and \\N stays as it is, so that it is known for a null
    signs = ("a quote within a cell", "over several lines", "escape character")
    assert any(sign in told for sign in signs) or cells == rows or "\\N" in text


def test_mysql_nulls_stay_nulls():
    text = '1,\\N,"\\N"\n2,a\\N,\\N\r\n3,\\\\N,x\n'
    assert read(text, escape="\\")[0] == [["1", "\\N", "N"], ["2", "aN", "\\N"], ["3", "\\N", "x"]]


def test_an_escape_in_front_of_a_line_end_of_two_characters_is_refused():
    with pytest.raises(SourceError, match="escape character in front of its line end") as caught:
        read("1,a\r\n2,b\\\r\n3,c\r\n", escape="\\")
    assert caught.value.problems[0].line == 2
    with pytest.raises(SourceError, match="never closed"):
        read("1,a\n2,b\\\n", escape="\\")


def test_a_lost_separator_is_seen_beside_escapes_too():
    assert read('1,5\\" pijp,a"b\n', escape="\\")[0] == [["1", '5" pijp', 'a"b']]
    with pytest.raises(SourceError, match="a separator seems to be lost"):
        read('1,x\\,"a, b"\n1,dagblad"Jansen, J"\n', escape="\\")
    assert lacks_a_separator(["1", 'dagblad"Jansen', ' J"'])


@settings(deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=4), st.sampled_from(['"', None]), st.booleans())
def test_a_record_with_escapes_is_cut_and_written_exactly(cells, quote, enclosed):
    written = PlainCsv(quote=quote, escape="\\")
    line = record(cells, written)
    how = {"quotechar": quote, "quoting": csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE, "escapechar": "\\"}
    assume(line)
    assert next(csv.reader(io.StringIO(line + "\n", newline=""), **how)) == cells
    wrap = quote if quote and enclosed else ""
    raw = [wrap + escaped(cell, ",", quote) + wrap for cell in cells]
    assert raw_cells(",".join(raw), written) == raw
