"""The lists of a run, made in a folder where nobody looks: read the policy and the sources, decide, write, check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.audit.decisions import Pseudonyms
from balansfilter.audit.decisions_writer import DecisionsWriter, ReadyRows, WrittenDecisions
from balansfilter.audit.folder import as_audit_error
from balansfilter.decided.outcomes import DecidedRows
from balansfilter.decided.rendered import CallableRows
from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import REASONS, UNREADABLE, reason_code
from balansfilter.engines.agreement import Agreement
from balansfilter.engines.polars.filter import DecidedPart, Filter
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import WrittenFile
from balansfilter.native.parallel import AHEAD, WORKERS, in_order
from balansfilter.pipeline.deciding import DecidedList, Job, decide_list
from balansfilter.pipeline.guards import Counts, GuardResult, check_guards
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.ruling import Ruling
from balansfilter.pipeline.source_warnings import age_warnings, source_warnings
from balansfilter.pipeline.taken import InCallList, Taken
from balansfilter.pipeline.used_in_order import UsedInOrder
from balansfilter.policy.calling import CallingDay
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.loading import (
    base_folder,
)
from balansfilter.policy.site import Site
from balansfilter.publish.dropped_rows import DroppedToWrite
from balansfilter.publish.folders import as_output_error
from balansfilter.publish.interface import ListToWrite
from balansfilter.publish.list_files import ListFile
from balansfilter.publish.registry import callable_file, dropped_file

_COUNTED = pl.Schema({"window": pl.Int16, "basis": pl.UInt8, "reason": pl.UInt8, "len": pl.UInt32})
_NO_COUNTS = pl.DataFrame(schema=_COUNTED)


@dataclass(frozen=True)
class Made:
    """What was made of a list, in a folder of its own."""

    ruling: Ruling
    calling: CallingDay
    timezone: str
    """The time zone of its hours."""
    call_list: Taken
    sources: tuple[Taken, ...]
    """All sources, the call list first."""
    counts: Counts
    by_balanstest: Mapping[str, Mapping[str, int]]
    """Rows by balanstest (empty for none), then by ground, of the callable, or reason."""
    guards: tuple[GuardResult, ...]
    in_call_list: Mapping[str, InCallList]
    """How much of each source occurs in the call list, by role."""
    warnings: tuple[str, ...]
    """What is worth a look, and is no reason to stop: of the policy, then of the sources and the list."""
    callable_list: WrittenFile
    dropped_list: WrittenFile
    decisions: WrittenDecisions
    engine: str
    """What decided the list."""
    agreed: Mapping[str, Any] | None
    """The engine that decided every row a second time, and of how many; None where none did."""


class _Written(NamedTuple):
    callable_list: WrittenFile
    dropped_list: WrittenFile
    decisions: WrittenDecisions
    counts: pl.DataFrame
    unreadable: Mapping[str, SomeRows]
    """Rows that could not be read, by reason."""


def make_lists(job: Job, meanwhile: Callable[[], None] = lambda: None) -> Made:
    """Make the lists and the decisions.

    :param meanwhile: what else may be done in another thread while the list is decided; if it fails nobody is told.
    :raises SourceError: with every problem of the sources.
    :raises OutputError: a file cannot be written.
    """
    plan, policy = job.ruling.plan, job.ruling.sources
    with as_output_error("make the folder", job.scratch):
        job.scratch.mkdir(mode=0o700)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="filter") as pool:
        zone = ZoneInfo(job.site.timezone)
        base, before = base_folder(job.configs), job.previous_sources()
        intake = Intake(policy, plan, base, zone, job.scratch, before, pool, master=job.master, registers=job.registers)
        if job.input is not None:
            intake.remote.expected.pop("call_list", None)
        intake.rechecks = job.rechecks()
        intake.confirmed = lambda: confirmed_lists(job.site, plan.brand, job.events)
        decided = decide_list(job, intake, meanwhile)
        written, agreed = _write(job, decided, pool)
    job.watch.step("written")
    counts = _counts(written, decided)
    sources = (decided.taken, *(other for other in intake.taken if other is not decided.taken))
    filtering = decided.filtering
    warnings = [
        *age_warnings(sources, job.ruling.law, plan.as_of),
        *source_warnings(sources, decided.evidence, decided.reached, filtering.shared_keys),
    ]
    return Made(
        ruling=job.ruling,
        calling=job.ruling.calling_day(job.site),
        timezone=job.site.timezone,
        call_list=decided.taken,
        sources=sources,
        counts=counts,
        by_balanstest=_by_balanstest(written.counts, plan),
        guards=check_guards(policy.guards, counts, job.previous_sources().get("call_list", {}).get("rows")),
        in_call_list=decided.evidence.in_call_list,
        warnings=(*job.ruling.warnings, *warnings),
        callable_list=written.callable_list,
        dropped_list=written.dropped_list,
        decisions=written.decisions,
        engine=job.engine,
        agreed=agreed,
    )


class _ListsToWrite(NamedTuple):
    part: DecidedPart
    callables: Any
    dropped: Any
    """The rows of both lists, ready to be written."""


class _PartToWrite(NamedTuple):
    number: int
    rows: DecidedRows
    decisions: ReadyRows
    counts: pl.DataFrame


def _write(job: Job, decided: DecidedList, pool: ThreadPoolExecutor) -> tuple[_Written, dict[str, Any] | None]:
    plan, filtering = job.ruling.plan, decided.filtering
    labels = _reason_labels(job.site)
    agreement = Agreement(plan, job.verify_with, decided.second) if job.verify_with and decided.second else None
    output = job.ruling.loaded.policy.output
    with as_output_error("write in", job.folder), ExitStack() as files:
        wanted = ListToWrite(job.folder, decided.layout, decided.schema, job.scratch)
        callables = files.enter_context(callable_file(wanted, output.rows_per_part))
        form = output.dropped_format or decided.layout.format
        to_drop = DroppedToWrite(job.folder, job.scratch, labels)
        dropped = files.enter_context(dropped_file(to_drop, form, output.rows_per_part))
        with as_audit_error(job.decisions.parent):
            decisions = files.enter_context(DecisionsWriter(job.decisions, plan, output.rows_per_part))
        counts = []
        unreadable = {reason: SomeRows() for reason in UNREADABLE}
        to_lists = files.enter_context(UsedInOrder(filtering.numbers(), partial(_add, callables, dropped)))
        preparing = _preparing(callables, dropped, to_lists, decisions, job, filtering, agreement)
        reader = files.enter_context(ThreadPoolExecutor(1, thread_name_prefix="read-back"))
        for ready in in_order(pool, preparing, filtering.numbers_read_ahead(reader), AHEAD):
            to_lists.wait_for(ready.number)
            with as_audit_error(job.decisions.parent):
                decisions.write(ready.decisions)
            counts.append(ready.counts)
            _note_unreadable(ready, unreadable)
        filtering.assert_complete()
        agreed = agreement.settled() if agreement else None
        lists = [pool.submit(file.finish) for file in (callables, dropped)]
        with as_audit_error(job.decisions.parent):
            made = decisions.finish()
        every = pl.concat([_NO_COUNTS, *counts])
        return _Written(lists[0].result(), lists[1].result(), made, every, unreadable), agreed


def _add(callables: ListFile[CallableRows], dropped: ListFile[DecidedRows], ready: _ListsToWrite) -> None:
    """Add the rows of a part to both lists, in order."""
    callables.add(ready.part.callable_rows, ready.callables)
    dropped.add(ready.part.rows, ready.dropped)


def _note_unreadable(ready: _PartToWrite, unreadable: Mapping[str, SomeRows]) -> None:
    """Keep which rows of a part, which comes behind the parts before it, could not be read, by reason."""
    counted = Counter[int]()
    for code, count in zip(ready.counts["reason"], ready.counts["len"], strict=True):
        counted[code] += count
    for reason, some in unreadable.items():
        if count := counted[reason_code(reason)]:
            some.add_behind(count, partial(ready.rows.rows_of, reason_code(reason)))


def _reason_labels(site: Site) -> pl.Series | None:
    """Return what people call each reason, by its code, where the site names their language."""
    if "lang" not in site.model_fields_set:
        return None
    from balansfilter.wording.catalogue import load_wording

    words = load_wording(site.lang)
    return pl.Series(["", *(words(f"terms.reasons.{reason}.label") for reason in REASONS)])


def _preparing(  # noqa: PLR0913 - what the writing of a part needs
    callables: ListFile[CallableRows],
    dropped: ListFile[DecidedRows],
    to_lists: UsedInOrder[_ListsToWrite],
    decisions: DecisionsWriter,
    job: Job,
    filtering: Filter,
    agreement: Agreement | None,
) -> Callable[[int], _PartToWrite]:
    pseudonyms = Pseudonyms(job.ruling.plan, job.key)

    def prepare(number: int) -> _PartToWrite:
        part = filtering.settle(number)
        if agreement is not None:
            agreement.compare(part.rows.frame())
        to_lists.put(number, _ListsToWrite(part, callables.prepare(part.callable_rows), dropped.prepare(part.rows)))
        rows, differ = part.rows, part.keys_differ
        del part  # its callable rows are done, and what follows takes memory
        ready = decisions.prepare(pseudonyms.of(rows, keys_differ=differ))
        return _PartToWrite(number, rows, ready, rows.counted())

    return prepare


def _counts(written: _Written, decided: DecidedList) -> Counts:
    counted = written.counts
    reasons = dict(counted.group_by("reason").agg(pl.col("len").sum()).iter_rows())
    bases = dict(counted.group_by("basis").agg(pl.col("len").sum()).iter_rows())
    return Counts(
        rows=sum(reasons.values()),
        callable=reasons.get(0, 0),
        reasons={name: reasons[code] for code, name in enumerate(REASONS, start=1) if code in reasons},
        bases={name: bases[code] for code, name in enumerate(GROUNDS, start=1) if code in bases},
        reached=len(decided.reached.rows),
        unreadable={reason: rows for reason, rows in written.unreadable.items() if rows.count},
        unread=decided.evidence.unread,
    )


def _by_balanstest(counted: pl.DataFrame, plan: Plan) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for window, basis, reason, rows in counted.sort("window", "reason", "basis", nulls_last=True).iter_rows():
        balanstest = "" if window is None else plan.windows[window].id
        answer = REASONS[reason - 1] if reason else GROUNDS[basis - 1]
        counts.setdefault(balanstest, Counter())[answer] += rows
    return {balanstest: dict(answers) for balanstest, answers in counts.items()}
