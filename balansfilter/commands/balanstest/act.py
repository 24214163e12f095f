"""The act of approving a balanstest: what its officer is shown, what keeps it from being signed, and what is frozen."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import read_chain
from balansfilter.audit.names import APPROVED
from balansfilter.audit.sign_off import kept_policy
from balansfilter.audit.signing import public_key_of, signature_under
from balansfilter.commands.balanstest.approve import approve_balanstest
from balansfilter.commands.balanstest.effect import Effect, Untold, effect_of
from balansfilter.commands.balanstest.frozen import PUBLIC_KEY, SIGNATURE, Dossier, files_of, keep
from balansfilter.document.content import compose
from balansfilter.document.document_files import FORMS, Form, form_is_possible, set_in
from balansfilter.document.measured import AS_USUAL, FiguresAsked, Measured, measure
from balansfilter.document.told_figures import Difference, bands_of, differences
from balansfilter.errors import PolicyError, Problem, UsageError
from balansfilter.frozen import dataclass
from balansfilter.phone import known_countries
from balansfilter.policy.approval import intended
from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.findings import placed
from balansfilter.policy.law import Law, load_law
from balansfilter.policy.loading import LoadedPolicy, brand_file
from balansfilter.policy.model import Approval, Balanstest, Policy, json_value
from balansfilter.policy.sign_off_checks import blockers, cautions
from balansfilter.policy.site import Site
from balansfilter.version import VERSION
from balansfilter.wording.formats import LANGUAGES


@dataclass(frozen=True)
class ApprovalRequest:
    """What is asked of the program: which balanstest, by whom, and how."""

    configs: Path
    site: Site
    brand: str
    balanstest: str
    by: str
    role: str
    on: date
    review_by: date | None = None
    opinion: str | None = None
    overview: bool = True
    """Whether the call history is read, for the figures."""
    bands: FiguresAsked = AS_USUAL
    """The bands and the days of the figures."""
    sign: Path | None = None
    """The officer's Ed25519 key."""


class AnswerChange(NamedTuple):
    """An answer or a limit that is another than when the balanstest was approved last."""

    where: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Shown:
    """All that is shown before anything is signed."""

    asking: ApprovalRequest
    policy: Policy
    test: Balanstest
    """The balanstest with the approval that it would get."""
    law: Law
    last: Balanstest | None
    """The balanstest as it was approved last; None where this site never did."""
    changes: tuple[AnswerChange, ...]
    measured: Measured
    differences: tuple[Difference, ...]
    """Figures in the answers that are not those of the history."""
    blockers: tuple[Problem, ...]
    cautions: tuple[Problem, ...]
    effect: Effect | Untold
    stands: Approval | None
    """The approval that holds now, and would be replaced."""

    @property
    def approval(self) -> Approval:
        """The approval that the balanstest would get."""
        if self.test.approval is None:
            raise AssertionError("a balanstest that is signed has an approval")
        return self.test.approval


def look_at(asking: ApprovalRequest) -> Shown:
    """Gather what an officer must see before signing; nothing is written.

    :raises UsageError: there is no such balanstest, or no such approval can be.
    :raises PolicyError: the policy is wrong in anything but the approval that is replaced.
    :raises SourceError: the call history cannot be used.
    """
    path = brand_file(asking.configs, asking.brand)
    document, index, policy, test = intended(
        path,
        asking.balanstest,
        by=asking.by,
        role=asking.role,
        on=asking.on,
        review_by=asking.review_by,
        opinion=asking.opinion,
        countries=known_countries(),
    )
    law = load_law(policy.law, asking.configs)
    law.on(asking.on)
    at = ("balanstests", index)
    stopped = placed(document, blockers(test, at, law))
    measured = measure(
        asking.configs,
        asking.site,
        policy,
        asking.on,
        law,
        wanted=asking.overview,
        asked=FiguresAsked(asking.bands.bands or bands_of(test), asking.bands.since),
    )
    last = last_approved(BrandAudit(asking.site.audit.dir / asking.brand), asking.balanstest)
    loaded = LoadedPolicy(policy, path, document)
    effect = effect_of(asking.configs, asking.site, loaded, last, test, asking.on, law)
    return Shown(
        asking,
        policy,
        test,
        law,
        last,
        tuple(_changes(last, test)) if last else (),
        measured,
        differences(measured.overview, test) if measured.overview else (),
        stopped,
        placed(document, cautions(test, at)),
        effect,
        _standing(document.values, index, balanstest_digest(policy, test), asking.on),
    )


def last_approved(audit: BrandAudit, balanstest: str) -> Balanstest | None:
    """Return a balanstest as this site approved it last, out of the text that was kept; None where it did not."""
    events = [event for event in read_chain(audit.ledger).events if event.event == APPROVED]
    for event in reversed(events):
        if event.body["balanstest"] == balanstest:
            policy = kept_policy(audit, event.body["policy_sha256"])
            return next((test for test in policy.balanstests if test.id == balanstest), None) if policy else None
    return None


def _standing(values: Any, index: int, digest: str, on: date) -> Approval | None:
    """Return the approval in the file where it holds on a day, over the balanstest as it is."""
    written = values["balanstests"][index].get("approval")
    try:
        approval = Approval.model_validate(written) if written else None
    except ValueError:
        return None
    holds = approval is not None and approval.digest == digest and approval.on <= on <= approval.review_by
    return approval if holds else None


def _changes(before: Balanstest, after: Balanstest) -> Iterator[AnswerChange]:
    old, new = (dict(_flat(json_value(test), "")) for test in (before, after))
    for where in dict.fromkeys([*new, *old]):
        if old.get(where) != new.get(where):
            yield AnswerChange(where, old.get(where), new.get(where))


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if name or key != "approval":
                yield from _flat(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list | tuple):
        yield name, "; ".join(map(str, value))
    elif value is not None:
        yield name, str(value)


# --- signing ----------------------------------------------------------------------------------------------------


def sign(shown: Shown, *, confirmed: Sequence[Difference], replaces: bool) -> Approval:
    """Sign what was shown: freeze the dossier beside the ledger, and write the approval into the policy.

    :param confirmed: the differences between text and figures that the officer signs in spite of.
    :param replaces: whether an approval that stands may be replaced.
    :raises PolicyError: something keeps it from being signed.
    :raises UsageError: an approval stands, or a difference was not confirmed.
    :raises OutputError: the policy cannot be written, or was changed since it was shown.
    """
    asking = shown.asking
    refuse(shown, replaces=replaces)
    if set(confirmed) != set(shown.differences):
        raise UsageError("text and figures differ, and not every difference was confirmed; mend the answers")
    digest = shown.approval.digest

    def freeze(audit: BrandAudit, policy: Policy, signed: Balanstest) -> Mapping[str, Any]:
        if balanstest_digest(policy, signed) != digest:
            raise UsageError(f"the balanstest `{signed.id}` was changed while it was looked at; look at it again")
        return _freeze(audit, replace(shown, policy=policy, test=signed))

    return approve_balanstest(
        asking.configs,
        asking.site,
        asking.brand,
        asking.balanstest,
        by=asking.by,
        role=asking.role,
        on=asking.on,
        review_by=asking.review_by,
        opinion=asking.opinion,
        freeze=freeze,
    )


def refuse(shown: Shown, *, replaces: bool) -> None:
    """Refuse what cannot be signed.

    :raises PolicyError: with everything that keeps it from being signed.
    :raises UsageError: an approval stands, and may not be replaced.
    """
    if shown.blockers:
        raise PolicyError(f"the balanstest `{shown.test.id}` cannot be signed as it stands:", shown.blockers)
    if shown.stands and not replaces:
        told = f"the approval of `{shown.test.id}` by {shown.stands.by} stands until {shown.stands.review_by}"
        raise UsageError(f"{told} — replace it with --replace")


def _freeze(audit: BrandAudit, shown: Shown) -> Mapping[str, Any]:
    dossier = Dossier(dict(_files(shown)), _about(shown))
    key = shown.asking.sign
    index = dossier.index()
    signed = {SIGNATURE: signature_under(index, key), PUBLIC_KEY: public_key_of(key)} if key else {}
    digest = keep(audit, dossier, signed)
    told = [one.question for one in shown.differences]
    return {"dossier": digest, "dossier_files": files_of(audit, digest), "differences": told, "signed": bool(key)}


def possible_forms() -> tuple[Form, ...]:
    """Return the forms that can be made here: HTML always, the others where their extra is installed."""
    return tuple(form for form in FORMS if form_is_possible(form))


def _files(shown: Shown) -> Iterator[tuple[str, bytes]]:
    for language in LANGUAGES:
        made = compose(  # the ledger holds the approval from the moment on which this document holds
            shown.policy, shown.test, shown.asking.on, shown.law, shown.measured, language, recorded=True
        )
        for form in possible_forms():
            yield f"document.{language}.{form}", set_in(form, made)
    if overview := shown.measured.overview:
        yield "overview.json", _json(overview.as_json())
        yield "overview.csv", overview.frame().write_csv().encode()
    if simulation := shown.measured.simulation:
        yield "simulation.json", _json(simulation.as_json())
        yield "simulation.csv", simulation.frame().write_csv().encode()


def _about(shown: Shown) -> dict[str, Any]:
    """Return what is told of a dossier: who signed what, under which law, and what the officer was shown."""
    effect = shown.effect.as_json() if isinstance(shown.effect, Effect) else {"unknown": shown.effect.why}
    return {
        "version": VERSION,
        "brand": shown.policy.brand,
        "balanstest": json_value(shown.test),
        "law": {"name": shown.law.name, "sha256": shown.law.sha256},
        "changes": [change._asdict() for change in shown.changes],
        "confirmed_differences": [_difference_json(one) for one in shown.differences],
        "cautions": [problem.message for problem in shown.cautions],
        "effect": effect,
    }


def _difference_json(one: Difference) -> dict[str, Any]:
    found = one.counted.interval if one.counted else None
    counted = {"share": found.value, "low": found.low, "high": found.top} if found else None
    return {"question": one.question, "band": one.told.band.label, "told": str(one.told.share), "counted": counted}


def _json(value: Any) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
