"""The key that is in use, and those that were: a rotated key stays beside the new one, so that old runs stay findable.

The key file holds the key in use. A key that was rotated stands beside it as `<key file>.<key id>`, and so does the one
that took its place: that both are there is how a run tells a rotation from a wrong key.
"""

from __future__ import annotations

from pathlib import Path

from balansfilter.audit.history import History, history
from balansfilter.audit.keys import AuditKey, load_key, make_key, read_key, write_key
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.names import REKEYED
from balansfilter.errors import AuditError, Problem
from balansfilter.fs.private import sync
from balansfilter.fs.scratch import NAME, put


def ring_file(key_file: Path, key_id: str) -> Path:
    """Return where the copy of a key stands that was part of a rotation."""
    return key_file.with_name(f"{key_file.name}.{key_id}")


def brand_key(key_file: Path, ledger: Ledger) -> AuditKey:
    """Return the key for a brand's next decisions: the one its ledger knows, or one that it was rotated to.

    A rotation that this ledger has not recorded yet is recorded.

    :raises AuditError: the key is lost, wrong, or others may read it.
    """
    finish_rotation(key_file)
    past = history(ledger.events)
    key = load_key(key_file, known=past.key_ids)
    if past.key_id in (None, key.id):
        return key
    known = past.key_id or ""
    rotated = all(ring_file(key_file, key_id).exists() for key_id in (key.id, known))
    if key.id in past.key_ids or not rotated:
        raise AuditError(
            f"{key_file} holds the key {key.id}, but the last decisions of {ledger.brand} were made with the key "
            f"{known}; put that key back from your backup, or rotate with `balansfilter audit rekey`"
        )
    ledger.append(REKEYED, {"from": known, "to": key.id})
    return key


def rotate(key_file: Path) -> tuple[AuditKey, AuditKey]:
    """Put a new key in the place of the one in use, and keep both beside it; gives the old one and the new one.

    After a crash the key file holds either key, whole, and what both are called is written beside it. So no key is left
    that was never in use.

    :raises AuditError: there is no key, or a key cannot be written.
    """
    finish_rotation(key_file)
    old = read_key(key_file)
    new = make_key()
    try:
        if not ring_file(key_file, old.id).exists():
            write_key(ring_file(key_file, old.id), old)
        put(key_file.parent / NAME, _rotation(key_file), f"{old.id} {new.id}\n".encode())
        write_key(key_file, new)
    except OSError as error:
        raise AuditError(f"cannot write the new audit key beside {key_file}: {error.strerror}") from error
    finish_rotation(key_file)
    return old, new


def finish_rotation(key_file: Path) -> None:
    """Finish a rotation that was killed: keep the new key beside the one in use, if it came to be in use.

    :raises AuditError: the key cannot be read or written.
    """
    under_way = _rotation(key_file)
    try:
        noted = under_way.read_text(encoding="ascii").split()
        in_use = read_key(key_file)
        if noted[1:] == [in_use.id] and not ring_file(key_file, in_use.id).exists():
            write_key(ring_file(key_file, in_use.id), in_use)
        under_way.unlink(missing_ok=True)
        sync(key_file.parent)
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(f"cannot finish the rotation of the audit key beside {key_file}: {error}") from error


def _rotation(key_file: Path) -> Path:
    """Return the file that names both keys while a rotation is under way."""
    return key_file.with_name(f"{key_file.name}.rotation")


def search_keys(key_file: Path, past: History) -> dict[str, AuditKey]:
    """Return every key that a brand's decisions were ever written with, by id; without those recorded as lost.

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


def key_problems(key_file: Path, past: History) -> list[Problem]:
    """Return what is wrong with the keys: each that was ever in use must be there, unless it was recorded as lost."""
    problems = [
        Problem(str(path), message="is a symbolic link", hint="put the key itself there")
        for path in (key_file, *(ring_file(key_file, key_id) for key_id in past.key_ids))
        if path.is_symlink()
    ]
    try:
        search_keys(key_file, past)
        in_use = read_key(key_file).id if past.key_ids else None
    except AuditError as error:
        return [*problems, Problem(str(key_file), message=error.message)]
    if in_use not in past.key_ids and in_use is not None and not ring_file(key_file, in_use).exists():
        message = f"holds the key {in_use}, but {past.key_id} was in use last"
        problems.append(Problem(str(key_file), message=message, hint="put that key back from your backup"))
    return problems


def _named(path: Path, key_id: str) -> AuditKey:
    key = read_key(path)
    if key.id != key_id:
        raise AuditError(
            f"{path} holds the key {key.id}, not the one that it is named after; put it back from your backup"
        )
    return key
