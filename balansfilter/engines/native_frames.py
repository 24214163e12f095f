"""Frames of other libraries: what is asked for made into columns of Polars, and all handed back as what they were.

A column that nobody asks for is never looked at, whatever it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import narwhals as nw
import polars as pl
from narwhals.exceptions import DuplicateError

from balansfilter.engines.relations import OrderedRelation, columns_of, json_columns
from balansfilter.errors import SourceError, UsageError
from balansfilter.frozen import dataclass

_WRONG = (Exception, pl.exceptions.PanicException)
"""What a library may raise at cells that it cannot take; a panic in Rust is no `Exception`."""
Had = TypeVar("Had")


@dataclass(frozen=True)
class Native:
    """A frame as it came in, and what is asked of it in Polars."""

    native: Any
    """In its order; each column has a name of its own."""
    frame: pl.DataFrame
    """The columns that are asked for, at least. Cells that only Python knows are those of a column of objects."""
    names: Sequence[Any]
    """The columns, as they came in."""
    kind: nw.Implementation
    is_lazy: bool
    json: frozenset[str] = frozenset()
    """The columns that hold JSON, where their types in Polars do not say so."""
    relation: OrderedRelation | None = None
    """A relation of DuckDB that is to be handed back."""

    @classmethod
    def of(
        cls, native: Any, asked: Sequence[str], order_by: str | Sequence[str] | None, *, ordered: bool = True
    ) -> Native:
        """Take a frame of any library.

        :param ordered: whether the order of the rows matters, so that one without an order needs `order_by`.
        :raises UsageError: it is no frame, or its order is not known.
        :raises SourceError: its library cannot hand over what is asked for.
        """
        taken, names = _taken(native)
        kind, is_lazy = taken.implementation, isinstance(taken, nw.LazyFrame)
        if ordered and is_lazy and not kind.is_polars() and order_by is None:
            raise UsageError(f"a frame of {kind.value} has no order: say with `order_by` which row comes first")
        if ordered and is_lazy and not (kind.is_polars() or kind.is_duckdb()):
            raise UsageError(f"a frame of {kind.value} cannot be handed back: collect it first")
        order = _names_of(order_by)
        if missing := [name for name in order if name not in names]:
            raise UsageError(f"the frame has no column {missing[0]!r} to order by")
        needed = [name for name in dict.fromkeys((*asked, *order)) if name in taken.collect_schema()]
        native, json, relation = nw.to_native(taken), frozenset[str](), None
        if kind.is_duckdb():
            _refuse_repeated(native.columns)
            json = json_columns(native)
        if kind.is_duckdb() and ordered:
            relation = _had(kind, lambda: OrderedRelation.of(native, order))
            frame = _had(kind, lambda: relation.columns(needed))
        elif kind.is_duckdb():
            frame = _had(kind, lambda: columns_of(native, needed))
        else:
            taken = _in_order(taken, order) if order else taken
            native, frame = nw.to_native(taken), _in_polars(taken, needed)
        if order and _repeats(frame.select(order)):
            raise UsageError("`order_by` does not tell all rows apart: name more columns")
        return cls(native, frame, names, kind, is_lazy, json, relation)

    @property
    def is_duckdb(self) -> bool:
        """Whether it is a relation of DuckDB."""
        return self.kind.is_duckdb()

    def returned(self, added: Mapping[str, pl.Series], blank: Mapping[str, pl.Series]) -> Any:
        """Return the frame as what it came in, with more columns, and with some cells blanked."""
        blanked = [self.frame[name].set(mask, None) for name, mask in blank.items() if mask.any()]
        columns = [*blanked, *(column.alias(name) for name, column in added.items())]
        if self.kind.is_polars():
            whole = self.frame.with_columns(columns)
            return whole.lazy() if self.is_lazy else whole
        if self.relation is not None:
            return self.relation.with_columns(pl.DataFrame(columns), {column.name for column in blanked})
        frame = nw.from_native(self.native, eager_only=True)
        told = nw.to_native(frame.with_columns(*(self._series(column) for column in columns)))
        return _renamed(told, [*self.names, *added])

    def _series(self, column: pl.Series) -> Any:
        backend: Any = self.kind
        kind: Any = {pl.String: nw.String(), pl.Date: nw.Date()}.get(type(column.dtype))
        if self.kind.is_pandas_like() and column.dtype == pl.Date:
            column, kind = column.cast(pl.Datetime("us")), nw.Datetime("us")
        return nw.new_series(column.name, column.to_list(), kind, backend=backend)


def _taken(native: Any) -> tuple[Any, Sequence[Any]]:
    """Return a frame as narwhals takes it, and the names of its columns, of which some may be the same."""
    try:
        taken = nw.from_native(native)
    except DuplicateError:
        names = list(native.columns if hasattr(native, "set_axis") else native.column_names)
        times = Counter(names)
        apart = [name if times[name] == 1 else f"{name} [{place}]" for place, name in enumerate(names)]
        _refuse_repeated(apart)
        return nw.from_native(_renamed(native, apart)), names
    except TypeError:
        message = f"a {type(native).__name__} is no frame that narwhals knows"
        raise UsageError(message) from None
    return taken, _had(taken.implementation, lambda: taken.collect_schema().names())


def _renamed(frame: Any, names: Sequence[Any]) -> Any:
    """Return a frame of pandas or pyarrow with other names."""
    if hasattr(frame, "set_axis"):
        return frame if list(frame.columns) == list(names) else frame.set_axis(names, axis=1)
    return frame.rename_columns(names) if hasattr(frame, "rename_columns") else frame


def _refuse_repeated(names: Sequence[Any]) -> None:
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise UsageError(f"the frame has more than one column {repeated[0]!r}: give them different names")


def _names_of(order_by: object) -> tuple[str, ...]:
    if order_by is None or isinstance(order_by, str):
        return () if order_by is None else (order_by,)
    if isinstance(order_by, Sequence) and order_by and all(isinstance(name, str) for name in order_by):
        return tuple(order_by)
    raise UsageError("`order_by` is the name of a column, or a list of names")


def _in_order(taken: Any, order: Sequence[str]) -> Any:
    try:
        return taken.sort(*order, nulls_last=True)
    except _WRONG:
        raise UsageError("`order_by` names a column whose cells have no order") from None


def _repeats(order: pl.DataFrame) -> bool:
    try:
        return bool(order.is_duplicated().any())
    except _WRONG:
        raise UsageError("`order_by` names a column whose cells have no order") from None


def _in_polars(taken: Any, names: Sequence[str]) -> pl.DataFrame:
    """Return some columns of a frame in Polars; one that is of Polars whole."""
    kind = taken.implementation
    if not kind.is_polars():
        taken = taken.select(*names)
    if isinstance(taken, nw.LazyFrame):
        taken = _had(kind, taken.collect)
    if kind.is_polars():
        return nw.to_native(taken)  # type: ignore[no-any-return]
    return pl.DataFrame([_had(kind, lambda name=name: _column(taken, name)) for name in names])  # type: ignore[misc]


def _column(taken: Any, name: str) -> pl.Series:
    """Return a column in Polars: of cells as Python knows them, where they are not all of a type that Polars has."""
    one = nw.to_native(taken.select(name))
    try:
        made = pl.DataFrame(one if hasattr(one, "__arrow_c_stream__") else taken.select(name).to_arrow()).to_series()
    except _WRONG:
        made = None
    if made is not None and (made.dtype != pl.Binary or taken.schema[name] == nw.Binary):
        return made
    empty = taken[name].is_null().to_list()
    cells = [None if no else cell for no, cell in zip(empty, taken[name].to_list(), strict=True)]
    return pl.Series(name, cells, dtype=pl.Object)


def _had(kind: nw.Implementation, hand_over: Callable[[], Had]) -> Had:
    """Return what a library hands over; what it says where it cannot may hold cells."""
    try:
        return hand_over()
    except _WRONG as error:
        told = f"{kind.value} cannot hand over the columns that are asked for ({type(error).__name__})"
        raise SourceError(told) from None


def refuse_taken(names: Iterable[str]) -> None:
    """Make sure that no column that is to be added is there.

    :param names: those that are.
    :raises UsageError: there is one.
    """
    if taken := sorted(names):
        raise UsageError(f"the frame has a column {taken[0]!r} itself: rename it, or set output.annotate_as")
