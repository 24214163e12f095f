"""The bundle: a person's rows with their proofs, the ledger from the first of them to a checkpoint, and the texts.

What is bundled was bound to the ledger before: the root of the decisions of each run is an event. The bundle's own
digest is an event as well, right after the one that it ends at. Nothing in it is about anybody else; the siblings in a
proof are hashes over keyed hashes, which tell nothing.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from balansfilter.audit.checkpoint import Checkpoint, Head
from balansfilter.audit.find import Identity
from balansfilter.audit.history import EXPORTED, ROOTED, History, PublishedRun, history
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.ledger import Event, Ledger, utc_now
from balansfilter.audit.merkle import ProvedRow, ProvedRows, prove_rows
from balansfilter.audit.sign_off import kept_policy
from balansfilter.audit.signing import sign
from balansfilter.audited import AuditedBrand
from balansfilter.disk import sha256_file, sync, write_private
from balansfilter.dossier.consent import consent_references
from balansfilter.dossier.statement import need_typst, statement, statement_html, statement_pdf
from balansfilter.errors import AuditError, OutputError, UsageError
from balansfilter.timeline import Timeline
from balansfilter.wording.formats import Language

_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Order:
    """How a bundle is made."""

    language: Language
    pdf: bool
    """Whether the statement is there in PDF as well; needs the extra `pdf`."""
    key_file: Path | None
    """The key that signs the checkpoint; needs the extra `sign`."""
    lock_wait: float


def export(audited: AuditedBrand, found: Timeline, who: Identity, to: Path, order: Order) -> Head:
    """Write the bundle on a person, and give the head of the ledger that it ends at.

    :param found: what was decided for the person.
    :raises UsageError: no list held the person.
    :raises AuditError: decisions or a text are not what the ledger says.
    :raises LockError: a run of the brand is busy.
    """
    if not found.moments:
        raise UsageError("no published list that can be searched held this person: there is nothing to bundle")
    if order.pdf:
        need_typst()
    past = audited.history()
    runs = {moment.run_id: past.runs[moment.run_id] for moment in found.moments}
    rows = {moment.run_id: [row.row for row in moment.rows] for moment in found.moments}
    proved = {run_id: _proved(audited, run, rows[run_id]) for run_id, run in runs.items()}
    _refuse_others(audited, past, runs, proved, who)
    with audited.locked("export", order.lock_wait) as ledger:
        _root(ledger, runs, proved)
        head = Head(ledger.events[-1].seq, ledger.events[-1].hash)
        checkpoint = Checkpoint(audited.brand, head)
        files = {
            **_templates(order.language),
            **_statement(audited, found, runs, who, head, order),
            **_rows(proved),
            **_texts(audited, runs.values()),
            "ledger.jsonl": _excerpt(ledger.events, runs.values()).encode(),
            "checkpoint.txt": str(sign(checkpoint, order.key_file) if order.key_file else checkpoint).encode(),
        }
        _write(to, _packed(files), lambda sha256: ledger.append(EXPORTED, {"runs": list(runs), "sha256": sha256}))
    return head


def _proved(audited: AuditedBrand, run: PublishedRun, rows: list[int]) -> ProvedRows:
    path = audited.audit.decisions(run.run_id)
    if sha256_file(path) != run.decisions_sha256:
        raise AuditError(f"the decisions {path} are not what the ledger says; see: balansfilter audit verify")
    return prove_rows(path, rows)


def _refuse_others(
    audited: AuditedBrand, past: History, runs: dict[str, PublishedRun], proved: dict[str, ProvedRows], who: Identity
) -> None:
    """Hold every row against the whole keyed hash: what is handed out must surely be this person's."""
    keys = search_keys(audited.site.audit.key_file, past)
    for run_id, found in proved.items():
        hashes = who.hashes(keys[runs[run_id].key_id]).values()
        if any(not any(f'"{text}"' in row.line for text in hashes) for row in found.rows):
            raise AuditError(f"a row of run {run_id} was found that is somebody else's; remove {audited.indexes}")


def _root(ledger: Ledger, runs: dict[str, PublishedRun], proved: dict[str, ProvedRows]) -> None:
    """Bind the root of the decisions of each run to the ledger, once."""
    now = history(ledger.events).runs
    for run_id, run in runs.items():
        if now[run_id].decisions_sha256 != run.decisions_sha256 or now[run_id].decisions_pruned:
            raise AuditError(f"the decisions of run {run_id} were changed meanwhile, by a forget or a prune; try again")
        rooted = now[run_id].rooted
        body = {"run_id": run_id, "sha256": run.decisions_sha256, "root": proved[run_id].root}
        if rooted is None:
            ledger.append(ROOTED, body)
        elif rooted.body != body:
            raise AuditError(f"the root of the decisions of run {run_id} is not the one of event {rooted.seq}")


def _excerpt(events: Sequence[Event], runs: Iterable[PublishedRun]) -> str:
    first = min(run.prepared.seq for run in runs)
    return "".join(f"{event.line()}\n" for event in events[first - 1 :])


def _rows(proved: dict[str, ProvedRows]) -> dict[str, bytes]:
    files = {}
    for run_id, found in proved.items():
        for row in found.rows:
            files[f"rows/{run_id}.{row.row}.json"] = row.line.encode()
            files[f"proofs/{run_id}.{row.row}.txt"] = _proof(row)
    return files


def _proof(row: ProvedRow) -> bytes:
    return "".join(f"{step.side} {step.hash}\n" for step in row.path).encode()


def _texts(audited: AuditedBrand, runs: Iterable[PublishedRun]) -> dict[str, bytes]:
    files = {}
    for run in runs:
        body = run.prepared.body
        for path in (audited.audit.policy(body["policy"]["sha256"]), audited.audit.law(body["law"]["sha256"])):
            try:
                data = path.read_bytes()
            except OSError as error:
                raise AuditError(f"cannot read what run {run.run_id} went by, {path}: {error.strerror}") from error
            if hashlib.sha256(data).hexdigest() != path.stem:
                raise AuditError(f"{path} is not what run {run.run_id} went by; see: balansfilter audit verify")
            files[f"texts/{path.name}"] = data
    return files


def _statement(  # noqa: PLR0913
    audited: AuditedBrand,
    found: Timeline,
    runs: dict[str, PublishedRun],
    who: Identity,
    head: Head,
    order: Order,
) -> dict[str, bytes]:
    policy = kept_policy(audited.audit, found.moments[-1].policy_sha256)
    if policy is None:
        raise AuditError(f"the policy that run {found.moments[-1].run_id} went by cannot be read by this version")
    references = _references(audited, found, runs)
    told = statement(found, runs, policy, who, references, head=head, made_at=utc_now(), language=order.language)
    files = {"statement.html": statement_html(told).encode()}
    return files | {"statement.pdf": statement_pdf(told)} if order.pdf else files


def _references(audited: AuditedBrand, found: Timeline, runs: dict[str, PublishedRun]) -> dict[str, Mapping[int, str]]:
    """Find the references to the proof of the person's consents, by run and row."""
    keys = search_keys(audited.site.audit.key_file, audited.history())
    chosen = [(moment, runs[moment.run_id]) for moment in found.moments]
    return {
        run.run_id: consent_references(audited, run, [row.row for row in moment.rows], keys[run.key_id])
        for moment, run in chosen
    }


def _templates(language: Language) -> dict[str, bytes]:
    folder = resources.files(__package__).joinpath("templates")
    return {
        "README.md": folder.joinpath(f"README.{language}.md").read_bytes(),
        "verify.sh": folder.joinpath("verify.sh").read_bytes(),
    }


def _packed(files: dict[str, bytes]) -> bytes:
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted({**files, "SHA256SUMS": sums.encode()}.items()):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100600 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def _write(to: Path, data: bytes, record: Callable[[str], object]) -> None:
    """Write the bundle, whole and on disk, and record it before it stands under its name."""
    fresh = to.with_name(f".{to.name}.{os.getpid()}")
    try:
        write_private(fresh, data)
        record(hashlib.sha256(data).hexdigest())
        fresh.rename(to)
        sync(to.parent)
    except OSError as error:
        raise OutputError(f"cannot write the bundle {to}: {error.strerror}") from error
    finally:
        fresh.unlink(missing_ok=True)
