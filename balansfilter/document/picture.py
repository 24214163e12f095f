"""One picture that carries the argument: what calling brings and costs, against the time since the purchase. Pure.

Above stand the shares that ended in a conversion, an objection or a complaint, on one scale; below it how many
conversions came with each objection and with each complaint, band by band, on another. The approved term is a line
through all of it, and the time between the terms that were tried out is shaded by turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from balansfilter.balanstest import Figures, Overview
from balansfilter.balanstest import FigureSection as Counted
from balansfilter.balanstest.bands import months
from balansfilter.balanstest.rates import Interval, Rate, ratio
from balansfilter.document.blocks import Panel, Picture, Point, Series, Tone
from balansfilter.document.measured import candidate_terms
from balansfilter.document.overviews import counted_for
from balansfilter.document.saying import Saying
from balansfilter.policy.model import Balanstest
from balansfilter.policy.values import Span

_OUTCOMES: tuple[tuple[str, Tone], ...] = (
    ("conversions", "callable"),
    ("objections", "dropped"),
    ("complaints", "bad"),
)
_STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_RATIOS = (0.1, 1.0, 10.0, 100.0)
_LAST_BAND = 12.0
"""So many months of the axis stand for the last band, which has no end."""
_DAYS_A_MONTH = 30.44
MOST_PRODUCTS = 6
"""Of so many products there is a small picture; the others stand in the overview as a file."""


def pictures(say: Saying, overview: Overview, test: Balanstest) -> Iterator[Picture]:
    """Yield the picture of a balanstest, and a small one for each of its larger products."""
    section = counted_for(overview, test)
    if not any(rate and rate.of for one in section.bands for rate in _rates(one).values()):
        return
    title = say.words("document.picture.title")
    yield _picture(say, section, test, title, (_shares(say, section), *_each(say, section)))
    products = _products(overview, test)
    if len(products) > 1:
        whole = max(_shares(say, one).top for one in products)
        for one in products:
            panel = _shares(say, one, top=whole)
            yield _picture(
                say, one, test, say.words("document.picture.product", product=one.name), (panel,), small=True
            )


def products_left(overview: Overview, test: Balanstest) -> int:
    """Return how many products have no small picture of their own."""
    return max(0, len(_of_products(overview, test)) - MOST_PRODUCTS)


def _products(overview: Overview, test: Balanstest) -> list[Counted]:
    largest = sorted(_of_products(overview, test), key=lambda one: (-_calls(one), one.name))
    return largest[:MOST_PRODUCTS]


def _of_products(overview: Overview, test: Balanstest) -> list[Counted]:
    mine = (one for one in overview.sections if one.scope == "product" and _calls(one))
    return [one for one in mine if isinstance(test.products, str) or one.name in test.products]


def _calls(section: Counted) -> int:
    return sum(one.calls or 0 for one in section.bands)


def _picture(  # noqa: PLR0913 - what differs between a large and a small one
    say: Saying, section: Counted, test: Balanstest, title: str, panels: tuple[Panel, ...], *, small: bool = False
) -> Picture:
    words = say.words
    end = _end(section)
    edges = [_length(term) for term in candidate_terms((test.max_term,))]
    ticks = [
        0.0,
        *(edge for edge in (_length(one.band.up_to) for one in section.bands if one.band.up_to) if edge < end),
    ]
    span = words.span(str(test.max_term))
    return Picture(
        title=title,
        text=words("document.picture.text", title=title, parts="; ".join(_told(say, section)), span=span),
        end=end,
        ticks=tuple((tick, words.formats.number(round(tick))) for tick in ticks),
        axis=words("document.picture.axis"),
        term=_length(test.max_term),
        term_told=words("document.picture.term", span=span),
        shaded=tuple(
            (start, min(stop, end)) for start, stop in zip(edges[::2], edges[1::2], strict=False) if start < end
        ),
        shaded_told=words("document.picture.shaded"),
        panels=panels,
        small=small,
    )


def _told(say: Saying, section: Counted) -> Iterator[str]:
    """Say in words what the picture shows, band by band, for who cannot see it."""
    for one in section.bands:
        shares = [
            say.words(f"document.picture.told.{outcome}", share=say.rate(rate)) for outcome, rate in _rates(one).items()
        ]
        yield say.words("document.overviews.part", label=say.band(one.band), told=", ".join(shares))


def _end(section: Counted) -> float:
    last = section.bands[-1].band
    return _length(last.up_to) if last.up_to else (_length(last.after) if last.after else 0.0) + _LAST_BAND


def _length(span: Span | None) -> float:
    """Return how long a span is, in months."""
    if span is None:
        return 0.0
    whole = months(span)
    return float(whole) if whole is not None else span.count * (7 if span.unit == "weeks" else 1) / _DAYS_A_MONTH


def _rates(one: Figures) -> dict[str, Rate | None]:
    return {"conversions": one.conversions, "objections": one.objections, "complaints": one.complaints}


def _points(section: Counted, found: Sequence[tuple[Interval | None, bool]]) -> tuple[Point, ...]:
    end, made = _end(section), []
    for one, (interval, thin) in zip(section.bands, found, strict=True):
        if interval is not None:
            stop = _length(one.band.up_to) if one.band.up_to else end
            made.append(Point(_length(one.band.after), stop, interval.value, interval.low, interval.high, thin=thin))
    return tuple(made)


def _shares(say: Saying, section: Counted, top: float | None = None) -> Panel:
    series = []
    for outcome, tone in _OUTCOMES:
        rates = [_rates(one)[outcome] for one in section.bands]
        found = [(rate.interval if rate else None, rate is not None and not rate.carries) for rate in rates]
        if any(interval for interval, _ in found):
            series.append(Series(say.words(f"approve.outcomes.{outcome}"), tone, _points(section, found)))
    sure = [point.high or 0.0 for one in series for point in one.points if not point.thin]
    values = [point.value for one in series for point in one.points]
    highest = top or max([*sure, *values, 0.001])
    step = next((step for step in _STEPS if highest / step <= 6), 1.0)
    ticks = tuple(
        (step * n, say.share(step * n).replace(",00", "").replace(".00", "")) for n in range(int(highest / step) + 1)
    )
    return Panel(say.words("document.picture.shares"), "linear", 0.0, highest, ticks, tuple(series), None)


def _each(say: Saying, section: Counted) -> Iterator[Panel]:
    """Yield how many conversions came with each objection and each complaint, both on one scale that grows by tens."""
    for outcome, tone in _OUTCOMES[1:]:
        found = []
        for one in section.bands:
            conversions, others = one.conversions, _rates(one)[outcome]
            if conversions is None or others is None:
                return
            effect = max(conversions.effect, others.effect)
            found.append((ratio(conversions.count, others.count, effect), not (conversions.carries and others.carries)))
        label = say.words(f"document.picture.each_{outcome}")
        ticks = tuple((tick, say.words.formats.number(tick if tick < 1 else int(tick))) for tick in _RATIOS)
        series = Series(label, tone, _points(section, found))
        yield Panel(label, "log", _RATIOS[0], _RATIOS[-1], ticks, (series,), 1.0)
