"""The rotation of the audit key, which all brands of a site share."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from balansfilter.audit.history import history
from balansfilter.audit.keyring import brand_key, ring_file, rotate
from balansfilter.audit.keys import AuditKey, load_key
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.names import REKEYED
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.policy.model import is_brand_id
from balansfilter.policy.site import Site


@dataclass(frozen=True)
class Rekeyed:
    """A key that took the place of another."""

    brands: tuple[str, ...]
    """The brands whose ledgers say so."""
    key_id: str
    """Names the key in use."""
    kept: Path | None
    """Where the old key stands; None if it is lost."""


def rekey(configs: Path, site: Site, *, lost: bool, lock_wait: float) -> Rekeyed:
    """Put a new key in the place of the one in use, and keep the old one beside it, so that old runs stay findable.

    A crash leaves either key in use, whole; the next run of each brand records a rotation that its ledger lacks.

    :param lost: the old key is gone for good: record that what was written with it cannot be searched any more.
    :raises AuditError: the key in use is not the one that a ledger knows, or a key cannot be read or written.
    :raises LockError: a run of a brand is busy.
    """
    with ExitStack() as locks:
        ledgers = [
            locks.enter_context(AuditedBrand(configs, site, brand).locked("rekey", lock_wait))
            for brand in _brands(site)
        ]
        key_file = site.audit.key_file
        return _record_loss(key_file, ledgers) if lost else _rotate(key_file, ledgers)


def _brands(site: Site) -> list[str]:
    folders = sorted(site.audit.dir.iterdir()) if site.audit.dir.exists() else []
    return [path.name for path in folders if is_brand_id(path.name) and (path / "ledger.jsonl").exists()]


def _rotate(key_file: Path, ledgers: list[Ledger]) -> Rekeyed:
    for ledger in ledgers:
        brand_key(key_file, ledger)
    old, new = rotate(key_file)
    in_use = [ledger for ledger in ledgers if history(ledger.events).key_id]
    for ledger in in_use:
        brand_key(key_file, ledger)
    return Rekeyed(tuple(ledger.brand for ledger in in_use), new.id, ring_file(key_file, old.id))


def _record_loss(key_file: Path, ledgers: list[Ledger]) -> Rekeyed:
    key: AuditKey = load_key(key_file)
    brands = []
    for ledger in ledgers:
        past = history(ledger.events)
        if past.key_id in (None, key.id):
            continue
        if ring_file(key_file, str(past.key_id)).exists():
            place = ring_file(key_file, str(past.key_id))
            raise AuditError(f"the key {past.key_id} of {ledger.brand} is not lost: it stands in {place}")
        ledger.append(REKEYED, {"from": past.key_id, "to": key.id, "lost": True})
        brands.append(ledger.brand)
    return Rekeyed(tuple(brands), key.id, None)
