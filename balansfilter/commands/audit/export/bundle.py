"""The bundle: a person's rows with their proofs, the ledger from the first of them to a checkpoint, and the texts.

What is bundled was bound to the ledger before: the root of the decisions of each run stands in `run.prepared`. The
bundle's own digest is an event as well, right after the one that it ends at. Nothing in it is about anybody else; the
siblings in a proof are hashes behind nonces, which tell nothing. A row of which the person may not be told why it was
dropped is such a hash as well. One signature, under the list of digests, covers all.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from balansfilter.audit.checkpoint import Checkpoint, Head
from balansfilter.audit.find import Identity
from balansfilter.audit.history import PublishedRun, history
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.leaves import hash_columns
from balansfilter.audit.ledger import Event, Ledger, utc_now
from balansfilter.audit.names import EXPORTED
from balansfilter.audit.sealed import ProvedRow, ProvedRows
from balansfilter.audit.sign_off import kept_policy
from balansfilter.audit.signing import sign, signature_under
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.export.consent_proofs import consent_references
from balansfilter.commands.audit.export.person_rows import person_rows, refuse_guessable
from balansfilter.commands.audit.export.statement import need_typst, statement, statement_html, statement_pdf
from balansfilter.commands.audit.timeline import Timeline
from balansfilter.commands.whose_objection import Own
from balansfilter.errors import AuditError, OutputError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sync, write_private
from balansfilter.fs.scratch import scratch
from balansfilter.wording.formats import Language

_STAMP = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class BundleOrder:
    """How a bundle is made."""

    language: Language
    pdf: bool
    """Whether the statement is there in PDF as well; needs the extra `pdf`."""
    key_file: Path | None
    """The key that signs the bundle and its checkpoint; needs the extra `sign`."""
    lock_wait: float
    kept: Head | None = None
    """A head that somebody kept: the ledger in the bundle begins no later."""


@dataclass(frozen=True)
class Exported:
    """A bundle that was made."""

    head: Head
    """The head of the ledger that it ends at."""
    unproved: tuple[str, ...]
    """Runs of version 0.1 that held the person: no root was fixed over their decisions, so that they are left out."""
    untold: str | None
    """Why nobody can tell now whether an objection was the person's own, so that it is not told; None where one can."""


def export(audited: AuditedBrand, found: Timeline, who: Identity, to: Path, order: BundleOrder) -> Exported:
    """Write the bundle on a person.

    :param found: what was decided for the person.
    :raises UsageError: no list that can be proved held the person.
    :raises AuditError: decisions or a text are not what the ledger says.
    :raises LockError: a run of the brand is busy.
    """
    if order.pdf:
        need_typst()
    found, unproved, runs, proved, own = person_rows(audited, found, who)
    refuse_guessable(runs, proved, own)
    with _unchanged(audited, runs, order.lock_wait) as (ledger, head):
        checkpoint = Checkpoint(audited.brand, head)
        files = {
            "README.md": _readme(order.language),
            **_statement(audited, found, runs, own, who, head, order),
            **_rows(proved, own),
            **_texts(audited, runs.values()),
            "ledger.jsonl": _excerpt(ledger.events, runs.values(), order.kept).encode(),
            "checkpoint.txt": str(sign(checkpoint, order.key_file) if order.key_file else checkpoint).encode(),
            "contents.json": _contents(audited.brand, proved, head),
        }
        packed = _packed(_signed(files, order.key_file))
        record = {"runs": list(runs), "sha256": hashlib.sha256(packed).hexdigest()}
        _write(audited.audit.temporary, to, packed, lambda: ledger.append(EXPORTED, record))
    return Exported(head, unproved, own.problem)


def export_statement(audited: AuditedBrand, found: Timeline, who: Identity, to: Path, order: BundleOrder) -> str | None:
    """Write the statement on a person alone, to read and to send; it is recorded as an export is.

    :returns: why nobody can tell now whether an objection was the person's own; None where one can.
    :raises BalansfilterError: as :func:`export` does.
    """
    if order.pdf:
        need_typst()
    found, _, runs, _, own = person_rows(audited, found, who)
    with _unchanged(audited, runs, order.lock_wait) as (ledger, head):
        made = _statement(audited, found, runs, own, who, head, order, alone=True)
        data = made["statement.pdf" if order.pdf else "statement.html"]
        record = {"runs": list(runs), "sha256": hashlib.sha256(data).hexdigest(), "statement_only": True}
        _write(audited.audit.temporary, to, data, lambda: ledger.append(EXPORTED, record))
    return own.problem


@contextmanager
def _unchanged(audited: AuditedBrand, runs: dict[str, PublishedRun], wait: float) -> Iterator[tuple[Ledger, Head]]:
    """Hold the brand's lock, with its ledger and the head of it; the runs are as they were when they were read."""
    with audited.locked("export", wait) as ledger:
        _refuse_changed(ledger, runs)
        yield ledger, Head(ledger.events[-1].seq, ledger.events[-1].hash)


def _refuse_changed(ledger: Ledger, runs: dict[str, PublishedRun]) -> None:
    now = history(ledger.events).runs
    for run_id, run in runs.items():
        if now[run_id].decisions_sha256 != run.decisions_sha256 or now[run_id].decisions_pruned:
            raise AuditError(f"the decisions of run {run_id} were changed meanwhile, by a forget or a prune; try again")


def _excerpt(events: Sequence[Event], runs: Iterable[PublishedRun], kept: Head | None) -> str:
    first = min(run.prepared.seq for run in runs)
    if kept is not None:
        if (kept.seq, kept.hash) not in {(event.seq, event.hash) for event in events}:
            raise AuditError(f"the ledger does not hold the head {kept}; see: balansfilter audit verify --head {kept}")
        first = min(first, kept.seq)
    return "".join(f"{event.line()}\n" for event in events[first - 1 :])


def _rows(proved: dict[str, ProvedRows], own: Own) -> dict[str, bytes]:
    files = {}
    for run_id, found in proved.items():
        for row in found.rows:
            values: dict[str, object] = {"run_id": run_id, "row": row.row, "leaf": row.leaf}
            if own.told(run_id, row.cells["reason"]):
                values = {"run_id": run_id, "nonce": row.nonce, "hashes": hash_columns(list(row.cells)), **row.cells}
            line = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
            files[f"rows/{run_id}.{row.row}.json"] = f"{line}\n".encode()
            files[f"proofs/{run_id}.{row.row}.txt"] = _proof(row)
    return files


def _proof(row: ProvedRow) -> bytes:
    return "".join(f"{step.side} {step.hash}\n" for step in row.path).encode()


def _contents(brand: str, proved: dict[str, ProvedRows], head: Head) -> bytes:
    rows = sum(len(found.rows) for found in proved.values())
    values = {"brand": brand, "head": str(head), "rows": rows, "runs": list(proved)}
    return (json.dumps(values, indent=2) + "\n").encode()


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
    own: Own,
    who: Identity,
    head: Head,
    order: BundleOrder,
    *,
    alone: bool = False,
) -> dict[str, bytes]:
    policy = kept_policy(audited.audit, found.moments[-1].policy_sha256)
    if policy is None:
        raise AuditError(f"the policy that run {found.moments[-1].run_id} went by cannot be read by this version")
    references = _references(audited, found, runs)
    told = statement(
        found,
        runs,
        own,
        policy,
        who,
        references,
        head=head,
        made_at=utc_now(),
        language=order.language,
        zone=audited.site.timezone,
        alone=alone,
    )
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


def _readme(language: Language) -> bytes:
    return resources.files(__package__).joinpath("templates", f"README.{language}.md").read_bytes()


def verifier() -> str:
    """Return the script with which an outsider verifies a bundle; it is in none, since it would prove nothing there."""
    return resources.files(__package__).joinpath("templates", "verify.sh").read_text(encoding="utf-8")


def _signed(files: Mapping[str, bytes], key_file: Path | None) -> dict[str, bytes]:
    """Add the list of digests, and the signature under it."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())).encode()
    whole = {**files, "SHA256SUMS": sums}
    return whole if key_file is None else {**whole, "SHA256SUMS.sig": signature_under(sums, key_file)}


def _packed(files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100600 << 16
            archive.writestr(entry, data)
    return packed.getvalue()


def _write(place: Path, to: Path, data: bytes, record: Callable[[], object]) -> None:
    """Write the bundle, whole and on disk, and record it before it stands under its name."""
    try:
        with scratch(place) as folder:
            fresh = folder / "new"
            write_private(fresh, data, os.O_EXCL)
            record()
            _move(fresh, to, data)
            sync(to.parent)
    except OSError as error:
        raise OutputError(f"cannot write the bundle {to}: {error.strerror}") from error


def _move(fresh: Path, to: Path, data: bytes) -> None:
    try:
        fresh.rename(to)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        write_private(to, data)
