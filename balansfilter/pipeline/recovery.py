"""What whoever takes the lock of a brand does first: finish what was killed, and refuse to go on what is broken."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.decision_files import remove
from balansfilter.audit.folder import BrandAudit, as_audit_error
from balansfilter.audit.forms import is_digest, is_run_id
from balansfilter.audit.handing_over import kept_checkpoints
from balansfilter.audit.history import History, history
from balansfilter.audit.ledger import Event, Ledger, read_chain, runs_open
from balansfilter.audit.ledger_files import expected_files
from balansfilter.audit.list_standing import list_standing
from balansfilter.audit.names import ABANDONED, APPROVED, APPROVING, ENDINGS, PUBLISHED, UNAPPROVED
from balansfilter.audit.pending import finish_pending
from balansfilter.errors import AuditError, BalansfilterError, OutputError, Problem
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sha256_file
from balansfilter.fs.scratch import NAME, sweep
from balansfilter.pipeline.registers import registers_folder
from balansfilter.policy.approval import put_in_place
from balansfilter.policy.site import Site, SiteCheckpoint, load_site
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.withdrawn import place_withdrawn
from balansfilter.wording.plural import counted

_RUN_ON = "find out what happened; then record it with `balansfilter audit reopen --reason`, and run again"


@dataclass(frozen=True)
class BrandPlaces:
    """Where everything of a brand stands that a command may have left half done."""

    folders: BrandFolders
    audit: BrandAudit
    policy_file: Path
    checkpoint: SiteCheckpoint | None
    """Where the heads of the ledger are handed over to."""


def brand_places(configs: Path, site: Site, brand: str) -> BrandPlaces:
    """Return where everything of a brand stands."""
    return BrandPlaces(
        BrandFolders(site.output.dir / brand),
        BrandAudit(site.audit.dir / brand),
        configs / "brands" / f"{brand}.yaml",
        site.audit.checkpoint,
    )


def opened(places: BrandPlaces, site: Site) -> Ledger:
    """Open the ledger of a brand, whose lock is held, and finish what was killed.

    :raises AuditError: the ledger does not verify, or what was killed cannot be finished.
    """
    sweep_site(site, places)
    ledger = Ledger(places.audit.ledger)
    recover(places, ledger)
    _clear_texts(places, ledger.events)
    return ledger


def _clear_texts(places: BrandPlaces, events: Sequence[Event]) -> None:
    """Remove the texts that a command kept before it was killed, and of which no event came to speak."""
    audit, past = places.audit, history(events)
    if any(True for _ in breaks(places, past, events)):
        return
    known = {file.path for file in expected_files(audit, places.folders.runs, past, events)}
    with as_audit_error(audit.root):
        for folder in (audit.policies, audit.laws):
            for path in sorted(folder.glob("*.yaml")) if folder.is_dir() else ():
                if path not in known and is_digest(path.stem) and not path.is_symlink():
                    path.unlink()
        signed = {path.parent for path in known}
        for path in sorted(audit.dossiers.iterdir()) if audit.dossiers.is_dir() else ():
            if path not in signed and is_digest(path.name) and not path.is_symlink():
                shutil.rmtree(path)


def sweep_site(site: Site, places: BrandPlaces) -> None:
    """Remove what processes that were killed left in the places for what is not finished."""
    indexes = site.cache.dir / "audit" / places.audit.brand
    registers = registers_folder(site.cache.dir)
    own = (places.folders.root, places.policy_file.resolve().parent, indexes, registers)
    for folder in (site.audit.dir, site.audit.key_file.parent, site.cache.dir, *own):
        sweep(folder / NAME)


def recover(places: BrandPlaces, ledger: Ledger) -> None:
    """Finish what a killed command left: record how it ended, and clear what it left behind.

    A run whose list stands as `current` was published, though it could not say so. Every other was abandoned.

    :raises AuditError: it cannot be recorded, or a file cannot be moved or removed.
    """
    folders, audit = places.folders, places.audit
    finish_pending(audit, folders.runs, ledger.events)
    place_withdrawn(folders, history(ledger.events).withdrawn)
    _finish_approval(places, ledger)
    prepared = [str(event.body["run_id"]) for event in runs_open(ledger.events)]
    ended = {event.body.get("run_id") for event in ledger.events if event.event in ENDINGS}
    current = folders.current_run()
    for run_id in dict.fromkeys([*prepared, *_left_behind(folders)]):
        if run_id == current:
            ledger.append(PUBLISHED, {"run_id": run_id, "recovered": True})
            continue
        take_away(folders, audit, run_id)
        if run_id not in ended:
            ledger.append(ABANDONED, {"run_id": run_id, "prepared": run_id in prepared})
        folders.discard(run_id)


def _left_behind(folders: BrandFolders) -> Iterator[str]:
    for name in folders.left_behind():
        if is_run_id(name):
            yield name
        else:
            shutil.rmtree(folders.staging / name, ignore_errors=True)


def take_away(folders: BrandFolders, audit: BrandAudit, run_id: str) -> None:
    """Remove what a run without a published list left among what is published; its staging folder goes last.

    By that folder, or by `run.prepared`, it is found again if the process is killed before its end is recorded.

    :raises AuditError: its decisions cannot be removed.
    """
    with as_audit_error(audit.decisions_folder):
        remove(audit.decisions(run_id))
    shutil.rmtree(folders.runs / run_id, ignore_errors=True)


def _finish_approval(places: BrandPlaces, ledger: Ledger) -> None:
    """Finish an approval that was recorded before it was written: in the policy as it was then, and in no other."""
    last = next((event for event in reversed(ledger.events) if event.event in (APPROVING, APPROVED, UNAPPROVED)), None)
    if last is None or last.event != APPROVING:
        return
    body = dict(last.body)
    was = body.pop("was_sha256")
    with suppress(OSError):
        now = sha256_file(places.policy_file)
        if now == was and _write_approved(places, body["policy_sha256"]):
            now = body["policy_sha256"]
        if now == body["policy_sha256"]:
            ledger.append(APPROVED, body | {"recovered": True})
            return
    ledger.append(UNAPPROVED, {"balanstest": body["balanstest"], "policy_sha256": body["policy_sha256"]})


def _write_approved(places: BrandPlaces, sha256: str) -> bool:
    text = places.audit.policy(sha256)
    if not text.is_file() or sha256_file(text) != sha256:
        return False
    put_in_place(places.policy_file, places.policy_file.read_bytes(), text.read_bytes())
    return True


def refuse_broken(places: BrandPlaces, events: Sequence[Event]) -> None:
    """Make sure that the ledger bears out what stands: nothing is published on top of what it does not.

    :raises AuditError: the ledger is gone, empty or shorter than the list that stands, or knows another as the last.
    """
    problems = list(breaks(places, history(events), events))
    if problems:
        raise AuditError(f"the ledger {places.audit.ledger} does not bear out what stands:", problems)


def breaks(places: BrandPlaces, past: History, events: Sequence[Event]) -> Iterator[Problem]:
    """Yield what stands that the ledger does not bear out."""
    folders = places.folders
    link = str(folders.current)
    for head in lost_heads(places, past, events):
        message = f"does not hold the head {head}, which was handed over"
        yield Problem(str(places.audit.ledger), message=message, hint=_RUN_ON)
    try:
        current = folders.current_run()
    except OutputError as error:
        yield Problem(link, message=error.message, hint=_RUN_ON)
        return
    if current != past.standing:
        shown = f"shows run {current}" if current else "is gone"
        known = f"run {past.standing} was published last" if past.standing else "none was published"
        message = "the ledger is empty" if not events else f"the ledger says that {known}"
        yield Problem(link, message=f"{shown}, but {message}", hint=_RUN_ON)
    elif current is not None:
        yield from _other_manifest(folders, past, current)
    if not past.runs and current is None:
        yield from _without_a_ledger(places, past)
    manifest = (folders.manifest(current) if current else None) or {}
    built_on = manifest.get("ledger")
    if isinstance(built_on, dict) and not past.reopened:
        seq, digest = built_on.get("seq"), built_on.get("hash")
        if not any(event.seq == seq and event.hash == digest for event in events):
            message = f"is of a ledger that held event {seq}, which this one does not"
            yield Problem(str(folders.runs / str(current) / "manifest.json"), message=message, hint=_RUN_ON)


def lost_heads(places: BrandPlaces, past: History, events: Sequence[Event]) -> list[Head]:
    """Return the heads that were handed over, lie there still, and are not of this ledger; a reopening excuses them.

    :raises AuditError: the folder that they lie in cannot be read.
    """
    excused = {head for event in past.reopened for head in event.body["kept"]}
    known = {(event.seq, event.hash) for event in events}
    kept = [one.head for one in kept_checkpoints(places.checkpoint, places.audit.brand)[0]]
    return [head for head in kept if (head.seq, head.hash) not in known and str(head) not in excused]


def _other_manifest(folders: BrandFolders, past: History, current: str) -> Iterator[Problem]:
    path, run = folders.runs / current / "manifest.json", past.runs.get(current)
    recorded = {event.body["manifest_sha256"] for event in past.reopened if event.body["current"] == current}
    try:
        same = run is None or sha256_file(path) in {run.prepared.body["manifest_sha256"], *recorded}
    except OSError as error:
        yield Problem(str(path), message=f"cannot be read: {error.strerror}", hint=_RUN_ON)
        return
    if not same:
        yield Problem(str(path), message="is not the manifest that the ledger knows", hint=_RUN_ON)


def _without_a_ledger(places: BrandPlaces, past: History) -> Iterator[Problem]:
    known = {Path(file["path"]).name for event in past.reopened for file in event.body["files"]}
    known |= {Path(file["path"]).parent.name for event in past.reopened for file in event.body["files"]}
    for folder in (places.audit.decisions_folder, places.folders.runs):
        left = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        if any(name not in known for name in left):
            message = counted(
                len(left),
                "holds {count} run, but the ledger knows none",
                "holds {count} runs, but the ledger knows none",
            )
            yield Problem(str(folder), message=message, hint=_RUN_ON)


def standing(configs: Path, brand: str) -> str:
    """Say which list stands after a run that failed, and whether it may be called still."""
    try:
        site = load_site(configs)
        folders = BrandFolders(site.output.dir / brand)
        run_id = folders.current_run()
    except BalansfilterError:
        return "Nothing was published."
    if run_id is None:
        return "Nothing was published; there is no published list of this brand yet."
    manifest = folders.manifest(run_id) or {}
    day = f" for {manifest['as_of']}" if "as_of" in manifest else ""
    refusal = _refusal(BrandAudit(site.audit.dir / brand), run_id)
    if refusal is not None:
        return f"Nothing was published; the list{day} of run {run_id} stands, but is no good: {refusal}"
    return f"Nothing was published; the list{day} of run {run_id} stands."


def _refusal(audit: BrandAudit, run_id: str) -> str | None:
    """Return why the list of a run must not be called; None of a ledger that cannot be read, which is told apart."""
    with suppress(BalansfilterError, OSError):
        return list_standing(history(read_chain(audit.ledger).events).runs.get(run_id)).refusal
    return None
