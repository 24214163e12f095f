"""How figures are written in a document: bands, shares with their intervals, counts, and texts of a policy. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from balansfilter.balanstest.bands import Band, months
from balansfilter.balanstest.candidates import Limits
from balansfilter.balanstest.rates import Interval, Rate
from balansfilter.frozen import dataclass
from balansfilter.policy.model import MaxAttempts
from balansfilter.wording.catalogue import Wording

NOTHING = "–"
NOT_KNOWN = "?"
MARK = "*"
_UNPRINTABLE = re.compile(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f]")


@dataclass(frozen=True)
class Saying:
    """Figures and texts in one language."""

    words: Wording

    def band(self, band: Band) -> str:
        """Name a band of time since the last purchase: by its months, where it is counted so."""
        after = months(band.after) if band.after else 0
        up_to = months(band.up_to) if band.up_to else None
        if after is None or (band.up_to and up_to is None):
            return self._spans(band)
        if up_to is None:
            return self.words.counted("document.bands.from", after)
        first = after + 1 if band.after else 0
        label = str(first) if first == up_to else f"{first}{NOTHING}{up_to}"
        return self.words.counted("document.bands.months", up_to if first == up_to else up_to + 1, label=label)

    def _spans(self, band: Band) -> str:
        after = self.words.span(str(band.after)) if band.after else ""
        up_to = self.words.span(str(band.up_to)) if band.up_to else ""
        if not band.after:
            return self.words("document.bands.up_to", up_to=up_to)
        if not band.up_to:
            return self.words("document.bands.after", after=after)
        return self.words("document.bands.between", after=after, up_to=up_to)

    def share(self, value: float) -> str:
        """Write a share from 0 to 1 in percent, with two decimals: complaints are counted in tenths of a percent."""
        return self.words.formats.percent(_rounded(value * 100, "0.01"))

    def rate(self, rate: Rate | None) -> str:
        """Write a rate with its interval, marked where there were too few calls."""
        if rate is None:
            return NOT_KNOWN
        found = rate.interval
        if found is None:
            return NOTHING
        mark = "" if rate.carries else MARK
        return f"{self.share(found.value)} ({self.share(found.low)}{NOTHING}{self.share(found.top)}){mark}"

    def effect(self, rate: Rate | None) -> str:
        """Write the design effect of a rate."""
        return NOTHING if rate is None or not rate.of else self.words.formats.fixed(rate.effect, 2)

    def count(self, value: int | None) -> str:
        """Write a count."""
        return NOT_KNOWN if value is None else self.words.formats.number(value)

    def about(self, value: float) -> str:
        """Write an estimate, with a decimal where it is small."""
        return self.words.formats.fixed(value, 1 if abs(value) < 100 else 0)

    def estimate(self, found: Interval | None) -> str:
        """Write an estimate with its interval."""
        if found is None or found.high is None:
            return NOT_KNOWN
        return f"{self.about(found.value)} ({self.about(found.low)}{NOTHING}{self.about(found.high)})"

    def ratio(self, found: Interval | None) -> str:
        """Write how many of one there are for each of another."""
        if found is None:
            return NOTHING
        high = "…" if found.high is None else self.words.formats.fixed(found.high, 2)
        value, low = (self.words.formats.fixed(one, 2) for one in (found.value, found.low))
        return f"{value} ({low}{NOTHING}{high})"

    def attempts(self, limit: MaxAttempts) -> str:
        """Write a limit on the number of calls."""
        return self.words.counted("document.attempts", limit.count, within=self.words.span(str(limit.within)))

    def limits(self, limits: Limits) -> str:
        """Write the start delay and the frequency that a curve of terms has."""
        start = self.words("document.trials.from_start")
        if limits.start_after:
            start = self.words("document.trials.from_delay", span=self.words.span(str(limits.start_after)))
        often = self.attempts(limits.max_attempts) if limits.max_attempts else self.words("document.trials.no_limit")
        return self.words("document.trials.limits", start=start, often=often)


def _rounded(value: float, to: str) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal(to), ROUND_HALF_EVEN)


def printable(text: str) -> str:
    """Return a text of a policy as one line that can be set; what no form can hold becomes a mark of replacement."""
    return " ".join(_clean(text).split())


def shorten(text: str, length: int) -> str:
    """Return the first characters of a text, as many as there is room for."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def paragraphs(text: str) -> tuple[str, ...]:
    """Return a text of a policy as paragraphs, one a line."""
    return tuple(" ".join(line.split()) for line in _clean(text).splitlines() if line.strip())


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
