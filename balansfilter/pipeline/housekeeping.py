"""What a run does before it reads, and after its list stands: room on the disk, retention, and handing over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.audit.ledger import Ledger
from balansfilter.audit.removal import Kept
from balansfilter.errors import AuditError, SourceError, bug_sentence, foreseen
from balansfilter.pipeline.delivery import Delivery
from balansfilter.pipeline.recovery import BrandPlaces
from balansfilter.pipeline.registers import Registers, registers_folder, source_named, sweep_registers
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.ruling import Ruling
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site, base_folder
from balansfilter.publish.room import has_room_beside, refuse_full_disk
from balansfilter.sources.paths import resolve_paths


def make_sure_of_room(
    site: Site, ruling: Ruling, configs: Path, given: str | None, previous: Mapping[str, Any] | None
) -> None:
    """Make sure that the disks have room for the run of a call list, before a row of it is read.

    :param given: the call list where it is not the one of the policy: a path, or `-`.
    :param previous: the manifest of the last published run.
    :raises OutputError: they have not.
    """
    policy = ruling.loaded.policy
    refuse_full_disk(site, policy.brand, _input_bytes(ruling, configs, given), previous)


def registers_beside(
    site: Site, ruling: Ruling, request: Request, previous: Mapping[str, Any] | None, tell: Callable[[str], None]
) -> Registers:
    """Return the registers that were read before; what a run reads is kept where it leaves room for that.

    A rehearsal keeps nothing.
    """
    if request.dry_run:
        return Registers.of(site.cache.dir, tell)
    reads = _input_bytes(ruling, request.configs, request.input)
    return Registers.of(site.cache.dir, tell, lambda folder, size: has_room_beside(site, reads, previous, folder, size))


def _input_bytes(ruling: Ruling, configs: Path, given: str | None) -> int | None:
    """Return the size of the call list; None where that is not known. Who reads it tells what is wrong with it."""
    policy = ruling.loaded.policy
    base = base_folder(configs) if given is None else Path()
    if given == "-":
        return None
    with suppress(SourceError, OSError):
        found = resolve_paths(given or policy.call_list.path, base=base, brand=policy.brand, as_of=ruling.plan.as_of)
        return sum(path.stat().st_size for path in found)
    return None


def keep_house(site: Site, policy: Policy, places: BrandPlaces, ledger: Ledger, today: date) -> str | None:
    """Remove what was kept long enough, and hand over the list and the head of the ledger; return what of it failed.

    Be it foreseen or a bug: the list stands, and whoever hears of it must not take it for one that does not.
    """
    try:
        return _prune_and_hand_over(site, policy, places, ledger, today)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic in Rust is no Exception
        known = foreseen(error)
        return known.message if known is not None else bug_sentence(error)


def _prune_and_hand_over(site: Site, policy: Policy, places: BrandPlaces, ledger: Ledger, today: date) -> str | None:
    configs = places.policy_file.parent.parent
    register = policy.bel_me_niet.register_file
    own = source_named(register.path, base_folder(configs), policy.brand) if register else None
    sweep_registers(registers_folder(site.cache.dir), configs, own)
    failures = [_prune(site, places, ledger, today), *Delivery(site, policy).hand_all_over(ledger)]
    return "; ".join(failure for failure in failures if failure is not None) or None


def _prune(site: Site, places: BrandPlaces, ledger: Ledger, today: date) -> str | None:
    if site.retention.prune != "auto":
        return None
    indexes = site.cache.dir / "audit" / places.audit.brand
    try:
        Kept(site, places.audit, places.folders.runs, indexes).prune(ledger, today, None)
    except (AuditError, OSError) as error:
        return f"what was kept long enough could not be removed: {error}"
    return None
