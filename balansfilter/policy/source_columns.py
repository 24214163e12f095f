"""The columns that a policy names in a source: their names, and how dates and numbers stand in them."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeGuard

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from balansfilter.policy.base import Frozen, Text

Column = Text
Columns = Column | Annotated[tuple[Column, ...], Field(min_length=1)]


def as_columns(columns: Columns | None) -> tuple[str, ...]:
    """Return one column or several as a tuple; nothing as an empty one."""
    if columns is None:
        return ()
    return (columns,) if isinstance(columns, str) else columns


DateFormats = Text | Annotated[tuple[Text, ...], Field(min_length=1)]
"""One date format or several."""


class ColumnOfDates(Frozen):
    """A column whose dates are written otherwise than those of the other columns."""

    column: Column = Field(description="The column.")
    date_format: DateFormats = Field(description="How its dates are written: one format, or several.")


class DateColumn(str):
    """The name of a column with dates, which may have date formats of its own."""

    __slots__ = ("formats",)

    formats: tuple[str, ...]
    """How its dates are written; none where they are written as those of the source."""

    def __new__(cls, name: str, formats: tuple[str, ...] = ()) -> Self:
        """Return a name that carries formats."""
        column = super().__new__(cls, name)
        column.formats = formats
        return column

    @classmethod
    def _of(cls, written: str | ColumnOfDates) -> DateColumn:
        if isinstance(written, ColumnOfDates):
            return cls(written.column, as_columns(written.date_format))
        return cls(written)

    def _as_written(self) -> str | dict[str, Any]:
        return {"column": str(self), "date_format": self.formats} if self.formats else str(self)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            cls._of,
            handler.generate_schema(Column | ColumnOfDates),
            serialization=core_schema.plain_serializer_function_ser_schema(cls._as_written, when_used="json"),
        )


def is_dated(column: object) -> TypeGuard[DateColumn]:
    """Return whether a column has date formats of its own."""
    return isinstance(column, DateColumn) and bool(column.formats)


class JoinedColumns(Frozen):
    """One number that is written over several columns, such as an area code and a subscriber number."""

    join: tuple[Column, ...] = Field(min_length=2, description="The columns, in the order in which they are joined.")


PhoneColumns = Columns | JoinedColumns


def phone_columns(phone: PhoneColumns | None) -> tuple[tuple[str, ...], ...]:
    """Return the columns of each phone number of a row: one, or several that are joined."""
    if isinstance(phone, JoinedColumns):
        return (phone.join,)
    return tuple((name,) for name in as_columns(phone))
