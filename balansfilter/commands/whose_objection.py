"""Whose an objection is, and what a person may be told of why they are not called: never that another objected.

An objection reaches further than who made it: to everybody with a number of theirs. So of a row that was dropped for
one, the person is told that they objected only where the objection is surely their own, by their customer id or by a
number that nobody else has. Otherwise nothing is told but that they are left alone, and the same of rows that another
row of the list may be behind, so that the silence gives nothing away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.decisions import KEY_MARK
from balansfilter.audit.history import PublishedRun
from balansfilter.audit.keyring import search_keys
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.sealed import ProvedRow, ProvedRows
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.decision.plan import Plan
from balansfilter.errors import BalansfilterError, UsageError
from balansfilter.evidence.objection_lines import ObjectionLines, is_own
from balansfilter.identity.person import Person
from balansfilter.native.hmac_sha256 import KeyedHashes
from balansfilter.native.parallel import WORKERS
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.objections_named import objections_named
from balansfilter.pipeline.ruling import ruling_without_approval
from balansfilter.policy.loading import base_folder
from balansfilter.policy.site import work_folder

LEFT_ALONE = frozenset({"duplicate", "not_selected"})
"""Reasons of which a person is told no more than of another's objection."""


def may_be_told(reason: str | None, *, own: bool) -> bool:
    """Return whether a person may be told why a row of theirs was dropped.

    :param own: whether an objection is surely their own.
    """
    return reason not in LEFT_ALONE and (reason != "objected" or own)


def refuse_several(customers: int) -> None:
    """Refuse to tell of a number that several customers share: it would tell one of the other.

    :raises UsageError: there are several.
    """
    if customers > 1:
        raise UsageError(
            "this person may not be told of: the number stands for several customers"
            " — name the customer with --customer alone"
        )


def is_own_in_list(asked: Person, mine: pl.DataFrame, hits: pl.DataFrame, named: ObjectionLines, plan: Plan) -> bool:
    """Return whether an objection that stands on the day of a plan is surely that of a person who is asked about.

    :param mine: the person's rows on the call list: `key` and the numbers.
    :param hits: all rows of the list that an objection hits: the same.
    """
    standing = named.standing(plan.as_of)
    numbers = [*_numbers(mine), *([asked.number] if asked.number is not None else [])]
    my_number = pl.col("number").is_in(numbers).fill_null(False)
    keys = {*mine["key"]} or {*standing.filter(my_number & (pl.col("key") != ""))["key"]}
    if asked.customer_id is not None:
        keys = {asked.customer_id if plan.exact_ids else str(asked.key)}
    if len(keys) > 1:
        return False
    shared = _numbers(hits.filter(~pl.col("key").is_in(list(keys))))
    is_mine = pl.col("key").is_in(list(keys - {""}))
    return is_own(standing.with_columns(mine=is_mine, my_number=my_number), shared)


def _numbers(rows: pl.DataFrame) -> set[int]:
    return {number for name in rows.columns if name.startswith("valid_") for number in rows[name].drop_nulls()}


class Own(NamedTuple):
    """In which runs the objection for which a person's rows were dropped was surely their own."""

    runs: frozenset[str]
    problem: str | None = None
    """Why that cannot be told; None where it can."""

    def told(self, run_id: str, reason: object) -> bool:
        """Return whether the person may be told why a row was dropped in a run."""
        return may_be_told(None if reason is None else str(reason), own=run_id in self.runs)


def own_in_runs(audited: AuditedBrand, runs: Mapping[str, PublishedRun], proved: Mapping[str, ProvedRows]) -> Own:
    """Tell in which of some runs a person's rows were dropped for an objection of their own.

    The decisions do not say whose it was, so the objections are read as they are now. One that was made after the day
    of a run was not the reason there; one whose day is not known may have been.

    :param proved: the rows of the person, by run.
    """
    dropped = {
        run_id: found.rows
        for run_id, found in proved.items()
        if any(row.cells["reason"] == "objected" for row in found.rows)
    }
    if not dropped:
        return Own(frozenset())
    try:
        named = _named(audited, max(runs[run_id].as_of for run_id in dropped))
    except BalansfilterError as error:
        return Own(frozenset(), str(error))
    keys = search_keys(audited.site.audit.key_file, audited.history())
    asking = _Asking(audited, named, keys)
    return Own(frozenset(run_id for run_id, rows in dropped.items() if asking.is_own(runs[run_id], rows)))


def _named(audited: AuditedBrand, day: date) -> ObjectionLines:
    ruling = ruling_without_approval(audited.configs, audited.brand, day)
    with work_folder(audited.site) as folder, ThreadPoolExecutor(WORKERS) as pool:
        zone = ZoneInfo(audited.site.timezone)
        intake = Intake(ruling.sources, ruling.plan, base_folder(audited.configs), zone, folder, {}, pool)
        for role in ("call_list", "register"):  # of a database they would be fetched as well, as of one snapshot
            intake.remote.expected.pop(role, None)
        return objections_named(intake)


class _Asking(NamedTuple):
    """What the rows of a person are held against, in one run after another."""

    audited: AuditedBrand
    named: ObjectionLines
    keys: Mapping[str, AuditKey]

    def is_own(self, run: PublishedRun, rows: Iterable[ProvedRow]) -> bool:
        """Return whether the objection was surely that of the person of some rows, who is known by keyed hashes."""
        me, key = _Hashed.of(rows), self.keys[run.key_id]
        standing = self.named.standing(run.as_of, made_by=run.as_of)
        numbers = key.hashes_of_numbers(standing["number"].fill_null(0).to_numpy())
        mine = _are(key.hashes(standing["key"]), me.customers)
        mine |= _are(key.hashes((KEY_MARK + standing["key"]).set(standing["key"] == "", "")), me.customers)
        shared = standing["number"].filter(
            pl.Series(_are(numbers, me.shared(RunDecisions.of(self.audited.audit, run))))
        )
        my_number = pl.Series(_are(numbers, me.numbers))
        return is_own(standing.with_columns(mine=pl.Series(mine), my_number=my_number), shared.unique().to_list())


class _Hashed(NamedTuple):
    """A person as the decisions of a run know them: by keyed hashes."""

    customers: frozenset[bytes]
    nameless: bool
    """Whether some row of the person has no customer id."""
    numbers: frozenset[bytes]

    @classmethod
    def of(cls, rows: Iterable[ProvedRow]) -> _Hashed:
        """Take those that stand in the rows of the person."""
        cells = [(name, cell) for row in rows for name, cell in row.cells.items()]
        customers, numbers = (
            frozenset(bytes.fromhex(str(cell)) for name, cell in cells if cell and name.startswith(kind))
            for kind in ("customer", "number_")
        )
        return cls(customers, any(name == "customer" and cell is None for name, cell in cells), numbers)

    def shared(self, decisions: RunDecisions) -> frozenset[bytes]:
        """Return those of the numbers that stand in a row of somebody else as well."""
        scan = decisions.scan()
        names = [name for name in scan.collect_schema().names() if name.startswith("number_")]
        here = pl.any_horizontal(pl.col(name).is_in(list(self.numbers)) for name in names)
        mine = pl.col("customer").is_in(list(self.customers)).fill_null(self.nameless)
        others = scan.filter(here.fill_null(False) & ~mine).select(names).unique().collect()
        return frozenset(self.numbers & {cell for name in names for cell in others[name].drop_nulls()})


def _are(hashes: KeyedHashes, wanted: Collection[bytes]) -> npt.NDArray[np.bool_]:
    """Return which of a column of keyed hashes are some that are wanted, of which there are few."""
    found = np.zeros(len(hashes.words), np.bool_)
    for one in wanted:
        found |= hashes.known & (hashes.words == np.frombuffer(one, np.uint32)).all(axis=1)
    return found
