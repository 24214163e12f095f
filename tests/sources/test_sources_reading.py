"""What a source gives: numbers, cells, records, how it is written, and what it was."""

import gzip
import hashlib
import io
import os
import stat
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from types import SimpleNamespace

import polars as pl
import pytest
import zstandard

from balansfilter.errors import SourceError
from balansfilter.sources import Dialect, disk
from tests.lines import records_of

CSV = b'id,naam,tel\n1,Piet,0612345678\n2,,\n3,"Jan\nsen","06"\n'


def whole(source):
    """Read a source to its end: one chunk's worth of everything."""
    chunks = list(source.chunks())
    return SimpleNamespace(
        row=[n for chunk in chunks for n in chunk.row],
        cells=[row for chunk in chunks for row in chunk.cells.rows()],
        unreadable=[n for chunk in chunks for n in chunk.unreadable],
        records=[r for chunk in chunks for r in records_of(chunk)],
        frames=[chunk.frame for chunk in chunks if chunk.frame is not None],
    )


def test_cells_are_text_in_the_order_asked_for(put, opened):
    with opened(put("a.csv", CSV), ["tel", "id", "tel"]) as source:
        (chunk,) = source.chunks()
    assert chunk.cells.schema == {"tel": pl.String, "id": pl.String}
    assert chunk.cells.rows() == [("0612345678", "1"), ("", "2"), ("06", "3")]
    assert chunk.row.to_list() == [1, 2, 3]
    assert chunk.row.dtype == chunk.unreadable.dtype == pl.UInt64
    assert (chunk.lines, chunk.frame) == (None, None)


def test_nothing_shows_cells_when_it_is_printed(put, opened):
    with opened(put("a.csv", CSV), ["naam"], keep_records=True) as source:
        (block,) = source.blocks()
        assert "Piet" not in repr([source, block, block.layout, block.parse(), source.fingerprint])


def test_text_is_not_trimmed(put, opened):
    with opened(put("a.csv", " id , tel\n\u00a01 ,  06 \nNULL,nan\n#,None\n".encode()), ["id", "tel"]) as source:
        assert source.header == ("id", "tel")
        assert whole(source).cells == [("\u00a01 ", "  06 "), ("NULL", "nan"), ("#", "None")]


def test_no_columns_means_all_and_others_can_be_asked_for(put, opened):
    path = put("a.csv", CSV)
    with opened(path) as source:
        assert whole(source).cells[0] == ("1", "Piet", "0612345678")
    with opened(path, []) as source:
        assert whole(source).row == [1, 2, 3]
    with opened(path, ["id"]) as source:
        source.ask_for(["naam"])
        assert whole(source).cells == [("Piet",), ("",), ("Jan\nsen",)]
        with pytest.raises(RuntimeError):
            source.ask_for(["id"])
    with opened(path, ["id"]) as source, pytest.raises(SourceError, match="no column 'mobiel'"):
        source.ask_for(["mobiel"])


def test_a_name_twice_is_fine_where_nobody_asks_for_it(put, opened):
    path = put("a.csv", b"x,tel,x,\n1,06,2,3\n")
    with opened(path, ["tel"], keep_records=True) as source:
        assert whole(source).records == ["1,06,2,3"]
        assert source.header == ("x", "tel", "x", "")
    with pytest.raises(SourceError, match="2 columns named 'x'"):
        opened(path)


@pytest.mark.parametrize(
    ("head", "dialect"),
    [
        (b"id,tel\r\n", Dialect(",", '"', "utf-8", b"", "\r\n", "id,tel")),
        (b'\xef\xbb\xbf"id" ,tel\n', None),
        (b'\xef\xbb\xbf"id", tel\n', Dialect(",", '"', "utf-8", b"\xef\xbb\xbf", "\n", '"id", tel')),
        ("\ufeffid,tel\r\n".encode("utf-16-le"), Dialect(",", '"', "utf-16-le", b"\xff\xfe", "\r\n", "id,tel")),
        ("\ufeffid,tel\n".encode("utf-16-be"), Dialect(",", '"', "utf-16-be", b"\xfe\xff", "\n", "id,tel")),
        ("id,tel".encode("utf-16-be"), Dialect(",", '"', "utf-16-be", b"", "\n", "id,tel")),
        (b'\n\r\n"i""d\n",tel\n', Dialect(",", '"', "utf-8", b"", "\n", '"i""d\n",tel')),
    ],
)
def test_how_it_is_written(head, dialect, put, opened):
    encoding = "utf-16" if b"\0" in head else "utf-8"
    if dialect is None:
        with pytest.raises(SourceError, match="behind a closing quote"):
            opened(put("a.csv", head), ["tel"], encoding=encoding)
        return
    with opened(put("a.csv", head), ["tel"], encoding=encoding) as source:
        assert source.dialect == dialect
        assert whole(source).row == []
        assert source.fingerprint.rows == 0


def test_without_header_columns_are_numbered(put, opened):
    with opened(put("a.csv", b"020,5551234\r\n06,12345678\r\n"), ["2", "1"], header=False) as source:
        assert source.header == ("1", "2")
        assert source.dialect.header_record is None
        assert whole(source).cells == [("5551234", "020"), ("12345678", "06")]


def test_the_british_register(put, opened):
    lines = b"01234 567890\r\n020 79460000\r\n0800 1111  \r\n020794600001\r\n"
    with opened(put("tps.txt", lines), ["1"], header=False) as source:
        assert [cell for (cell,) in whole(source).cells] == lines.decode().split("\r\n")[:-1]


def test_empty_lines_are_no_rows_also_in_one_column_but_empty_quotes_are(put, opened):
    with opened(put("a.csv", b'\n\r\ntel\n\n06\n""\n\r\n\n07'), ["tel"], keep_records=True) as source:
        read = whole(source)
    assert (read.row, read.cells, read.records) == ([1, 2, 3], [("06",), ("",), ("07",)], ["06", '""', "07"])


def test_a_quote_within_a_cell_is_a_letter(put, opened):
    text = b'id,maat,tel\n1,5" pijp,06\n2,"5"" pijp",07\n3, "a",x"\n4,"b\n5"" c",08\n5,3"x\r\n'
    with opened(put("a.csv", text + b"6,a,b\n"), ["maat"], keep_records=True, on_bad_row="drop") as source:
        read = whole(source)
    assert read.cells == [('5" pijp',), ('5" pijp',), (' "a"',), ('b\n5" c',), ("a",)]
    assert read.unreadable == [5]
    assert read.records == ['1,5" pijp,06', '2,"5"" pijp",07', '3, "a",x"', '4,"b\n5"" c",08', "6,a,b"]


def test_without_quote_every_quote_is_a_letter(put, opened):
    with opened(put("a.tsv", b'id\ttel\n"1\t0"6"\n'), ["id", "tel"], separator="\t", quote=None) as source:
        assert whole(source).cells == [('"1', '0"6"')]


def test_bad_rows_are_dropped_where_that_is_asked(put, opened):
    rows = b"\n".join(b"%d,a" % n if n % 7 == 0 else b"%d,a,b" % n for n in range(1, 100))
    text = b"id,naam,tel\n\n" + rows + b'\n100,"x"y,z\n101,"a\nb",c\n102,a,b,c,d'
    for size in (16, 16 << 20):
        with opened(put("a.csv", text), ["id"], on_bad_row="drop", keep_records=True, block_bytes=size) as source:
            read = whole(source)
        bad = [*range(7, 100, 7), 100, 102]
        assert read.unreadable == bad
        assert read.row == [n for n in range(1, 103) if n not in bad]
        assert [int(cell) for (cell,) in read.cells] == read.row
        assert [int(text.split(",")[0]) for text in read.records] == read.row
        assert source.fingerprint.rows == 102


def test_records_when_every_control_character_is_used(put, opened):
    odd = "".join(chr(n) for n in range(1, 32) if chr(n) not in "\r\n")
    text = f'id,x\n1,{odd}\n\n2,"a\nb"\r\n3,c\r\n'
    with opened(put("a.csv", text.encode()), ["id"], keep_records=True) as source:
        assert whole(source).records == [f"1,{odd}", '2,"a\nb"', "3,c"]
    with opened(put("a.csv", text.encode() + b"4\n"), ["id"], keep_records=True, on_bad_row="drop") as source:
        assert whole(source).records == [f"1,{odd}", '2,"a\nb"', "3,c"]


# --- files ---


def test_several_files_are_one_source(put, opened, tmp_path):
    paths = [put("a.csv", CSV), put("b.csv", b"tel;id\n".replace(b";", b",") + b"07,9\n"), put("c.csv", b"tel,id\n")]
    for path, day in zip(paths, (3, 2, 4), strict=True):
        moment = datetime(2026, 2, day, 23, 30, tzinfo=UTC).timestamp()
        os.utime(path, (moment, moment))
    with opened(paths, ["id", "tel"]) as source:
        read = whole(source)
    assert read.row == [1, 2, 3, 4]
    assert read.cells[3] == ("9", "07")
    fingerprint = source.fingerprint
    assert [file.rows for file in fingerprint.files] == [3, 1, 0]
    assert fingerprint.bytes == sum(path.stat().st_size for path in paths)
    assert fingerprint.snapshot_on == date(2026, 2, 3)
    assert fingerprint.role == "call_list"
    sums = subprocess.run(["sha256sum", "a.csv", "b.csv", "c.csv"], cwd=tmp_path, capture_output=True, check=True)
    assert fingerprint.sha256 == hashlib.sha256(sums.stdout).hexdigest()
    assert fingerprint.files[0].sha256 == hashlib.sha256(CSV).hexdigest()


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_compression_is_told_by_the_content(name, put, opened):
    packed = gzip.compress(CSV) if "gz" in name else zstandard.compress(CSV) if "zst" in name else CSV
    with opened(put(name, packed), ["id"], block_bytes=8) as source:
        assert len(whole(source).row) == 3
    assert source.fingerprint.sha256 == hashlib.sha256(packed).hexdigest()
    with opened(put("b.csv", packed), ["id"]) as source:
        assert len(whole(source).row) == 3


def test_skippable_zstd_frames_and_padded_gzip(put, opened):
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00note"
    with opened(put("a.csv.zst", skipped + zstandard.compress(CSV) + skipped), ["id"]) as source:
        assert len(whole(source).row) == 3
    with opened(put("a.csv.gz", gzip.compress(CSV) + bytes(1000)), ["id"], block_bytes=64) as source:
        assert len(whole(source).row) == 3


def test_much_comes_out_of_little(put, opened):
    content = b"id,naam\n" + b"1," + b"x" * 300_000 + b"\n" + b"2,y\n" * 50_000
    for name, packed in (("a.csv.gz", gzip.compress(content)), ("a.csv.zst", zstandard.compress(content))):
        with opened(put(name, packed), ["id"], block_bytes=1 << 16) as source:
            assert len(whole(source).row) == 50_001


def test_standard_input_is_spooled_for_the_owner_only(opened, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(gzip.compress(CSV))))
    with opened("-", ["id"], snapshot_on="filename") as source:
        (spooled,) = tmp_path.iterdir()
        assert stat.S_IMODE(spooled.stat().st_mode) == 0o600
        assert whole(source).row == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []
    assert source.fingerprint.files[0].path == "-"
    assert source.fingerprint.snapshot_on == date(2026, 3, 1)


def test_standard_input_that_is_refused_leaves_nothing_behind(opened, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b"")))
    with pytest.raises(SourceError, match="-: call_list: is empty"):
        opened("-", ["id"])
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SourceError, match="cannot be kept in"):
        opened("-", ["id"], scratch=tmp_path / "weg")
    with pytest.raises(ValueError, match="scratch"):
        opened("-", ["id"], scratch=None)


def test_standard_input_on_a_full_disk(opened, monkeypatch, tmp_path):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(CSV)))
    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(SourceError, match="No space left"):
        opened("-", ["id"])
    assert list(tmp_path.iterdir()) == []


def test_blocks_can_be_had_once_and_the_fingerprint_after_them(put, opened):
    with opened(put("a.csv", CSV), ["id"]) as source:
        with pytest.raises(RuntimeError):
            source.fingerprint  # noqa: B018
        blocks = source.blocks()
        with pytest.raises(RuntimeError):
            source.blocks()
        (block,) = blocks
        assert (block.first_row, block.rows) == (1, 3)
        assert source.fingerprint.rows == 3
        assert block.parse().cells.equals(block.parse().cells)
    with pytest.raises(ValueError, match="at least one"):
        opened([], ["id"])


def test_the_day_in_the_name(put, opened):
    with opened(put("lijst_20260214.csv", CSV), ["id"], snapshot_on="filename") as source:
        whole(source)
    assert source.fingerprint.snapshot_on == date(2026, 2, 14)
    with pytest.raises(SourceError, match="holds no date"):
        opened([put("a.csv", CSV), put("b.csv", CSV)], ["id"], snapshot_on="filename")


# --- large blocks, as Polars splits them over threads ---


def large(*, quoted: bool, bad: dict[int, bytes]) -> bytes:
    row = b'"K%07d","Fam. ""van"" der Berg, J.","06%08d",""\n' if quoted else b"K%07d,Fam. van der Berg,06%08d,\n"
    lines = [row % (n, n) for n in range(1, 120_001)]
    for n, line in bad.items():
        lines[n - 1] = line
    return b"id,naam,tel,leeg\n" + b"".join(lines)


@pytest.mark.parametrize("quoted", [False, True])
def test_rows_that_make_up_for_each_other_are_both_found(quoted, put, opened):
    bad = {5: b"x,y,z\n", 60_000: b"x,y,z,,\n", 90_001: b"x,y,z,,\n", 119_999: b'"x","y","z"\n'}
    path = put("a.csv", large(quoted=quoted, bad=bad))
    with opened(path, ["id"]) as source, pytest.raises(SourceError) as caught:
        whole(source)
    assert [problem.line for problem in caught.value.problems] == [n + 1 for n in bad]
    with opened(path, ["id", "tel"], on_bad_row="drop", keep_records=True) as source, ThreadPoolExecutor(2) as pool:
        chunks = list(pool.map(lambda block: block.parse(), source.blocks()))
    assert [n for chunk in chunks for n in chunk.unreadable] == list(bad)
    rows = [n for chunk in chunks for n in chunk.row]
    assert rows == [n for n in range(1, 120_001) if n not in bad]
    assert [int(cell[1:]) for chunk in chunks for cell in chunk.cells["id"]] == rows
    assert records_of(chunks[0])[-1].startswith(("K", '"K'))


@pytest.mark.slow
@pytest.mark.parametrize("quoted", [False, True])
@pytest.mark.parametrize("place", range(1, 120_000, 13_007))
def test_one_bad_row_anywhere_in_a_large_block(place, quoted, put, opened):
    for line in (b"x,y,z\n", b"x,y,z,,\n", b'"x","y","z","",""\n'):
        path = put("a.csv", large(quoted=quoted, bad={place: line}))
        with opened(path, ["id"]) as source, pytest.raises(SourceError) as caught:
            whole(source)
        assert [problem.line for problem in caught.value.problems] == [place + 1]


LONG = b"id,naam,tel\n" + b"1,Piet,0612345678\n" * 200_000
"""More than is looked at when it is opened."""


class TestHashedBefore:
    """A file that this process hashed, and nobody touched since, is not hashed again."""

    @pytest.fixture
    def hashed(self, monkeypatch):
        """What is read of files to hash them."""
        sizes = []
        read = os.pread
        monkeypatch.setattr(disk, "_digests", {})
        monkeypatch.setattr(disk, "_UNNOTICED_NS", 0)
        monkeypatch.setattr(os, "pread", lambda *how: sizes.append(how[1]) or read(*how))
        return sizes

    def digest(self, opened, path, hashed):
        with opened(path, ["tel"]) as source:
            hashed.clear()
            for _ in source.hashing():
                pass
            return source.digests

    def test_as_it_was(self, opened, put, hashed):
        path = put("a.csv", LONG)
        first = self.digest(opened, path, hashed)
        assert hashed
        assert self.digest(opened, path, hashed) == first == (hashlib.sha256(LONG).hexdigest(),)
        assert not hashed

    def test_read_whole_before(self, opened, put, hashed):
        path = put("a.csv", LONG)
        with opened(path, ["tel"]) as source:
            list(source.blocks())
        assert self.digest(opened, path, hashed) == (hashlib.sha256(LONG).hexdigest(),)
        assert not hashed

    def test_written_in_place_with_its_time_set_back(self, opened, put, hashed):
        path = put("a.csv", LONG)
        self.digest(opened, path, hashed)
        before, other = path.stat(), LONG.replace(b"1", b"2")
        time.sleep(0.02)
        with path.open("r+b") as file:
            file.write(other)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert self.digest(opened, path, hashed) == (hashlib.sha256(other).hexdigest(),)

    def test_touched_a_moment_ago(self, opened, put, hashed, monkeypatch):
        monkeypatch.setattr(disk, "_UNNOTICED_NS", 3_000_000_000)
        path = put("a.csv", LONG)
        self.digest(opened, path, hashed)
        self.digest(opened, path, hashed)
        assert hashed
