"""The colours of the pages, light and dark: one for each use, so that the contrast of pairs can be computed. Pure."""

from __future__ import annotations

from dataclasses import fields

from balansfilter.frozen import dataclass


@dataclass(frozen=True)
class Palette:
    """One colour for each use, as `#rrggbb`."""

    page: str
    """Background of the page."""
    panel: str
    """Background of what stands out: the verdict, code, the heads of tables."""
    text: str
    quiet: str
    """Text of less weight."""
    line: str
    """Lines between rows: they only decorate."""
    link: str
    total: str
    """Bars of all rows."""
    dropped: str
    """Bars of rows that are dropped."""
    callable: str
    """Bars of rows that may be called."""
    good: str
    """Text of what is in order."""
    bad: str
    """Text of what is not."""
    notice: str
    """Background of a warning."""

    def variables(self) -> str:
        """Return the colours as custom properties of CSS."""
        return " ".join(f"--{field.name}: {getattr(self, field.name)};" for field in fields(self))


LIGHT = Palette(
    page="#ffffff",
    panel="#f2f5f8",
    text="#16202b",
    quiet="#4a5866",
    line="#d3dbe3",
    link="#0b4f9e",
    total="#5c6b7a",
    dropped="#b4480f",
    callable="#0b62b8",
    good="#11663a",
    bad="#a81c1c",
    notice="#fff3d6",
)

DARK = Palette(
    page="#12181f",
    panel="#1c252f",
    text="#e9eef3",
    quiet="#aab7c4",
    line="#36424f",
    link="#8cc2ff",
    total="#94a3b2",
    dropped="#f29a5e",
    callable="#5aa9f5",
    good="#74d69a",
    bad="#ff9b94",
    notice="#3a2f12",
)

TEXT_PAIRS = (
    ("text", "page"),
    ("text", "panel"),
    ("text", "notice"),
    ("quiet", "page"),
    ("quiet", "panel"),
    ("quiet", "notice"),
    ("link", "page"),
    ("link", "panel"),
    ("link", "notice"),
    ("good", "page"),
    ("good", "panel"),
    ("bad", "page"),
    ("bad", "panel"),
    ("bad", "notice"),
)
"""Which text stands on which background: WCAG 2 AA asks for 4.5 to 1."""

GRAPHIC_PAIRS = (("total", "page"), ("dropped", "page"), ("callable", "page"))
"""Which shape stands on which background: WCAG 2 AA asks for 3 to 1."""


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
