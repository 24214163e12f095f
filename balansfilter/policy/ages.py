"""How old the sources of a policy may be: never older than the law says, whatever the policy says."""

from __future__ import annotations

from datetime import date

from balansfilter.policy.law import Law
from balansfilter.policy.model import Objections, Policy
from balansfilter.policy.values import Span


def within_the_law(policy: Policy, law: Law, as_of: date) -> Policy:
    """Return a policy whose objections and register may be no older than the law allows on a day.

    A closed archive is of the day on which it was closed, and has no age.
    """
    objections, register = law.objections_age(as_of), law.register_age(as_of)
    lists = tuple(_objections(source, objections.within if objections else None) for source in policy.objections)
    bel_me_niet, named = policy.bel_me_niet, policy.bel_me_niet.register_file
    if register is not None and named is not None:
        capped = named.model_copy(update={"max_age": _shorter(named.max_age, register.within)})
        bel_me_niet = bel_me_niet.model_copy(update={"register_file": capped})
    return policy.model_copy(update={"objections": lists, "bel_me_niet": bel_me_niet})


def _objections(source: Objections, limit: Span | None) -> Objections:
    if source.closed is not None:
        return source.model_copy(update={"max_age": None, "snapshot_on": source.closed.on})
    return source.model_copy(update={"max_age": _shorter(source.max_age, limit)})


def _shorter(own: Span | None, limit: Span | None) -> Span | None:
    if own is None or limit is None:
        return own or limit
    return limit if own.longer_than(limit) else own


def age_unlimited(policy: Policy) -> tuple[str, ...]:
    """Return the roles of the living lists of objections for which a policy sets no largest age itself."""
    lists = enumerate(policy.objections)
    return tuple(f"objections[{n}]" for n, source in lists if source.max_age is None and source.closed is None)


def without_ages(policy: Policy) -> Policy:
    """Return a policy whose objections may be of any age, to say of an old list that it is complete."""
    lists = tuple(source.model_copy(update={"max_age": None}) for source in policy.objections)
    return policy.model_copy(update={"objections": lists})
