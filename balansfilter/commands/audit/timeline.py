"""What was decided for one person over the runs of a brand: each list that held them, and its balanstest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from balansfilter.audit.find import Decision, Finder, Identity
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.sign_off import kept_policy
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.identity.person import read_person
from balansfilter.policy.model import Balanstest


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
    rows: tuple[Decision, ...]
    """The person's rows."""
    policy_sha256: str
    """Names the policy that the run went by, which is kept beside the ledger."""
    balanstests: tuple[dict[str, Any], ...]
    """The balanstests that the rows came under, as they were written and approved."""

    @property
    def callable(self) -> bool:
        """Whether the person was in the list to call."""
        return any(row.callable for row in self.rows)


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


def _moment(
    audited: AuditedBrand, run: PublishedRun, rows: tuple[Decision, ...], texts: dict[str, dict[str, Balanstest]]
) -> Moment:
    sha256 = run.prepared.body["policy"]["sha256"]
    if sha256 not in texts:
        policy = kept_policy(audited.audit, sha256)
        texts[sha256] = {} if policy is None else {test.id: test for test in policy.balanstests}
    wanted = dict.fromkeys(row.balanstest for row in rows if row.balanstest)
    tests = tuple(texts[sha256][name].model_dump(mode="json") for name in wanted if name in texts[sha256])
    return Moment(
        run_id=run.run_id,
        as_of=run.as_of,
        published_at=run.published.at,
        replaced_at=run.replaced_at,
        recalled=run.recalled.body["reason"] if run.recalled else None,
        rows=rows,
        policy_sha256=sha256,
        balanstests=tests,
    )


def runs_on(past: History, day: date) -> list[PublishedRun]:
    """Return the runs whose lists were made to be called on a day."""
    return [run for run in past.runs.values() if run.as_of == day]
