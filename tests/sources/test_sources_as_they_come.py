"""Delimited text as people deliver it: joined, cut off, with titles and totals, with line ends of another time."""

import gzip
import hashlib
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.errors import SourceError
from balansfilter.policy.model import Csv
from balansfilter.sources.around import Trailer, behind_lines, may_be_a_row
from balansfilter.sources.marks import Marks
from tests.lines import records_of

HEAD = b"id,naam,tel\n"
ROWS = b"1,Jan,06\n2,Piet,07\n"
BOM = b"\xef\xbb\xbf"


def whole(source):
    """Read a source to its end."""
    chunks = list(source.chunks())
    return SimpleNamespace(
        row=[n for chunk in chunks for n in chunk.row],
        cells=[list(row) for chunk in chunks for row in chunk.cells.rows()],
        unreadable=[n for chunk in chunks for n in chunk.unreadable],
        records=[r for chunk in chunks for r in records_of(chunk)],
    )


@pytest.fixture
def read(put, opened):
    """Read a text whole."""

    def reading(content: bytes, columns=("id",), name="a.csv", **options):
        with opened(put(name, content), list(columns), keep_records=True, **options) as source:
            found = whole(source)
        found.source, found.warnings = source, source.warnings
        return found

    return reading


# --- files that were joined ---


@pytest.mark.parametrize("size", [4, 16 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_byte_order_mark_in_front_of_a_row_is_left_out_and_told(size, encoding, read):
    text = '\ufeffid,naam,tel\r\n1,Jan,06\r\n\ufeff2,Piet,07\r\n\ufeff\ufeff"3","a\n\ufeffb",08\r\n4,\ufeffKees,09\r\n'
    found = read(
        text.encode("utf-8" if encoding == "utf-8" else "utf-16-le"),
        ("id", "naam"),
        encoding=encoding,
        block_bytes=size,
    )
    assert found.cells == [["1", "Jan"], ["2", "Piet"], ["3", "a\n\ufeffb"], ["4", "\ufeffKees"]]
    assert found.records == ["1,Jan,06", "2,Piet,07", '"3","a\n\ufeffb",08', "4,\ufeffKees,09"]
    (warning,) = found.warnings
    assert ":3: call_list: begins with a byte order mark" in warning
    assert " — " in warning


def test_marks_and_empty_lines_before_the_header(read):
    found = read(b"\n" + BOM + b"\r\n" + BOM + HEAD + ROWS)
    assert found.cells == [["1"], ["2"]]
    assert found.source.header == ("id", "naam", "tel")


def test_bad_rows_behind_a_mark_are_named_by_their_line(read):
    with pytest.raises(SourceError) as caught:
        read(HEAD + ROWS + BOM + b"3,Kees\n")
    assert [problem.line for problem in caught.value.problems] == [4]


def test_a_mark_in_a_long_list_is_seen_in_the_loops_too(read):
    rows = [b"%d,Jan van der Berg te Utrecht,0612345678\n" % n for n in range(60_000)]
    rows[41_234] = BOM + rows[41_234]
    found = read(HEAD + b"".join(rows), block_bytes=1 << 20)
    assert found.cells == [[str(n)] for n in range(60_000)]
    assert found.records == [row.decode().removeprefix("\ufeff").rstrip() for row in rows]
    assert len(found.warnings) == 1


# --- files that may have been cut off ---


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_a_last_line_without_a_line_feed_is_told(name, read):
    def packed(text):
        return gzip.compress(text) if name.endswith("gz") else text

    (warning,) = read(packed(HEAD + ROWS + b"3,Kees,0"), name=name).warnings
    assert ":4: call_list: is the last line, and has no line feed behind it" in warning
    assert "Kees" not in warning
    assert read(packed(HEAD + ROWS), name=name).warnings == ()
    assert read(packed(HEAD + ROWS + b"\n\n"), name=name).warnings == ()


def test_each_file_warns_and_only_when_it_was_read(put, opened):
    paths = [put("a.csv", HEAD + b"1,a,06"), put("b.csv", HEAD + ROWS), put("c.csv", HEAD + ROWS + b"9,b,06")]
    with opened(paths, ["id"]) as source:
        with pytest.raises(RuntimeError):
            source.warnings  # noqa: B018
        whole(source)
    assert [warning.split(": ")[0].rsplit("/", 1)[-1] for warning in source.warnings] == ["a.csv:2", "c.csv:4"]


# --- quotes where none belongs ---


def test_a_row_with_a_lost_separator_can_be_dropped(read):
    text = HEAD + b'1"Jansen, J",06\n' + b"2,b,c\n" + b'3"Bakker, ""An"" B",07\r\n4,d,e\n'
    found = read(text, on_bad_row="drop")
    assert (found.row, found.unreadable) == ([2, 4], [1, 3])
    assert found.records == ["2,b,c", "4,d,e"]


@pytest.mark.parametrize(
    "row",
    [
        '1,5" pijp,06',
        '1,5" pijp,3"',
        '1,55",32"',
        '1,tv 55" zwart,kabel 3"',
        '1,"5"" pijp",3"',
        '1,tv 55" zwart,kabel 3" rood',
        '1,x"y,3" rood',
        '1,"a",x"',
        '1, "a",x"',
        "1,d'Ancona,06",
        '1,"Fam. ""van"" der Berg, J.",x"',
    ],
)
def test_signs_for_inches_and_letters_with_quotes_stay_cells(row, read):
    found = read((f"id,naam,tel\n{row}\n2,b,c\n").encode())
    assert (found.row, found.records) == ([1, 2], [row, "2,b,c"])


def test_a_quote_of_the_row_before_does_not_count(read):
    rows = ['1,x"y,b', '2,b,3"', '3,a"b,"c\nd"', '4,b,3"', '5,"a\nb",x"y', '6,b,3"']
    assert read(("id,naam,tel\n" + "\n".join(rows) + "\n").encode()).records == rows


@pytest.mark.parametrize(
    ("head", "row"),
    [
        ("id,adres,tel", '1,"Kerkstraat 1\n1234 AB Plaats",06'),
        ("id,adres,tel", '1,"Kerkstraat 1, 2 hoog\n1234 AB, Plaats",06'),
        ("id,adres,tel", '1,"Kerkstraat 1\r\n\r\n1234 AB, Plaats, Nederland",06'),
        ("id,adres,tel", '1,"\nKerkstraat 1\n",06'),
        ("id,adres", '1,"Kerkstraat 1\n1234 AB, Plaats"'),
        ("id,adres", '1,"Kerkstraat 1, 2 hoog\n1234 AB, Plaats"'),
        ("id,notitie,tel,soort", '1,"Belde terug\nwil, als het kan, korting, of niet\ndaarna niets",06,a'),
        ("id;adres;tel", '1;"Kerkstraat 1, 2 hoog\n1234 AB, Plaats";06'),
        ("id", '"1\n"'),
    ],
)
def test_honest_cells_over_several_lines_stay(head, row, read):
    separator = ";" if ";" in head else ","
    found = read(f"{head}\n{row}\n".encode(), separator=separator)
    assert found.records == [row]


def test_stray_quotes_swallow_nobody_in_a_wide_list(read):
    rows = [f"{n},Jan,Straat {n},Plaats,06{n:08d},a,2026-05-01" for n in range(1, 40)]
    for first, last in ((3, 4), (3, 5), (3, 30)):
        odd = list(rows)
        odd[first] = odd[first].replace(",Jan", ',"Jan')
        odd[last] = odd[last].replace(",Jan", ',Jan"')
        for end in ("\n", "\r\n"):
            text = end.join(["id,naam,straat,plaats,tel,soort,datum", *odd, ""]).encode()
            for options in ({}, {"on_bad_row": "drop"}):
                with pytest.raises(SourceError, match="over several lines") as caught:
                    read(text, **options)
                assert [problem.line for problem in caught.value.problems] == [first + 2]


# --- lines around the table ---


@pytest.mark.parametrize("size", [8, 16 << 20])
@pytest.mark.parametrize("bom", [b"", BOM])
def test_titles_and_totals_are_left_out_and_not_of_the_digest(size, bom, read):
    title = b'Rapport "oud\nGemaakt op 23-11-2026,,\r\n\n'
    footer = b"\nTotaal: 2 rijen,,\r\n(2 rows affected)\n\n"
    content = bom + title + HEAD + ROWS + footer
    found = read(content, skip_lines=3, trailer_lines=2, block_bytes=size)
    assert (found.row, found.records) == ([1, 2], ["1,Jan,06", "2,Piet,07"])
    assert found.source.dialect.header_record == "id,naam,tel"
    assert found.source.dialect.bom == bom
    mark = found.source.fingerprint
    assert (mark.rows, mark.bytes, mark.sha256) == (2, len(content), hashlib.sha256(content).hexdigest())
    assert found.warnings == ()
    with pytest.raises(SourceError) as caught:
        read(title + HEAD + ROWS + b"3,x\n" + footer, skip_lines=3, trailer_lines=2, block_bytes=size)
    assert [problem.line for problem in caught.value.problems] == [7]


@pytest.mark.parametrize("line", [b"sep=,\r\n", b'"sep=,"\n', b"SEP=,\n", b'"sep=,",,\n'])
def test_a_line_sep_is_read(line, read):
    assert read(line + HEAD + ROWS).cells == [["1"], ["2"]]
    assert read(BOM + line + ROWS, ("1",), header=False).cells == [["1"], ["2"]]
    found = read(b"Titel\n" + line + HEAD + ROWS, skip_lines=1)
    assert (found.cells, found.source.dialect.header_record) == ([["1"], ["2"]], "id,naam,tel")
    assert read(b"Titel\n" + line + HEAD + ROWS, skip_lines=2).cells == [["1"], ["2"]]


def test_other_separators_in_a_line_sep(read):
    assert read(b"sep=\t\nid\ttel\n1\t06\n", separator="\t").cells == [["1"]]
    assert read(b"sep=;\nid;tel\n1;06\n", separator=";").cells == [["1"]]
    assert read(b"sep\n1\n", ("sep",)).cells == [["1"]]


def test_a_list_without_rows_may_have_a_total(read):
    assert read(HEAD + b"Totaal: 0\n", trailer_lines=1).row == []


def test_a_total_may_stand_in_the_only_column(read):
    assert read(b"tel\n06\n(1 row affected)\n", ("tel",), trailer_lines=1).cells == [["06"]]
    assert read(b"tel\n06\nTotaal: 1", ("tel",), trailer_lines=1).warnings == ()


@pytest.mark.parametrize("size", [4, 16 << 20])
def test_a_total_that_is_read_as_a_row_is_told(size, read):
    for total in (b"Totaal: 2,,", b"Totaal: 2,,\n\r\n\n", b"\n(2 rijen),,\r\n"):
        found = read(HEAD + ROWS + total, block_bytes=size)
        line = 4 + total.startswith(b"\n")
        assert any(f":{line}: call_list: begins as a total" in warning for warning in found.warnings)
        assert len(found.row) == 3
    for row in (b"3,Totaal,08\n", b"", b"\n\n"):
        assert read(HEAD + ROWS + row, block_bytes=size).warnings == ()
    assert read(b"datum,naam\n", ("naam",)).warnings == ()


def test_what_begins_as_a_total_and_what_is_a_row():
    marks = Marks(b",", b'"')
    for line in (
        b"Totaal: 12,,",
        b"12 rijen,,",
        b"(12 rows affected),,",
        b"Aantal records,12,",
        b'"Total","12",""',
        b",,",
    ):
        assert not may_be_a_row(line, marks, 3)
    for line in (b"0612345678,,", b"1001,Jan,06", b",,1001", b'"Totaalbouw",06,07'):
        assert may_be_a_row(line, marks, 3)
    assert not may_be_a_row(b"1001,06", marks, 3)
    assert not may_be_a_row(b'1001,"06', marks, 2)


@settings(max_examples=200)
@given(
    st.lists(st.binary(max_size=6).map(lambda b: b.replace(b"a", b"\n")), max_size=8),
    st.integers(0, 4),
    st.integers(0, 4),
)
def test_lines_are_left_out_wherever_the_pieces_end(pieces, first, last):
    text = b"".join(pieces)
    lines = text.split(b"\n")
    rest = b"\n".join(lines[first:]) if len(lines) > first else b""
    assert b"".join(behind_lines(iter(pieces), first)) == rest
    trailer = Trailer(last)
    kept = b"".join(trailer.cut(iter(pieces)))
    assert kept + trailer.text == text
    filled = [line for line in trailer.text.split(b"\n") if line.strip()]
    assert len(filled) == min(last, sum(bool(line.strip()) for line in lines))
    assert not kept or not trailer.text or kept.endswith(b"\n")


# --- line ends of another time ---


@pytest.mark.parametrize("size", [4, 16 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252"])
def test_lines_that_end_in_a_carriage_return_alone(size, encoding, read):
    text = 'id,naam\r\r1,Jan\r2,"a\nb"\r3,Renée\rfout\r'
    content = text.encode({"utf-16": "utf-16-be", "windows-1252": "cp1252"}.get(encoding, encoding))
    how = {"encoding": encoding, "line_end": "cr", "block_bytes": size}
    found = read(content, ("id", "naam"), on_bad_row="drop", **how)
    assert found.cells == [["1", "Jan"], ["2", "a\nb"], ["3", "Renée"]]
    assert found.records == ["1,Jan", '2,"a\nb"', "3,Renée"]
    assert found.unreadable == [4]
    assert (found.source.dialect.line_end, found.source.dialect.header_record) == ("\r", "id,naam")
    with pytest.raises(SourceError) as caught:
        read(content, ("id",), **how)
    assert caught.value.problems[0].line == 7  # the line feed in the cell is counted


def test_a_carriage_return_and_a_line_feed_are_one_line_end_there_too(read):
    assert read((HEAD + ROWS).replace(b"\n", b"\r\n"), line_end="cr").cells == [["1"], ["2"]]


# --- separators ---


def test_a_space_may_separate(read):
    found = read(b'id naam\n1 Jan\n2 "Piet Bakker"\n3 "Kerk 1\n1234 AB"\n', ("naam",), separator=" ")
    assert found.cells == [["Jan"], ["Piet Bakker"], ["Kerk 1\n1234 AB"]]


def test_the_options_have_the_usual_as_default():
    options = Csv()
    assert (options.escape, options.line_end, options.skip_lines, options.trailer_lines) == (None, "lf", 0, 0)
