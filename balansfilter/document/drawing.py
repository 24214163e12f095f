"""The picture of a balanstest as SVG: drawn once, and the same in a page, a PDF and a DOCX. Pure.

Colours stand in it as they are, on white: a PDF has no style sheet, and a print no dark mode. What a line means is told
by its mark as well, so that nothing hangs on a colour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from html import escape
from math import inf, log10

from balansfilter.document.blocks import Panel, Picture, Point
from balansfilter.report.palette import LIGHT

WIDTH, SMALL_WIDTH = 720, 350
_LEFT, _RIGHT = 62, 12
_TOP, _GAP, _FOOT = 44, 58, 44
_TALL, _LOW, _SMALL = 210, 110, 110
_PLACES = {"callable": 0, "dropped": 1, "bad": 2}
"""Which mark a series has."""
_FONT = "Libertinus Serif, Georgia, serif"


def svg(picture: Picture, name: str = "") -> str:
    """Draw a picture.

    :param name: how it is called within a page, which holds its words as well; a file by itself unless given.
    """
    return "".join(_Drawing(picture, name).parts())


class _Drawing:
    """The places of one picture."""

    def __init__(self, picture: Picture, name: str) -> None:
        self._picture = picture
        self._name = name
        self._width = SMALL_WIDTH if picture.small else WIDTH
        tall = _SMALL if picture.small else _TALL
        self._heights = [tall, *(_LOW for _ in picture.panels[1:])]
        self._height = _TOP + sum(self._heights) + _GAP * (len(self._heights) - 1) + _FOOT
        self._colours = asdict(LIGHT)

    def parts(self) -> Iterator[str]:
        size = f'viewBox="0 0 {self._width} {self._height}" width="{self._width}" height="{self._height}"'
        yield f'<svg {self._kind()} {size} font-family="{_FONT}" font-size="13">'
        if self._name:
            yield f'<title id="{self._name}-title">{escape(self._picture.title)}</title>'
            yield f'<desc id="{self._name}-text">{escape(self._picture.text)}</desc>'
        yield f'<rect x="0" y="0" width="{self._width}" height="{self._height}" fill="{LIGHT.page}"/>'
        bottom = _TOP + sum(self._heights) + _GAP * (len(self._heights) - 1)
        for start, stop in self._picture.shaded:
            width = self._x(stop) - self._x(start)
            yield _rect(self._x(start), _TOP, width, bottom - _TOP, LIGHT.panel)
        top = _TOP
        for panel, height in zip(self._picture.panels, self._heights, strict=True):
            yield from self._panel(panel, top, height)
            top += height + _GAP
        yield from self._axis(bottom)
        yield from self._term(bottom)
        yield "</svg>"

    def _kind(self) -> str:
        if not self._name:
            return 'xmlns="http://www.w3.org/2000/svg"'
        return f'class="panels" role="img" aria-labelledby="{self._name}-title {self._name}-text"'

    def _x(self, month: float) -> float:
        return _LEFT + (self._width - _LEFT - _RIGHT) * min(month, self._picture.end) / self._picture.end

    def _axis(self, bottom: float) -> Iterator[str]:
        yield _line(_LEFT, bottom, self._width - _RIGHT, bottom, LIGHT.quiet)
        for month, told in self._picture.ticks:
            yield _line(self._x(month), bottom, self._x(month), bottom + 4, LIGHT.quiet)
            yield _text(self._x(month), bottom + 17, told, anchor="middle")
        middle = (_LEFT + self._width - _RIGHT) / 2
        yield _text(middle, bottom + 35, self._picture.axis, anchor="middle", colour=LIGHT.quiet)

    def _term(self, bottom: float) -> Iterator[str]:
        x = self._x(self._picture.term)
        yield _line(x, _TOP - 8, x, bottom, LIGHT.text, width=2, dashed=True)
        right = x > self._width / 2
        yield _text(x + (-5 if right else 5), _TOP - 12, self._picture.term_told, anchor="end" if right else "start")

    def _panel(self, panel: Panel, top: float, height: float) -> Iterator[str]:
        def y(value: float) -> float:
            share = _share(panel, value)
            return top + height * (1 - min(max(share, 0.0), 1.0))

        for value, told in panel.ticks:
            yield _line(_LEFT, y(value), self._width - _RIGHT, y(value), LIGHT.line)
            yield _text(_LEFT - 6, y(value) + 4, told, anchor="end", colour=LIGHT.quiet)
        if panel.even is not None:
            yield _line(_LEFT, y(panel.even), self._width - _RIGHT, y(panel.even), LIGHT.text)
        head = top - (26 if top == _TOP else 10)
        yield _text(4, head, panel.label, bold=True)
        for series in panel.series:
            for point in series.points:
                yield from self._point(point, y, self._colours[series.tone], _PLACES[series.tone])
        if len(panel.series) > 1:
            yield from self._legend(panel)

    def _legend(self, panel: Panel) -> Iterator[str]:
        """Name the series behind the name of their panel; a small picture leaves that to the large one."""
        x, y = 24.0 + 7 * len(panel.label), _TOP - 30.0
        for one in panel.series if not self._picture.small else ():
            yield _mark(x + 5, y, self._colours[one.tone], _PLACES[one.tone], thin=False)
            yield _text(x + 14, y + 4, one.label)
            x += 30 + 7 * len(one.label)

    def _point(self, point: Point, at: Callable[[float], float], colour: str, place: int) -> Iterator[str]:
        start, stop = self._x(point.start), self._x(point.stop)
        middle = (start + stop) / 2 + (place - 1) * 5
        value, low, high = at(point.value), at(point.low), at(inf if point.high is None else point.high)
        yield _line(start + 3, value, stop - 3, value, colour, width=1)
        yield _line(middle, low, middle, high, colour, width=1.5)
        yield _line(middle - 4, low, middle + 4, low, colour, width=1.5)
        if point.high is not None:
            yield _line(middle - 4, high, middle + 4, high, colour, width=1.5)
        else:
            ends = f"M{middle - 4:.1f} {high + 6:.1f} L{middle:.1f} {high:.1f} L{middle + 4:.1f} {high + 6:.1f}"
            yield f'<path d="{ends}" stroke="{colour}" stroke-width="1.5" fill="none"/>'
        yield _mark(middle, value, colour, place, thin=point.thin)


def _share(panel: Panel, value: float) -> float:
    if panel.scale == "linear":
        return (value - panel.bottom) / (panel.top - panel.bottom)
    if value <= panel.bottom:
        return 0.0
    if value >= panel.top:
        return 1.0
    return (log10(value) - log10(panel.bottom)) / (log10(panel.top) - log10(panel.bottom))


def _mark(x: float, y: float, colour: str, place: int, *, thin: bool) -> str:
    """Draw a circle, a square or a triangle, by the place of the series; hollow where it rests on too few calls."""
    looks = f'fill="{LIGHT.page if thin else colour}" stroke="{colour}" stroke-width="1.5"'
    if place == 0:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {looks}/>'
    if place == 1:
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" {looks}/>'
    return f'<path d="M{x:.1f} {y - 4.5:.1f} L{x + 4.5:.1f} {y + 3.5:.1f} L{x - 4.5:.1f} {y + 3.5:.1f} Z" {looks}/>'


def _rect(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'


def _line(  # noqa: PLR0913 - the two ends and the looks of a line
    x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dashed: bool = False
) -> str:
    dash = ' stroke-dasharray="5 3"' if dashed else ""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}"{dash}/>'


def _text(  # noqa: PLR0913 - the place and the looks of a text
    x: float, y: float, told: str, *, anchor: str = "start", colour: str = LIGHT.text, bold: bool = False
) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(told)}</text>'
