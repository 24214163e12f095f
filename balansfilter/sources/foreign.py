"""Files of another kind than was asked for, told by their first bytes: workbooks, archives, web pages, JSON."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balansfilter.sources.origin import Origin

_SAVE_AS_CSV = "save it as CSV, or as Parquet"
_SET_EXCEL = "set format to excel, or give its name the right ending"
_UNPACK = "unpack it first; of the compressed files only .gz and .zst are read"
PARQUET = b"PAR1"
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
    (b"Obj\x01", "an Avro file", _SAVE_AS_CSV),
    (b"ORC\x00", "an ORC file", _SAVE_AS_CSV),
    (b"{\\rtf", "a text document (RTF)", _SAVE_AS_CSV),
    (b"-----BEGIN PGP", "encrypted with PGP", "decrypt it first"),
)
_SPACE = b" \t\r\n"
_PAGE = re.compile(
    rb"<(?:!doctype|!--|\?xml|(?:html|head|body|meta|title|script|style|form|div|span|p|h[1-6]|center|br|b)\b)",
    re.IGNORECASE,
)
_TABLE = re.compile(rb"<(?:table|tr|td|th|thead|tbody)\b", re.IGNORECASE)
_JSON = re.compile(rb'\{\s*(?:"[^"]*"\s*:|\}|$)|\[\s*(?:\{|\[|\]|"[^"]*"\s*,\s*"|$)')
_SHEETS = (".xls", ".xlsx", ".ods")


def refuse_what_is_no_parquet(head: bytes, origin: Origin) -> None:
    """Raise SourceError if a file that begins with `head` is no Parquet."""
    if not head.startswith(PARQUET):
        raise origin.error("is not a Parquet file", "set format to csv if it is text; if not, deliver it again")


def refuse_what_is_no_text(head: bytes, origin: Origin) -> None:
    """Raise SourceError if a file that begins with `head` is plainly no text with rows."""
    if head.startswith(PARQUET):
        raise origin.error("is a Parquet file, where CSV is wanted", "set format to parquet")
    if head.startswith(b"PK\x03\x04") and (b"[Content_Types].xml" in head or origin.path.lower().endswith(".xlsx")):
        raise origin.error("is an Excel workbook", _SET_EXCEL)
    for magic, kind, hint in _KINDS:
        if head.startswith(magic) and (magic != b"BZh" or head[4:10] == b"1AY&SY"):
            raise origin.error(f"is {kind}", hint)
    _check_markup(head, origin)


def _check_markup(head: bytes, origin: Origin) -> None:
    """Raise SourceError on a text that is written for a browser or a program."""
    text = _begun(head)
    if _JSON.match(text):
        hint = "have it exported as CSV; where an export was expected, it may be an error message: look at the download"
        raise origin.error("is JSON, where CSV is wanted", hint)
    page, has_table = is_page(head), bool(_TABLE.search(text))
    if _TABLE.match(text) or (page and (has_table or origin.path.lower().endswith(_SHEETS))):
        named = ", whatever its name says" if origin.path.lower().endswith((*_SHEETS, ".csv")) else ""
        hint = "open it in a spreadsheet and save it as CSV; but look at it first: it may be an error message"
        raise origin.error(f"is a web page with a table{named}", hint)
    if page:
        raise origin.error("is a web page or XML", "look at the download: often it is a login page or an error message")


def is_page(head: bytes) -> bool:
    """Return whether a file that begins with `head` is a web page or XML."""
    return bool(_PAGE.match(_begun(head)))


def _begun(head: bytes) -> bytes:
    """Return the beginning of a text without byte order mark and white space; UTF-16 without its NUL bytes."""
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe" + _SPACE).replace(b"\0", b"")
