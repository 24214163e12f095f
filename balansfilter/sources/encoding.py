"""Text in the encodings that a policy may declare, made into UTF-8 piece by piece, or refused with the line."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from balansfilter.native.one_byte_texts import Utf8Writer, without_letter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balansfilter.errors import SourceError
    from balansfilter.policy.model import Encoding
    from balansfilter.sources.origin import Origin

_BOMS = (  # the longer ones first: that of UTF-16 begins that of UTF-32
    (codecs.BOM_UTF32_LE, "utf-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32", "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16-be"),
)
_CODECS: dict[Encoding, str] = {"utf-8": "utf-8", "windows-1252": "cp1252", "iso-8859-1": "latin-1"}
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_DECLARE = "declare it in csv.encoding, or deliver the file in the declared encoding"


def codec_of(head: bytes, declared: Encoding, origin: Origin) -> tuple[str, bytes]:
    """Return the Python codec and the byte order mark of a text that begins with `head`.

    SourceError if the text begins with the mark of another encoding, or has no sign of the declared UTF-16.
    """
    for bom, encoding, codec in _BOMS:
        if head.startswith(bom):
            if encoding != declared:
                raise origin.error(
                    f"is declared as {declared}, and begins with the byte order mark of {encoding}", _DECLARE
                )
            return codec, bom
    if declared != "utf-16":
        return _CODECS[declared], b""
    if head[:1] == b"\0" or head[1:2] == b"\0":
        return ("utf-16-be" if head[:1] == b"\0" else "utf-16-le"), b""
    raise origin.error("is declared as utf-16, and does not look like it", _DECLARE)


class LastPiece:
    """The piece of a file that was read last, and the text that was made of it, and of nothing else.

    Whoever has that very text, and not only an equal one, knows where it stands in the file.
    """

    def __init__(self, start: int) -> None:
        """Begin at a place of the file, in bytes."""
        self.start, self.size = start, 0
        self.text: bytes | None = None
        self.checksum: bytes | None = None
        """That of the piece as it came, where that is another text than in UTF-8."""

    def note(self, size: int, text: bytes, checksum: bytes | None = None) -> None:
        """Note the next piece, of so many bytes."""
        self.start, self.size, self.text, self.checksum = self.start + self.size, size, text, checksum


def utf8_pieces(pieces: Iterator[bytes], codec: str, origin: Origin, read: LastPiece | None = None) -> Iterator[bytes]:
    """Return the pieces of a text, without its byte order mark, as UTF-8.

    Text that is UTF-8 already is handed on as it is, to be checked in :mod:`balansfilter.sources.csv_block`.
    SourceError, with the line, on bytes that the codec has no character for; and at the end of the text if what is
    declared as an encoding of one byte a character was UTF-8 from beginning to end.

    :param read: is told of each piece whose text is made of nothing else.
    """
    read = LastPiece(0) if read is None else read
    if codec == "utf-8":
        return _noted(pieces, read)
    if codec.startswith("utf-16"):
        return _from_utf16(pieces, codec, origin)
    return _from_single_byte(pieces, codec, origin, read)


def _noted(pieces: Iterator[bytes], read: LastPiece) -> Iterator[bytes]:
    for piece in pieces:
        read.note(len(piece), piece)
        yield piece


def _from_utf16(pieces: Iterator[bytes], codec: str, origin: Origin) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    pending = b""
    for piece in pieces:
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError as error:
            line += error.object[: error.start].decode(codec, "replace").count("\n")
            raise origin.error("holds bytes that are not utf-16", _DECLARE, line) from None
        pending = decoder.getstate()[0]
        line += text.count("\n")
        yield text.encode()
    if pending:
        raise origin.error("ends in the middle of a utf-16 character", "deliver it again; it was cut off", line)


def _from_single_byte(pieces: Iterator[bytes], codec: str, origin: Origin, read: LastPiece) -> Iterator[bytes]:
    suspicion, writer = _Utf8Suspicion(), Utf8Writer(codec)
    line, before = 1, b""
    for piece in pieces:
        written = writer.written(piece)
        _check_for_mark(before, piece, origin, line, anywhere=written.may_have_marks)
        before = piece[-2:]
        suspicion.look_at(piece, line)
        if written.text is None:
            raise _without_letter(piece, codec, origin, line)
        read.note(len(piece), written.text, written.checksum)
        yield written.text
        line += written.line_feeds
    if suspicion.holds:
        declared = "windows-1252" if codec == "cp1252" else "iso-8859-1"
        hint = "set csv.encoding to utf-8"
        raise origin.error(f"is declared as {declared}, and every letter in it reads as utf-8", hint, suspicion.line)


def _check_for_mark(before: bytes, piece: bytes, origin: Origin, line: int, *, anywhere: bool) -> None:
    """Raise SourceError on the byte order mark of UTF-8 within a text of one byte a character, where it may stand."""
    place = (before + piece[:2]).find(codecs.BOM_UTF8)
    if place < 0 and anywhere:
        place = piece.find(codecs.BOM_UTF8)
    if place >= 0:
        line += piece.count(b"\n", 0, place)
        message = "holds the byte order mark of utf-8 in its midst; it seems to be joined of files in several encodings"
        raise origin.error(message, "deliver the files apart, or all in the declared encoding", line)


def _without_letter(piece: bytes, codec: str, origin: Origin, line: int) -> SourceError:
    """Return the error for a byte that is no letter; the two encodings differ only in the 32 bytes from 0x80."""
    line += piece.count(b"\n", 0, without_letter(piece, codec))
    if codec == "latin-1":
        hint = "set csv.encoding to windows-1252"
        return origin.error("holds a byte that iso-8859-1 has no letter for, and windows-1252 has", hint, line)
    return origin.error("holds a byte that windows-1252 has no character for", _DECLARE, line)


class _Utf8Suspicion:
    """Whether all text so far, declared as something else, reads as UTF-8 with at least one letter beyond ASCII."""

    def __init__(self) -> None:
        self.line = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._possible = True

    def look_at(self, piece: bytes, line: int) -> None:
        """Look at the next piece, which begins on the given line."""
        if not self._possible or (piece.isascii() and not self._decoder.getstate()[0]):
            return
        letter = _BEYOND_ASCII.search(piece)
        if not self.line and letter:
            self.line = line + piece.count(b"\n", 0, letter.start())
        try:
            self._decoder.decode(piece)
        except UnicodeDecodeError:
            self._possible = False

    @property
    def holds(self) -> bool:
        """Whether there is such a letter, and nothing that speaks against it."""
        return self._possible and self.line > 0 and not self._decoder.getstate()[0]
