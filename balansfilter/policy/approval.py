"""The sign-off of a balanstest: a digest of what was approved, and the block that says who, when and until when."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

from balansfilter.errors import OutputError, PolicyError, UsageError
from balansfilter.fs.private import sync, write_private
from balansfilter.fs.scratch import NAME, scratch
from balansfilter.policy.approval_checks import ceiling_findings
from balansfilter.policy.consistency import says_nothing
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.edit import quoted, write_approval
from balansfilter.policy.findings import nearest, placed, refusal
from balansfilter.policy.law import Law, load_law
from balansfilter.policy.loading import LoadedPolicy, policy_of
from balansfilter.policy.model import Approval, Policy
from balansfilter.policy.tree import Tree
from balansfilter.policy.values import Span
from balansfilter.policy.yaml_file import Value, YamlDocument, has_control, parse_yaml, path_text, read_yaml

__all__ = ["REVIEW_AFTER", "approve", "balanstest_digest"]

REVIEW_AFTER = Span("1 year")
"""How long an approval holds unless the approver says otherwise."""


def approve(  # noqa: PLR0913 - an approval has this many parts, all named
    path: Path,
    balanstest_id: str,
    *,
    by: str,
    role: str,
    on: date,
    review_by: date | None = None,
    opinion: str | None = None,
    law: Law | None = None,
    countries: Collection[str] | None = None,
    record: Callable[[LoadedPolicy, bytes], None] = lambda _approved, _before: None,
) -> LoadedPolicy:
    """Approve a balanstest as it stands: write its approval into the policy, and give the policy as it is then.

    Nothing but the approval changes in the file, which is replaced in one step and keeps its mode. `law` is the
    profile that the policy names, unless given. `record` is given the policy as it will be, and the bytes that stand
    now, before the file changes. Raises :class:`UsageError` for an approval that cannot be, :class:`PolicyError` for a
    policy that is wrong in anything but the approval that is replaced, or whose term is over the ceiling without an
    opinion, and :class:`OutputError` where the file cannot be written.
    """
    document = read_yaml(path)
    index = _index_of(document, balanstest_id, path)
    policy = policy_of(_without_approval(document, index), path, countries=countries).policy
    test = policy.balanstests[index]
    approval = Approval(
        by=_said(by, "who approves it"),
        role=_said(role, "the role of who approves it"),
        on=on,
        review_by=REVIEW_AFTER.after(on) if review_by is None else review_by,
        opinion=None if opinion is None else _said(opinion, "the reference of the opinion"),
        digest=balanstest_digest(policy, test),
    )
    if approval.review_by < on:
        raise UsageError(f"the review by {approval.review_by} lies before the approval on {on}")
    law = load_law(policy.law, path.parent.parent) if law is None else law
    findings = ceiling_findings(
        test.model_copy(update={"approval": approval}), ("balanstests", index, "max_term"), on, law
    )
    if problems := placed(document, findings):
        raise refusal("policy", document.file, problems)
    approved = _written(document, path, index, approval, policy)
    record(approved, document.data)
    put_in_place(path, document.data, approved.document.data)
    return approved


def _index_of(document: YamlDocument, balanstest_id: str, path: Path) -> int:
    ids = [(test / "id").text for test in (Tree(document.values) / "balanstests").items()]
    if balanstest_id in ids:
        return ids.index(balanstest_id)
    policy_of(document, path)
    hint = nearest(balanstest_id, [known for known in ids if known])
    raise UsageError(f"{document.file} has no balanstest `{balanstest_id}`" + (f" — {hint}" if hint else ""))


def _without_approval(document: YamlDocument, index: int) -> YamlDocument:
    """Return the document as if the balanstest had no approval yet: a wrong one is no obstacle to a right one."""
    tests = [*(Tree(document.values) / "balanstests").items()]
    bare: list[Value] = [test.value for test in tests]
    bare[index] = {key: value for key, value in tests[index].value.items() if key != "approval"}
    within = path_text(("balanstests", index, "approval"))
    others = tuple(problem for problem in document.problems if not problem.path.startswith(within))
    return replace(document, values={**document.values, "balanstests": tuple(bare)}, problems=others)


def _said(text: str, what: str) -> str:
    if says_nothing(text) or has_control(text):
        raise UsageError(f"say {what}, in a line of plain text")
    return text.strip()


def _written(document: YamlDocument, path: Path, index: int, approval: Approval, policy: Policy) -> LoadedPolicy:
    """Write the approval into the text, and prove that it is the only thing that changed in the policy."""
    block = {
        "by": quoted(approval.by),
        "role": quoted(approval.role),
        "on": approval.on.isoformat(),
        "review_by": approval.review_by.isoformat(),
        **({} if approval.opinion is None else {"opinion": quoted(approval.opinion)}),
        "digest": quoted(approval.digest),
    }
    tests = list(policy.balanstests)
    tests[index] = tests[index].model_copy(update={"approval": approval})
    text = write_approval(document, index, block)
    with suppress(PolicyError):
        written = policy_of(parse_yaml(text, document.file), path)
        if written.policy == policy.model_copy(update={"balanstests": tuple(tests)}):
            return written
    where = path_text(("balanstests", index))
    lines = "".join(f"\n  {key}: {value}" for key, value in block.items())
    raise PolicyError(
        f"{document.file} is written in a way that cannot be edited here; add to {where}:\napproval:{lines}"
    )


def put_in_place(path: Path, before: bytes, after: bytes) -> None:
    """Replace a policy in one step, on disk before it counts, unless somebody changed it meanwhile.

    :raises OutputError: it cannot be written, or was changed.
    """
    target = path.resolve()
    try:
        with scratch(target.parent / NAME) as folder:
            fresh = folder / "new"
            write_private(fresh, after, os.O_EXCL)
            fresh.chmod(target.stat().st_mode & 0o7777)
            if target.read_bytes() != before:
                raise OutputError(f"{path} was changed by somebody else meanwhile; look at it and approve it again")
            fresh.replace(target)
            sync(target.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {(error.strerror or 'unknown error').lower()}") from None
