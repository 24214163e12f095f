"""What every kind of dropped list holds; it takes the decided parts of a call list in order."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.decided.outcomes import DecidedRows
from balansfilter.decision.reasons import REASONS
from balansfilter.frozen import dataclass

_COLUMNS = ("row", "customer_id", "product", "reason", "callable_until")

LABEL = "reason_label"
"""The column with what people call the reason, where the site names a language."""

REASON_NAMES = pl.Series(["", *REASONS])
"""The name of each reason by its code."""


@dataclass(frozen=True)
class DroppedToWrite:
    """What is known of a dropped list when it is begun."""

    folder: Path
    scratch: Path
    """A folder for what is needed until the list is written."""
    labels: pl.Series | None = None
    """What people call each reason, by its code, for a column of its own; none of them has to be quoted."""
    name: str = "dropped"
    """The name of its file, without ending."""


def dropped_columns(labels: pl.Series | None) -> tuple[str, ...]:
    """Return the columns of a dropped list."""
    return _COLUMNS if labels is None else (*_COLUMNS, LABEL)


def dropped_rows(dropped: DecidedRows, labels: pl.Series | None) -> pl.DataFrame:
    """Return dropped rows as the dropped list has them."""
    rows = dropped.frame()
    told = [REASON_NAMES.gather(rows["reason"]).alias("reason")]
    told += [] if labels is None else [labels.gather(rows["reason"]).alias(LABEL)]
    return rows.with_columns(told).select(dropped_columns(labels))
