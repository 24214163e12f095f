"""The three overviews of section 3 of the balanstest, against the time since the last purchase, from the call history.

3b is conversion, 3c objections and 3d complaints. Each is given by band, and cumulative up to the end of each band,
which is what a term of that length would have left; of the calls, of those that reached somebody where that is known,
and of the people; for all calls, for each balanstest, and for each product.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from balansfilter.balanstest.bands import Bands, month_bands
from balansfilter.balanstest.call_history import (
    OBJECTION_WINDOW,
    HistoryQuestion,
    JoinedObjections,
    Outcomes,
    PastCalls,
)
from balansfilter.balanstest.counting import count_calls
from balansfilter.balanstest.figures import SCHEMA, Figures, FigureSection, section_of
from balansfilter.balanstest.moments import MEASURES, OUTCOMES
from balansfilter.balanstest.notes import notes_on
from balansfilter.balanstest.rates import CONFIDENCE, MAX_WIDTH
from balansfilter.balanstest.read_calls import read_history
from balansfilter.balanstest.stories import Story, stories_of
from balansfilter.balanstest.telling import story_sentence
from balansfilter.frozen import dataclass
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site, work_folder
from balansfilter.policy.values import Span
from balansfilter.publish.folders import as_output_error
from balansfilter.sources import Fingerprint

__all__ = ["SCHEMA", "FigureSection", "Figures", "Overview", "count_bands", "overview"]


@dataclass(frozen=True)
class Overview:
    """The overviews of a brand."""

    brand: str
    as_of: date
    since: date | None
    bands: Bands
    calls: int
    """Calls that lie in a band."""
    until: date
    """The last day of which calls were counted; younger ones may still lead to an objection."""
    objection_window: Span
    first_call: date
    last_call: date
    sections: tuple[FigureSection, ...]
    """All calls first, then each balanstest, then each product, by name. The last two only where a column tells."""
    left_out: dict[str, int]
    """Calls that lie in no band, by why."""
    without_person: int
    """Calls that lie in a band but name nobody: they are calls, and no people."""
    unreadable_flags: dict[str, int]
    """Cells that say neither yes nor no, by the name of their column in the policy; only where there are any."""
    repeated: int
    """Calls that say the same as another in every field that was read."""
    too_shared: int
    """Customer ids and numbers of so many people that they tell nobody apart."""
    unreached: dict[str, int]
    """Outcomes of calls that are told to have reached nobody, by outcome; only where there are any."""
    outcomes: Outcomes
    joined: JoinedObjections | None
    fingerprint: Fingerprint
    """The call history as it was read."""
    notes: tuple[str, ...]
    """What a reader must know to read the figures right, a sentence each."""

    def stories(self, section: FigureSection) -> tuple[Story, ...]:
        """Return the outcomes of which the calls of a section tell another story than its people."""
        return tuple(stories_of(section))

    @property
    def overall(self) -> FigureSection:
        """The section on all calls."""
        return self.sections[0]

    def frame(self) -> pl.DataFrame:
        """Return the figures as one table; see :data:`SCHEMA`."""
        lines = [(self.brand, *line) for section in self.sections for line in section.lines()]
        return pl.DataFrame(lines, schema=SCHEMA, orient="row")

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values; `figures` has the columns of :data:`SCHEMA`."""
        mark = self.fingerprint
        return {
            "overview": 1,
            "brand": self.brand,
            "as_of": self.as_of.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat(),
            "objection_window": str(self.objection_window),
            "first_call": self.first_call.isoformat(),
            "last_call": self.last_call.isoformat(),
            "confidence": CONFIDENCE,
            "max_width": MAX_WIDTH,
            "calls": self.calls,
            "left_out": self.left_out,
            "without_person": self.without_person,
            "unreadable_flags": self.unreadable_flags,
            "repeated": self.repeated,
            "too_shared": self.too_shared,
            "unreached": self.unreached,
            "outcomes": asdict(self.outcomes),
            "joined_objections": asdict(self.joined) | {"within": str(self.joined.within)} if self.joined else None,
            "source": {"sha256": mark.sha256, "rows": mark.rows, "snapshot_on": mark.snapshot_on.isoformat()},
            "notes": list(self.notes),
            "pace": [_pace_json(section) for section in self.sections],
            "stories": [_story_json(section, story) for section in self.sections for story in self.stories(section)],
            "figures": self.frame().to_dicts(),
        }


def _pace_json(section: FigureSection) -> dict[str, Any]:
    pace = section.pace
    figures = (
        {"calls": pace.calls, "person_years": pace.person_years, "calls_a_year": pace.calls_a_year} if pace else {}
    )
    return {"scope": section.scope, "name": section.name, **figures}


def _story_json(section: FigureSection, story: Story) -> dict[str, Any]:
    people = story.people.course if story.people else None
    place = {"scope": section.scope, "name": section.name, "outcome": story.outcome}
    return place | {"calls": story.calls.course, "people": people, "told": story_sentence(story)}


def overview(  # noqa: PLR0913 - each is a choice of the caller
    configs: Path,
    site: Site,
    brand: str,
    as_of: date,
    *,
    bands: Bands | None = None,
    since: date | None = None,
    until: date | None = None,
    objection_window: Span = OBJECTION_WINDOW,
    policy: Policy | None = None,
) -> Overview:
    """Make the overviews of a brand from its call history. No approval is asked for.

    :param since: the first day of the history that counts.
    :param until: the last day of which calls count; unless given, the last whose objection window has passed.
    :param objection_window: how long after a call an objection in a file of its own is put down to it, and a call is
        too young to count.
    :param policy: the policy; that of the brand's file unless given.
    :raises BalansfilterError: the policy or the history cannot be used.
    """
    question = HistoryQuestion(configs, site, brand, as_of, since, objection_window, until, policy)
    with ExitStack() as opened:
        folder = opened.enter_context(work_folder(site))
        opened.enter_context(as_output_error("write in", folder))
        history = opened.enter_context(read_history(question, folder))
        return count_bands(history, question, bands or month_bands())


def count_bands(history: PastCalls, question: HistoryQuestion, bands: Bands) -> Overview:
    """Count a history that was read."""
    counts = count_calls(history, bands)
    known, when = history.outcomes, history.timeline
    sections = [
        section_of(scope, names[place], counts.tallies[scope, place], bands.all, known, when)
        for scope, names in counts.names.items()
        for place in counts.in_order(scope)
    ]
    everything = counts.tallies["all", 0].calls.sums.sum(axis=0)
    counted = dict(zip(MEASURES, (int(count) for count in everything), strict=True))
    missed = {outcome: counted[outcome] - counted[f"{outcome}_reached"] for outcome in OUTCOMES}
    made = Overview(
        brand=question.brand,
        as_of=question.as_of,
        since=question.since,
        bands=bands,
        calls=counted["calls"],
        until=history.until,
        objection_window=question.objection_window,
        first_call=history.first_call,
        last_call=history.last_call,
        sections=tuple(sections),
        left_out=history.left_out,
        without_person=history.without_person,
        unreadable_flags=history.unreadable_flags,
        repeated=counts.repeated,
        too_shared=history.too_shared,
        unreached={outcome: calls for outcome, calls in missed.items() if calls and known.reached},
        outcomes=history.outcomes,
        joined=history.joined,
        fingerprint=history.fingerprint,
        notes=(),
    )
    return replace(made, notes=tuple(notes_on(made)))
