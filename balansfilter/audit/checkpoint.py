"""A checkpoint of the ledger for somebody else to keep, in the form of the C2SP tlog-checkpoint, signed or not.

A checkpoint is a text of three lines: `balansfilter/<brand>`, the number of events, and the hash of the last one in
base64. A signature is a signed note (C2SP signed-note): an empty line, and lines of an em dash, the name of the signer
and in base64 four bytes that name the key and the 64 bytes of an Ed25519 signature of the three lines. The log is a
chain, so that the third line is the hash of the last event where a tile log has the root of its tree.
"""

from __future__ import annotations

import base64
import binascii

from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass

_ORIGIN = "balansfilter/"
_DASH = "— "


@dataclass(frozen=True)
class Head:
    """One event of a ledger by its position and hash, as it was kept."""

    seq: int
    hash: str
    """64 hexadecimal digits."""
    brand: str | None = None
    """The brand; None where it was not kept."""

    def __str__(self) -> str:
        return f"{self.seq}:{self.hash}"


@dataclass(frozen=True)
class Checkpoint:
    """A head with its brand, and the lines that sign it."""

    brand: str
    head: Head
    signatures: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The three lines that are signed, with their ends."""
        digest = base64.b64encode(bytes.fromhex(self.head.hash)).decode()
        return f"{_ORIGIN}{self.brand}\n{self.head.seq}\n{digest}\n"

    @property
    def origin(self) -> str:
        """Names the log, and its signer."""
        return _ORIGIN + self.brand

    def __str__(self) -> str:
        return self.text + "".join(("\n", *(f"{line}\n" for line in self.signatures))) if self.signatures else self.text


def signature_line(name: str, key_hash: bytes, signature: bytes) -> str:
    """Return the line of a signature; `key_hash` is of four bytes."""
    return f"{_DASH}{name} {base64.b64encode(key_hash + signature).decode()}"


def signature_of(line: str) -> tuple[bytes, bytes]:
    """Return the four bytes that name the key of a signature line, and the signature.

    :raises UsageError: it is no such line.
    """
    try:
        data = base64.b64decode(line.removeprefix(_DASH).rpartition(" ")[2], validate=True)
    except binascii.Error:
        data = b""
    if not line.startswith(_DASH) or len(data) != 68:
        raise UsageError("the checkpoint has a line after its text that is no Ed25519 signature")
    return data[:4], data[4:]


def read_head(text: str) -> Head:
    """Read a head as `audit head` prints it, SEQ:HASH.

    :raises UsageError: it is none.
    """
    seq, _, digest = text.strip().partition(":")
    if not (seq.isascii() and seq.isdigit()) or len(digest) != 64 or set(digest) - set("0123456789abcdef"):
        raise UsageError("a head is written as `audit head` prints it, SEQ:HASH")
    return Head(int(seq), digest)


def read_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint.

    :raises UsageError: it is none; the checkpoint of another kind of log is none either.
    """
    body, _, signatures = text.partition("\n\n")
    lines = body.removesuffix("\n").split("\n")
    if len(lines) != 3 or not lines[0].startswith(_ORIGIN) or not (lines[1].isascii() and lines[1].isdigit()):
        raise UsageError("that is no checkpoint as `audit head --checkpoint` prints it")
    try:
        digest = base64.b64decode(lines[2], validate=True)
    except binascii.Error:
        digest = b""
    if len(digest) != 32:
        raise UsageError("the third line of the checkpoint is no SHA-256 in base64")
    brand = lines[0].removeprefix(_ORIGIN)
    made = Checkpoint(brand, Head(int(lines[1]), digest.hex(), brand), tuple(signatures.splitlines()))
    for line in made.signatures:
        signature_of(line)
    return made
