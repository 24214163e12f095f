"""What keeps a balanstest from being signed as it stands, and what its officer should think twice about. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from balansfilter.policy.approval_checks import ceiling_findings
from balansfilter.policy.balanstest import Assessment
from balansfilter.policy.consistency import says_nothing
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.findings import Finding
from balansfilter.policy.law import Law
from balansfilter.policy.model import Balanstest, Policy, json_value
from balansfilter.policy.tree import Tree
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import ValuePath
from balansfilter.wording.plural import counted

LONGEST_APPROVAL = Span("36 months")
"""No approval holds longer: a weighing is looked at again within three years."""
LONG_APPROVAL = Span("12 months")
"""An approval that holds longer is told."""

_NOT_KNOWN = re.compile(
    r"(dat )?(weet|weten) (ik|we|wij) (nog )?niet( precies)?|weet (nog )?niet|geen idee|(is )?(nog )?onbekend|"
    r"(i|we) (do not|don ?t) know( yet)?|no idea|(is )?(as yet )?(unknown|not known)( yet)?|\?+",
    re.IGNORECASE,
)


def is_not_known(text: str) -> bool:
    """Whether an answer says no more than that the answer is not known."""
    bare = re.sub(r"[^\w?]+", " ", text.replace("'", " ").replace("’", " ")).strip()
    return _NOT_KNOWN.fullmatch(bare) is not None


def missing_parts(test: Balanstest) -> tuple[str, ...]:
    """Return the parts of a whole balanstest that have no answer: the scope, and those of the assessment."""
    given = test.answers.assessment or Assessment()
    lacking = [f"assessment.{name}" for name in Assessment.model_fields if getattr(given, name) is None]
    return (*(() if test.answers.scope else ("scope",)), *lacking)


def blockers(test: Balanstest, at: ValuePath, law: Law) -> Iterator[Finding]:
    """Yield what keeps a balanstest, with the approval that it would get, from being signed.

    :param at: where the balanstest stands in its policy.
    """
    answers = (*at, "answers")
    for text in Tree(json_value(test.answers), answers).texts():
        if says_nothing(text.value):
            yield Finding(text.path, "is missing: only a placeholder stands here", "write the answer out")
        elif is_not_known(text.value):
            yield Finding(text.path, "says that the answer is not known", "find it out, and write it down")
    for name in missing_parts(test):
        told = f"has no answer, which a new approval needs: answers.{name}"
        yield Finding(answers, told, "write it under the answers of the balanstest")
    approval = test.approval
    if approval is None:
        return
    yield from ceiling_findings(test, (*at, "max_term"), approval.on, law)
    if LONGEST_APPROVAL.after(approval.on) < approval.review_by:
        told = f"would hold until {approval.review_by}, longer than {LONGEST_APPROVAL} after {approval.on}"
        yield Finding((*at, "approval"), told, "give an earlier day with --review-by")


def cautions(test: Balanstest, at: ValuePath) -> Iterator[Finding]:
    """Yield what the officer is told, and may sign in spite of."""
    approval = test.approval
    if approval and LONG_APPROVAL.after(approval.on) < approval.review_by:
        told = f"holds until {approval.review_by}, longer than {LONG_APPROVAL}"
        yield Finding((*at, "approval"), told, "a balanstest is best looked at again every year")


def incomplete_approvals(policy: Policy, as_of: date) -> Iterator[Finding]:
    """Yield the balanstests that were approved without the parts that a new approval needs: they hold until review."""
    for number, test in enumerate(policy.balanstests):
        lacking, approval = missing_parts(test), test.approval
        if not lacking or approval is None or not approval.on <= as_of <= approval.review_by:
            continue
        if approval.digest == balanstest_digest(policy, test):
            told = counted(
                len(lacking),
                "the approval of `{test}` is without {count} part that a new one needs",
                "the approval of `{test}` is without {count} parts that a new one needs",
                test=test.id,
            )
            hint = f"it holds until {approval.review_by}; answer them before then: {', '.join(lacking)}"
            yield Finding(("balanstests", number, "answers"), told, hint)
