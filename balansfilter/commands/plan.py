"""What a run will decide by, told before any row is read: the law, the balanstests, the rules, and the sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from balansfilter.decision.plan import Plan, TermWindow, plan_under
from balansfilter.decision.reasons import IN_ORDER, ground_meaning
from balansfilter.engines.duckdb import queries
from balansfilter.errors import SourceError
from balansfilter.phone import known_countries
from balansfilter.pipeline.ruling import Ruling
from balansfilter.policy.law import GROUNDS, load_law
from balansfilter.policy.loading import base_folder, check_policy, other_brands, policy_of
from balansfilter.policy.model import Policy, SourceFile
from balansfilter.policy.site import Site
from balansfilter.policy.yaml_file import read_yaml
from balansfilter.remote import is_remote
from balansfilter.sources import Asking, looked_at, resolve_paths, snapshot_of

Told = dict[str, Any]


class PlanChange(NamedTuple):
    """One thing that is otherwise under another day or policy."""

    what: str
    """Where in the plan, such as ``balanstests.kranten.anchor_from``."""
    here: str
    there: str


def planned(ruling: Ruling, site: Site, configs: Path) -> Told:
    """Return what a run will decide by, as plain JSON values."""
    policy, plan = ruling.loaded.policy, ruling.plan
    day = ruling.calling_day(site)
    return {
        "brand": policy.brand,
        "as_of": plan.as_of.isoformat(),
        "policy": {"file": ruling.loaded.file, "sha256": ruling.loaded.sha256},
        "law": {"name": ruling.law.name, "grounds": [ground for ground in GROUNDS if ground in plan.grounds]},
        "calls": day.closed or (str(day.window) if day.window else "at any hour"),
        "balanstests": {window.id: _window(policy, window) for window in plan.windows},
        "consent": _consent(plan),
        "screen": plan.screen,
        "objections_reach": policy.objections_reach,
        "duplicates": policy.duplicates,
        "reasons": {reason.name: reason.meaning for reason in IN_ORDER},
        "grounds": {ground: ground_meaning(ground, plan) for ground in GROUNDS if ground in _used(plan)},
        "sources": dict(_sources(ruling, site, configs)),
    }


def _window(policy: Policy, window: TermWindow) -> Told:
    test = next(one for one in policy.balanstests if one.id == window.id)
    values: Told = {
        "products": "*" if test.is_general else list(test.products),
        "max_term": str(window.max_term),
        "anchor_from": window.earliest_anchor.isoformat(),
        "anchor_until": None if window.latest_anchor == date.max else window.latest_anchor.isoformat(),
        "max_attempts": window.max_attempts,
        "calls_after": window.attempts_after.isoformat() if window.attempts_after else None,
    }
    return values | {"review_by": test.approval.review_by.isoformat() if test.approval else None}


def _consent(plan: Plan) -> Told | None:
    if plan.earliest_consent is None:
        return None
    within = str(plan.first_call_within) if plan.first_call_within else None
    return {
        "valid_for": str(plan.consent_valid_for),
        "first_day": plan.earliest_consent.isoformat(),
        "first_call_within": within,
    }


def _used(plan: Plan) -> Iterator[str]:
    if plan.earliest_consent is not None:
        yield "consent"
    if plan.weighed and "customer" in plan.grounds:
        yield "customer"
    if plan.screens and "register" in plan.grounds:
        yield "register"


def _sources(ruling: Ruling, site: Site, configs: Path) -> Iterator[tuple[str, Told]]:
    """Return each source: the files that its path means now, and how old they are on the as-of date."""
    policy, plan = ruling.sources, ruling.plan
    named: list[tuple[str, SourceFile | None]] = [("call_list", policy.call_list)]
    named += [(f"objections[{i}]", spec) for i, spec in enumerate(policy.objections)]
    named += [("register", policy.bel_me_niet.register_file if plan.screens else None), ("contacts", policy.contacts)]
    zone = ZoneInfo(site.timezone)
    for role, spec in named:
        if spec is None:
            continue
        try:
            paths, day = _files(spec, role, plan, zone, configs)
        except SourceError as error:
            yield role, {"problem": "; ".join(str(problem) for problem in error.as_problems())}
            continue
        until = spec.max_age.after(day) if spec.max_age else None
        yield (
            role,
            {
                "files": list(paths),
                "snapshot_on": day.isoformat(),
                "days_old": (plan.as_of - day).days,
                "max_age": str(spec.max_age) if spec.max_age else None,
                "valid_until": until.isoformat() if until else None,
                "problem": "is too old" if until is not None and until < plan.as_of else None,
            },
        )


def _files(spec: SourceFile, role: str, plan: Plan, zone: ZoneInfo, configs: Path) -> tuple[tuple[str, ...], date]:
    """Return the files or objects of a source, and the day that they speak of."""
    base = base_folder(configs)
    if is_remote(spec.path):
        return looked_at(spec, role, Asking(base, plan.brand, plan.as_of, zone))
    paths = resolve_paths(spec.path, base=base, brand=plan.brand, as_of=plan.as_of, role=role)
    return tuple(str(path) for path in paths), snapshot_of(paths, spec, zone)


def with_policy(ruling: Ruling, site: Site, configs: Path, file: Path) -> tuple[Ruling, tuple[str, ...]]:
    """Return the ruling of another text of the policy for the same day, and what keeps that text from being used.

    :raises PolicyError: the file is no policy of the brand.
    """
    brand, as_of = ruling.loaded.policy.brand, ruling.plan.as_of
    loaded = policy_of(read_yaml(file), ruling.loaded.path, countries=known_countries())
    law = load_law(loaded.policy.law, configs)
    problems = tuple(str(problem) for problem in check_policy(loaded, as_of=as_of, law=law))
    plan = plan_under(law, loaded.policy, as_of, other_brands(configs, brand, site))
    return replace(ruling, loaded=loaded, law=law, plan=plan), problems


def changes(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[PlanChange]:
    """Return what differs between two plans."""
    mine, theirs = dict(_flat(here)), dict(_flat(there))
    names = dict.fromkeys([*mine, *theirs])
    return [
        PlanChange(name, mine.get(name, "—"), theirs.get(name, "—"))
        for name in names
        if mine.get(name) != theirs.get(name)
    ]


def _flat(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def as_sql(ruling: Ruling, plan: Mapping[str, Any]) -> str:
    """Return the decision as DuckDB runs it: a script over tables of what was read.

    :param plan: what is planned, of which the register's last day counts.
    """
    until = plan["sources"].get("register", {}).get("valid_until")
    made = queries(ruling.plan, date.fromisoformat(until) if until else None)
    return "\n\n".join(f"-- {name}\nCREATE TABLE {name} AS\n{query};" for name, query in made)
