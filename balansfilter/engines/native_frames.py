"""Frames of other libraries: made into one of Polars, and handed back as what they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals as nw
import polars as pl

from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass


@dataclass(frozen=True)
class Native:
    """A frame as it came in, and the same in Polars."""

    native: Any
    frame: pl.DataFrame
    kind: nw.Implementation
    is_lazy: bool

    @classmethod
    def of(cls, native: Any, order_by: str | Sequence[str] | None, *, ordered: bool = True) -> Native:
        """Take a frame of any library.

        :param ordered: whether the order of the rows matters, so that one without an order needs `order_by`.
        :raises UsageError: it is no frame, or its order is not known.
        """
        try:
            taken = nw.from_native(native)
        except TypeError:
            message = f"a {type(native).__name__} is no frame that narwhals knows"
            raise UsageError(message) from None
        kind, is_lazy = taken.implementation, isinstance(taken, nw.LazyFrame)
        if ordered and is_lazy and not kind.is_polars() and order_by is None:
            raise UsageError(f"a frame of {kind.value} has no order: say with `order_by` which row comes first")
        if ordered and is_lazy and not (kind.is_polars() or kind.is_duckdb()):
            raise UsageError(f"a frame of {kind.value} cannot be handed back: collect it first")
        if order_by is None:
            return cls(native, _in_polars(native), kind, is_lazy)
        names = [order_by] if isinstance(order_by, str) else list(order_by)
        if missing := [name for name in names if name not in taken.collect_schema().names()]:
            raise UsageError(f"the frame has no column {missing[0]!r} to order by")
        native = nw.to_native(taken.sort(*names, nulls_last=True))
        frame = _in_polars(native)
        if frame.select(names).is_duplicated().any():
            raise UsageError("`order_by` does not tell all rows apart: name more columns")
        return cls(native, frame, kind, is_lazy)

    @property
    def is_duckdb(self) -> bool:
        """Whether it is a relation of DuckDB."""
        return self.kind.is_duckdb()

    def returned(self, added: Mapping[str, pl.Series], blank: Mapping[str, pl.Series]) -> Any:
        """Return the frame as what it came in, with more columns, and with some cells blanked."""
        whole = self.frame.with_columns(
            *(self.frame[name].set(mask, None) for name, mask in blank.items() if mask.any()),
            *(column.alias(name) for name, column in added.items()),
        )
        if self.kind.is_polars():
            return whole.lazy() if self.is_lazy else whole
        if self.is_duckdb:
            return _as_relation(self.native, whole)
        frame = nw.from_native(self.native, eager_only=True)
        changed = [*(name for name, mask in blank.items() if mask.any()), *added]
        return nw.to_native(frame.with_columns(*(self._series(whole[name]) for name in changed)))

    def _series(self, column: pl.Series) -> Any:
        backend: Any = self.kind
        kind: Any = {pl.String: nw.String(), pl.Date: nw.Date()}.get(type(column.dtype))
        if self.kind.is_pandas_like() and column.dtype == pl.Date:
            column, kind = column.cast(pl.Datetime("us")), nw.Datetime("us")
        return nw.new_series(column.name, column.to_list(), kind, backend=backend)


def _in_polars(native: Any) -> pl.DataFrame:
    if isinstance(native, pl.DataFrame):
        return native
    if isinstance(native, pl.LazyFrame):
        return native.collect()
    if hasattr(native, "__arrow_c_stream__"):
        return pl.DataFrame(native)
    taken = nw.from_native(native)
    return pl.DataFrame((taken.collect() if isinstance(taken, nw.LazyFrame) else taken).to_arrow())


def _as_relation(relation: Any, frame: pl.DataFrame) -> Any:
    """Return a frame as a relation of the connection that another relation belongs to."""
    from balansfilter.engines.duckdb import Stream

    decided = Stream(frame)  # noqa: F841 - DuckDB finds it by its name
    return relation.query("undecided", "SELECT * FROM decided")


def refuse_taken(names: Iterable[str]) -> None:
    """Make sure that no column that is to be added is there.

    :param names: those that are.
    :raises UsageError: there is one.
    """
    if taken := sorted(names):
        raise UsageError(f"the frame has a column {taken[0]!r} itself: rename it, or set output.annotate_as")
