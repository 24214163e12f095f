"""Numbers, shares, days and spans as Dutch and English write them, on the data of the Unicode CLDR (Babel). Pure.

Babel is loaded when something is first written: most commands of a night write nothing in this way.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Literal, get_args
from zoneinfo import ZoneInfo

from balansfilter.frozen import dataclass

if TYPE_CHECKING:
    from babel import Locale

Language = Literal["nl", "en"]

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "nl"

_LOCALES = {"nl": "nl_NL", "en": "en_GB"}
_DAY = "d MMMM y"
_NONE = "–"
_MINUS = "−"  # noqa: RUF001 - as wide as the plus sign, so that figures line up


@dataclass(frozen=True)
class Formats:
    """How one language writes numbers and days."""

    language: Language

    @cached_property
    def locale(self) -> Locale:
        """The CLDR locale."""
        from babel import Locale

        return Locale.parse(_LOCALES[self.language])

    def number(self, value: float | Decimal) -> str:
        """Write a number with its separators: 1.234,5 or 1,234.5."""
        from babel.numbers import format_decimal

        return format_decimal(value, locale=self.locale)

    def fixed(self, value: float | Decimal, decimals: int) -> str:
        """Write a number with so many decimals, so that figures line up: 1.234,50 or 1,234.50."""
        from babel.numbers import format_decimal

        rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
        pattern = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
        return format_decimal(rounded, format=pattern, locale=self.locale)

    def share(self, part: int, whole: int) -> str:
        """Write a share in percent with one decimal.

        What is not nothing never reads as 0.0 %, and what is not all never as 100.0 %. A share of nothing is a dash.
        """
        if whole == 0:
            return _NONE
        percent = (Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
        if part and not percent:
            return f"<{self.percent(Decimal('0.1'))}"
        if part < whole and percent == 100:
            return f">{self.percent(Decimal('99.9'))}"
        return self.percent(percent)

    def percent(self, value: Decimal) -> str:
        """Write a percentage with the decimals that it has: 42,8% or 42.8%."""
        return self.fixed(value, max(0, -int(value.as_tuple().exponent))) + "%"

    def amount(self, text: str) -> str:
        """Write a count or a share that stands in a policy, such as `20` or `0.5%`."""
        return self.percent(Decimal(text[:-1])) if text.endswith("%") else self.number(int(text))

    def difference(self, value: int) -> str:
        """Write a difference with its sign; none is 0."""
        sign = {True: "+", False: _MINUS}[value > 0] if value else ""
        return sign + self.number(abs(value))

    def day(self, value: date | str) -> str:
        """Write a day, given as such or in ISO 8601: 3 maart 2026 or 3 March 2026."""
        from babel.dates import format_date

        day = date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(day, _DAY, locale=self.locale)

    def moment(self, value: str, zone: str | None = None) -> str:
        """Write a moment, given in ISO 8601, to the minute and with its zone: 3 maart 2026, 14:05 UTC.

        :param zone: the time zone in which it is told; its own unless given.
        """
        moment = datetime.fromisoformat(value)
        if zone is not None:
            return self._clock(moment.astimezone(ZoneInfo(zone)))
        return f"{self._clock(moment)} {moment.tzname()}"

    def local_moment(self, value: str, zone: str) -> str:
        """Write a moment, given in ISO 8601, as the clock of a time zone said it: 3 maart 2026, 15:05 CET."""
        moment = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
        return f"{self._clock(moment)} {moment.tzname()}"

    def _clock(self, moment: datetime) -> str:
        """Write a moment to the minute, as the clock of its zone said it."""
        return f"{self.day(moment.date())}, {moment:%H:%M}"

    def listed(self, parts: list[str]) -> str:
        """Write a list in a sentence: a, b en c, or a, b and c."""
        from babel.lists import format_list

        return format_list(parts, locale=self.locale)

    def plural(self, count: int) -> str:
        """Return the name of the form that a text takes with a number: `one` or `other`."""
        return self.locale.plural_form(count)
