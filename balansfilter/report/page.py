"""The page of one run: what was decided, out of what, under which approvals, and how to prove it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from balansfilter.audit.list_standing import AS_PUBLISHED, ListStanding
from balansfilter.decision.reasons import REASONS
from balansfilter.policy.grounds import GROUNDS
from balansfilter.report.rendering import render, source_name
from balansfilter.report.run_facts import LedgerPlace, RunFacts, read_facts
from balansfilter.report.run_figures import changes, trend, waterfall
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import DEFAULT_LANGUAGE, Language

SECTIONS = (
    "warnings",
    "waterfall",
    "balanstests",
    "changes",
    "trend",
    "sources",
    "guards",
    "approvals",
    "ledger",
    "meanings",
    "digests",
)
"""The sections of a page, in order."""


def run_page(  # noqa: PLR0913 - each is a choice of the caller
    manifest: Mapping[str, Any],
    previous_manifests: Sequence[Mapping[str, Any]],
    checkpoint: LedgerPlace,
    language: Language = DEFAULT_LANGUAGE,
    up: str | None = None,
    zone: str = "UTC",
    standing: ListStanding = AS_PUBLISHED,
) -> str:
    """Make the page of a run: one HTML file without scripts, which asks nothing of a network.

    :param previous_manifests: those of the runs before it, the newest first; see `history.before`.
    :param checkpoint: the run's `run.prepared` in the ledger.
    :param up: where the brand's other runs are told, relative to this page; None if nowhere.
    :param zone: the time zone in which moments are told.
    :param standing: what became of its list since; nothing yet of one that is being published.
    """
    run = read_facts(manifest)
    before = [read_facts(other) for other in previous_manifests]
    words = load_wording(language)
    return render(
        "run",
        language,
        run=run,
        verdict=verdict(words, run, standing),
        sections=SECTIONS,
        notices=tuple(_notices(words, run)),
        steps=waterfall(run.tally),
        previous=before[0] if before else None,
        changes=changes(run.tally, before[0].tally) if before else (),
        points=trend([run, *before]),
        checkpoint=checkpoint,
        digests=tuple(_digests(words, run)),
        all_reasons=REASONS,
        all_grounds=GROUNDS,
        up=up,
        zone=zone,
        standing=standing,
    )


def verdict(words: Wording, run: RunFacts, standing: ListStanding = AS_PUBLISHED) -> str:
    """Say in a sentence what came of the call list; in the past tense where something happened to it since."""
    values = {"rows": words.counted("terms.rows", run.tally.rows), "day": words.formats.day(run.as_of)}
    if run.tally.callable:
        said = "some" if standing == AS_PUBLISHED else "was"
        return words.counted(f"report.verdict.{said}", run.tally.callable, **values)
    return words("report.verdict.none" if run.tally.rows else "report.verdict.empty", **values)


def _notices(words: Wording, run: RunFacts) -> Iterator[str]:
    """Yield what a reader should know, from the facts, in the language of the page."""
    if run.law == "none":
        yield words("report.warnings.law_none")
    for test in run.reviews_soon:
        if test.review_by:
            yield words("report.warnings.review", balanstest=test.id, day=words.formats.day(test.review_by))
    for source in run.sources:
        if source.unreadable:
            yield words.counted("report.warnings.unreadable", source.unreadable, source=source_name(words, source))
        if source.age_unlimited:
            yield words("report.warnings.age_unlimited", source=source_name(words, source))


def _digests(words: Wording, run: RunFacts) -> Iterator[tuple[str, str, str]]:
    """Yield every digest in full: the name that short ones link to, what it is of, and the digest."""
    yield "policy", words("report.digests.policy"), run.policy_sha256
    yield "law", words("report.digests.law"), run.law_sha256
    for number, test in enumerate(run.approvals, start=1):
        digest = (test.digest or "").removeprefix("sha256:")
        yield f"balanstest-{number}", words("report.digests.balanstest", balanstest=test.id), digest
    for number, source in enumerate(run.sources, start=1):
        name = source_name(words, source)
        if len(source.files) > 1:
            yield f"source-{number}", words("report.digests.all_files", source=name), source.sha256
        for at, file in enumerate(source.files, start=1):
            anchor = f"source-{number}-{at}" if len(source.files) > 1 else f"source-{number}"
            yield anchor, words("report.digests.file", source=name, file=file.name), file.sha256
    for number, output in enumerate(run.outputs, start=1):
        yield f"output-{number}", words("report.digests.output", file=output.name), output.sha256
