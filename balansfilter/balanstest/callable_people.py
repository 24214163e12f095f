"""How many people on the call list may still be called under each candidate: by the decision that a run takes.

Each candidate is a plan of its own, and every row goes through the rules of :mod:`balansfilter.decision` under each
plan. The cells of a row are read and held against the objections once; only its calls are counted again for candidates
that count them in other windows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.bands import Bands, number_of
from balansfilter.balanstest.candidates import Candidate
from balansfilter.balanstest.moments import Counted
from balansfilter.balanstest.reached_people import ReachedPeople
from balansfilter.decision.plan import Plan, plan_under
from balansfilter.decision.reasons import ground_code
from balansfilter.engines.polars.duplicates import Contenders, contending
from balansfilter.engines.polars.row_facts import counted_under, customer_ids, held_against, read_cells
from balansfilter.engines.polars.terms import decide
from balansfilter.evidence.dates import DateReader
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import UInt64Array
from balansfilter.frozen import dataclass
from balansfilter.native.bucket_loops import Buckets
from balansfilter.native.parallel import AHEAD, WORKERS, in_order
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.taken import Taken, call_list_columns
from balansfilter.policy.ages import within_the_law
from balansfilter.policy.law import Law
from balansfilter.policy.loading import base_folder
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site
from balansfilter.sources import Block

Codes = npt.NDArray[np.uint16]
_CUSTOMER = ground_code("customer")
_NONE = np.iinfo(np.uint16).max


@dataclass(frozen=True)
class CallablePeople:
    """The people who may be called under one candidate. Of rows with one number one counts, as in a run."""

    people: int
    """On any ground."""
    customers: Counted
    """On the ground `customer`, which is what a term decides: one line a balanstest, one column a band."""


@dataclass(frozen=True)
class CountedList:
    """The call list that is counted, and the day for which."""

    configs: Path
    site: Site
    policy: Policy
    as_of: date
    law: Law
    scratch: Path

    def count(self, candidates: Sequence[Candidate], bands: Bands) -> list[CallablePeople]:
        """Count the people who may be called under each candidate.

        The band of a customer is that of the as-of date against the anchor date; who is a customer still is in the
        first.

        :raises SourceError: with every problem of the sources, as in a run.
        """
        plans = [plan_under(self.law, one.applied_to(self.policy), self.as_of) for one in candidates]
        every_window = tuple(window for plan in plans for window in plan.windows)
        spec = self.policy.call_list
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="simulate") as pool, ExitStack() as files:
            wide = replace(plans[0], windows=every_window)
            zone = ZoneInfo(self.site.timezone)
            aged = within_the_law(self.policy, self.law, self.as_of)
            intake = Intake(aged, wide, base_folder(self.configs), zone, self.scratch, {}, pool)
            evidence = intake.evidence()
            people = ReachedPeople(evidence, len(wide.phones), self._folder("people"), pool)
            decided = _Deciding(self.policy, plans, intake.dates_of(spec), evidence, bands, people)
            tallies = [_Tally(files.enter_context(Contenders(self._folder(str(n))))) for n in range(len(plans))]
            source = files.enter_context(
                intake.open(spec, "call_list", call_list_columns(spec, wide), on_bad_row=spec.on_bad_row)
            )
            codes = []
            for block in in_order(pool, decided.look, source.blocks(), AHEAD):
                codes.append((block.first_row, block.codes))
                if block.people is not None:
                    people.add(*block.people)
                for tally, (rivals, customers) in zip(tallies, block.answers, strict=True):
                    tally.add(rivals, customers)
            intake.check(Taken(source.fingerprint, spec))
            intake.refuse()
            shape = (len(self.policy.balanstests), len(bands))
            reached = people.rows()
            return [tally.settled(codes, shape, reached) for tally in tallies]

    def _folder(self, name: str) -> Path:
        folder = self.scratch / name
        folder.mkdir(mode=0o700)
        return folder


@dataclass(frozen=True)
class _DecidedBlock:
    first_row: int
    codes: Codes
    """Balanstest and band of each row of the block; _NONE where it has none."""
    answers: list[tuple[Buckets, npt.NDArray[np.bool_]]]
    """For each candidate: the callable rows, and of each row of the block whether it is callable as a customer."""
    people: tuple[Path, pl.DataFrame] | None
    """Where the rows wait until it is known how far objections reach, and the hits; None where they reach nobody."""


@dataclass(frozen=True)
class _Deciding:
    policy: Policy
    plans: Sequence[Plan]
    dates: DateReader
    evidence: Evidence
    bands: Bands
    people: ReachedPeople

    def look(self, block: Block) -> _DecidedBlock:
        """Decide a block under every plan, in any thread."""
        part, spec = block.parse(), self.policy.call_list
        keys = customer_ids(self.plans[0], spec.columns, part).key
        cells = read_cells(self.plans[0], spec, self.dates, self.evidence, part)
        first = held_against(self.evidence, self.plans[0], cells, keys)
        facts = {_windows(self.plans[0]): first}
        answers = []
        for plan in self.plans:
            windows = _windows(plan)
            if windows not in facts:
                facts[windows] = counted_under(plan, self.evidence, first, keys)
            decided = decide(plan, facts[windows], self.evidence.register_until).filter(pl.col("reason") == 0)
            customers = np.zeros(block.rows, dtype=np.bool_)
            rows = decided.filter(pl.col("basis") == _CUSTOMER)["row"].to_numpy()
            customers[rows - np.uint64(block.first_row)] = True
            answers.append((contending(decided), customers))
        reaches = self.plans[0].reaches_person and not first.is_empty()
        waiting = self.people.put_away(block.first_row, first, keys) if reaches else None
        return _DecidedBlock(block.first_row, self._codes(block, first), answers, waiting)

    def _codes(self, block: Block, facts: pl.DataFrame) -> Codes:
        codes = np.full(block.rows, _NONE, dtype=np.uint16)
        placed = facts.filter(pl.col("window").is_not_null() & pl.col("anchor").is_not_null())
        anchor = placed["anchor"].to_physical().to_numpy()
        day = np.full(len(anchor), number_of(self.plans[0].as_of), dtype=np.int32)
        band = self.bands.of(day, anchor).astype(np.uint16)
        places = placed["row"].to_numpy() - np.uint64(block.first_row)
        codes[places] = placed["window"].to_numpy().astype(np.uint16) * np.uint16(len(self.bands)) + band
        return codes


def _windows(plan: Plan) -> tuple[date | None, ...]:
    """Return from which day the calls of each balanstest count."""
    return tuple(window.attempts_after for window in plan.windows)


class _Tally:
    """The callable rows under one candidate, while the call list goes by."""

    def __init__(self, contenders: Contenders) -> None:
        self._contenders = contenders
        self._customers: list[npt.NDArray[np.uint8]] = []

    def add(self, rivals: Buckets, customers: npt.NDArray[np.bool_]) -> None:
        self._contenders.add(rivals)
        self._customers.append(np.packbits(customers))

    def settled(
        self, codes: Sequence[tuple[int, Codes]], shape: tuple[int, int], reached: UInt64Array
    ) -> CallablePeople:
        """Count the people, without the rows that an objection reaches, and then without duplicates."""
        left, losers = self._contenders.settled(without=reached)
        counts = np.zeros(shape[0] * shape[1], dtype=np.int64)
        for code in self._of_customers(codes, np.sort(np.concatenate([losers, reached]))):
            counts += np.bincount(code, minlength=len(counts))
        return CallablePeople(left - len(losers), counts.reshape(shape))

    def _of_customers(self, codes: Sequence[tuple[int, Codes]], dropped: UInt64Array) -> Iterator[Codes]:
        """Yield the codes of the rows that are callable as a customer, without those that were dropped after all."""
        for (first_row, of_block), packed in zip(codes, self._customers, strict=True):
            customers = np.unpackbits(packed, count=len(of_block)).astype(np.bool_)
            start, end = np.searchsorted(dropped, np.array([first_row, first_row + len(of_block)], dtype=np.uint64))
            customers[dropped[start:end] - np.uint64(first_row)] = False
            yield of_block[customers]
