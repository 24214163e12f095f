"""What each figure is: in words, as a formula and with its source, for the terminal, the document and the manual."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, get_args

from balansfilter.balanstest.expected import TURN_AT
from balansfilter.balanstest.pace import EDGE, LONGEST_SILENCE
from balansfilter.balanstest.rates import MAX_WIDTH
from balansfilter.balanstest.same_person import MOST_SHARED
from balansfilter.frozen import dataclass
from balansfilter.wording.catalogue import Wording

Name = Literal[
    "attempts",
    "reached",
    "person",
    "band",
    "cumulative",
    "share",
    "interval",
    "effect",
    "too_few",
    "first_call",
    "first_in_band",
    "ever",
    "ever_up_to",
    "stories",
    "young",
    "joined",
    "pace",
    "year",
    "added",
    "turn",
    "avoided",
]
NAMES: tuple[Name, ...] = get_args(Name)
"""Every figure, in the order in which they are told."""


@dataclass(frozen=True)
class Definition:
    """What a figure is."""

    name: Name
    title: str
    what: str
    formula: str
    source: str


def definitions(words: Wording) -> Iterator[Definition]:
    """Yield what each figure is, in one language."""
    number = words.formats.number
    filled = {
        "shared": number(MOST_SHARED),
        "width": number(round(MAX_WIDTH * 100, 6)),
        "silence": number(LONGEST_SILENCE),
        "edge": number(EDGE),
        "turn_at": number(TURN_AT),
    }
    for name in NAMES:
        parts = (words(f"definitions.{name}.{part}", **filled) for part in ("title", "what", "formula", "source"))
        yield Definition(name, *parts)


def as_markdown(words: Wording) -> str:
    """Return all of them as a page."""
    lines = [f"# {words('definitions.heading')}", "", words("definitions.lead")]
    for one in definitions(words):
        formula, source = words("definitions.formula"), words("definitions.source")
        lines += ["", f"## {one.title}", "", one.what, "", f"{formula}: `{one.formula}`", "", f"{source}: {one.source}"]
    return "\n".join(lines) + "\n"
