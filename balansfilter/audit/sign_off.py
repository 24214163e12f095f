"""The policies as they were used: read again from the texts that were kept, and held against what the ledger says."""

from __future__ import annotations

from pathlib import Path

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun
from balansfilter.audit.ledger import read_chain
from balansfilter.audit.names import APPROVED
from balansfilter.errors import PolicyError, Problem
from balansfilter.fs.private import sha256_file
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.loading import policy_of
from balansfilter.policy.model import Balanstest, Policy
from balansfilter.policy.yaml_file import read_yaml


def kept_policy(audit: BrandAudit, sha256: str) -> Policy | None:
    """Return a policy as it was used; None where its text is gone, or this version of the program cannot read it."""
    path = audit.policy(sha256)
    try:
        return policy_of(read_yaml(path), Path(f"{audit.brand}.yaml")).policy
    except PolicyError:
        return None


def is_recorded(audit: BrandAudit, test: Balanstest) -> bool:
    """Whether the ledger holds the approval that a balanstest carries, as it stands there; a broken ledger holds none.

    :raises AuditError: the ledger cannot be read.
    """
    if test.approval is None:
        return False
    said = {"balanstest": test.id, **test.approval.model_dump(mode="json")}
    chain = read_chain(audit.ledger)
    return not chain.problems and any(
        event.event == APPROVED and said.items() <= event.body.items() for event in chain.events
    )


def approval_problems(audit: BrandAudit, past: History) -> list[Problem]:
    """Return the balanstests whose kept text is not what the ledger says, or that were not approved as they stand.

    A text that was changed is left to the comparison of digests.
    """
    first: dict[str, PublishedRun] = {}
    for run in past.runs.values():
        first.setdefault(run.prepared.body["policy"]["sha256"], run)
    problems = []
    for sha256, run in first.items():
        path = audit.policy(sha256)
        if path.is_file() and sha256_file(path) == sha256:
            policy = kept_policy(audit, sha256)
            problems += [] if policy is None else _of_policy(policy, run, path)
    return problems


def _of_policy(policy: Policy, run: PublishedRun, path: Path) -> list[Problem]:
    said = {test["id"]: test["digest"] for test in run.prepared.body["policy"]["balanstests"]}
    problems = []
    for test in policy.balanstests:
        digest = balanstest_digest(policy, test)
        if said.get(test.id) != digest:
            message = f"balanstest {test.id} is not the one that event {run.prepared.seq} says run {run.run_id} went by"
            problems.append(
                Problem(str(path), message=message, hint="the ledger was written anew, or by another version")
            )
        if test.approval is not None and test.approval.digest != digest:
            message = f"balanstest {test.id} was changed after it was approved"
            problems.append(Problem(str(path), message=message, hint="the run should have been refused"))
    return problems
