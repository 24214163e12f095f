"""The decision of each row by itself, on a frame of any engine that narwhals knows: the rules, in their order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import narwhals as nw

from balansfilter.decision.decide import outcome, steps
from balansfilter.decision.facts import active, derived
from balansfilter.decision.plan import Plan
from balansfilter.decision.rules import Vocabulary


def decided_by_rules(
    m: Vocabulary, facts: Any, plan: Plan, register_until: date | None, add_term_end: Callable[[Any], Any]
) -> Any:
    """Return facts with what the rules say of each row, as a frame of narwhals.

    :param facts: a frame of the engine.
    :param add_term_end: adds `term_end` to such a frame: the engine counts terms out in its own way.
    """
    frame = nw.from_native(facts).with_columns(active=active(m, plan)).with_columns(**derived(m, plan))
    answered = nw.from_native(add_term_end(nw.to_native(frame)))
    for step in steps(m, plan, register_until):
        answered = answered.with_columns(**step)
    return answered.with_columns(**outcome(m))
