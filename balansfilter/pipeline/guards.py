"""What must hold of a decided list before it is published. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import field

from balansfilter.decision.reasons import UNREADABLE
from balansfilter.errors import Problem
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass
from balansfilter.policy.model import Guards
from balansfilter.policy.values import Share, ShareOrCount

_FEW_REACHED = 20
"""So many rows may be reached in any list, unless a policy says otherwise."""


@dataclass(frozen=True)
class Counts:
    """How many rows a list had, and what was decided of them."""

    rows: int
    callable: int
    reasons: Mapping[str, int]
    """Dropped rows by reason."""
    bases: Mapping[str, int]
    """Callable rows by ground."""
    reached: int = 0
    """Rows dropped for an objection that names another row of the same person."""
    unreadable: Mapping[str, SomeRows] = field(default_factory=dict)
    """Rows that could not be read, by reason."""
    unread: str | None = None
    """What the numbers that could not be read look like."""

    @property
    def dropped(self) -> int:
        """Rows dropped."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class GuardResult:
    """What a guard asked, and whether the list passed."""

    guard: str
    limit: str
    found: int
    passed: bool


def check_guards(guards: Guards, counts: Counts, previous_rows: int | None) -> tuple[GuardResult, ...]:
    """Hold a decided list against the guards of the policy.

    :param previous_rows: rows of the call list in the last published run; None before the first.
    """
    return tuple(_results(guards, counts, previous_rows))


def _results(guards: Guards, counts: Counts, previous_rows: int | None) -> Iterator[GuardResult]:
    yield GuardResult("min_rows", str(guards.min_rows), counts.rows, counts.rows >= guards.min_rows)
    unreadable = sum(counts.reasons.get(reason, 0) for reason in UNREADABLE)
    yield from _at_most("max_unreadable", guards.max_unreadable, unreadable, counts.rows)
    yield from _at_most("max_reached", _most_reached(guards, counts.rows), counts.reached, counts.rows)
    yield from _at_most("max_dropped", guards.max_dropped, counts.dropped, counts.rows)
    if previous_rows is not None:
        yield from _at_most("max_row_change", guards.max_row_change, abs(counts.rows - previous_rows), previous_rows)


def _most_reached(guards: Guards, rows: int) -> Share | ShareOrCount | None:
    """Return the limit of `max_reached`; unless a policy writes it, a short list may have a few in any case."""
    if "max_reached" in guards.model_fields_set or not Share("1%").exceeded_by(_FEW_REACHED, rows):
        return guards.max_reached
    return ShareOrCount(str(_FEW_REACHED))


def _at_most(guard: str, limit: Share | ShareOrCount | None, found: int, whole: int) -> Iterator[GuardResult]:
    if limit is not None:
        yield GuardResult(guard, str(limit), found, not limit.exceeded_by(found, whole))


_TOLD = {
    "min_rows": ("rows on the call list: {found}; wanted: at least {limit}", "deliver the whole list"),
    "max_unreadable": (
        "rows with a number or a date that cannot be read: {found} of {rows}; at most {limit} may be",
        "mend the rows, or see if a column or a date format has changed",
    ),
    "max_reached": (
        "rows dropped for an objection to another row of the same person: {found} of {rows}; at most {limit} may be",
        "see if ids or numbers stand for many people, such as TEST; or set objections_reach or the guard",
    ),
    "max_dropped": ("rows dropped: {found} of {rows}; at most {limit} may be", "see why with --dry-run"),
    "max_row_change": (
        "rows on the call list: {rows}, which differs by {found} from the last published run; at most {limit} may be",
        "find out why, or raise the guard for once",
    ),
}


def guard_problems(results: tuple[GuardResult, ...], counts: Counts, file: str) -> list[Problem]:
    """Return a problem for each guard that tripped."""
    made = []
    for result in results:
        if not result.passed:
            wording, hint = _TOLD[result.guard]
            message = wording.format(found=f"{result.found:,}", limit=result.limit, rows=f"{counts.rows:,}")
            made.append(Problem(file, path=f"guards.{result.guard}", message=message, hint=hint))
            if result.guard == "max_unreadable":
                made += [
                    _reason_problem(file, reason, rows, counts.unread) for reason, rows in counts.unreadable.items()
                ]
    return made


def _reason_problem(file: str, reason: str, rows: SomeRows, unread: str | None) -> Problem:
    """Tell how many rows could not be read for one reason, and which come first."""
    hint = unread or "" if reason == "invalid_phone" else ""
    return Problem(file, path=reason, message=f"{rows.count} row{'s' if rows.count > 1 else ''} ({rows})", hint=hint)
