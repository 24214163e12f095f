"""Every way of breaking a delivery that we could think of: refused, with the place, a hint, and nobody's data."""

import gzip
import io
import os
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import pytest
import zstandard

from balansfilter import native
from balansfilter.errors import SourceError
from balansfilter.fs.parquet_columns import column_chunk
from balansfilter.fs.row_groups import RowGroupsFile, row_group
from balansfilter.policy.values import Size

SECRETS = ("0612345678", "612345678", "Geheim", "Jansen")
"""What stands in the cells below, and must never stand in an error."""

HEAD = b"id,naam,tel\n"
ROW = b"1,Geheim,0612345678\n"
GOOD = HEAD + ROW * 5
NOISE = random.Random(7).randbytes(60_000).hex().encode()
LONG = HEAD + b"".join(b"%d,Geheim,%b\n" % (n, NOISE[n * 40 : n * 40 + 40]) for n in range(1000))
TEL = ["tel"]


@dataclass(frozen=True)
class Break:
    """One broken delivery, and what must be told about it."""

    name: str
    content: bytes | dict[str, bytes]
    told: str
    line: int = 0
    hint: str = ""
    file: str = "lijst.csv"
    columns: list[str] = field(default_factory=lambda: TEL)
    options: dict = field(default_factory=dict)


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, GOOD)
    return buffer.getvalue()


def parquet(**columns) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(columns).write_parquet(buffer)
    return buffer.getvalue()


GZ = gzip.compress(LONG)
ZST = zstandard.ZstdCompressor(write_checksum=True).compress(LONG)
PARQUET = parquet(id=[1], naam=["Geheim"], tel=["0612345678"])
UTF16 = GOOD.decode().encode("utf-16")
TOLD_PER_BLOCK = ("many bad rows", "short and long row", "gzip damaged", "zstd damaged")
"""With tiny blocks, less of these is seen at a time, or what the damage did to the text is seen first."""
DROP = {"on_bad_row": "drop"}

BREAKS = [
    # the file
    Break("empty", b"", "is empty: 0 bytes", hint="deliver it again"),
    Break("only blank lines", b"\n\r\n\n", "only empty lines"),
    Break("only a byte order mark", b"\xef\xbb\xbf", "only empty lines"),
    Break("empty gzip", gzip.compress(b""), "holds no text at all", file="lijst.csv.gz"),
    Break("zip", zipped("lijst.csv"), "is a zip archive", hint="unpack"),
    Break("empty zip", b"PK\x05\x06" + bytes(18), "is an empty zip archive", hint="unpack"),
    Break("zip named csv.gz", zipped("lijst.csv"), "is a zip archive", file="lijst.csv.gz"),
    Break("workbook", zipped("[Content_Types].xml"), "is an Excel workbook", hint="set format to excel"),
    Break(
        "zip by the name of a workbook", zipped("xl/w.xml"), "is a zip archive and no spreadsheet", file="lijst.xlsx"
    ),
    Break("old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(50), "is an old Excel workbook"),
    Break("pdf", b"%PDF-1.7\n" + GOOD, "is a PDF document"),
    Break("login page", b"\n<!DOCTYPE html><p>0612345678", "is a web page", hint="login page"),
    Break("zip inside gzip", gzip.compress(zipped("lijst.csv")), "is a zip archive", file="lijst.csv.gz"),
    Break("parquet as csv", PARQUET, "is a Parquet file", hint="set format to parquet"),
    Break("csv as parquet", GOOD, "is not a Parquet file", file="lijst.parquet"),
    Break("csv named gz", GOOD, "is named .gz", file="lijst.csv.gz"),
    Break("both formats", {"a.csv": GOOD, "b.parquet": PARQUET}, "holds both CSV and Parquet", file="data"),
    # compression
    Break("gzip cut off", GZ[:-20], "the compressed text is cut off", hint="deliver it again", file="lijst.csv.gz"),
    Break("gzip without its checksum", GZ[:-8], "the compressed text is cut off", file="lijst.csv.gz"),
    Break("gzip cut off in its header", GZ[:6], "the compressed text is cut off", file="lijst.csv.gz"),
    Break("gzip damaged", GZ[:4000] + bytes(50) + GZ[4050:], "gzip cannot read it", file="lijst.csv.gz"),
    Break("gzip with a wrong checksum", GZ[:-8] + bytes(8), "gzip cannot read it", file="lijst.csv.gz"),
    Break("gzip with more behind it", GZ + b"0612345678", "is followed by something", file="lijst.csv.gz"),
    Break("second gzip cut off", GZ + GZ[:-9], "is cut off", file="lijst.csv.gz"),
    Break("zstd cut off", ZST[:-20], "the compressed text is cut off", file="lijst.csv.zst"),
    Break("zstd damaged", ZST[:900] + bytes(50) + ZST[950:], "Zstandard cannot read it", file="lijst.csv.zst"),
    Break("zstd with more behind it", ZST + b"0612345678", "is followed by something", file="lijst.csv.zst"),
    # encoding
    Break("not utf-8", GOOD + b"2,Gehe\xefm,06\n", "is not utf-8", 7, "windows-1252"),
    Break("not utf-8 in the header", b"t\xeal,tel\n1,0612345678\n", "is not utf-8", 1),
    Break("not utf-8, many lines on", LONG + b"2,\xff,06\n", "is not utf-8", 1002),
    Break("utf-16 mark in utf-8", UTF16, "begins with the byte order mark of utf-16", hint="csv.encoding"),
    Break("utf-32 mark in utf-16", GOOD.decode().encode("utf-32"), "mark of utf-32", options={"encoding": "utf-16"}),
    Break("utf-16 without mark in utf-8", UTF16[2:], "holds NUL bytes", 1),
    Break("NUL", GOOD + b"2,a\0b,06\n", "holds NUL bytes", 7),
    Break("utf-8 as utf-16", GOOD, "does not look like it", options={"encoding": "utf-16"}),
    Break("utf-16 cut off", UTF16[:-1], "ends in the middle", 6, options={"encoding": "utf-16"}),
    Break("broken utf-16", UTF16 + b"\x00\xd8a\0\n\0", "are not utf-16", 7, options={"encoding": "utf-16"}),
    Break("utf-8 mark in windows-1252", b"\xef\xbb\xbf" + GOOD, "mark of utf-8", options={"encoding": "windows-1252"}),
    Break(
        "utf-8 as windows-1252",
        GOOD + "2,Gehéim,06\n".encode(),
        "every letter in it reads as utf-8",
        7,
        "set csv.encoding to utf-8",
        options={"encoding": "windows-1252"},
    ),
    Break("utf-8 as latin", GOOD + "2,Gehéim,1".encode(), "reads as utf-8", 7, options={"encoding": "iso-8859-1"}),
    Break("no such letter", GOOD + b"2,\x81\xe9,06\n", "has no character for", 7, options={"encoding": "windows-1252"}),
    Break(
        "windows-1252 as latin",
        GOOD + b"2,\x80 5\xe9,06\n",
        "iso-8859-1 has no letter for",
        7,
        "windows-1252",
        options={"encoding": "iso-8859-1"},
    ),
    # header
    Break("missing column", GOOD, "has no column 'telefoon'", 1, "name one of its 3 columns", columns=["telefoon"]),
    Break("nearly the column", GOOD, "has no column 'Tel.'", 1, "did you mean 'tel'?", columns=["Tel."]),
    Break("blank lines before the header", b"\n\n" + GOOD, "has no column 'mobiel'", 3, columns=["mobiel"]),
    Break("column twice", b"tel,id,tel\n0612345678,1,2\n", "has 2 columns named 'tel'", 1),
    Break("separator", GOOD.replace(b",", b";"), "looks separated by ';'", 1, "set csv.separator"),
    Break("separator is a tab", GOOD.replace(b",", b"\t"), "looks separated by a tab", 1, "set csv.separator"),
    Break("no header", ROW * 3, "has no header", 1, "set csv.header to false"),
    Break("header never closed", b'id,"tel\n' + ROW * 3, "never closed", 1, "close the quote"),
    Break("text behind a quote in the header", b'"id"x,tel\n1,2\n', "behind a closing quote", 1),
    Break("too few columns", b"1,2\n", "has no column '3'", 1, columns=["3"], options={"header": False}),
    Break("separator without header", b"1;2\n", "looks separated", 1, columns=["2"], options={"header": False}),
    Break("separator is a letter", GOOD, "csv.separator is a letter", file="data", options={"separator": "é"}),
    Break("separator is the quote", GOOD, "are the same", file="data", options={"separator": '"'}),
    # rows
    Break("short row", GOOD + b"2,Jansen\n" + ROW, "has 2 cells; 3 wanted", 7, "repaired"),
    Break("long row", GOOD + b"2,Jansen,06,x\n" + ROW, "has 4 cells; 3 wanted", 7),
    Break("long row, empty at its end", GOOD + b"2,Jansen,06,\n" + ROW, "has 4 cells; 3 wanted", 7),
    Break("short and long row", GOOD + b"2,Jansen\n3,a,b,\n", "2 bad rows up to line 8"),
    Break("first row short", HEAD + b"2,Jansen\n" + ROW, "has 2 cells; 3 wanted", 2),
    Break("first row long", HEAD + b"2,3,4,Jansen\n" + ROW, "has 4 cells; 3 wanted", 2),
    Break("short row behind blank lines", GOOD + b"\n\r\n2,Jansen\n", "has 2 cells", 9),
    Break("short row behind lines in cells", HEAD + b'1,"a\nb\r\nc",2\n2,Jansen\n', "has 2 cells", 5),
    Break("short row, all quoted", HEAD + b'"1","2","3"\n"1","Jansen"\n', "has 2 cells", 3),
    Break("short row and separator in a cell", HEAD + b'1,"a,b",3\n1,"a,b"\n', "has 2 cells", 3),
    Break("one long row in one column", b"tel\n0612345678\n06,12345678\n", "has 2 cells; 1 wanted", 3),
    Break("cut off in its last row", GOOD[:-12], "has 2 cells", 6),
    Break("many bad rows", GOOD + b"Jansen\n" * 400, "400 bad rows up to line 406; the first 10 are"),
    # quotes and line ends
    Break("quote never closed", GOOD + b'2,"Jansen,06\n' + ROW, "never closed", 7, "csv.quote to null"),
    Break("quote never closed, dropping", GOOD + b'2,"Jansen,06\n' + ROW, "never closed", 7, options=DROP),
    Break("last cell never closed", GOOD + b'2,Jansen,"06', "never closed", 7),
    Break("text behind a quote", GOOD + b'2,"Jan"sen,06\n', "behind a closing quote", 7, "double the quote"),
    Break("quotes not doubled", GOOD + b'2,"Jan "Jansen" Geheim",06\n', "behind a closing quote", 7),
    Break("quote closed lines later", GOOD + b'2,"Jansen,6\n3,x,6\n4,"y",6\n', "closing quote", 7, options=DROP),
    Break("a thousand lines in one cell", GOOD + b'2,"' + b"\n" * 1000 + b'",06\n', "record of 1001 lines", 7),
    Break("old Mac line ends", GOOD.replace(b"\n", b"\r"), "without a line feed", 1, "set csv.line_end to cr"),
    Break(
        "old Mac line ends, no header",
        ROW.replace(b"\n", b"\r") * 9,
        "without a line feed",
        1,
        columns=["1"],
        options={"header": False},
    ),
    Break("a carriage return in a cell", GOOD + b"2,Jan\rsen,06\n", "without a line feed", 7),
    Break("doubled carriage returns", HEAD + ROW.replace(b"\n", b"\r\r\n"), "without a line feed", 2),
    Break("doubled carriage returns in the header", b"id,naam,tel\r\r\n" + ROW, "without a line feed", 1),
    Break("a carriage return in the header", b"id,na\ram,tel\n" + ROW, "without a line feed", 1),
    # quotes where none belongs
    Break(
        "separator lost before a quoted cell",
        GOOD + b'2"Jansen, Jan",0612345678\n' + ROW,
        "a separator seems to be lost",
        7,
        "repaired",
    ),
    Break("separator lost before a last cell", GOOD + b'2,Geheim"0,6"\r\n', "a separator seems to be lost", 7),
    Break("separators lost on both sides", GOOD + b'2"a, b, Jansen"06\n', "a separator seems to be lost", 7),
    Break("separator lost behind a number", GOOD + b'0612345678" Jansen, J",06\n', "seems to be lost", 7),
    Break("title with a wanted name", b"id,,\n" + GOOD, "stand in line 2", 1, "skip_lines to 1", columns=["id", "tel"]),
    Break(
        "separator lost, quotes doubled",
        GOOD + b'2"Jansen ""Jan"", Geheim",06\n',
        "a separator seems to be lost",
        7,
    ),
    Break(
        "two stray quotes make one row of three",
        GOOD + b'2,"Jansen,06\n3,Geheim,06\n4,Jansen",06\n',
        "a cell over several lines",
        7,
        "take the quote out",
    ),
    Break("two stray quotes, dropping", GOOD + b'2,"Jansen,06\n3,b",06\n', "over several lines", 7, options=DROP),
    Break("two stray quotes in last cells", GOOD + b'2,a,"06\r\n3,b,06\r\n4,c,06"\r\n', "over several lines", 7),
    Break(
        "two stray quotes in one column",
        b'tel\n"0612345678\n0612345678"\n',
        "over several lines",
        2,
    ),
    # lines around the table
    Break(
        "titles above the header",
        b"Lijst van Geheim,,\n\n" + GOOD,
        "the names of the columns stand in line 3",
        1,
        "set csv.skip_lines to 2",
    ),
    Break(
        "titles and another separator",
        b"Geheim\n" + GOOD.replace(b",", b";"),
        "stand in line 2",
        1,
        "set csv.skip_lines to 1, and csv.separator to ';'",
    ),
    Break("too many lines skipped", GOOD, "stand in line 1", 3, "skip_lines to 0", options={"skip_lines": 2}),
    Break("all lines skipped", GOOD, "has only empty lines between", options={"skip_lines": 6}),
    Break(
        "a row is skipped",
        ROW * 3,
        "looks like a row",
        1,
        "csv.skip_lines",
        columns=["3"],
        options={"skip_lines": 1, "header": False},
    ),
    Break("a row is left out below", GOOD, "looks like a row", 6, "csv.trailer_lines", options={"trailer_lines": 1}),
    Break(
        "a number is left out below",
        b"tel\n0612345678\n06 12345678\n",
        "looks like a row",
        3,
        options={"trailer_lines": 1},
    ),
    Break("a total below", GOOD + b"Totaal: 5 Jansen\n", "has 1 cell", 7, "set csv.trailer_lines to 1"),
    Break("a footer below", GOOD + b"\n(5 rows affected)\nEinde,\n\n", "has 1 cell", 8, "csv.trailer_lines to 2"),
    Break("sep= with another separator", b"sep=;\n" + GOOD, "tells another separator", 1, "set csv.separator to ';'"),
    Break("sep= quoted", b'"SEP=|"\r\n' + GOOD, "tells another separator", 1),
    Break(
        "joined of two encodings",
        GOOD + b"2,Geh\xe9im,06\n\xef\xbb\xbf" + ROW,
        "joined of files",
        8,
        options={"encoding": "windows-1252"},
    ),
    # text for a browser or a program
    Break(
        "a table called xls",
        b"<table><tr><td>0612345678</td></tr></table>",
        "a web page with a table",
        file="lijst.xls",
    ),
    Break(
        "a page with a table", b"\xef\xbb\xbf<HTML><body><TABLE><tr>", "a web page with a table", hint="save it as CSV"
    ),
    Break("a page in utf-16", "\ufeff<html><p>0612345678".encode("utf-16-le"), "is a web page"),
    Break("an error page", b"\r\n<h1>Geheim</h1>", "is a web page", hint="error message"),
    Break("json", b'{"rows": [{"tel": "0612345678"}]}', "is JSON", hint="exported as CSV"),
    Break("json lines", b'\n{"tel": "0612345678"}\n{"tel": "06"}\n', "is JSON"),
    Break("json list", b'[\n  {"tel": "0612345678"}\n]', "is JSON"),
    Break("pgp", b"-----BEGIN PGP MESSAGE-----\n", "is encrypted with PGP", hint="decrypt"),
    # marks
    Break("escape is the quote", GOOD, "csv.quote and csv.escape are the same", file="data", options={"escape": '"'}),
    Break("escape is a letter", GOOD, "csv.escape is a letter", file="data", options={"escape": "n"}),
    # Parquet
    Break("parquet cut off", PARQUET[:-9], "cannot be read as Parquet", hint="deliver it again", file="x.parquet"),
    Break("parquet cut off in the middle", PARQUET[:200], "cannot be read as Parquet", file="x.parquet"),
    Break("parquet column missing", PARQUET, "has no column 'mobiel'", file="x.parquet", columns=["mobiel"]),
    Break("parquet list", parquet(tel=[["0612345678"]]), "of type List", hint="deliver it as text", file="x.parquet"),
    Break(
        "parquet small float", parquet(tel=pl.Series([612345678], dtype=pl.Float32)), "cannot hold", file="x.parquet"
    ),
    # several files
    Break("one of two lacks it", {"a.csv": GOOD, "b.csv": b"id\n1\n"}, "has no column 'tel'", 1, file="b.csv"),
    Break(
        "parts with other headers",
        {"a.csv": GOOD, "b.csv": b"tel,naam,id\n1,2,3\n"},
        "has other columns than",
        file="b.csv",
        options={"keep_records": True},
    ),
    Break(
        "parts with other types",
        {"a.parquet": PARQUET, "b.parquet": parquet(id=["1"], naam=["a"], tel=["1"])},
        "other columns or types",
        file="b.parquet",
        options={"keep_records": True},
    ),
]


@pytest.mark.parametrize("block_bytes", [80, 16 << 20])
@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.name)
def test_is_refused_with_place_and_hint(case: Break, block_bytes: int, put: Callable, opened: Callable):
    files = case.content if isinstance(case.content, dict) else {case.file: case.content}
    paths = [put(name, content) for name, content in files.items()]
    with (
        pytest.raises(SourceError) as caught,
        opened(paths, case.columns, block_bytes=block_bytes, **case.options) as it,
    ):
        for _ in it.chunks():
            pass
    error = caught.value
    told = str(error)
    assert error.exit_code == 4
    assert case.told in told or (case.name in TOLD_PER_BLOCK and block_bytes == 80)
    first = error.problems[0]
    assert first.file.endswith(case.file)
    assert first.path == "call_list"
    assert first.hint
    assert case.hint in first.hint
    assert not case.line or first.line == case.line
    assert not [secret for secret in SECRETS if secret in told.replace(str(paths[0].parent), "")]
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None


def test_all_problems_of_all_files_at_once(put, opened):
    paths = [put("a.csv", b"id\n1\n"), put("b.csv", b""), put("c.csv", GOOD), put("d.csv", zipped("x"))]
    with pytest.raises(SourceError) as caught:
        opened(paths, ["tel", "naam"])
    assert [(Path(problem.file).name, problem.message) for problem in caught.value.problems] == [
        ("b.csv", "is empty: 0 bytes"),
        ("d.csv", "is a zip archive"),
    ]
    with pytest.raises(SourceError) as caught:
        opened([paths[0], paths[2]], ["tel", "mobiel", "id"])
    assert [(Path(problem.file).name, problem.message) for problem in caught.value.problems] == [
        ("a.csv", "has no column 'tel'"),
        ("a.csv", "has no column 'mobiel'"),
        ("c.csv", "has no column 'mobiel'"),
    ]


def test_bad_rows_are_named_up_to_ten_and_counted(put, opened):
    path = put("a.csv", GOOD + b"x\n" * 25)
    with (
        pytest.raises(SourceError, match="25 bad rows up to line 31; the first 10 are") as caught,
        opened(path, TEL) as source,
    ):
        list(source.chunks())
    assert [problem.line for problem in caught.value.problems] == list(range(7, 17))


def test_a_header_that_is_a_person_is_not_told(put, opened):
    path = put("a.csv", b"Jansen,0612345678\nGeheim,0612345678\n")
    for wanted in ("jansen", "Janssen", "06123456789"):
        with pytest.raises(SourceError) as caught:
            opened(path, [wanted])
        assert not any(secret in str(caught.value).replace(wanted, "") for secret in SECRETS)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
class TestOnDisk:
    """What can be wrong with the file as a thing on the disk, or become wrong while it is read."""

    @pytest.fixture
    def path(self, kind, put) -> Path:
        return put(f"lijst.{kind}", GOOD if kind == "csv" else PARQUET)

    def refused(self, opened, path: Path, told: str, meanwhile: Callable = lambda: None):
        with pytest.raises(SourceError) as caught, opened(path, TEL, block_bytes=64) as source:  # noqa: PT012
            meanwhile()
            list(source.blocks())
        assert told in str(caught.value)
        assert caught.value.problems[0].file == str(path)
        assert caught.value.problems[0].hint

    def test_missing(self, opened, path, kind, tmp_path):
        self.refused(opened, tmp_path / "data" / "deep" / f"x.{kind}", f"the nearest folder that exists is {tmp_path}")

    def test_under_a_file(self, opened, path, kind, tmp_path):
        self.refused(opened, path / f"x.{kind}", "does not exist")

    def test_folder(self, opened, kind, tmp_path):
        (tmp_path / f"map.{kind}").mkdir()
        self.refused(opened, tmp_path / f"map.{kind}", "is a folder")

    def test_pipe(self, opened, kind, tmp_path):
        os.mkfifo(tmp_path / f"pijp.{kind}")
        self.refused(opened, tmp_path / f"pijp.{kind}", "is not a regular file")

    def test_permission(self, opened, path, monkeypatch):
        def denied(*_args, **_kwargs):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", denied)
        self.refused(opened, path, "permission denied")

    def test_disk_error(self, opened, path, monkeypatch):
        def broken(*_args, **_kwargs):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(Path, "open", broken)
        self.refused(opened, path, "Input/output error")

    def test_growing(self, opened, path):
        self.refused(opened, path, "still growing", lambda: path.write_bytes(path.read_bytes() + ROW))

    def test_removed(self, opened, path):
        self.refused(opened, path, "", path.unlink)

    def test_replaced_by_the_same_content(self, opened, path):
        def replace():
            copy = path.with_suffix(".new")
            copy.write_bytes(path.read_bytes())
            copy.replace(path)

        self.refused(opened, path, "was changed or replaced", replace)

    def test_touched(self, opened, path):
        self.refused(opened, path, "was changed or replaced", lambda: os.utime(path, (1, 1)))

    def test_changed_while_it_is_read(self, opened, path, kind):
        with opened(path, TEL, block_bytes=16) as source:
            blocks = source.blocks()
            next(blocks)
            os.utime(path, (1, 1))
            with pytest.raises(SourceError, match="was changed or replaced"):
                list(blocks)
            with pytest.raises(RuntimeError):
                source.fingerprint  # noqa: B018


def test_removed_while_it_is_read(put, opened):
    path = put("lijst.csv", GOOD)
    with opened(path, TEL, block_bytes=16) as source:
        blocks = source.blocks()
        next(blocks)
        path.unlink()
        with pytest.raises(SourceError, match="was removed while it was read"):
            list(blocks)


def test_a_record_may_be_larger_than_a_block_but_not_without_end(put, opened, monkeypatch):
    cell = b"x" * 5000
    with opened(put("a.csv", HEAD + b'1,"' + cell + b'",2\n'), ["naam"], block_bytes=64) as source:
        assert [chunk.cells["naam"].to_list() for chunk in source.chunks()] == [[cell.decode()]]
    with (
        pytest.raises(SourceError, match=r"b\.csv:7.*a record of more than 4000 bytes that begins here"),
        opened(
            put("b.csv", GOOD + b'1,"' + cell + b'",2\n'), ["naam"], block_bytes=64, max_record=Size("4 KB")
        ) as source,
    ):
        list(source.chunks())


@pytest.mark.parametrize("compiled_from", [1, 10**9], ids=["compiled", "plain"])
@pytest.mark.parametrize("block", [4 << 10, 16 << 20])
@pytest.mark.parametrize(
    "cell", [b"x" * 1_000_000, b'"' + b"x\ny" * 400 + b"x" * 999_000 + b'"'], ids=["line", "lines"]
)
def test_a_record_of_more_than_a_megabyte_is_told_with_its_line(put, opened, monkeypatch, cell, block, compiled_from):
    monkeypatch.setattr(native, "MANY", compiled_from)
    rows = b"".join(b"%d,een,06123456%02d\n" % (n, n % 100) for n in range(30))
    path = put("a.csv", HEAD + rows + b"30," + cell + b",0612345678\n" + rows)
    with (
        pytest.raises(SourceError, match=r"a\.csv:32.*a record of more than 1000000 bytes that begins here"),
        opened(path, ["naam"], block_bytes=block) as source,
    ):
        list(source.chunks())
    with opened(path, ["naam"], block_bytes=block, max_record=Size("2 MB")) as source:
        assert sum(chunk.row.len() for chunk in source.chunks()) == 61


def test_a_reader_that_loses_or_makes_a_row_is_never_believed(put, opened, monkeypatch):
    monkeypatch.setattr(native, "MANY", 10**9)  # Polars reads, whose word is not taken for it
    path = put("a.csv", GOOD)
    honest = pl.read_csv
    for dishonest in (lambda table: table[1:], lambda table: pl.concat([table, table[:1]])):
        monkeypatch.setattr(pl, "read_csv", lambda *args, change=dishonest, **how: change(honest(*args, **how)))
        for on_bad_row in ("stop", "drop"):
            with (
                pytest.raises(SourceError, match="cannot be split without doubt"),
                opened(path, TEL, on_bad_row=on_bad_row) as source,
            ):
                list(source.chunks())


def test_raw_records_that_do_not_match_the_rows_are_never_believed(put, opened, monkeypatch):
    monkeypatch.setattr(native, "MANY", 10**9)  # Polars reads, whose word is not taken for it
    monkeypatch.setattr("balansfilter.sources.csv_block._lines", lambda *_: pl.Series(["1,Geheim,0612345678"]))
    with (
        pytest.raises(SourceError, match="cannot be split without doubt"),
        opened(put("a.csv", GOOD), TEL, keep_records=True) as source,
    ):
        list(source.chunks())


def test_parquet_damaged_in_the_middle(put, opened):
    content = bytearray(parquet(tel=[str(n) for n in range(5000)]))
    content[500:900] = bytes(400)
    path = put("a.parquet", bytes(content))
    with (
        pytest.raises(SourceError, match=r"a\.parquet: call_list: is damaged"),
        opened(path, TEL) as source,
    ):
        list(source.chunks())


@pytest.mark.parametrize("block_bytes", [80, 800, 8_000])
@pytest.mark.parametrize("more", [-3, -1, 1, 5])
def test_parquet_with_other_rows_than_it_says(tmp_path, opened, more, block_bytes):
    table, path = pl.DataFrame({"tel": [f"061234567{n % 10}" for n in range(20)]}), tmp_path / "a.parquet"
    with RowGroupsFile(path, table.schema, {}) as file:
        for some in table.iter_slices(7):
            file.add(row_group({"tel": column_chunk(some["tel"])}))
        file._rows += more
        file.finish()
    with pytest.raises(SourceError, match="is damaged"), opened(path, ["tel"], block_bytes=block_bytes) as source:
        list(source.chunks())
