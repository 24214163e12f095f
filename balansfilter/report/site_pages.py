"""The site over all brands and runs: an index of the brands, an index for each brand, and a page for each run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from balansfilter.audit.list_standing import AS_PUBLISHED, ListStanding, lapsed
from balansfilter.frozen import dataclass
from balansfilter.publish.ending import RunEnding
from balansfilter.report.page import run_page
from balansfilter.report.rendering import render
from balansfilter.report.run_facts import RunFacts, read_facts
from balansfilter.report.run_figures import trend
from balansfilter.report.runs import TREND_RUNS, KeptRun, before
from balansfilter.wording.formats import DEFAULT_LANGUAGE, Language

NEWEST = 20
"""How many of the newest runs of all brands the index shows."""


@dataclass(frozen=True)
class BrandHistory:
    """One brand: its published runs that are kept, and how it stands today."""

    brand: str
    runs: tuple[KeptRun, ...]
    """The newest first."""
    review_by: date | None
    """The first day on which an approval of its policy lapses, as the policy is now."""
    failures: tuple[RunEnding, ...] = ()
    """Its runs that failed, the newest first."""
    failing: str | None = None
    """Why the last run failed, where none went well since."""


@dataclass(frozen=True)
class BrandLine:
    """What the index tells of one brand."""

    brand: str
    name: str
    last: RunFacts | None
    days_old: int | None
    """Days from the as-of date of the last run until today; negative for a list that is made ahead."""
    review_by: date | None
    lapsed: bool
    """Whether the day of the review has passed."""
    stale: bool
    """Whether the last list is no longer valid today."""
    failing: str | None = None
    """Why the last run failed, where none went well since."""
    standing: ListStanding = AS_PUBLISHED
    """What became of the last list since."""

    @property
    def callable(self) -> int | None:
        """How many rows of the last list may be called still."""
        return None if self.last is None else self.standing.callable(self.last.tally.callable)


def site_pages(
    brands: Sequence[BrandHistory], today: date, language: Language = DEFAULT_LANGUAGE, zone: str = "UTC"
) -> Iterator[tuple[str, str]]:
    """Yield each page of the site: where it goes, relative to the site, and the page."""
    facts = {history.brand: tuple(read_facts(run.manifest) for run in history.runs) for history in brands}
    lines = tuple(brand_line(history, facts[history.brand], today) for history in brands)
    newest = sorted((run for runs in facts.values() for run in runs), key=lambda run: run.made_at, reverse=True)[
        :NEWEST
    ]
    recalled = {run.run_id for history in brands for run in history.runs if run.standing.recalled is not None}
    told = {"today": today, "recalled": recalled, "zone": zone}
    yield "index.html", render("index", language, lines=lines, newest=newest, **told)
    for history, line in zip(brands, lines, strict=True):
        runs = facts[history.brand]
        points = trend(runs[:TREND_RUNS])
        failures = history.failures[:NEWEST]
        page = render("brand", language, line=line, runs=runs, points=points, failures=failures, **told)
        yield f"{history.brand}/index.html", page
        manifests = {run.run_id: run.manifest for run in history.runs}
        for run in history.runs:
            earlier = before(run.manifest, manifests.get)
            page = run_page(run.manifest, earlier, run.checkpoint, language, "index.html", zone, run.standing)
            yield f"{history.brand}/{run.run_id}.html", page


def brand_line(history: BrandHistory, runs: Sequence[RunFacts], today: date) -> BrandLine:
    """Tell how a brand stands on a day."""
    last = runs[0] if runs else None
    return BrandLine(
        brand=history.brand,
        name=last.name if last else history.brand,
        last=last,
        days_old=(today - last.as_of).days if last else None,
        review_by=history.review_by,
        lapsed=history.review_by is not None and history.review_by < today,
        stale=last is not None and lapsed(last.valid_until, today),
        failing=history.failing,
        standing=history.runs[0].standing if history.runs else AS_PUBLISHED,
    )
