"""What became of a published list since, as its ledger tells: whether it was recalled, and who on it objected.

Whatever tells of a list asks here, so that no command calls a list good that `balansfilter verify` refuses. What no
recheck has looked at yet is not in the ledger: only `verify` and `recheck` read the objections anew. Pure.
"""

from __future__ import annotations

from datetime import date

from balansfilter.audit.history import PublishedRun
from balansfilter.frozen import dataclass
from balansfilter.wording.plural import counted


@dataclass(frozen=True)
class Recall:
    """That a list must not be used any more."""

    at: str
    reason: str


@dataclass(frozen=True)
class Withdrawal:
    """What the last recheck of a list found: the rows of it that may no longer be called."""

    at: str
    rows: int
    people: int
    left_out: bool
    """Whether the dialler has left these rows out, and that was said with `balansfilter verify --without`."""


@dataclass(frozen=True)
class ListStanding:
    """What became of a list since it was published."""

    recalled: Recall | None = None
    withdrawn: Withdrawal | None = None
    """None where no recheck found a row that may no longer be called."""

    @property
    def refusal(self) -> str | None:
        """Return why the list must not be called any more; None where it may, as far as the ledger tells."""
        if self.recalled is not None:
            return f"the list was recalled at {self.recalled.at}, and must not be called: {self.recalled.reason}"
        if self.withdrawn is None or self.withdrawn.left_out:
            return None
        ways = "run again, or leave the rows in withdrawn.csv out and say so with `balansfilter verify --without`"
        return f"{objected_told(self.withdrawn.people)}, and the list must not be called as it is: {ways}"

    def callable(self, published: int) -> int:
        """Return how many rows of the list may still be called, of those that were published."""
        if self.recalled is not None:
            return 0
        return published - (self.withdrawn.rows if self.withdrawn is not None else 0)


AS_PUBLISHED = ListStanding()
"""The standing of a list to which nothing happened."""


def list_standing(run: PublishedRun | None) -> ListStanding:
    """Return what became of the list of a run; nothing of a run that the ledger does not know."""
    if run is None:
        return AS_PUBLISHED
    recalled = run.recalled
    why = Recall(recalled.at, str(recalled.body["reason"])) if recalled is not None else None
    return ListStanding(why, _withdrawal(run))


def _withdrawal(run: PublishedRun) -> Withdrawal | None:
    found = run.rechecked
    if found is None or not found.body["withdrawn"]:
        return None
    left_out = run.left_out is not None and run.left_out.body["sha256"] == found.body["file"]["sha256"]
    return Withdrawal(found.at, int(found.body["withdrawn"]), int(found.body["people"]), left_out)


def lapsed(valid_until: date | str | None, day: date) -> bool:
    """Return whether a list is no longer valid on a day: a source of it is too old."""
    return valid_until is not None and str(valid_until) < day.isoformat()


def objected_told(people: int) -> str:
    """Say that people on a list objected since it was published."""
    return counted(people, "{count} person on the list objected since", "{count} people on the list objected since")
