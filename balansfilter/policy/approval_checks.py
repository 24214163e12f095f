"""What depends on the date: whether each balanstest is approved, over this content, within the law's ceiling."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.findings import Finding
from balansfilter.policy.law import Law
from balansfilter.policy.model import Approval, Balanstest, Policy
from balansfilter.policy.yaml_file import ValuePath


def approval_findings(policy: Policy, *, as_of: date, law: Law) -> Iterator[Finding]:
    """Yield what keeps the balanstests of a policy from being used on a day."""
    for n, test in enumerate(policy.balanstests):
        at: ValuePath = ("balanstests", n)
        if test.approval is None:
            message = f"the balanstest `{test.id}` is not approved"
            yield Finding((*at, "approval"), message, f"approve it: {approve_command(policy, test)}")
        else:
            yield from _approval(policy, test, test.approval, (*at, "approval"), as_of)
        yield from ceiling_findings(test, (*at, "max_term"), as_of, law)


def approve_command(policy: Policy, test: Balanstest) -> str:
    """Return the command that approves a balanstest."""
    return f"balansfilter balanstest approve --brand {policy.brand} --id {test.id} --by NAME --role ROLE"


def _approval(policy: Policy, test: Balanstest, approval: Approval, at: ValuePath, as_of: date) -> Iterator[Finding]:
    again = f"approve it again: {approve_command(policy, test)}"
    if approval.digest != balanstest_digest(policy, test):
        message = f"the balanstest `{test.id}` was changed after it was approved on {approval.on} by {approval.by}"
        yield Finding((*at, "digest"), message, f"undo the change, or {again}")
    if approval.on > as_of:
        message = f"the balanstest `{test.id}` was approved on {approval.on}, so not yet on {as_of}"
        yield Finding((*at, "on"), message, "no list may be made with it for an earlier day")
    if approval.review_by < as_of:
        message = f"the approval of `{test.id}` lapsed after {approval.review_by}, before {as_of}"
        yield Finding((*at, "review_by"), message, f"review it, and {again}")


def ceiling_findings(test: Balanstest, at: ValuePath, as_of: date, law: Law) -> Iterator[Finding]:
    """Yield a finding where a term lies over the law's ceiling, and no positive opinion of the committee lifts it."""
    ceiling = law.ceiling_rule(as_of) if law.covers(as_of) else None
    if ceiling is None or not test.max_term.longer_than(ceiling.term):
        return
    if ceiling.lifted_by_opinion and test.approval is not None and test.approval.opinion:
        return
    lifts = ", or give the reference of a positive opinion as approval.opinion" if ceiling.lifted_by_opinion else ""
    message = f"is longer than {ceiling.term}, the ceiling under `law: {law.name}` since {ceiling.starts}"
    yield Finding(at, message, f"shorten it{lifts}")


def screening_findings(policy: Policy, *, as_of: date, law: Law) -> Iterator[Finding]:
    """Return a finding where a policy leans on screening instead of a balanstest on a day that does not allow it."""
    leans = not policy.balanstests and not policy.accepts_consent and policy.bel_me_niet.screen == "always"
    if not leans or not law.covers(as_of) or law.screening_suffices(as_of):
        return
    last = law.last_day_of_screening(as_of)
    message = f"screening replaces a balanstest {f'up to {last} only' if last else 'on no day'} under `law: {law.name}`"
    hint = "write a balanstest, or accept consent"
    yield Finding(("bel_me_niet", "screen"), f"{message}, and there is none for {as_of}", hint)
