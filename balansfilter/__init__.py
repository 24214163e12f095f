"""Filters call lists by the balanstest of each brand: who may be called, until when, on what ground, with what proof.

The Python API; importing it is quick, and what it names is imported when it is used:

- :func:`decide` decides the rows of a frame that is in hand, of Polars, pandas, pyarrow, DuckDB or Spark.
- :func:`load_policy` reads a policy, or refuses it with every problem.
- :func:`run_brand` filters the call list of a brand and publishes the callable rows; :class:`Request` says which, and
  :class:`Outcome` how it went.
- :func:`explain_person` tells why one person may or may not be called: an :class:`Explanation`, with a
  :class:`RowExplained` for each row of the person and in it a :class:`RuleAnswer` for each rule. For a day without
  calls it tells what holds on the next day that has them, and names the :class:`ClosedDay`.
- :class:`BalansfilterError` is the base of every error; it has an `exit_code`, a `message` and `problems`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from balansfilter.errors import BalansfilterError, Problem
from balansfilter.version import VERSION

if TYPE_CHECKING:
    from balansfilter.commands.explain import explain_person
    from balansfilter.commands.explanation import ClosedDay, Explanation, RowExplained, RuleAnswer
    from balansfilter.nightly.attempt import run_brand
    from balansfilter.pipeline.frames import decide
    from balansfilter.pipeline.request import Outcome, Request
    from balansfilter.policy.loading import load_policy
    from balansfilter.policy.model import Policy

_HOMES = {
    "ClosedDay": ("commands.explanation", "ClosedDay"),
    "Explanation": ("commands.explanation", "Explanation"),
    "Outcome": ("pipeline.request", "Outcome"),
    "Policy": ("policy.model", "Policy"),
    "Request": ("pipeline.request", "Request"),
    "decide": ("pipeline.frames", "decide"),
    "RowExplained": ("commands.explanation", "RowExplained"),
    "RuleAnswer": ("commands.explanation", "RuleAnswer"),
    "explain_person": ("commands.explain", "explain_person"),
    "load_policy": ("policy.loading", "load_policy"),
    "run_brand": ("nightly.attempt", "run_brand"),
}

__version__ = VERSION

__all__ = [
    "BalansfilterError",
    "ClosedDay",
    "Explanation",
    "Outcome",
    "Policy",
    "Problem",
    "Request",
    "RowExplained",
    "RuleAnswer",
    "__version__",
    "decide",
    "explain_person",
    "load_policy",
    "run_brand",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'balansfilter' has no attribute {name!r}")
    module, home_name = _HOMES[name]
    return getattr(importlib.import_module(f"balansfilter.{module}"), home_name)
