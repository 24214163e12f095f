"""What every kind of dropped list holds, and is: a file that takes the decided parts of a call list in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import polars as pl

from balansfilter.decision.reasons import REASONS
from balansfilter.publish.list_files import WrittenFile

_COLUMNS = ("row", "customer_id", "product", "reason", "callable_until")

LABEL = "reason_label"
"""The column with what people call the reason, where the site names a language."""

REASON_NAMES = pl.Series(["", *REASONS])
"""The name of each reason by its code."""


class DroppedFile(Protocol):
    """The dropped list while it is written."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def prepare(self, rows: pl.DataFrame) -> Callable[[], None]:
        """Do the heavy part for the dropped rows of a decided part, in any thread, and return what adds them."""

    def finish(self) -> WrittenFile:
        """Wait until the file is on disk, and say what it is."""


@dataclass(frozen=True)
class DroppedToWrite:
    """What is known of a dropped list when it is begun."""

    folder: Path
    scratch: Path
    """A folder for what is needed until the list is written."""
    labels: pl.Series | None = None
    """What people call each reason, by its code, for a column of its own; none of them has to be quoted."""


def dropped_columns(labels: pl.Series | None) -> tuple[str, ...]:
    """Return the columns of a dropped list."""
    return _COLUMNS if labels is None else (*_COLUMNS, LABEL)


def only_dropped(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the dropped rows of a decided part, each with the code of its reason."""
    is_dropped = rows["reason"] > 0
    dropped = rows.select("row", "product", "reason", "callable_until").filter(is_dropped)
    return dropped.with_columns(rows["customer_id"].filter(is_dropped))


def dropped_rows(dropped: pl.DataFrame, labels: pl.Series | None) -> pl.DataFrame:
    """Return dropped rows, with the codes of their reasons, as the dropped list has them."""
    told = [REASON_NAMES.gather(dropped["reason"]).alias("reason")]
    told += [] if labels is None else [labels.gather(dropped["reason"]).alias(LABEL)]
    return dropped.with_columns(told).select(dropped_columns(labels))
