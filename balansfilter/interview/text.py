"""How a text file is written, told from its beginning: encoding, separator, and whether a first line names the columns.

The encodings are those that a policy knows, tried in order with the strictness of the night's reader, and the
separators are tried out: a statistical guess names encodings that no policy may declare, and calls a file with short
words above its columns one without a header.
"""

from __future__ import annotations

import codecs
import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import islice, zip_longest
from pathlib import Path

from balansfilter.errors import SourceError
from balansfilter.interview.date_formats import looks_like_a_date
from balansfilter.policy.model import Encoding
from balansfilter.sources.compression import compression_of, decompressed
from balansfilter.sources.disk import DiskFile
from balansfilter.sources.names_or_data import is_data
from balansfilter.sources.origin import Origin

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_BYTES = 16 << 20
"""Bytes of text looked at for the encoding: a letter beyond ASCII may come late."""
_STRUCTURE_CHARACTERS = 1 << 18
_RECORDS = 500
_MOSTLY = 0.9
_BOMS: tuple[tuple[bytes, Encoding | None], ...] = (
    (codecs.BOM_UTF32_LE, None),
    (codecs.BOM_UTF32_BE, None),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

Record = Sequence[str]


def beginning(path: Path, role: str) -> bytes:
    """Read the first bytes of a file, decompressed if need be.

    :raises SourceError: the file cannot be read, is damaged, or holds nothing.
    """
    disk = DiskFile(path, Origin(role, str(path)))
    data = bytearray()
    for piece in decompressed(disk.pieces(1 << 20), compression_of(disk.head), disk.origin):
        data += piece
        if len(data) >= SAMPLE_BYTES:
            break
    if not data:
        raise disk.origin.error("holds no text at all", "name a file with rows in it")
    return bytes(data)


def encoding_of(data: bytes) -> Encoding | None:
    """Tell the encoding of a text by its beginning; None where it is none that a policy may declare.

    Windows-1252 stands for ISO 8859-1 as well: it reads all of its letters alike, and has a few more.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding
    if b"\0" in data[:2]:
        return "utf-16"
    if b"\0" in data:
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=len(data) < SAMPLE_BYTES)
    except UnicodeDecodeError:
        return "windows-1252" if _has_letters_only(data) else None
    return "utf-8"


def _has_letters_only(data: bytes) -> bool:
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return True


def decoded(data: bytes, encoding: Encoding) -> str:
    """Return the text of whole lines at the beginning, for a look at how it is divided."""
    codec = {"windows-1252": "cp1252", "iso-8859-1": "latin-1", "utf-8": "utf-8-sig"}.get(encoding, "utf-16")
    if encoding == "utf-16" and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        codec = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
    text = data[: 4 * _STRUCTURE_CHARACTERS].decode(codec, "replace")
    if len(text) <= _STRUCTURE_CHARACTERS and len(data) <= 4 * _STRUCTURE_CHARACTERS:
        return text
    text = text[:_STRUCTURE_CHARACTERS]
    return text[: text.rfind("\n") + 1] or text


def letters_beyond_ascii(text: str) -> str:
    """Return the letters and marks beyond ASCII that occur most, by which people see whether an encoding is right."""
    counts = Counter(letter for letter in text if letter > "\x7f" and not letter.isspace())
    return " ".join(letter for letter, _ in counts.most_common(8))


def fitness(text: str, separator: str) -> tuple[bool, int, float]:
    """Say how well a separator divides a text: whether nearly every record is as wide as the first, and how wide."""
    records = first_records(text, separator)
    width = len(records[0]) if records else 0
    alike = sum(len(record) == width for record in records) / max(1, len(records))
    return width > 1 and alike >= _MOSTLY, width, alike


def first_records(text: str, separator: str) -> list[Record]:
    """Return the first records of a text that are not empty."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    records: list[Record] = []
    try:
        records += islice((record for record in reader if any(cell.strip() for cell in record)), _RECORDS)
    except csv.Error:
        return records  # an odd quote or a cell without an end: what came before it is enough
    return records


def has_header(records: Sequence[Record]) -> bool:
    """Whether the first record names the columns, rather than being a row like those below it.

    A column of numbers or dates decides: a name above it is of another kind than its cells. Where there is none, what
    stands above ids decides, which may be short: they are written alike. Where there are none either, a first record
    with a long number or an at sign in it is a row.
    """
    first, body = records[0], records[1:]
    kinds = [
        (_is_datum(name), [_is_datum(cell) for cell in column if cell.strip()])
        for name, column in zip_longest(first, _columns(body), fillvalue="")
        if name.strip()
    ]
    telling = [is_datum for is_datum, cells in kinds if cells and sum(cells) > len(cells) / 2]
    if telling:
        return not any(telling)
    alike = [
        is_data(name, cells)
        for name, column in zip(first, _columns(body), strict=False)
        if name.strip() and (cells := [cell for cell in column if cell.strip()]) and all(map(_has_digit, cells))
    ]
    if alike and all(alike):
        return False
    return not any(_is_datum(name) or "@" in name for name in first)


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _columns(body: Sequence[Record]) -> Iterable[Sequence[str]]:
    return zip_longest(*body, fillvalue="")


def _is_datum(cell: str) -> bool:
    """Whether a cell is a date, a phone number or another row of digits."""
    digits = sum(letter.isdigit() for letter in cell)
    return looks_like_a_date(cell) or (digits >= 5 and digits * 2 > len(cell.strip()))


def unreadable_encoding(path: Path, role: str) -> SourceError:
    """Make the error for a text in no encoding that a policy may declare."""
    hint = "save it as UTF-8, or in another of the encodings utf-8, windows-1252, iso-8859-1 and utf-16"
    return Origin(role, str(path)).error("is not text in an encoding that a policy may declare", hint)
