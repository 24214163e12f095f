"""The end of an interview: the policy is drafted, proved to say what was answered, written, and checked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.commands.check import Checked, check_sources
from balansfilter.decision.plan import plan_under
from balansfilter.errors import OutputError, PolicyError, Problem, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import sync, write_private
from balansfilter.fs.scratch import NAME, scratch, sweep
from balansfilter.interview.policy_text import PolicyText, Tree
from balansfilter.phone import known_countries
from balansfilter.pipeline.ruling import Ruling
from balansfilter.policy.approval_checks import approve_command
from balansfilter.policy.law import Law, refuse_if_no_ground
from balansfilter.policy.loading import LoadedPolicy, check_policy, policy_of
from balansfilter.policy.schema import policy_schema_text
from balansfilter.policy.site import Site
from balansfilter.policy.yaml_file import parse_yaml, path_text
from balansfilter.wording.catalogue import Wording

_POLICY_MODE = 0o644


@dataclass(frozen=True)
class Finished:
    """What is to be told once a policy is written."""

    checked: Checked
    """The check of the sources."""
    problems: tuple[Problem, ...]
    """What is wrong with the policy today, apart from the approvals that nobody can have given yet."""
    no_ground: str | None
    """Why nobody may be called today, where the law leaves the policy no ground."""
    approvals: tuple[str, ...]
    """The command that approves each balanstest."""


def refuse_existing(path: Path) -> None:
    """Raise :class:`UsageError` if a brand has a policy already: an interview never replaces one."""
    if os.path.lexists(path):
        raise UsageError(f"{path} exists already — edit that policy, or move it away to make a new one")


def draft(tree: Tree, path: Path, words: Wording) -> LoadedPolicy:
    """Write the policy out in memory, and read it back.

    :raises PolicyError: with every problem of what was answered.
    """
    writer = PolicyText(words)
    body = writer.body(tree)
    policy = policy_of(parse_yaml(body, str(path)), path, countries=known_countries()).policy
    document = parse_yaml(writer.head(policy) + body, str(path))
    if _plain(document.values) != _plain(tree):
        raise AssertionError("a policy says what was answered")
    return policy_of(document, path, countries=known_countries())


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.strip() if isinstance(value, str) else value


def write_new(path: Path, data: bytes) -> None:
    """Write a file that is not there yet, in one step and on disk before it counts.

    :raises UsageError: somebody has made it meanwhile.
    :raises OutputError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent / NAME)
        with scratch(path.parent / NAME) as folder:
            fresh = folder / "new"
            write_private(fresh, data, os.O_EXCL)
            fresh.chmod(_POLICY_MODE)
            path.hardlink_to(fresh)
            sync(path.parent)
    except FileExistsError:
        refuse_existing(path)
        raise OutputError(f"cannot write {path}: something is in its way") from None
    except OSError as error:
        raise OutputError(f"cannot write {path}: {(error.strerror or 'unknown error').lower()}") from None


def write_policy(configs: Path, loaded: LoadedPolicy) -> None:
    """Write a drafted policy, and beside the policies the schema that editors read, if it is not there yet."""
    write_new(loaded.path, loaded.document.data)
    schema = configs / "policy.schema.json"
    if not schema.exists():
        write_new(schema, policy_schema_text().encode())


def finish(configs: Path, site: Site, loaded: LoadedPolicy, law: Law, as_of: date) -> Finished:
    """Check a policy that was just written: its sources, the law of the day, and the approvals that it needs."""
    policy = loaded.policy
    ruling = Ruling(loaded, law, plan_under(law, policy, as_of), ())
    problems = check_policy(loaded, as_of=as_of, law=law)
    tests = range(len(policy.balanstests))
    unapproved = {path_text(("balanstests", n, "approval")) for n in tests}
    too_long = {path_text(("balanstests", n, "max_term")) for n in tests}
    over = {problem.path for problem in problems} & too_long
    approvals = tuple(
        approve_command(policy, test) + (" --opinion REF" if path_text(("balanstests", n, "max_term")) in over else "")
        for n, test in enumerate(policy.balanstests)
    )
    left = tuple(problem for problem in problems if problem.path not in unapproved | too_long)
    return Finished(check_sources(configs, site, ruling), left, _no_ground(loaded, law, as_of), approvals)


def _no_ground(loaded: LoadedPolicy, law: Law, as_of: date) -> str | None:
    try:
        refuse_if_no_ground(loaded.policy, law, as_of)
    except PolicyError as error:
        return error.message
    return None
