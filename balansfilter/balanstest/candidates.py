"""The terms, start delays and frequencies that are tried out in the place of those of a policy."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final, Literal

from balansfilter.frozen import dataclass
from balansfilter.policy.model import Balanstest, MaxAttempts, Policy
from balansfilter.policy.values import Span

OWN: Final = "own"
"""Stands for what each balanstest of the policy says itself."""
Own = Literal["own"]

DEFAULT_TERMS = tuple(Span(f"{months} months") for months in (6, 12, 18, 24, 30, 36))


@dataclass(frozen=True)
class Limits:
    """What a balanstest allows: section 4, 2a and 2b."""

    term: Span
    start_after: Span | None
    max_attempts: MaxAttempts | None

    @property
    def key(self) -> tuple[object, ...]:
        """What two limits have in common that allow the same, however it is written: 1 year is 12 months."""
        attempts = self.max_attempts
        often = (attempts.count, length(attempts.within)) if attempts else None
        return length(self.term), length(self.start_after), often

    @property
    def curve(self) -> tuple[object, ...]:
        """The key of all but the term."""
        return self.key[1:]


def length(span: Span | None) -> tuple[str, int] | None:
    """Return how long a span is, in months or in days."""
    if span is None:
        return None
    unit, each = {"years": ("months", 12), "weeks": ("days", 7)}.get(span.unit, (span.unit, 1))
    return unit, span.count * each


@dataclass(frozen=True)
class Candidate:
    """What is tried out, for every balanstest of a policy at once."""

    term: Span
    start_after: Span | Own | None = OWN
    max_attempts: MaxAttempts | Own | None = OWN

    def limits(self, test: Balanstest) -> Limits:
        """Return what a balanstest would allow."""
        return Limits(
            self.term,
            test.start_after if self.start_after == OWN else self.start_after,
            test.max_attempts if self.max_attempts == OWN else self.max_attempts,
        )

    def applied_to(self, policy: Policy) -> Policy:
        """Return a policy whose balanstests allow this, and are otherwise as they were."""
        tests = []
        for test in policy.balanstests:
            limits = self.limits(test)
            changed = {
                "max_term": limits.term,
                "start_after": limits.start_after,
                "max_attempts": limits.max_attempts,
            }
            tests.append(test.model_copy(update=changed))
        return policy.model_copy(update={"balanstests": tuple(tests)})


def own_limits(test: Balanstest) -> Limits:
    """Return what a balanstest allows as it stands."""
    return Limits(test.max_term, test.start_after, test.max_attempts)


def attempts_text(limit: MaxAttempts | None) -> str | None:
    """Write a limit on the number of calls, as `3/6 months`."""
    return None if limit is None else f"{limit.count}/{limit.within}"


def combined(
    terms: Iterable[Span],
    start_after: Iterable[Span | Own | None] = (OWN,),
    max_attempts: Iterable[MaxAttempts | Own | None] = (OWN,),
) -> tuple[Candidate, ...]:
    """Return every combination; those that differ only in their term follow each other."""
    return tuple(
        Candidate(term, start, attempts) for start, attempts, term in product(start_after, max_attempts, terms)
    )
