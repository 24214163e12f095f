"""The manifest of a run: what was made, of what, under which policy and law. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from balansfilter.fs.outputs import WrittenFile
from balansfilter.pipeline.lists import Made
from balansfilter.policy.ages import age_unlimited
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.model import Balanstest, Policy
from balansfilter.version import VERSION


def make_manifest(  # noqa: PLR0913
    made: Made, run_id: str, made_at: str, key_id: str, previous: str | None, delta: WrittenFile | None = None
) -> dict[str, Any]:
    """Return the manifest as plain JSON values.

    `valid_until` is the last day on which no source is too old; null if none has a largest age. Days are ISO 8601,
    digests SHA-256 in hexadecimal.

    :param previous: the run that was published before; None if there was none.
    :param delta: what came and went since then, where the policy asks for it.
    """
    policy = made.ruling.loaded.policy
    until = [source.valid_until for source in made.sources if source.valid_until]
    return {
        "manifest": 1,
        "version": VERSION,
        "run_id": run_id,
        "made_at": made_at,
        "brand": policy.brand,
        "name": policy.name,
        "controller": policy.controller,
        "sector": policy.sector,
        "as_of": made.ruling.plan.as_of.isoformat(),
        "valid_until": min(until).isoformat() if until else None,
        "call_window": str(made.calling.window) if made.calling.window else None,
        "timezone": made.timezone,
        "law": _law(made),
        "policy": {
            "file": made.ruling.loaded.file,
            "sha256": made.ruling.loaded.sha256,
            "balanstests": [_balanstest(policy, test) for test in policy.balanstests],
        },
        "sources": [source.as_json(made.in_call_list.get(source.fingerprint.role)) for source in made.sources],
        "age_unlimited": list(age_unlimited(policy)),
        **_counted(made),
        "guards": [result.__dict__ for result in made.guards],
        "outputs": _outputs(made, delta),
        "reached": made.counts.reached,
        "objections_reach": policy.objections_reach,
        "id_match": policy.id_match,
        "brands": sorted(made.ruling.plan.brands.others),
        "engine": made.engine,
        "agreed": None if made.agreed is None else dict(made.agreed),
        "key_id": key_id,
        "previous": previous,
        "warnings": list(made.warnings),
    }


_KEPT = (
    "run_id", "brand", "version", "as_of", "valid_until", "law", "policy", "sources", "rows", "callable", "dropped",
    "reached", "objections_reach", "id_match", "reasons", "bases", "brands", "engine", "agreed", "outputs", "key_id",
    "previous",
)  # fmt: skip


def prepared_body(manifest: dict[str, Any], sha256: str) -> dict[str, Any]:
    """Return what the ledger keeps of a run before it is published: all but what a reader can look up elsewhere.

    :param sha256: the digest of the manifest's file.
    """
    return {name: manifest[name] for name in _KEPT} | {"manifest_sha256": sha256}


def written(manifest: dict[str, Any]) -> bytes:
    """Return a manifest as it stands in its file."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()


def _law(made: Made) -> dict[str, Any]:
    law, grounds = made.ruling.law, sorted(made.ruling.plan.grounds)
    return {"name": law.name, "origin": law.origin, "sha256": law.sha256, "grounds": grounds}


def _counted(made: Made) -> dict[str, Any]:
    return {
        "rows": made.counts.rows,
        "callable": made.counts.callable,
        "dropped": made.counts.dropped,
        "reasons": dict(made.counts.reasons),
        "bases": dict(made.counts.bases),
        "balanstests": {test: dict(answers) for test, answers in made.by_balanstest.items()},
    }


def _outputs(made: Made, delta: WrittenFile | None) -> dict[str, Any]:
    files = {"callable": made.callable_list, "dropped": made.dropped_list, "decisions": made.decisions}
    return {name: _file(file) for name, file in (files | ({"delta": delta} if delta else {})).items()}


def _balanstest(policy: Policy, test: Balanstest) -> dict[str, Any]:
    approval = test.approval
    return {
        "id": test.id,
        "digest": balanstest_digest(policy, test),
        "max_term": str(test.max_term),
        "approved_by": approval.by if approval else None,
        "role": approval.role if approval else None,
        "approved_on": approval.on.isoformat() if approval else None,
        "review_by": approval.review_by.isoformat() if approval else None,
    }


def _file(written: WrittenFile) -> dict[str, Any]:
    return asdict(written, dict_factory=_plain)


def _plain(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in fields}
