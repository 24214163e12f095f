"""The decision of a call list: the evidence gathered, the list gone through, every row decided by an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

import polars as pl

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import history
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.ledger import Event, read_chain
from balansfilter.decided.rendered import Rendered
from balansfilter.engines.interface import Decisions, schemas
from balansfilter.engines.looked_up import LookedUp
from balansfilter.engines.polars.filter import Filter
from balansfilter.engines.polars.reach import ReachedRows
from balansfilter.engines.polars.row_answers import Answer, Question
from balansfilter.engines.read_tables import FileTables
from balansfilter.errors import SourceError, UsageError
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.remarks import Remarks
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS
from balansfilter.pipeline.intake import Intake, Paths
from balansfilter.pipeline.read_ahead import ReadAhead
from balansfilter.pipeline.registers import Registers
from balansfilter.pipeline.ruling import Ruling
from balansfilter.pipeline.source_warnings import EvidenceSeen, seen_of
from balansfilter.pipeline.taken import InCallList, Taken, call_list_columns
from balansfilter.pipeline.watch import Watcher
from balansfilter.policy.site import Site
from balansfilter.publish.csv_records import PlainCsv
from balansfilter.publish.folders import as_output_error
from balansfilter.publish.layout import ListLayout, refuse_hidden_columns
from balansfilter.publish.registry import AS_IT_CAME
from balansfilter.remote import is_database, is_remote, wrong_with
from balansfilter.sources import Source
from balansfilter.sources.paths import local_name

if TYPE_CHECKING:
    from balansfilter.engines.duckdb import DuckDB
    from balansfilter.engines.spark.on_cluster import Spark

EngineName = Literal["polars", "duckdb", "spark"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)


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
    engine: EngineName = "polars"
    """What decides the list."""
    verify_with: EngineName | None = None
    """Another engine that decides every row a second time; None where one is enough."""
    registers: Registers | None = None
    """Registers that were read before; None where each is to be read anew."""
    master: str | None = None
    """Where Spark runs, if it decides; None for this machine."""
    events: Sequence[Event] | None = None
    """What the ledger of the brand says, where nobody else can add to it now; None where it is to be read."""

    @property
    def scratch(self) -> Path:
        """Where what is needed for a while goes."""
        return self.folder / ".scratch"

    def previous_sources(self) -> dict[str, dict[str, Any]]:
        """Return what the published run tells of each source, by role."""
        return {source["role"]: source for source in (self.previous or {}).get("sources", [])}

    def rechecks(self) -> Sequence[Mapping[str, Mapping[str, int]]]:
        """Return what each recheck of the published list counted of each source, by role."""
        if self.previous is None:
            return ()
        ledger = BrandAudit(self.site.audit.dir / self.ruling.plan.brand).ledger
        events = read_chain(ledger).events if self.events is None else self.events
        run = history(events).runs.get(self.previous["run_id"])
        return run.seen_in_rechecks if run else ()


class DecidedList(NamedTuple):
    """A call list of which every row was decided, before it is written."""

    filtering: Filter
    layout: ListLayout
    schema: pl.Schema | None
    taken: Taken
    evidence: EvidenceSeen
    reached: ReachedRows
    second: Decisions | None
    """What another engine decided of the same rows; None where none was asked."""


def refuse_engines(engine: EngineName, verify_with: EngineName | None, master: str | None) -> None:
    """Make sure that the engines that are asked for go together, and can be had.

    :raises UsageError: they do not, or cannot.
    """
    if verify_with == engine:
        raise UsageError("an engine cannot be verified with itself: leave --engine out")
    if verify_with is not None and engine != "polars":
        raise UsageError("only what Polars decided is verified with another engine: leave --engine out")
    by_spark = "spark" in (engine, verify_with)
    if master is not None and not by_spark:
        raise UsageError("--master goes with --engine spark or --verify-with spark")
    if by_spark:
        from balansfilter.remote.spark import refuse_without_spark

        refuse_without_spark()


def decide_list(job: Job, intake: Intake, meanwhile: Callable[[], None]) -> DecidedList:
    """Gather the evidence and decide the call list by it; the evidence, which is large, is let go afterwards.

    :param meanwhile: what else may be done in another thread; if it fails nobody is told.
    """
    plan = job.ruling.plan
    another = {job.engine, job.verify_with} - {"polars", None}
    tables = FileTables(job.scratch / "tables", schemas(plan)) if another else None
    intake.tables = tables
    with _ahead(job, intake) as ahead:
        evidence = _evidence(job, intake)
        job.watch.step("evidence")
        intake.pool.submit(meanwhile)
        if tables is None or job.engine == "polars":
            return _by_polars(job, intake, evidence, tables, ahead)
        return _by_another(job, intake, evidence, tables)


def _ahead(job: Job, intake: Intake) -> AbstractContextManager[ReadAhead | None]:
    """Begin with the call list where it is a file that is read once; None where it is not."""
    if job.engine != "polars" or job.input == "-" or is_remote(job.input or job.ruling.loaded.policy.call_list.path):
        return nullcontext()
    return ReadAhead(partial(_open_call_list, job, intake), WORKERS)


def _by_polars(
    job: Job, intake: Intake, evidence: Evidence, tables: FileTables | None, ahead: ReadAhead | None
) -> DecidedList:
    """Decide the list while it goes by; another engine decides it afterwards, from what was read."""
    spec, plan = job.ruling.loaded.policy.call_list, job.ruling.plan
    keep = partial(tables.add, "cells") if tables is not None else None
    question = Question(plan, spec, intake.dates_of(spec), evidence, keep)
    filtering, layout, schema, taken = _taken_in(job, intake, question, ahead)
    second = None
    if tables is not None:
        second = _another(tables, job).decide(plan, evidence.register_until)
        job.watch.step("verified")
    return DecidedList(filtering, layout, schema, taken, seen_of(evidence), filtering.reached, second)


def _by_another(job: Job, intake: Intake, evidence: Evidence, tables: FileTables) -> DecidedList:
    """Read the cells, let another engine decide, and go through the list once more to lay out what it said."""
    spec, plan = job.ruling.loaded.policy.call_list, job.ruling.plan
    if job.input == "-":
        twice = "this engine goes through the call list twice, which standard input does not allow: name a file"
        raise UsageError(twice)
    unnoted = replace(evidence, remarks=Remarks(), unread=[])
    question = Question(plan, spec, intake.dates_of(spec), unnoted, partial(tables.add, "cells"))
    with _open_call_list(job, intake) as source:
        for _ in source.parts(intake.pool, lambda chunk: question.read(chunk) and None):
            pass
        first = source.fingerprint
    engine = _another(tables, job)
    decisions = engine.decide(plan, evidence.register_until)
    looked = LookedUp(plan, spec, intake.dates_of(spec), evidence, None, decisions)
    filtering, layout, schema, taken = _taken_in(job, intake, looked)
    if taken.fingerprint.sha256 != first.sha256:
        raise SourceError(f"the call list changed while it was read: {taken.fingerprint.files[0].path}")
    seen = {role: InCallList(ids, numbers) for role, (ids, numbers) in engine.seen.items()}
    seen_now = replace(seen_of(evidence), in_call_list=seen_of(evidence).in_call_list | seen)
    return DecidedList(filtering, layout, schema, taken, seen_now, engine.reached, None)


def _another(tables: FileTables, job: Job) -> DuckDB | Spark:
    """Return the engine that decides besides Polars; it is imported only now, since most runs do without."""
    if "spark" in (job.engine, job.verify_with):
        from balansfilter.engines.spark.on_cluster import Spark

        return Spark(tables, job.scratch, job.master)
    from balansfilter.engines.duckdb import DuckDB

    return DuckDB(tables, job.scratch)


def _taken_in(
    job: Job, intake: Intake, question: Question, ahead: ReadAhead | None = None
) -> tuple[Filter, ListLayout, pl.Schema | None, Taken]:
    spec = job.ruling.loaded.policy.call_list
    with ahead.source() if ahead else _open_call_list(job, intake) as source:
        layout = _layout(job, source)
        filtering = Filter(job.scratch, intake.pool, source.text_bytes)
        with as_output_error("write in", job.scratch):
            blocks = ahead.blocks() if ahead else source.blocks()
            filtering.take_in(blocks, question, partial(_rendered, layout), job.watch.rows)
        taken = Taken(source.fingerprint, spec, warnings=source.warnings)
    intake.check(taken)
    intake.refuse()
    job.watch.step("decided")
    return filtering, layout, source.schema, taken


def _rendered(layout: ListLayout, part: Any, answer: Answer) -> Rendered:
    """Return the callable rows of a part as published."""
    return layout.render(part, answer.is_callable, answer.callable_rows)


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
    paths = _input_paths(job, intake)
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


def _input_paths(job: Job, intake: Intake) -> Paths | None:
    """Return the call list that is read instead of the policy's; None where it is that of the policy.

    :raises UsageError: it is a database, of which only a policy tells the query; or its address holds a secret.
    """
    if job.input is None or job.input == "-":
        return "-" if job.input else None
    if not is_remote(job.input):
        return (Path(local_name(job.input)),)
    if wrong := wrong_with(job.input):
        raise UsageError(f"the address behind --input {wrong[0]}: {wrong[1]}")
    if is_database(job.input):
        raise UsageError("--input takes a file or an object; a database is named in the policy, with its query")
    return intake.remote.take(job.ruling.loaded.policy.call_list.model_copy(update={"path": job.input}), "call_list")


def _layout(job: Job, source: Source) -> ListLayout:
    spec = job.ruling.loaded.policy.call_list
    output, window = job.ruling.loaded.policy.output, job.ruling.calling_day(job.site).window
    return ListLayout(
        plan=job.ruling.plan,
        header=source.header,
        source_format=source.format,
        format=output.format or AS_IT_CAME[source.format],
        written_as=source.dialect or PlainCsv(header_record="" if spec.header else None),
        annotate=output.annotations,
        call_window=str(window) if window else None,
    )
