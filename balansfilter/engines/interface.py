"""What every engine that decides a whole list takes and gives: tables of what was read, and a decision of each row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Protocol

import polars as pl

from balansfilter.decision.facts import DATES
from balansfilter.decision.plan import Plan

OBJECTORS = pl.Schema({"role": pl.String, "number": pl.UInt64, "key": pl.String})
"""Who objected, by source: a number, or the key of a customer id; what was taken back or made to others is left out."""
WITHDRAWALS = pl.Schema({"key": pl.String, "number": pl.UInt64, "day": pl.Date})
"""Who took an objection back: an empty key, or a null number, where the row names none."""
CALLS = pl.Schema({"call": pl.UInt64, "key": pl.String, "number": pl.UInt64, "day": pl.Date, "objected": pl.Boolean})
"""The calls already made, a line for each number of a call; `objected` where it ended in an objection."""
MEANT_BY_CALLS = WITHDRAWALS
"""Those whom the id of a call that ended in an objection may mean besides, from the day of the call."""
REGISTER = pl.Schema({"number": pl.UInt64})


def cells_schema(plan: Plan) -> pl.Schema:
    """Return what the cells of the call list say, a line a row: see :mod:`balansfilter.decision.facts`.

    Objections alone are held against the numbers in `hidden`, which stand in cells that cannot be read.
    """
    columns: dict[str, type[pl.DataType]] = {"row": pl.UInt64, "key": pl.String, "product": pl.String}
    columns["hidden"] = pl.String
    for i in range(len(plan.phones)):
        columns |= {f"number_{i}": pl.UInt64, f"valid_{i}": pl.UInt64, f"allowed_{i}": pl.Boolean}
    for name in DATES:
        columns |= {name: pl.Date, f"{name}_empty": pl.Boolean, f"{name}_unreadable": pl.Boolean}
    columns |= dict.fromkeys(("is_active", "chosen", "payment_missing"), pl.Boolean)
    if plan.earliest_consent is not None:
        columns |= dict.fromkeys(("consent_names_product", "consent_proven"), pl.Boolean)
    return pl.Schema(columns)


def schemas(plan: Plan) -> Mapping[str, pl.Schema]:
    """Return the columns of each table, by its name."""
    return {
        "cells": cells_schema(plan),
        "objectors": OBJECTORS,
        "withdrawals": WITHDRAWALS,
        "calls": CALLS,
        "meant_by_calls": MEANT_BY_CALLS,
        "register": REGISTER,
    }


def decisions_columns(plan: Plan) -> list[str]:
    """Return what an engine says of each row: codes as in :mod:`balansfilter.decision.reasons`, 0 for none."""
    may_call = [f"may_call_{i}" for i in range(len(plan.phones))]
    return ["row", "reason", "basis", "callable_until", "anchor", "window", "first_number", *may_call]


class Tables(Protocol):
    """What was read of the sources, gathered while it is read, in any thread."""

    def add(self, name: str, frame: pl.DataFrame) -> None:
        """Add lines to a table."""


class Decisions(Protocol):
    """The decisions of a list, in the order of its rows."""

    def between(self, first: int, last: int) -> pl.DataFrame:
        """Return the decisions of the rows from one number to another, both included."""


class Engine(Protocol):
    """What decides a list of which everything was read into tables."""

    def decide(self, plan: Plan, register_until: date | None) -> Decisions:
        """Decide every row: by itself, by how far objections reach, and against its duplicates."""
