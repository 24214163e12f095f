"""The lists of a run, made in a folder where nobody looks: read the policy and the sources, decide, write, check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.audit.decisions import DecisionsFile, ReadyRows, pseudonymised
from balansfilter.audit.folder import told_as_audit_error
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.leaves import ALGORITHM
from balansfilter.combinations import counted
from balansfilter.engine.evidence import Evidence
from balansfilter.engine.filter import AHEAD, WORKERS, DecidedPart, Filter, Question
from balansfilter.engine.parallel import in_order
from balansfilter.engine.remarks import Rows as SomeRows
from balansfilter.errors import SourceError
from balansfilter.guards import Counts, GuardResult, check_guards
from balansfilter.intake import Intake
from balansfilter.plan import REASONS, UNREADABLE, Plan, reason_code
from balansfilter.policy.calling import CallingDay
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.loading import (
    base_folder,
)
from balansfilter.policy.site import Site
from balansfilter.publish.files import CallableFile, WrittenFile, dropped_file, dropped_lines
from balansfilter.publish.folders import told_as_output_error
from balansfilter.publish.formats import callable_file
from balansfilter.publish.layout import FORMAT_OF, Layout, PlainCsv, refuse_hidden_columns
from balansfilter.publish.rendered import Rendered
from balansfilter.ruling import Ruling
from balansfilter.source_warnings import EvidenceSeen, age_warnings, seen_of, source_warnings
from balansfilter.sources import Source
from balansfilter.taken import InCallList, Taken, call_list_columns
from balansfilter.watch import Watcher

_COUNTED = pl.Schema({"window": pl.Int16, "basis": pl.UInt8, "reason": pl.UInt8, "len": pl.UInt32})
_NO_COUNTS = pl.DataFrame(schema=_COUNTED)


@dataclass(frozen=True)
class WrittenDecisions(WrittenFile):
    """The decisions of a run, as they lie on disk, and the root over them."""

    root: str
    algorithm: str
    """Names the form of the leaves and of the tree."""
    hashes: list[str]
    """The columns of keyed hashes, in their order."""


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


class _Written(NamedTuple):
    callable_list: WrittenFile
    dropped_list: WrittenFile
    decisions: WrittenDecisions
    counts: pl.DataFrame
    unreadable: Mapping[str, SomeRows]
    """Rows that could not be read, by reason."""


@dataclass(frozen=True)
class Job:
    """What is made, of what, and where."""

    configs: Path
    site: Site
    ruling: Ruling
    input: str | None
    """A call list to read instead of the policy's."""
    folder: Path
    """The folder in which the lists are made."""
    decisions: Path
    """The file that the decisions go to."""
    key: AuditKey
    previous: Mapping[str, Any] | None
    """The manifest of the published run."""
    watch: Watcher

    @property
    def scratch(self) -> Path:
        """Where what is needed for a while goes."""
        return self.folder / ".scratch"

    def previous_sources(self) -> dict[str, dict[str, Any]]:
        """Return what the published run tells of each source, by role."""
        return {source["role"]: source for source in (self.previous or {}).get("sources", [])}


def make_lists(job: Job, meanwhile: Callable[[], None] = lambda: None) -> Made:
    """Make the lists and the decisions.

    :param meanwhile: what else may be done in another thread while the list is decided; if it fails nobody is told.
    :raises SourceError: with every problem of the sources.
    :raises OutputError: a file cannot be written.
    """
    plan, policy = job.ruling.plan, job.ruling.sources
    with told_as_output_error("make the folder", job.scratch):
        job.scratch.mkdir(mode=0o700)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="filter") as pool:
        zone = ZoneInfo(job.site.timezone)
        intake = Intake(policy, plan, base_folder(job.configs), zone, job.scratch, job.previous_sources(), pool)
        intake.confirmed = lambda: confirmed_lists(job.site, plan.brand)
        decided = _decide(job, intake, meanwhile)
        written = _write(job, decided, pool)
    job.watch.step("written")
    counts = _counts(written, decided)
    sources = (decided.taken, *(other for other in intake.taken if other is not decided.taken))
    filtering = decided.filtering
    warnings = [
        *age_warnings(sources, job.ruling.law, plan.as_of),
        *source_warnings(sources, decided.evidence, filtering.reached, filtering.shared_keys),
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
    )


class _Decided(NamedTuple):
    filtering: Filter[Rendered]
    layout: Layout
    schema: pl.Schema | None
    taken: Taken
    evidence: EvidenceSeen


def _decide(job: Job, intake: Intake, meanwhile: Callable[[], None]) -> _Decided:
    """Gather the evidence and decide the call list by it; the evidence, which is large, is let go afterwards."""
    spec = job.ruling.loaded.policy.call_list
    evidence = _evidence(job, intake)
    question = Question(job.ruling.plan, spec, intake.dates_of(spec), evidence)
    job.watch.step("evidence")
    intake.pool.submit(meanwhile)
    with _open_call_list(job, intake) as source:
        layout = _layout(job, source)
        filtering = Filter[Rendered](job.scratch, intake.pool)
        with told_as_output_error("write in", job.scratch):
            filtering.take_in(
                source.blocks(), question, lambda part, answer: layout.render(part, answer.rows), job.watch.rows
            )
        taken = Taken(source.fingerprint, spec, warnings=source.warnings)
    intake.check(taken)
    intake.refuse()
    job.watch.step("decided")
    return _Decided(filtering, layout, source.schema, taken, seen_of(evidence))


def _evidence(job: Job, intake: Intake) -> Evidence:
    """Gather the evidence; where that fails, say what is wrong with the call list as well, as far as a look tells."""
    try:
        return intake.evidence()
    except SourceError as error:
        problems = list(error.problems)
        try:
            _open_call_list(job, intake).close()
        except SourceError as another:
            problems += another.as_problems()
        raise SourceError(error.message, problems) from error


def _open_call_list(job: Job, intake: Intake) -> Source:
    """Open the call list with as much of each row as its layout will need."""
    spec = job.ruling.loaded.policy.call_list
    paths: tuple[Path, ...] | Literal["-"] | None = None
    if job.input is not None:
        paths = "-" if job.input == "-" else (Path(job.input),)
    needed = call_list_columns(spec, job.ruling.plan)
    source = intake.open(spec, "call_list", needed, paths, keep_records=True, on_bad_row=spec.on_bad_row)
    try:
        layout = _layout(job, source)
        refuse_hidden_columns(job.ruling.loaded.policy.output, source.header, job.input or spec.path)
        if layout.needs_all_cells:
            source.ask_for(source.header)
    except SourceError:
        source.close()
        raise
    return source


def _layout(job: Job, source: Source) -> Layout:
    output, window = job.ruling.loaded.policy.output, job.ruling.calling_day(job.site).window
    return Layout(
        plan=job.ruling.plan,
        header=source.header,
        source_format=source.format,
        format=output.format or FORMAT_OF[source.format],
        written_as=source.dialect or PlainCsv(),
        annotate=output.annotations,
        call_window=str(window) if window else None,
    )


class _PartToWrite(NamedTuple):
    part: DecidedPart[Rendered]
    prepared: bytes | memoryview
    dropped: tuple[bytes | memoryview, int]
    decisions: ReadyRows
    counts: pl.DataFrame


def _write(job: Job, decided: _Decided, pool: ThreadPoolExecutor) -> _Written:
    plan, filtering = job.ruling.plan, decided.filtering
    with told_as_output_error("write in", job.folder), ExitStack() as files:
        callables = files.enter_context(callable_file(job.folder, decided.layout, decided.schema, job.scratch))
        dropped = files.enter_context(dropped_file(job.folder))
        with told_as_audit_error(job.decisions.parent):
            decisions = files.enter_context(DecisionsFile(job.decisions, plan))
        counts = []
        unreadable = {reason: SomeRows() for reason in UNREADABLE}
        for ready in in_order(pool, _preparing(callables, decisions, job, filtering), filtering.numbers(), AHEAD):
            callables.add(ready.part.callable_rows, ready.prepared)
            dropped.write(*ready.dropped)
            with told_as_audit_error(job.decisions.parent):
                decisions.write(ready.decisions)
            counts.append(ready.counts)
            for reason, some in unreadable.items():
                some.add(ready.part.rows.filter(pl.col("reason") == reason_code(reason))["row"])
        filtering.assert_complete()
        lists = [pool.submit(file.finish) for file in (callables, dropped)]
        with told_as_audit_error(job.decisions.parent):
            decisions.close()
        rows = sum(int(frame["len"].sum()) for frame in counts)
        size = job.decisions.stat().st_size
        made = WrittenDecisions(
            job.decisions.name, decisions.sha256, size, rows, decisions.root, ALGORITHM, decisions.hashes
        )
        every = pl.concat([_NO_COUNTS, *counts])
        return _Written(lists[0].result(), lists[1].result(), made, every, unreadable)


def _preparing(
    callables: CallableFile, decisions: DecisionsFile, job: Job, filtering: Filter[Rendered]
) -> Callable[[int], _PartToWrite]:
    def prepare(number: int) -> _PartToWrite:
        part = filtering.settle(number)
        return _PartToWrite(
            part,
            callables.prepare(part.callable_rows),
            dropped_lines(part.rows, part.customer_id),
            decisions.prepare(pseudonymised(part.rows, part.customer_id, job.ruling.plan, job.key)),
            counted(part.rows.select("window", "basis", "reason")).cast(_COUNTED),
        )

    return prepare


def _counts(written: _Written, decided: _Decided) -> Counts:
    counted = written.counts
    reasons = dict(counted.group_by("reason").agg(pl.col("len").sum()).iter_rows())
    bases = dict(counted.group_by("basis").agg(pl.col("len").sum()).iter_rows())
    return Counts(
        rows=sum(reasons.values()),
        callable=reasons.get(0, 0),
        reasons={name: reasons[code] for code, name in enumerate(REASONS, start=1) if code in reasons},
        bases={name: bases[code] for code, name in enumerate(GROUNDS, start=1) if code in bases},
        reached=len(decided.filtering.reached.rows),
        unreadable={reason: rows for reason, rows in written.unreadable.items() if rows.count},
        unread=decided.evidence.unread,
    )


def _by_balanstest(counted: pl.DataFrame, plan: Plan) -> dict[str, dict[str, int]]:
    told: dict[str, Counter[str]] = {}
    for window, basis, reason, rows in counted.sort("window", "reason", "basis", nulls_last=True).iter_rows():
        balanstest = "" if window is None else plan.windows[window].id
        answer = REASONS[reason - 1] if reason else GROUNDS[basis - 1]
        told.setdefault(balanstest, Counter())[answer] += rows
    return {balanstest: dict(answers) for balanstest, answers in told.items()}
