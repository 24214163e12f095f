"""What an approval would change on the call list: decided twice, under the balanstest as it was and as it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.keys import AuditKey
from balansfilter.decision.plan import plan_under
from balansfilter.errors import BalansfilterError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder
from balansfilter.pipeline.deciding import Job
from balansfilter.pipeline.lists import make_lists
from balansfilter.pipeline.ruling import Ruling
from balansfilter.pipeline.watch import Silence
from balansfilter.policy.law import Law
from balansfilter.policy.loading import LoadedPolicy, other_brands
from balansfilter.policy.model import Balanstest
from balansfilter.policy.site import Site, work_folder


@dataclass(frozen=True)
class Effect:
    """How the decisions on a call list would change."""

    as_of: date
    rows: int
    before: int | None
    """People who may be called under the balanstest as it was last approved; None where it never was."""
    after: int
    gained: dict[str, int]
    """People who may be called from then on, by the reason for which they might not."""
    lost: dict[str, int]
    """People who may not be called any more, by the reason."""

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self) | {"as_of": self.as_of.isoformat()}


@dataclass(frozen=True)
class Untold:
    """That the effect cannot be told, and why."""

    why: str


def effect_of(  # noqa: PLR0913 - what was, what is to be, and where
    configs: Path, site: Site, loaded: LoadedPolicy, old: Balanstest | None, new: Balanstest, as_of: date, law: Law
) -> Effect | Untold:
    """Decide the call list of a day under the old and the new balanstest, and tell who comes and who goes.

    Nothing is left behind. A list that cannot be read now is no obstacle to signing: then it is told why not.
    """
    others = other_brands(configs, loaded.policy.brand, site)
    try:
        after = _decided(configs, site, loaded, new, as_of, law, others)
        before = _decided(configs, site, loaded, old, as_of, law, others) if old else None
    except BalansfilterError as error:
        return Untold("; ".join(str(problem) for problem in error.as_problems()))
    if before is None:
        return Effect(as_of, after.height, None, _people(after.filter(pl.col("decision") == "callable")), {}, {})
    both = before.join(after, on="row", suffix="_after", maintain_order="left")
    was, now = pl.col("decision") == "callable", pl.col("decision_after") == "callable"
    return Effect(
        as_of,
        after.height,
        _people(before.filter(was)),
        _people(both.filter(now)),
        _by(both.filter(~was & now), "reason"),
        _by(both.filter(was & ~now), "reason_after"),
    )


def _decided(  # noqa: PLR0913
    configs: Path, site: Site, loaded: LoadedPolicy, test: Balanstest, as_of: date, law: Law, others: Collection[str]
) -> pl.DataFrame:
    tests = tuple(test if one.id == test.id else one for one in loaded.policy.balanstests)
    policy = loaded.policy.model_copy(update={"balanstests": tests})
    ruling = Ruling(replace(loaded, policy=policy), law, plan_under(law, policy, as_of, others), ())
    with work_folder(site) as scratch:
        folder, audit = scratch / "lists", BrandAudit(scratch / "audit" / policy.brand)
        decisions = audit.decisions("trial")
        for made in (folder, decisions.parent):
            make_private_folder(made)
        job = Job(configs, site, ruling, None, folder, decisions, AuditKey("0" * 64), None, Silence())
        files = [decisions.parent / name for name in make_lists(job).decisions.files]
        return pl.read_parquet(files, columns=["row", "customer", "decision", "reason"])


def _people(rows: pl.DataFrame) -> int:
    """Count people: by their id, and a row without one as somebody of its own."""
    return rows["customer"].drop_nulls().n_unique() + rows["customer"].null_count()


def _by(rows: pl.DataFrame, reason: str) -> dict[str, int]:
    told = {str(name): _people(part) for (name,), part in rows.group_by(reason)}
    return dict(sorted(told.items(), key=lambda one: (-one[1], one[0])))
