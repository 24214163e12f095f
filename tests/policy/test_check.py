"""Whether a policy may be used on a day: approvals and the ceiling."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from balansfilter.errors import Problem
from balansfilter.policy.approval import approve
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import LoadedPolicy, approvals_lapsing, check_policy, load_policy, read_policy
from policy.samples import AS_OF, GOOD, write

NL, NONE = load_law("nl"), load_law("none")
ON, REVIEW_BY = date(2026, 11, 2), date(2027, 11, 1)


@pytest.fixture
def approved(tmp_path: Path) -> Path:
    path = write(tmp_path, GOOD)
    for which in ("kranten", "rest"):
        approve(path, which, by="A. Bos", role="Jurist", on=ON, review_by=REVIEW_BY)
    return path


def edited(path: Path, old: str, new: str) -> LoadedPolicy:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return read_policy(path)


def only(problems: tuple[Problem, ...]) -> Problem:
    (problem,) = problems
    return problem


@pytest.mark.parametrize("as_of", [ON, AS_OF, REVIEW_BY])
def test_an_approval_that_holds(approved: Path, as_of: date) -> None:
    assert check_policy(read_policy(approved), as_of=as_of, law=NL) == ()
    assert check_policy(load_policy(approved), as_of=as_of, law=NL) == ()


def test_no_approval(approved: Path) -> None:
    text = approved.read_text()
    start, end = text.index("    approval:"), text.index("  - id: rest")
    approved.write_text(text[:start] + text[end:])
    problem = only(check_policy(read_policy(approved), as_of=AS_OF, law=NL))
    assert (problem.line, problem.column, problem.path) == (9, 5, "balanstests[0].approval")
    assert problem.message == "the balanstest `kranten` is not approved"
    assert "balansfilter balanstest approve --brand courant --id kranten --by NAME --role ROLE" in problem.hint


def test_not_approved_yet(approved: Path) -> None:
    problems = check_policy(read_policy(approved), as_of=ON - timedelta(days=1), law=NL)
    assert [problem.path for problem in problems] == ["balanstests[0].approval.on", "balanstests[1].approval.on"]
    assert "was approved on 2026-11-02, so not yet on 2026-11-01" in problems[0].message


def test_lapsed(approved: Path) -> None:
    problems = check_policy(read_policy(approved), as_of=REVIEW_BY + timedelta(days=1), law=NL)
    assert [problem.path for problem in problems] == [
        "balanstests[0].approval.review_by",
        "balanstests[1].approval.review_by",
    ]
    lines = approved.read_text().splitlines()
    assert lines[problems[0].line - 1].strip() == "review_by: 2027-11-01"
    assert problems[0].message == "the approval of `kranten` lapsed after 2027-11-01, before 2027-11-02"


def test_changed_after_it_was_approved(approved: Path) -> None:
    loaded = edited(approved, "Eens per halfjaar.", "Eens per maand.")
    problem = only(check_policy(loaded, as_of=AS_OF, law=NL))
    assert problem.path == "balanstests[0].approval.digest"
    assert problem.message == "the balanstest `kranten` was changed after it was approved on 2026-11-02 by A. Bos"
    assert loaded.text.splitlines()[problem.line - 1][problem.column - 1 :].startswith('"sha256:')


def test_another_controller_is_another_weighing(approved: Path) -> None:
    loaded = edited(approved, "Courant B.V.", "Courant N.V.")
    assert len(check_policy(loaded, as_of=AS_OF, law=NL)) == 2


def test_changed_and_lapsed_are_both_told(approved: Path) -> None:
    loaded = edited(approved, "Eens per halfjaar.", "Eens per maand.")
    problems = check_policy(loaded, as_of=REVIEW_BY + timedelta(days=1), law=NL)
    assert [problem.path.split(".")[-1] for problem in problems] == ["review_by", "digest", "review_by"]


@pytest.mark.parametrize(
    ("term", "as_of", "over"),
    [
        ("36 months", "2026-11-23", False),
        ("3 years", "2026-11-23", False),
        ("37 months", "2026-11-23", True),
        ("1096 days", "2026-11-23", True),
        ("1095 days", "2026-11-23", False),
        ("157 weeks", "2020-06-01", True),
        ("5 years", "2020-06-01", True),
        ("5 years", "2020-05-31", False),
    ],
)
def test_the_ceiling(term: str, as_of: str, over: bool, tmp_path: Path) -> None:
    loaded = read_policy(write(tmp_path, GOOD.replace("12 months", term)))
    day = date.fromisoformat(as_of)
    problems = [p for p in check_policy(loaded, as_of=day, law=NL) if p.path == "balanstests[1].max_term"]
    assert bool(problems) is over
    if over:
        assert "longer than 36 months, the ceiling under `law: nl` since 2020-06-01" in problems[0].message
    assert not [p for p in check_policy(loaded, as_of=day, law=NONE) if p.path.endswith("max_term")]


def test_an_opinion_lifts_the_ceiling(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("12 months", "60 months"))
    approve(path, "kranten", by="A. Bos", role="Jurist", on=ON)
    approve(path, "rest", by="A. Bos", role="Jurist", on=ON, opinion="Compliance Comité 2026-7")
    assert check_policy(read_policy(path), as_of=AS_OF, law=NL) == ()


def test_a_day_of_which_the_law_is_silent(approved: Path) -> None:
    problem = check_policy(read_policy(approved), as_of=date(2009, 9, 30), law=NL)[0]
    assert (problem.line, problem.path) == (7, "law")
    assert "knows no rules for 2009-09-30" in problem.message


def test_a_policy_made_in_code_is_checked_across_its_fields(approved: Path) -> None:
    policy = load_policy(approved)
    broken = policy.model_copy(
        update={"contacts": None, "output": policy.output.model_copy(update={"annotate": ("basis", "basis")})}
    )
    problems = check_policy(broken, as_of=AS_OF, law=NL)
    assert [(p.file, p.line, p.path) for p in problems] == [
        ("", 0, "balanstests[0].max_attempts"),
        ("", 0, "output.annotate[1]"),
    ]


def test_approvals_about_to_lapse(approved: Path) -> None:
    loaded = read_policy(approved)
    soon = approvals_lapsing(loaded, as_of=REVIEW_BY - timedelta(days=30), within_days=30)
    assert [problem.path for problem in soon] == [
        "balanstests[0].approval.review_by",
        "balanstests[1].approval.review_by",
    ]
    assert str(soon[0]).endswith("lapses after 2027-11-01 — review the balanstest and approve it again")
    assert approvals_lapsing(loaded, as_of=REVIEW_BY - timedelta(days=31), within_days=30) == ()
    assert approvals_lapsing(loaded, as_of=REVIEW_BY, within_days=0) != ()
    assert approvals_lapsing(loaded, as_of=REVIEW_BY + timedelta(days=1)) == ()
    assert len(approvals_lapsing(loaded.policy, as_of=REVIEW_BY)) == 2
