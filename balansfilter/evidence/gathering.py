"""What was read of the sources, put together into what a call list is held against."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from balansfilter.evidence.contacts import CallHistory, standing_objections
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.lookup import NumberMap, NumberSet
from balansfilter.evidence.objections import Objectors, Withdrawals, everybody


def gathered(
    objections: Sequence[tuple[str, Objectors]],
    history: CallHistory | None,
    register: NumberSet | NumberMap | None = None,
    register_until: date | None = None,
) -> Evidence:
    """Put together who objected, in the files of objections or at the end of a call, the register, and the calls.

    :param objections: of each source of objections its role, and who objected.
    :param register: None where the policy does not screen, or where it is still read.
    """
    named = [(role, found.numbers, found.keys) for role, found in objections]
    if history is not None:
        withdrawals = pl.concat([Withdrawals.none(), *(found.withdrawals for _, found in objections)])
        standing = standing_objections(history.objections, withdrawals)
        keys = standing["key"].filter(standing["key"] != "")
        named.append(("contacts", standing["number"].drop_nulls().to_numpy(), keys))
    calls, called = (history.calls, history.called) if history is not None else (None, None)
    return Evidence(everybody(named), register, register_until, calls, called)
