"""Files of another kind than was asked for, told by their first bytes: workbooks, archives, web pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balansfilter.policy.model import InputFormat
    from balansfilter.sources.origin import Origin

_SAVE_AS_CSV = "save it as CSV, or as Parquet"
_SET_EXCEL = "set format to excel, or give its name the right ending"
_UNPACK = "unpack it first; of the compressed files only .gz and .zst are read"
_PARQUET = b"PAR1"
_KINDS = (
    (b"PK\x03\x04", "a zip archive", _UNPACK),
    (b"PK\x05\x06", "an empty zip archive", _UNPACK),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook", _SET_EXCEL),
    (b"BZh", "a bzip2 file", _UNPACK),
    (b"\xfd7zXZ\x00", "an xz file", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"%PDF-", "a PDF document", _SAVE_AS_CSV),
    (b"SQLite format 3\x00", "an SQLite database", _SAVE_AS_CSV),
    (b"ARROW1\x00\x00", "an Arrow file", _SAVE_AS_CSV),
)
_PAGES = (b"<!doctype", b"<html", b"<?xml")


def check_kind(head: bytes, wanted: InputFormat, origin: Origin) -> None:
    """Raise SourceError if a file that begins with `head` is plainly not of the wanted format."""
    if wanted == "parquet":
        if not head.startswith(_PARQUET):
            raise origin.error("is not a Parquet file", "set format to csv if it is text; if not, deliver it again")
        return
    if head.startswith(_PARQUET):
        raise origin.error("is a Parquet file, where CSV is wanted", "set format to parquet")
    if head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or origin.path.lower().endswith(".xlsx")):
        raise origin.error("is an Excel workbook", _SET_EXCEL)
    for magic, kind, hint in _KINDS:
        if head.startswith(magic) and (magic != b"BZh" or head[4:10] == b"1AY&SY"):
            raise origin.error(f"is {kind}", hint)
    if is_page(head):
        raise origin.error("is a web page or XML", "look at the download: often it is a login page or an error message")


def is_page(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a web page or XML."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES)
