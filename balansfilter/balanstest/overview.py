"""The three overviews of section 3 of the balanstest, against the time since the last purchase, from the call history.

3b is conversion, 3c objections and 3d complaints. Each is given by band, and cumulative up to the end of each band,
which is what a term of that length would have left; for all calls, for each balanstest, and for each product.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.balanstest.bands import Band, Bands, month_bands, months
from balansfilter.balanstest.calls import COMPLAINED, CONVERTED, OBJECTED
from balansfilter.balanstest.history import (
    OBJECTION_WINDOW,
    History,
    JoinedObjections,
    Outcomes,
    Question,
    read_history,
)
from balansfilter.balanstest.notes import notes_on
from balansfilter.balanstest.people import Counted, PeopleCount
from balansfilter.balanstest.rates import CONFIDENCE, MAX_WIDTH, Rate
from balansfilter.policy.site import Site, work_folder
from balansfilter.policy.values import Span
from balansfilter.publish.folders import told_as_output_error
from balansfilter.sources import Fingerprint

Scope = Literal["all", "balanstest", "product"]
OUTCOMES = ("conversions", "objections", "complaints")
FLAGS = dict(zip(OUTCOMES, (CONVERTED, OBJECTED, COMPLAINED), strict=True))

SCHEMA = pl.Schema(
    {
        "brand": pl.String,
        "scope": pl.String,
        "name": pl.String,
        "series": pl.String,
        "band": pl.String,
        "after_months": pl.Int64,
        "up_to_months": pl.Int64,
        "calls": pl.Int64,
        "people": pl.Int64,
        **{
            f"{outcome}{part}": pl.Float64 if part else pl.Int64
            for outcome in OUTCOMES
            for part in ("", "_rate", "_low", "_high")
        },
        "too_few": pl.String,
    }
)
"""The columns of an overview as a table; more may be added behind these, none changes its meaning.

`scope` is `all`, `balanstest` or `product`, and `name` the id or the product code, empty for all. `series` is `band` or
`cumulative`: up to the end of the band, from the purchase on. `after_months` is 0 for the first band, and
`up_to_months` null for the last. `_rate` is a share of the calls from 0 to 1, `_low` and `_high` its 95 % Wilson
interval; all four are null where an outcome is not known, and the last three where there were no calls. `too_few`
names the outcomes whose interval is wider than four percentage points, with a space between them.
"""


@dataclass(frozen=True)
class Figures:
    """What was counted in one band, or up to the end of it."""

    band: Band
    calls: int
    people: int
    """Different people."""
    conversions: Rate | None
    """None where it is not known how calls ended; so are the other two."""
    objections: Rate | None
    complaints: Rate | None

    @property
    def rates(self) -> dict[str, Rate]:
        """Give the rates that are known, by outcome."""
        told = {outcome: getattr(self, outcome) for outcome in OUTCOMES}
        return {outcome: rate for outcome, rate in told.items() if rate is not None}

    @property
    def too_few(self) -> tuple[str, ...]:
        """Name the outcomes for which there were too few calls to speak of a rate: see :data:`MAX_WIDTH`."""
        return tuple(outcome for outcome, rate in self.rates.items() if not rate.carries)


@dataclass(frozen=True)
class Section:
    """The overviews of all calls, or of those under one balanstest or about one product."""

    scope: Scope
    name: str
    """Id of the balanstest or code of the product; empty for all."""
    bands: tuple[Figures, ...]
    """One for each band, in order."""
    cumulative: tuple[Figures, ...]
    """One for each band, in order: what was counted up to the end of it."""


@dataclass(frozen=True)
class Overview:
    """The overviews of a brand."""

    brand: str
    as_of: date
    since: date | None
    bands: Bands
    calls: int
    """Calls that lie in a band."""
    first_call: date
    last_call: date
    sections: tuple[Section, ...]
    """All calls first, then each balanstest, then each product, by name. The last two only where a column tells."""
    left_out: dict[str, int]
    """Calls that lie in no band, by why."""
    without_person: int
    """Calls that lie in a band but name nobody: they are calls, and no people."""
    outcomes: Outcomes
    joined: JoinedObjections | None
    fingerprint: Fingerprint
    """The call history as it was read."""
    notes: tuple[str, ...]
    """What a reader must know to read the figures right, a sentence each."""

    @property
    def overall(self) -> Section:
        """The section on all calls."""
        return self.sections[0]

    def frame(self) -> pl.DataFrame:
        """Give the figures as one table; see :data:`SCHEMA`."""
        return pl.DataFrame(list(self._lines()), schema=SCHEMA, orient="row")

    def _lines(self) -> Iterator[tuple[Any, ...]]:
        for section in self.sections:
            for series, figures in (("band", section.bands), ("cumulative", section.cumulative)):
                for one in figures:
                    cumulates = series == "cumulative"
                    label = one.band.up_to_label if cumulates else one.band.label
                    after = months(one.band.after) if one.band.after and not cumulates else 0
                    up_to = months(one.band.up_to) if one.band.up_to else None
                    rates = [cell for outcome in OUTCOMES for cell in _cells(getattr(one, outcome))]
                    place = (self.brand, section.scope, section.name, series, label, after, up_to)
                    yield (*place, one.calls, one.people, *rates, " ".join(one.too_few))

    def as_json(self) -> dict[str, Any]:
        """Give all of it as plain JSON values; `figures` has the columns of :data:`SCHEMA`."""
        mark = self.fingerprint
        return {
            "overview": 1,
            "brand": self.brand,
            "as_of": self.as_of.isoformat(),
            "since": self.since.isoformat() if self.since else None,
            "first_call": self.first_call.isoformat(),
            "last_call": self.last_call.isoformat(),
            "confidence": CONFIDENCE,
            "max_width": MAX_WIDTH,
            "calls": self.calls,
            "left_out": self.left_out,
            "without_person": self.without_person,
            "outcomes": asdict(self.outcomes),
            "joined_objections": asdict(self.joined) | {"within": str(self.joined.within)} if self.joined else None,
            "source": {"sha256": mark.sha256, "rows": mark.rows, "snapshot_on": mark.snapshot_on.isoformat()},
            "notes": list(self.notes),
            "figures": self.frame().to_dicts(),
        }


def _cells(rate: Rate | None) -> tuple[Any, ...]:
    if rate is None:
        return (None,) * 4
    found = rate.interval
    return (rate.count, found.value, found.low, found.high) if found else (rate.count, None, None, None)


def overview(  # noqa: PLR0913 - each is a choice of the caller
    configs: Path,
    site: Site,
    brand: str,
    as_of: date,
    *,
    bands: Bands | None = None,
    since: date | None = None,
    objection_window: Span = OBJECTION_WINDOW,
) -> Overview:
    """Make the overviews of a brand from its call history. No approval is asked for.

    :param since: the first day of the history that counts.
    :param objection_window: how long after a call an objection in a file of its own is put down to it.
    :raises BalansfilterError: the policy or the history cannot be used.
    """
    question = Question(configs, site, brand, as_of, since, objection_window)
    with ExitStack() as opened:
        folder = opened.enter_context(work_folder(site))
        opened.enter_context(told_as_output_error("write in", folder))
        history = opened.enter_context(read_history(question, folder))
        return count_bands(history, question, bands or month_bands())


def count_bands(history: History, question: Question, bands: Bands) -> Overview:
    """Count a history that was read."""
    counts = _Counts(history, bands)
    return Overview(
        brand=question.brand,
        as_of=question.as_of,
        since=question.since,
        bands=bands,
        calls=int(counts.calls.sum()),
        first_call=history.first_call,
        last_call=history.last_call,
        sections=tuple(counts.sections()),
        left_out=history.left_out,
        without_person=history.without_person,
        outcomes=history.outcomes,
        joined=history.joined,
        fingerprint=history.fingerprint,
        notes=tuple(notes_on(history)),
    )


class _Counts:
    """Counts of calls by product and band, and of people by section and band."""

    def __init__(self, history: History, bands: Bands) -> None:
        self._history = history
        self._bands = bands
        self._groups = dict(self._all_groups())
        shape = (len(history.products), len(bands))
        self.calls: Counted = np.zeros(shape, dtype=np.int64)
        self._ended = {outcome: np.zeros(shape, dtype=np.int64) for outcome in OUTCOMES}
        self._people = {
            scope: PeopleCount.of(group_of, len(names), len(bands)) for scope, (names, group_of) in self._groups.items()
        }
        self._add_all()

    def _all_groups(self) -> Iterator[tuple[Scope, tuple[list[str], npt.NDArray[np.int32]]]]:
        """Give the names of the sections of each scope, and the section of each product."""
        products = self._history.products
        yield "all", ([""], np.zeros(len(products), dtype=np.int32))
        if self._history.has_products:
            tests = self._history.policy.balanstests
            yield "balanstest", ([test.id for test in tests], self._history.balanstest_of())
            yield "product", (list(products), np.arange(len(products), dtype=np.int32))

    def _add_all(self) -> None:
        for calls in self._history.parts():
            band = self._bands.of(calls["day"], calls["purchase"])
            code = calls["product"].astype(np.int64) * len(self._bands) + band
            self.calls += self._table(code)
            for outcome, flag in FLAGS.items():
                self._ended[outcome] += self._table(code[(calls["ended"] & flag) > 0])
            for people in self._people.values():
                people.add(calls, band)

    def _table(self, code: npt.NDArray[np.int64]) -> Counted:
        return np.bincount(code, minlength=self.calls.size).reshape(self.calls.shape)

    def sections(self) -> Iterator[Section]:
        """Give the sections, in order."""
        for scope, (names, group_of) in self._groups.items():
            people = self._people[scope]
            for group, name in sorted(enumerate(names), key=lambda numbered: numbered[1] if scope == "product" else ""):
                mine = group_of == group
                calls = self.calls[mine].sum(axis=0)
                ended = {outcome: table[mine].sum(axis=0) for outcome, table in self._ended.items()}
                summed = {outcome: np.cumsum(counts) for outcome, counts in ended.items()}
                yield Section(
                    scope,
                    name,
                    self._figures(calls, people.in_band[group], ended),
                    self._figures(np.cumsum(calls), people.up_to_band[group], summed),
                )

    def _figures(self, calls: Counted, people: Counted, ended: dict[str, Counted]) -> tuple[Figures, ...]:
        known = self._history.outcomes
        made = []
        for place, band in enumerate(self._bands.all):
            rates = {
                outcome: Rate(int(ended[outcome][place]), int(calls[place])) if getattr(known, outcome) else None
                for outcome in OUTCOMES
            }
            made.append(Figures(band, int(calls[place]), int(people[place]), **rates))
        return tuple(made)
