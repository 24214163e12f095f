"""Compressed text: gzip of one or more members, Zstandard of one or more frames, told by their first bytes."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from balansfilter.sources.origin import Origin

Compression = Literal["gzip", "zstd"]

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", *(bytes([0x50 + n]) + b"\x2a\x4d\x18" for n in range(16)))
_ZSTD_STEP = 1 << 14
"""Compressed bytes given to Zstandard at a time: it has no limit of its own on what comes out."""
_DELIVER_AGAIN = "deliver it again; it was damaged or cut off on the way"


def compression_of(head: bytes) -> Compression | None:
    """Tell by its first bytes how a file is compressed, whatever its name says."""
    if head.startswith(_GZIP_MAGIC):
        return "gzip"
    return "zstd" if head.startswith(_ZSTD_MAGICS) else None


def decompressed(
    pieces: Iterator[bytes], how: Compression | None, origin: Origin, limit: int = 1 << 20
) -> Iterator[bytes]:
    """Decompress a file, and raise SourceError if it is damaged, cut off, or followed by something else.

    `limit` is the most bytes of gzip output to give at a time.
    """
    if how == "gzip":
        return _gunzipped(pieces, origin, limit)
    return _unzstded(pieces, origin) if how == "zstd" else pieces


def _gunzipped(pieces: Iterator[bytes], origin: Origin, limit: int) -> Iterator[bytes]:
    member, members = zlib.decompressobj(wbits=31), 0
    try:
        for piece in pieces:
            rest = piece
            while rest:
                if member.eof:
                    rest = rest.lstrip(b"\0")  # tapes and block devices pad a file with zeros
                    if not rest:
                        break
                    member, members = zlib.decompressobj(wbits=31), members + 1
                yield member.decompress(rest, limit)
                rest = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (text := member.decompress(b"", limit)):
            yield text
    except zlib.error:
        where = "is followed by something that is not gzip" if members else "is damaged: gzip cannot read it"
        raise origin.error(f"the compressed text {where}", _DELIVER_AGAIN) from None
    if not member.eof:
        raise origin.error("the compressed text is cut off: the end of the gzip data is missing", _DELIVER_AGAIN)


def _unzstded(pieces: Iterator[bytes], origin: Origin) -> Iterator[bytes]:
    import zstandard  # few files are compressed so

    frame, frames = zstandard.ZstdDecompressor().decompressobj(), 0
    try:
        for piece in pieces:
            for start in range(0, len(piece), _ZSTD_STEP):
                step = piece[start : start + _ZSTD_STEP]
                while step:
                    if frame.eof:
                        frame, frames = zstandard.ZstdDecompressor().decompressobj(), frames + 1
                    yield frame.decompress(step)
                    step = frame.unused_data if frame.eof else b""
    except zstandard.ZstdError:
        where = "is followed by something that is not Zstandard" if frames else "is damaged: Zstandard cannot read it"
        raise origin.error(f"the compressed text {where}", _DELIVER_AGAIN) from None
    if not frame.eof:
        raise origin.error("the compressed text is cut off: the end of the Zstandard data is missing", _DELIVER_AGAIN)
