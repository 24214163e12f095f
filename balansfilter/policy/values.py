"""The small values of a policy: a span of time, hours of a day, a share, a share or a count."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, ClassVar, Literal, Self

from dateutil.relativedelta import relativedelta
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from balansfilter.frozen import dataclass

Unit = Literal["days", "weeks", "months", "years"]


class _WrittenValue:
    """A value that a policy writes as a text, and that keeps that text as its JSON form."""

    pattern: ClassVar[str]
    wanted: ClassVar[str]

    def __init__(self, text: str) -> None:
        raise NotImplementedError

    @classmethod
    def parse(cls, value: object) -> Self | None:
        """Return the value that is written as a text, or as a whole number; None where it is written otherwise."""
        if isinstance(value, bool) or not isinstance(value, str | int) or not re.fullmatch(cls.pattern, str(value)):
            return None
        return cls(str(value))

    @classmethod
    def _read(cls, value: object) -> Self:
        made = value if isinstance(value, cls) else cls.parse(value)
        if made is None:
            raise ValueError(cls.wanted)
        return made

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._read, serialization=core_schema.plain_serializer_function_ser_schema(str)
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole: dict[str, Any] = {"type": "integer", "minimum": 0}
        written: dict[str, Any] = {"type": "string", "pattern": f"^(?:{cls.pattern})$"}
        return {"anyOf": [written, whole]} if re.fullmatch(cls.pattern, "1") else written


@dataclass(frozen=True, init=False)
class Span(_WrittenValue):
    """A span of calendar time, such as ``24 months``.

    Months and years are counted as in Regulation 1182/71 art. 3: a span ends on the day with the same number in the
    last month, or on that month's last day where it has no such day; all months are added in one step.
    """

    count: int
    unit: Unit

    pattern: ClassVar[str] = r"[1-9][0-9]{0,4} (days?|weeks?|months?|years?)"
    wanted: ClassVar[str] = "should be a number of days, weeks, months or years, such as `24 months`"

    def __init__(self, text: str) -> None:
        count, unit = text.split(" ")
        object.__setattr__(self, "count", int(count))
        object.__setattr__(self, "unit", unit if unit.endswith("s") else unit + "s")

    def __str__(self) -> str:
        """Return it as a policy writes it."""
        return f"{self.count} {self.unit if self.count != 1 else self.unit[:-1]}"

    def after(self, day: date) -> date:
        """Return the last day of the span that is counted from `day`; the calendar's last day where it runs out."""
        try:
            return day + self._delta
        except (OverflowError, ValueError):
            return date.max

    def before(self, day: date) -> date:
        """Return the day that lies this span before `day`; the calendar's first day where it runs out."""
        try:
            return day - self._delta
        except (OverflowError, ValueError):
            return date.min

    def longer_than(self, other: Span) -> bool:
        """Whether it can be longer than another span: counted from some day, it ends later.

        So 1096 days are longer than 36 months, which are 1095 days where no leap day falls in them.
        """
        if self._in_months and other._in_months:
            return self.count * self._in_months > other.count * other._in_months
        if self._in_days and other._in_days:
            return self.count * self._in_days > other.count * other._in_days
        if self._in_days:
            return self.count * self._in_days > _days_of(other)[0]
        return _days_of(self)[1] > other.count * other._in_days

    @property
    def _in_months(self) -> int:
        return {"months": 1, "years": 12}.get(self.unit, 0)

    @property
    def _in_days(self) -> int:
        return {"days": 1, "weeks": 7}.get(self.unit, 0)

    @property
    def _delta(self) -> relativedelta:
        return relativedelta(**{self.unit: self.count})  # type: ignore[arg-type]


@lru_cache
def _days_of(span: Span) -> tuple[int, int]:
    """Return the fewest and the most days of some months or years.

    They depend on the month they are counted from and on leap years; within a month only its last days differ.
    """
    months = [date(year, month, 1) for year in range(2023, 2027) for month in range(1, 13)]
    starts = [first + timedelta(days=n) for first in months for n in (0, 28, 29, 30)]
    days = [(span.after(start) - start).days for start in starts]
    return min(days), max(days)


@dataclass(frozen=True, init=False)
class _KeptText(_WrittenValue):
    """A value that is the text itself, as the policy writes it."""

    text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "text", text)

    def __str__(self) -> str:
        """Return it as a policy writes it."""
        return self.text


@dataclass(frozen=True, init=False)
class Clock(_KeptText):
    """A time of the day, such as ``18:30``."""

    pattern: ClassVar[str] = r"([01][0-9]|2[0-3]):[0-5][0-9]"
    wanted: ClassVar[str] = 'should be a time in quotes, such as `"18:30"`'

    @property
    def time(self) -> time:
        """The time itself."""
        return time.fromisoformat(self.text)


@dataclass(frozen=True, init=False)
class Hours(_KeptText):
    """The hours of a day in which may be called, such as ``10:00-16:00``."""

    pattern: ClassVar[str] = rf"{Clock.pattern}-{Clock.pattern}"
    wanted: ClassVar[str] = 'should be hours in quotes, such as `"10:00-16:00"`, the first before the second'

    @classmethod
    def parse(cls, value: object) -> Self | None:
        """Return the hours that are written as a text; None where they end before they begin."""
        made = super().parse(value)
        return made if made is not None and made.opens < made.closes else None

    @property
    def opens(self) -> time:
        """When calling begins."""
        return time.fromisoformat(self.text[:5])

    @property
    def closes(self) -> time:
        """When calling ends."""
        return time.fromisoformat(self.text[6:])


@dataclass(frozen=True, init=False)
class Share(_KeptText):
    """A share, such as ``10%``, from 0 to 100 %."""

    pattern: ClassVar[str] = r"(100(\.0+)?|[0-9]{1,2}(\.[0-9]{1,6})?)%"
    wanted: ClassVar[str] = "should be a share, such as `5%`"

    def exceeded_by(self, part: int, whole: int) -> bool:
        """Whether `part` is more than this share of `whole`; nothing is more than a share of nothing."""
        return Decimal(part) * 100 > Decimal(self.text[:-1]) * whole


@dataclass(frozen=True, init=False)
class ShareOrCount(_KeptText):
    """A share, such as ``5%``, or a count, such as ``20``."""

    pattern: ClassVar[str] = Share.pattern + r"|0|[1-9][0-9]{0,11}"
    wanted: ClassVar[str] = "should be a count, such as `20`, or a share, such as `5%`"

    def exceeded_by(self, part: int, whole: int) -> bool:
        """Whether `part` is more than the count, or more than this share of `whole`."""
        if self.text.endswith("%"):
            return Share(self.text).exceeded_by(part, whole)
        return part > int(self.text)


@dataclass(frozen=True, init=False)
class CountOrSpan(_KeptText):
    """How many, such as ``30``, or how long, such as ``90 days``."""

    pattern: ClassVar[str] = r"[1-9][0-9]{0,5}|" + Span.pattern
    wanted: ClassVar[str] = "should be a count, such as `30`, or a span of time, such as `90 days`"

    @property
    def count(self) -> int | None:
        """The count, None where it is a span."""
        return int(self.text) if self.text.isdigit() else None

    @property
    def span(self) -> Span | None:
        """The span, None where it is a count."""
        return None if self.text.isdigit() else Span(self.text)


@dataclass(frozen=True, init=False)
class SizeOrSpan(_KeptText):
    """How large, such as ``10 MB``, or how long, such as ``1 week``."""

    pattern: ClassVar[str] = r"[1-9][0-9]{0,5} (KB|MB|GB)|" + Span.pattern
    wanted: ClassVar[str] = "should be a size, such as `10 MB`, or a span of time, such as `1 week`"


@dataclass(frozen=True, init=False)
class Size(_KeptText):
    """How large, such as ``10 MB``."""

    pattern: ClassVar[str] = r"[1-9][0-9]{0,5} (KB|MB|GB|TB)"
    wanted: ClassVar[str] = "should be a size, such as `500 MB`"

    @property
    def bytes(self) -> int:
        """The size in bytes; a KB has a thousand of them."""
        count, unit = self.text.split(" ")
        power = ("KB", "MB", "GB", "TB").index(unit) + 1
        return int(count) * int(1000**power)
