"""Policies from disk: find a brand, read its policy whole or refuse it with every problem, and check it for a day."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from balansfilter.errors import PolicyError, Problem, UsageError, in_sentences
from balansfilter.frozen import dataclass
from balansfilter.policy.approval_checks import approval_findings, screening_findings
from balansfilter.policy.calling import calling_findings
from balansfilter.policy.consistency import inconsistencies
from balansfilter.policy.findings import Finding, nearest, placed, refusal
from balansfilter.policy.law import Law
from balansfilter.policy.model import Policy, is_brand_id, json_value
from balansfilter.policy.reading import build
from balansfilter.policy.site import Site, base_folder, load_site
from balansfilter.policy.yaml_file import YamlDocument, path_text, read_yaml

__all__ = [
    "LoadedPolicy",
    "Site",
    "approvals_lapsing",
    "base_folder",
    "brand_file",
    "check_policy",
    "find_brands",
    "load_policy",
    "load_site",
    "other_brands",
    "read_policy",
]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy, and the file it was read from: for problems with a place, exact edits and the audit."""

    policy: Policy
    path: Path
    """The file."""
    document: YamlDocument
    """Its text, and where every value stands in it."""

    @property
    def file(self) -> str:
        """The file, as the user named it."""
        return self.document.file

    @property
    def text(self) -> str:
        """The text of the file."""
        return self.document.text

    @property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes, as hex digits."""
        return self.document.sha256


# --- finding --------------------------------------------------------------------------------------------------


def find_brands(configs_dir: Path) -> tuple[str, ...]:
    """Return the brands that have a policy, sorted.

    :raises PolicyError: a file looks like a policy, but its name is none of a brand; every run would pass it over.
    """
    folder = configs_dir / "brands"
    try:
        files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        raise PolicyError(f"there is no folder {folder} with policies") from None
    policies = [path for path in files if path.suffix.lower() in (".yaml", ".yml") and path.is_file()]
    strays = [path for path in policies if path.suffix != ".yaml" or not is_brand_id(path.stem)]
    if strays:
        hint = "name it <brand>.yaml, where a brand is a-z, 0-9 and -"
        message = "is not named after a brand, so no run would read it"
        raise PolicyError(
            f"{folder} holds files that are no policy:", [Problem(str(p), 0, 0, "", message, hint) for p in strays]
        )
    return tuple(sorted(path.stem for path in policies))


def brand_file(configs_dir: Path, brand: str) -> Path:
    """Return the file of a brand's policy.

    :raises UsageError: there is none, with the nearest name.
    """
    path = configs_dir / "brands" / f"{brand}.yaml"
    if is_brand_id(brand) and path.is_file():
        return path
    folder = configs_dir / "brands"
    known = (
        [other.stem for other in sorted(folder.glob("*.yaml")) if is_brand_id(other.stem)] if folder.is_dir() else []
    )
    hint = nearest(brand, known)
    raise UsageError(f"there is no brand `{brand}` in {folder}" + (f" — {hint}" if hint else ""))


def other_brands(configs_dir: Path, brand: str, site: Site) -> tuple[str, ...]:
    """Return the ids and names of the other brands that an objection may name: of the site, and elsewhere.

    Of a policy that cannot be read only the id is known: it stops its own run, and not this one.
    """
    folder = configs_dir / "brands"
    paths = sorted(path for path in folder.glob("*.yaml") if is_brand_id(path.stem) and path.stem != brand)
    names = [name for path in paths for name in (path.stem, _name_in(path)) if name]
    return (*names, *site.brands_elsewhere)


def _name_in(path: Path) -> str | None:
    values = unchecked_values(path) or {}
    name = values.get("name")
    return name if isinstance(name, str) else None


def unchecked_values(path: Path) -> dict[str, Any] | None:
    """Return what the policy of another brand says, whether it may be used or not; None where it cannot be read."""
    try:
        values = yaml.load(path.read_bytes(), Loader=_LOADER)  # noqa: S506 - a safe loader
    except (OSError, yaml.YAMLError, ValueError):
        return None
    return values if isinstance(values, dict) else None


# --- reading --------------------------------------------------------------------------------------------------


def load_policy(path: Path | str, *, countries: Collection[str] | None = None) -> Policy:
    """Read a policy, as :func:`read_policy` does.

    :raises PolicyError: with every problem.
    :raises UsageError: the path is none.
    """
    if not isinstance(path, str | os.PathLike):
        raise UsageError(f"`path` is a path, and no {type(path).__name__}")
    with in_sentences():
        return read_policy(Path(path), countries=countries).policy


def read_policy(path: Path, *, countries: Collection[str] | None = None) -> LoadedPolicy:
    """Read a policy and keep where everything stands.

    `countries` are the codes that are known to have phone numbers; without them a code is taken at its word.
    Whether it may be used on a day is a question to :func:`check_policy`.

    :raises PolicyError: with every problem: of the YAML, of the fields, and across the fields.
    """
    return policy_of(read_yaml(path), path, countries=countries)


def policy_of(document: YamlDocument, path: Path, *, countries: Collection[str] | None = None) -> LoadedPolicy:
    """Make a policy of a document that was read.

    :raises PolicyError: with every problem.
    """
    policy, problems = build(document, Policy)
    if document.root is not None:
        problems += placed(document, inconsistencies(document.values, path.stem, countries))
    if policy is None or problems:
        raise refusal("policy", document.file, set(problems))
    return LoadedPolicy(policy, path, document)


# --- checking for a day ---------------------------------------------------------------------------------------


def check_policy(policy: LoadedPolicy | Policy, *, as_of: date, law: Law) -> tuple[Problem, ...]:
    """Return what keeps a policy from being used on a day, sorted; nothing if it may be used.

    Each balanstest must be approved on that day, over the content that it has, and its term must lie under the law's
    ceiling or have an opinion. A policy that was not read from a file has its fields checked against each other too.
    """
    bare = _bare(policy)
    findings = [*_law_is_silent(law, as_of), *approval_findings(bare, as_of=as_of, law=law)]
    findings += [*screening_findings(bare, as_of=as_of, law=law), *calling_findings(bare, as_of=as_of, law=law)]
    if isinstance(policy, Policy):
        findings += inconsistencies(json_value(policy), None, None)
    return _placed(policy, findings)


def approvals_lapsing(policy: LoadedPolicy | Policy, *, as_of: date, within_days: int = 60) -> tuple[Problem, ...]:
    """Return a warning for each approval that lapses within some days of the as-of date, sorted."""
    last = as_of + timedelta(days=within_days)
    findings = [
        Finding(
            ("balanstests", n, "approval", "review_by"),
            f"the approval of `{test.id}` lapses after {test.approval.review_by}",
            "review the balanstest and approve it again",
        )
        for n, test in enumerate(_bare(policy).balanstests)
        if test.approval is not None and as_of <= test.approval.review_by <= last
    ]
    return _placed(policy, findings)


def _law_is_silent(law: Law, as_of: date) -> Iterator[Finding]:
    if not law.covers(as_of):
        yield Finding(("law",), law.silence(as_of), "choose another as-of date")


def _bare(policy: LoadedPolicy | Policy) -> Policy:
    return policy.policy if isinstance(policy, LoadedPolicy) else policy


def _placed(policy: LoadedPolicy | Policy, findings: list[Finding]) -> tuple[Problem, ...]:
    if isinstance(policy, LoadedPolicy):
        return tuple(sorted(placed(policy.document, findings)))
    return tuple(sorted(Problem("", 0, 0, path_text(at.path), at.message, at.hint) for at in findings))
