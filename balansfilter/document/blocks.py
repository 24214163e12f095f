"""What a document holds, in words and figures: no looks yet. Every form is set out of this, and says the same. Pure."""

from __future__ import annotations

from dataclasses import asdict, field
from typing import Any, Literal

from balansfilter.frozen import dataclass
from balansfilter.wording.formats import Language


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of running text."""

    text: str
    tone: Literal["plain", "quiet", "strong", "notice"] = "plain"
    lang: str = ""
    """The language of the text where it is not that of the document."""
    kind: Literal["paragraph"] = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Bullets:
    """A list."""

    items: tuple[str, ...]
    lang: str = ""
    kind: Literal["bullets"] = field(default="bullets", init=False)


@dataclass(frozen=True)
class Fact:
    """A term and what it stands at."""

    term: str
    value: str
    code: bool = False
    """Whether it is to be read character by character, such as a digest."""


@dataclass(frozen=True)
class Facts:
    """Terms with what they stand at."""

    facts: tuple[Fact, ...]
    kind: Literal["facts"] = field(default="facts", init=False)


@dataclass(frozen=True)
class AnsweredQuestion:
    """A question and what the policy answers."""

    number: str
    """Its number in the balanstest, such as `2b`; empty for a question beyond it."""
    question: str
    said: tuple[str, ...]
    """The answer, a paragraph each."""
    listed: bool = False
    """Whether the answer is a list of measures."""
    enforced: str = ""
    """What the filter itself sees to, in a sentence."""
    answered: bool = True
    kind: Literal["answer"] = field(default="answer", init=False)

    @property
    def title(self) -> str:
        """The question with its number."""
        return f"{self.number}. {self.question}" if self.number else self.question


@dataclass(frozen=True)
class Row:
    """A row of a table, its heading first."""

    cells: tuple[str, ...]
    strong: bool = False
    """Whether it is what the policy allows now."""


@dataclass(frozen=True)
class Link:
    """A way to another place in the document."""

    text: str
    target: str
    """The name of a definition."""


@dataclass(frozen=True)
class Table:
    """A table: a heading a row, and figures behind it."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    about: Link | None = None
    """Where it stands what its figures are."""
    weights: tuple[int, ...] = field(init=False)
    """How wide each column is beside the others: as its longest cell, or the longest word of its heading."""
    kind: Literal["table"] = field(default="table", init=False)

    def __post_init__(self) -> None:
        columns = zip(self.headings, *(row.cells for row in self.rows), strict=True)
        longest = (max(*map(len, heading.split()), *map(len, cells), 4) for heading, *cells in columns)
        object.__setattr__(self, "weights", tuple(longest))


@dataclass(frozen=True)
class Bar:
    """A share with its interval, from 0 to 1; None where there was nothing to take a share of."""

    label: str
    told: str
    """The share and its interval as they are read."""
    value: float | None
    low: float | None
    high: float | None
    thin: bool
    """Whether it rests on too few calls."""


@dataclass(frozen=True)
class Chart:
    """Shares beside each other, on one scale that begins at nothing."""

    title: str
    text: str
    """What it shows, for who cannot see it."""
    bars: tuple[Bar, ...]
    scale: float
    """The share at which a bar is as wide as the chart; what is wider is cut off."""
    tone: Literal["callable", "dropped"]
    """Whether it shows what calling brings or what it costs."""
    kind: Literal["chart"] = field(default="chart", init=False)


Tone = Literal["callable", "dropped", "bad"]
"""The colour of a series, by what it shows: what calling brings, and what it costs."""


@dataclass(frozen=True)
class Point:
    """A value with its interval, over some of the axis."""

    start: float
    stop: float
    value: float
    low: float
    high: float | None
    """None where there is no upper limit."""
    thin: bool
    """Whether it rests on too few calls."""


@dataclass(frozen=True)
class Series:
    """Values that belong together."""

    label: str
    tone: Tone
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Panel:
    """A part of a picture with a scale of its own."""

    label: str
    """What its axis is of."""
    scale: Literal["linear", "log"]
    bottom: float
    top: float
    ticks: tuple[tuple[float, str], ...]
    series: tuple[Series, ...]
    even: float | None
    """The value at which both sides weigh the same; None where there is none."""


@dataclass(frozen=True)
class Picture:
    """Panels above each other on one axis of time, in months since the last purchase."""

    title: str
    text: str
    """What it shows, for who cannot see it."""
    end: float
    ticks: tuple[tuple[float, str], ...]
    axis: str
    term: float
    """The term of the balanstest, in months."""
    term_told: str
    shaded: tuple[tuple[float, float], ...]
    """The time between every other pair of terms that were tried out."""
    shaded_told: str
    panels: tuple[Panel, ...]
    small: bool
    """Whether it is one of several beside each other."""
    kind: Literal["picture"] = field(default="picture", init=False)


@dataclass(frozen=True)
class Defined:
    """What a figure is."""

    name: str
    """Its name in the document, for links."""
    title: str
    what: str
    formula: str
    source: str


@dataclass(frozen=True)
class Definitions:
    """What the figures of the document are."""

    entries: tuple[Defined, ...]
    formula: str
    """Words before a formula."""
    source: str
    """Words before a source."""
    kind: Literal["definitions"] = field(default="definitions", init=False)


Block = Paragraph | Bullets | Facts | AnsweredQuestion | Table | Chart | Picture | Definitions


@dataclass(frozen=True)
class Section:
    """A part of the document under a heading."""

    name: str
    """Its name in the document, for links."""
    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """The whole document of one balanstest."""

    language: Language
    kind: str
    title: str
    name: str
    """Name of the brand."""
    controller: str
    as_of: str
    """The day for which it was made, in ISO 8601; the forms give it as the day of their making."""
    draft: str
    """The mark on every page; empty for an approved balanstest."""
    verdict: str
    """How it stands, in a sentence."""
    remarks: tuple[str, ...]
    """What else a reader must know at once."""
    facts: tuple[Fact, ...]
    sections: tuple[Section, ...]
    running: str
    """What stands at the foot of every page."""
    page: str
    """Words before the number of a page."""
    page_of: str
    """Words between the number of a page and that of the last."""
    unanswered: str
    foot: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain JSON values; each block names its kind."""
        return asdict(self)
