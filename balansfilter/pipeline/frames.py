"""The decision on a frame that is already in hand, of any kind that narwhals knows. Pure: it reads and writes no file.

The cells of a frame are read as those of a Parquet file are in a run, and decided by the same readers and rules.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from balansfilter.decision.plan import Plan, plan_under
from balansfilter.decision.reasons import REASONS
from balansfilter.engines.duckdb import DuckDB
from balansfilter.engines.interface import schemas
from balansfilter.engines.native_frames import Native, refuse_taken
from balansfilter.engines.polars import in_memory as in_polars
from balansfilter.engines.polars.row_answers import Question
from balansfilter.engines.read_tables import MemoryTables
from balansfilter.engines.spark.cell_reader import CellReader
from balansfilter.engines.spark.own_session import SparkList, is_of_spark
from balansfilter.errors import PolicyError, Problem, SourceError, UsageError, in_sentences
from balansfilter.evidence.contacts import CalledNumbers, CallHistory, ContactReading, calls_made
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.gathering import gathered
from balansfilter.evidence.objections import ObjectionReading, Objectors, objectors, read_objections
from balansfilter.evidence.register import read_registered, registered
from balansfilter.evidence.tally import Tally
from balansfilter.frozen import dataclass
from balansfilter.phone import known_countries
from balansfilter.pipeline.given_arguments import path_of, texts_of, zone_of
from balansfilter.pipeline.given_days import day_of
from balansfilter.pipeline.rows_lost import rows_lost
from balansfilter.pipeline.taken import call_list_columns, contact_columns, objection_columns
from balansfilter.policy.ages import within_the_law
from balansfilter.policy.calling import CallWindow, calling_day, refuse_closed_day
from balansfilter.policy.law import GROUNDS, Law, load_law, refuse_if_no_ground
from balansfilter.policy.loading import LoadedPolicy, check_policy, load_site, other_brands, read_policy
from balansfilter.policy.model import Contacts, Objections, Policy, Register, SourceFile
from balansfilter.sources import Chunk
from balansfilter.sources.frame import chunk_of
from balansfilter.wording.spelling import NullWords

Frame = TypeVar("Frame")
_REASONS = pl.Enum(REASONS)
_GROUNDS = pl.Enum(GROUNDS)


def decide(  # noqa: PLR0913
    frame: Frame,
    policy: Policy | Path | str,
    *,
    objections: Any,
    as_of: date | str,
    register: Any = None,
    contacts: Any = None,
    register_on: date | str | None = None,
    brands: Sequence[str] = (),
    timezone: str = "Europe/Amsterdam",
    order_by: str | Sequence[str] | None = None,
) -> Frame:
    """Decide each row of a call list, and return it with `reason`, `basis`, `callable_until` and what `annotate` says.

    A row may be called if its `reason` is null. In such a row a number that may not be called itself is blanked. The
    frames have the columns that the policy names; each may be of Polars, pandas, pyarrow, DuckDB, Spark or any other
    kind that narwhals knows, and the call list goes out as what it came in. Other columns may hold anything. A column
    whose cells are not all of one type, as pandas makes of a sheet's, is read cell by cell as a sheet is.

    :param policy: a policy, or the path of one; in a folder of configs its law and the other brands are found too.
    :param objections: one frame, or one for each file of objections of the policy, in that order.
    :param as_of: the day of the calls; a text such as `2026-11-23` is taken too, and a moment without a time zone.
    :param register: the do-not-call register, which a policy that screens needs; only where the policy names one.
    :param contacts: the calls already made, which a policy that names them needs; only where it does.
    :param register_on: the day that the register speaks of, from which `callable_until` may count; written as `as_of`.
    :param brands: the ids and names of other brands that objections may name.
    :param timezone: where a moment belongs to a day.
    :param order_by: the columns that tell which row comes first; needed where a frame has no order of its own.
    :raises BalansfilterError: as a run would, where the policy or a frame cannot be used.
    """
    with in_sentences():
        zone, day = zone_of("timezone", timezone), day_of(as_of)
        told_on = None if register_on is None else day_of(register_on)
        used, plan, hours = _ruled(policy, day, texts_of("brands", brands), zone)
        given = _Given(used, plan, zone, MemoryTables(schemas(plan)))
        frame = nw.to_native(frame, pass_through=True)
        decided = _on_spark if is_of_spark(frame) else _in_memory
        return decided(frame, given, hours, order_by, lambda: given.question(objections, register, contacts, told_on))  # type: ignore[no-any-return]


Asked = Callable[[], Question]
"""Reads the frames beside the call list: once it is known that the call list can be read."""


def _on_spark(frame: Any, given: _Given, hours: CallWindow | None, order_by: Any, asked: Asked) -> Any:
    listed, plan, spec = SparkList.of(frame, order_by), given.plan, given.policy.call_list
    until = asked().evidence.register_until
    reader = CellReader(plan, spec, given.zone, tuple(dict.fromkeys(call_list_columns(spec, plan))))
    told = str(hours) if hours else None
    return listed.decided(reader, given.tables, plan, until, _added(given.policy), told)


def _in_memory(frame: Any, given: _Given, hours: CallWindow | None, order_by: Any, asked: Asked) -> Any:
    spec, plan = given.policy.call_list, given.plan
    columns = tuple(dict.fromkeys(call_list_columns(spec, plan)))
    native = Native.of(frame, columns, order_by)
    refuse_taken(set(_added(given.policy).values()) & set(native.names))
    chunk = _chunk(native, spec, "call_list", columns, given.zone)
    question = asked()
    if native.is_duckdb:
        replace(question, keep=lambda cells: given.tables.add("cells", cells)).read(chunk)
        decided = DuckDB(given.tables).decide(plan, question.evidence.register_until).between(1, len(chunk.row))
    else:
        decided = in_polars.decide(question, chunk)
    return native.returned(*_told(decided, given.policy, plan, hours))


def _ruled(
    policy: Policy | Path | str, as_of: date, brands: Sequence[str], zone: ZoneInfo
) -> tuple[Policy, Plan, CallWindow | None]:
    """Check a policy for a day, as a run does, and work it out, with the hours in which calls are made that day.

    Its sources may be no older than the law says.
    """
    configs = None
    if isinstance(policy, Policy):
        loaded: Policy | LoadedPolicy = policy
        used = policy
    else:
        path = path_of("policy", policy)
        loaded = read_policy(path, countries=known_countries())
        used, folder = loaded.policy, path.resolve().parent
        configs = folder.parent if folder.name == "brands" else None
    law: Law = load_law(used.law, configs)
    problems = check_policy(loaded, as_of=as_of, law=law)
    if problems:
        raise PolicyError(f"the policy of {used.brand} may not be used on {as_of}:", problems)
    refuse_if_no_ground(used, law, as_of)
    day = calling_day(used, law, as_of, zone)
    refuse_closed_day(used, law, day, zone)
    others = other_brands(configs, used.brand, load_site(configs)) if configs is not None else ()
    return within_the_law(used, law, as_of), plan_under(law, used, as_of, (*brands, *others)), day.window


def _chunk(native: Native, spec: SourceFile, role: str, columns: Sequence[str], zone: ZoneInfo) -> Chunk:
    names = [name for name in native.names if isinstance(name, str)]
    return chunk_of(native.frame, spec, role, columns, zone, names, native.json)


@dataclass(frozen=True)
class _Given:
    """The frames beside the call list, read as the files of a policy are."""

    policy: Policy
    plan: Plan
    zone: ZoneInfo
    tables: MemoryTables

    def question(self, objections: Any, register: Any, contacts: Any, register_on: date | None) -> Question:
        """Return what is asked of each row: the plan, and what the frames say.

        :raises SourceError: with every problem of the frames.
        """
        problems: list[Problem] = []
        found = self._objections(objections, problems)
        history = self._calls(contacts, problems)
        numbers, until = self._register(register, register_on, problems)
        if problems:
            raise SourceError("the frames cannot be used:", problems)
        spec = self.policy.call_list
        return Question(self.plan, spec, DateReader.of(spec, self.zone), gathered(found, history, numbers, until))

    def _objections(self, objections: Any, problems: list[Problem]) -> list[tuple[str, Objectors]]:
        frames = list(objections) if isinstance(objections, list | tuple) else [objections]
        specs = self.policy.objections
        if len(frames) != len(specs):
            raise UsageError(f"the policy names {len(specs)} files of objections, and {len(frames)} frames were given")
        return [self._objectors(i, *pair, problems) for i, pair in enumerate(zip(specs, frames, strict=True))]

    def _objectors(self, index: int, spec: Objections, frame: Any, problems: list[Problem]) -> tuple[str, Objectors]:
        plan, role = self.plan, f"objections[{index}]"
        numbers, dates = plan.numbers_of(spec), DateReader.of(spec, self.zone)
        null_words = NullWords(spec.null_words)
        how = ObjectionReading(spec, dates, numbers, plan.brands, null_words, plan.as_of, plan.exact_ids)
        found = objectors([read_objections(self._rows(frame, spec, role, objection_columns(spec, how)), how)], how)
        self._hold(role, spec, found.tally, problems)
        self.tables.add("objectors", pl.DataFrame({"number": found.numbers}).with_columns(role=pl.lit(role)))
        self.tables.add("objectors", found.keys.alias("key").to_frame().with_columns(role=pl.lit(role)))
        self.tables.add("withdrawals", found.withdrawals)
        return role, found

    def _register(self, frame: Any, day: date | None, problems: list[Problem]) -> tuple[Any, date | None]:
        spec = self.policy.bel_me_niet.register_file
        if spec is None and frame is not None:
            raise UsageError("the policy names no register: name it there, or leave `register` out")
        if not self.plan.screens or spec is None:
            return None, None
        if frame is None:
            raise UsageError("the policy screens: give the do-not-call register as `register`")
        numbers = self.plan.numbers_of(spec)
        rows = self._rows(frame, spec, "register", [*numbers.names, *spec.where])
        found = registered([read_registered(rows, spec, numbers)])
        self._hold("register", spec, found.tally, problems)
        for part in found.numbers.parts():
            self.tables.add("register", pl.DataFrame({"number": part}))
        of_day = day or (spec.snapshot_on if isinstance(spec.snapshot_on, date) else None)
        if spec.max_age is not None and of_day is None:
            raise UsageError("the register has a largest age: say of which day it is with `register_on`")
        until = spec.max_age.after(of_day) if spec.max_age is not None and of_day is not None else None
        if until is not None and until < self.plan.as_of:
            problems.append(Problem("", path="register", message=f"is of {of_day}, and may be used up to {until}"))
        return found.numbers, until

    def _calls(self, frame: Any, problems: list[Problem]) -> CallHistory | None:
        spec, plan = self.policy.contacts, self.plan
        if spec is None and frame is not None:
            raise UsageError("the policy names no contacts: name them there, or leave `contacts` out")
        if spec is None:
            return None
        if frame is None:
            raise UsageError("the policy names the calls already made: give them as `contacts`")
        null_words = NullWords(spec.null_words)
        how = ContactReading(spec, DateReader.of(spec, self.zone), plan.numbers_of(spec), null_words, plan)
        rows = self._rows(frame, spec, "contacts", contact_columns(spec, how))
        found = calls_made([rows], how, CalledNumbers(None), lambda calls: self.tables.add("calls", calls))
        self.tables.add("meant_by_calls", found.meant)
        self._hold("contacts", spec, found.tally, problems)
        return found

    def _rows(self, frame: Any, spec: SourceFile, role: str, columns: Sequence[str]) -> Chunk:
        asked = tuple(dict.fromkeys(columns))
        return _chunk(Native.of(frame, asked, None, ordered=False), spec, role, asked, self.zone)

    def _hold(self, role: str, spec: Objections | Register | Contacts, tally: Tally, problems: list[Problem]) -> None:
        problems += rows_lost("", role, tally, spec.max_unreadable)
        if spec.min_rows is not None and tally.rows < spec.min_rows:
            message = f"has {tally.rows} rows, and must have {spec.min_rows} at least"
            problems.append(Problem("", path=role, message=message, hint="give the whole of it"))


def _told(
    decided: pl.DataFrame, policy: Policy, plan: Plan, hours: CallWindow | None
) -> tuple[dict[str, pl.Series], Mapping[str, pl.Series]]:
    """Return the columns to add, and in which rows the cells of a column are to be blanked."""
    code = pl.col("reason")
    made = decided.select(
        reason=pl.when(code > 0).then(code - 1).cat.to(_REASONS).cast(pl.String),
        basis=pl.when(pl.col("basis") > 0).then(pl.col("basis") - 1).cat.to(_GROUNDS).cast(pl.String),
        callable_until="callable_until",
        phone_e164=pl.when(code == 0).then(pl.format("+{}", "first_number")),
        call_window=pl.when(code == 0).then(pl.lit(str(hours) if hours else None, dtype=pl.String)),
    )
    names = _added(policy)
    blank = {phone: (decided["reason"] == 0) & ~decided[f"may_call_{i}"] for i, phone in enumerate(plan.phones)}
    return {name: made[fact] for fact, name in names.items()}, blank


def _added(policy: Policy) -> dict[str, str]:
    """Return what is added to a frame, and the name of its column."""
    always = {"reason": "reason", "basis": "basis", "callable_until": "callable_until"}
    return always | {str(fact): name for fact, name in policy.output.annotations.items()}
