"""The key that is in use, and those that were: a rotated key stays beside the new one, so that old runs stay findable.

The key file holds the key in use. A key that was rotated stands beside it as `<key file>.<key id>`, and so does the one
that took its place: that both are there is how a run tells a rotation from a wrong key.
"""

from __future__ import annotations

from pathlib import Path

from balansfilter.audit.history import REKEYED, History, history
from balansfilter.audit.keys import AuditKey, load_key, make_key, read_key, write_key
from balansfilter.audit.ledger import Ledger
from balansfilter.disk import sync
from balansfilter.errors import AuditError


def ring_file(key_file: Path, key_id: str) -> Path:
    """Give where the copy of a key stands that was part of a rotation."""
    return key_file.with_name(f"{key_file.name}.{key_id}")


def brand_key(key_file: Path, ledger: Ledger) -> AuditKey:
    """Give the key for a brand's next decisions: the one its ledger knows, or one that it was rotated to.

    A rotation that this ledger has not recorded yet is recorded.

    :raises AuditError: the key is lost, wrong, or others may read it.
    """
    past = history(ledger.events)
    key = load_key(key_file, known=past.key_ids)
    if past.key_id in (None, key.id):
        return key
    known = past.key_id or ""
    rotated = ring_file(key_file, key.id).exists() and ring_file(key_file, known).exists()
    if key.id in past.key_ids or not rotated:
        raise AuditError(
            f"{key_file} holds the key {key.id}, but the last decisions of {ledger.brand} were made with the key "
            f"{known}; put that key back from your backup, or rotate with `balansfilter audit rekey`"
        )
    ledger.append(REKEYED, {"from": known, "to": key.id})
    return key


def rotate(key_file: Path) -> tuple[AuditKey, AuditKey]:
    """Put a new key in the place of the one in use, and keep both beside it; gives the old one and the new one.

    After a crash the key file holds either key, whole, and both copies are on disk before it changes.

    :raises AuditError: there is no key, or a key cannot be written.
    """
    old = read_key(key_file)
    new = make_key()
    try:
        for key in (old, new):
            if not ring_file(key_file, key.id).exists():
                write_key(ring_file(key_file, key.id), key)
        write_key(key_file, new)
        sync(key_file.parent)
    except OSError as error:
        raise AuditError(f"cannot write the new audit key beside {key_file}: {error.strerror}") from error
    return old, new


def search_keys(key_file: Path, past: History) -> dict[str, AuditKey]:
    """Give every key that a brand's decisions were ever written with, by id; those that were recorded as lost left out.

    :raises AuditError: a key is missing, or is not the one that it is named after.
    """
    keys: dict[str, AuditKey] = {}
    missing = []
    current = read_key(key_file) if key_file.exists() else None
    for key_id in past.key_ids:
        path = ring_file(key_file, key_id)
        if current is not None and current.id == key_id:
            keys[key_id] = current
        elif path.exists():
            keys[key_id] = _named(path, key_id)
        elif key_id not in past.lost_key_ids:
            missing.append(f"{key_id} ({path if current else key_file})")
    if missing:
        raise AuditError(
            f"decisions of this brand were made with a key that is not there: {', '.join(missing)}; put it back from "
            "your backup, or record its loss with `balansfilter audit rekey --lost`"
        )
    return keys


def _named(path: Path, key_id: str) -> AuditKey:
    key = read_key(path)
    if key.id != key_id:
        raise AuditError(
            f"{path} holds the key {key.id}, not the one that it is named after; put it back from your backup"
        )
    return key
