"""What was decided for one person over the runs of a brand: each list that held them, and its balanstest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from balansfilter.audit.decisions import KEY_MARK
from balansfilter.audit.find import Decision, Finder, Identity
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.ledger_files import as_recorded, withdrawn_list
from balansfilter.audit.list_standing import list_standing
from balansfilter.audit.sign_off import kept_policy
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.errors import Problem
from balansfilter.frozen import dataclass
from balansfilter.identity.ids import id_keys
from balansfilter.identity.person import read_person
from balansfilter.phone import Regions
from balansfilter.policy.model import Balanstest
from balansfilter.publish.withdrawn import rows_in


@dataclass(frozen=True)
class Moment:
    """One published list that held the person."""

    run_id: str
    as_of: date
    """The day for which the list was made."""
    published_at: str
    replaced_at: str | None
    """When the next list took its place; None for the one that stands."""
    recalled: str | None
    """Why the list was recalled; None if it was not."""
    recalled_at: str | None
    rows: tuple[Decision, ...]
    """The person's rows."""
    withdrawn: tuple[int, ...]
    """Those of the rows that may no longer be called, as the last recheck of the list found."""
    withdrawn_at: str | None
    """When that recheck was, where it found rows of anybody."""
    withdrawn_known: bool
    """Whether its list of withdrawn rows is there still: where it is gone nobody can tell whose they are."""
    policy_sha256: str
    """Names the policy that the run went by, which is kept beside the ledger."""
    balanstests: tuple[dict[str, Any], ...]
    """The balanstests that the rows came under, as they were written and approved."""

    @property
    def callable(self) -> bool:
        """Whether the person was in the list to call."""
        return any(row.callable for row in self.rows)

    def callable_still(self, row: Decision) -> bool:
        """Whether a row of the list may be called still, as far as the ledger tells."""
        return row.callable and self.recalled is None and row.row not in self.withdrawn


@dataclass(frozen=True)
class Timeline:
    """What was decided for one person, oldest first."""

    brand: str
    moments: tuple[Moment, ...]
    searched: int
    """How many runs were searched."""
    pruned: tuple[str, ...]
    """Runs of which the decisions were pruned: nobody can tell whether they held the person."""
    lost: tuple[str, ...]
    """Runs of which the key was lost: the same."""


def identity(audited: AuditedBrand, past: History, phone: str | None, customer_id: str | None) -> Identity:
    """Read whom a question is about.

    :raises UsageError: nobody was named, or the number is not valid.
    """
    country = audited.default_country(past) if phone is not None else "NL"
    named = read_person(phone, customer_id, country)
    return Identity(None if named.number is None else f"+{named.number}", named.customer_id)


def is_never_called(who: Identity) -> bool:
    """Return whether the number asked for is of a kind on which nobody is called, so that no decision holds it."""
    if who.number is None:
        return False
    return bool(Regions(np.array([int(who.number)], np.uint64)).not_callable[0])


def other_spellings(who: Identity) -> list[Identity]:
    """Return how the decisions name a customer whose id was written otherwise than it is asked for: by its key."""
    if who.customer_id is None:
        return []
    key = str(id_keys(pl.Series([who.customer_id]))[0])
    return [Identity(None, name) for name in (key, KEY_MARK + key) if name != who.customer_id]


def matched_by_key(runs: Iterable[PublishedRun]) -> list[PublishedRun]:
    """Return those of some runs that took ids with one key for one person."""
    return [run for run in runs if run.prepared.body.get("id_match") == "key"]


def lists_otherwise_spelled(
    audited: AuditedBrand, past: History, who: Identity, runs: Iterable[PublishedRun]
) -> list[str]:
    """Return the runs with rows whose customer id has the key of the one asked for, and is written otherwise.

    :raises AuditError: a key or decisions are missing.
    """
    chosen, finding = matched_by_key(runs), finder(audited)
    asked = finding.find(past, who, chosen).decisions
    otherwise: dict[str, None] = {}
    for spelling in other_spellings(who):
        for run_id, rows in finding.find(past, spelling, chosen).decisions.items():
            if set(rows) - set(asked.get(run_id, ())):
                otherwise[run_id] = None
    return list(otherwise)


def finder(audited: AuditedBrand) -> Finder:
    """Return the finder of people in the decisions of a brand."""
    return Finder(audited.audit, audited.indexes, audited.site.audit.key_file)


def timeline(
    audited: AuditedBrand,
    past: History,
    who: Identity,
    runs: Iterable[PublishedRun],
    progress: Callable[[int], None] | None = None,
) -> Timeline:
    """Tell what was decided for a person in some runs.

    :raises AuditError: a key or decisions are missing.
    """
    found = finder(audited).find(past, who, runs, progress)
    texts: dict[str, dict[str, Balanstest]] = {}
    moments = tuple(_moment(audited, past.runs[run_id], rows, texts) for run_id, rows in found.decisions.items())
    return Timeline(audited.brand, moments, found.searched, found.pruned, found.lost)


def withdrawn_rows(audited: AuditedBrand, run: PublishedRun) -> frozenset[int] | None:
    """Return the rows of a list that may no longer be called, by its last recheck; None where nobody can tell.

    :raises OutputError: what the recheck left is no list of withdrawn rows.
    """
    if run.rechecked is None or list_standing(run).withdrawn is None:
        return frozenset()
    expected = withdrawn_list(run.run_id, run.rechecked, audited.folders.runs / run.run_id)
    data = as_recorded(expected)
    return None if isinstance(data, Problem) else rows_in(data, expected.path)


def _moment(
    audited: AuditedBrand, run: PublishedRun, rows: tuple[Decision, ...], texts: dict[str, dict[str, Balanstest]]
) -> Moment:
    sha256 = run.prepared.body["policy"]["sha256"]
    if sha256 not in texts:
        policy = kept_policy(audited.audit, sha256)
        texts[sha256] = {} if policy is None else {test.id: test for test in policy.balanstests}
    wanted = dict.fromkeys(row.balanstest for row in rows if row.balanstest)
    tests = tuple(texts[sha256][name].model_dump(mode="json") for name in wanted if name in texts[sha256])
    standing, gone = list_standing(run), withdrawn_rows(audited, run)
    return Moment(
        run_id=run.run_id,
        as_of=run.as_of,
        published_at=run.published.at,
        replaced_at=run.replaced_at,
        recalled=standing.recalled.reason if standing.recalled else None,
        recalled_at=standing.recalled.at if standing.recalled else None,
        rows=rows,
        withdrawn=tuple(row.row for row in rows if row.row in (gone or ())),
        withdrawn_at=standing.withdrawn.at if standing.withdrawn else None,
        withdrawn_known=gone is not None,
        policy_sha256=sha256,
        balanstests=tests,
    )


def term_lies_ahead(row: Decision, as_of: date) -> bool:
    """Return whether the anchor of a callable row may be no event: of a customer still, or of a purchase that day.

    The decisions do not tell the two apart. In either the term may not have begun to count.
    """
    return row.anchor == as_of and row.basis in ("customer", "register")


def runs_on(past: History, day: date) -> list[PublishedRun]:
    """Return the runs whose lists were made to be called on a day."""
    return [run for run in past.runs.values() if run.as_of == day]
