"""The signature under a checkpoint: Ed25519, with a key file as `openssl genpkey -algorithm ed25519` makes it.

Needs the extra `sign`; whoever checks a signature needs `openssl` alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from balansfilter.audit.checkpoint import Checkpoint, signature_line, signature_of
from balansfilter.errors import AuditError, UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"


def sign(checkpoint: Checkpoint, key_file: Path) -> Checkpoint:
    """Sign a checkpoint with a private key, in PEM and without a password.

    :raises AuditError: the key cannot be read, is no Ed25519 key, or others may read it.
    """
    key = _private_key(key_file)
    line = signature_line(checkpoint.origin, _hash(checkpoint, key.public_key()), key.sign(checkpoint.text.encode()))
    return replace(checkpoint, signatures=(*checkpoint.signatures, line))


def signature_under(data: bytes, key_file: Path) -> bytes:
    """Return the 64 bytes of a signature under some bytes.

    :raises AuditError: the key cannot be read, is no Ed25519 key, or others may read it.
    """
    return _private_key(key_file).sign(data)


def _private_key(key_file: Path) -> Ed25519PrivateKey:
    _needs_extra()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        mode = key_file.stat().st_mode & 0o777
        key = load_pem_private_key(key_file.read_bytes(), None)
    except OSError as error:
        raise AuditError(f"cannot read the signing key {key_file}: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise AuditError(f"{key_file} is no private key in PEM without a password") from error
    if mode & 0o077:
        raise AuditError(
            f"the signing key {key_file} may be read by others (mode {mode:04o}); run: chmod 600 {key_file}"
        )
    if not isinstance(key, Ed25519PrivateKey):
        raise AuditError(f"{key_file} is no Ed25519 key; make one with: openssl genpkey -algorithm ed25519")
    return key


def check_signature(checkpoint: Checkpoint, public_key_file: Path) -> None:
    """Hold a checkpoint against a public key in PEM.

    :raises AuditError: the key did not sign it, or cannot be read.
    """
    _needs_extra()
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(public_key_file.read_bytes())
    except OSError as error:
        raise AuditError(f"cannot read the public key {public_key_file}: {error.strerror}") from error
    except ValueError as error:
        raise AuditError(f"{public_key_file} is no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise AuditError(f"{public_key_file} is no Ed25519 key")
    for key_hash, signature in map(signature_of, checkpoint.signatures):
        if key_hash == _hash(checkpoint, key):
            try:
                key.verify(signature, checkpoint.text.encode())
            except InvalidSignature:
                continue
            return
    raise AuditError(f"the checkpoint is not signed by the key in {public_key_file}")


def _hash(checkpoint: Checkpoint, key: Ed25519PublicKey) -> bytes:
    named = checkpoint.origin.encode() + b"\n" + _ED25519 + key.public_bytes_raw()
    return hashlib.sha256(named).digest()[:4]


def _needs_extra() -> None:
    try:
        import cryptography  # noqa: F401
    except ImportError as error:
        raise UsageError("signatures need the extra `sign`: pip install 'balansfilter[sign]'") from error
