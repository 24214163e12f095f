"""A run as the night sees it: people hear how it went, a monitor sees it, and what became of it is kept.

Nothing of this decides whether a list is published: what fails here is told, and the run goes on.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from balansfilter.audit.ledger import utc_now
from balansfilter.errors import (
    HANDOVER_FAILED,
    BalansfilterError,
    ClosedDayError,
    failure_json,
    failure_sentence,
    in_sentences,
)
from balansfilter.logs import log
from balansfilter.pipeline.recovery import standing
from balansfilter.pipeline.request import Outcome, Request
from balansfilter.pipeline.run import new_run_id, run, today
from balansfilter.pipeline.watch import Silence, Watcher
from balansfilter.policy.loading import brand_file, load_site
from balansfilter.policy.notify import Occasion
from balansfilter.policy.site import Site
from balansfilter.publish.ending import KILLED, RunEnding, keep_ending, killed_run, last_ending
from balansfilter.publish.folders import BrandFolders
from balansfilter.wording.speaking import told

_INTERRUPTED = "it was interrupted once its list was published"


def run_brand(request: Request, watch: Watcher | None = None, run_id: str | None = None) -> Outcome:
    """Filter the call list of a brand, publish the callable rows, and tell whom the site names how it went.

    :raises BalansfilterError: nothing was published, and the last published list stands.
    """
    with in_sentences():
        return attempted(request, watch, run_id)


def attempted(request: Request, watch: Watcher | None = None, run_id: str | None = None) -> Outcome:
    """Do what :func:`run_brand` does, for who tells a bug with the lines that led to it.

    A dry run is nobody's business, nor is a list of a past day beside the one that stands, or a wrong command.

    :raises BalansfilterError: nothing was published, and the last published list stands.
    """
    if _is_nobodys_business(request):
        return run(request, watch, run_id)
    site = load_site(request.configs)
    brand_file(request.configs, request.brand)
    this = _Attempt(request, site, run_id or new_run_id(), request.as_of or today(site), _Timed(watch or Silence()))
    with this.told():
        this.outcome = run(replace(request, as_of=this.as_of), this.watch, this.run_id)
    return this.outcome


def tell_killed(request: Request, run_id: str, began_at: str, sentence: str, *, published: bool) -> None:
    """Tell whom the site names of a run whose process died, and keep that, so that the next run tells it no more.

    :param published: whether it died once its list was published.
    """
    if _is_nobodys_business(request):
        return
    site = load_site(request.configs)
    as_of = request.as_of or today(site)
    _Attempt(request, site, run_id, as_of, _Timed(Silence()), began_at).died(sentence, published=published)


def _is_nobodys_business(request: Request) -> bool:
    return request.dry_run or request.backfill or request.verify_with == request.engine


class _Timed:
    """A watcher that takes the time of each step, and hands everything on."""

    def __init__(self, watch: Watcher) -> None:
        self._watch = watch
        self._last = time.monotonic()
        self.seconds: dict[str, float] = {}

    def step(self, name: str) -> None:
        """Take the time since the step before."""
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now
        self._watch.step(name)

    def rows(self, done: int) -> None:
        """Hand it on."""
        self._watch.rows(done)

    def warn(self, message: str) -> None:
        """Hand it on."""
        self._watch.warn(message)


@dataclass
class _Attempt:
    """One attempt at a run."""

    request: Request
    site: Site
    run_id: str
    as_of: date
    watch: _Timed
    began_at: str = field(default_factory=utc_now)
    began: float = field(default_factory=time.monotonic)
    not_told: list[str] = field(default_factory=list)
    outcome: Outcome = field(init=False)

    @property
    def folders(self) -> BrandFolders:
        """The folders of the brand."""
        return BrandFolders(self.site.output.dir / self.request.brand)

    @property
    def _days(self) -> dict[str, Any]:
        return {"as_of": self.as_of.isoformat(), "began_at": self.began_at}

    @contextmanager
    def told(self) -> Iterator[None]:
        """Tell that a run begins and how it ends; of one that was killed before it, as well."""
        self._tell_killed()
        self._notify("started", {"brand": self.request.brand, "run_id": self.run_id, **self._days})
        try:
            yield
        except ClosedDayError as error:
            self._end(self._ending("closed", code="closed", sentence=error.message))
            raise
        except BaseException as error:
            told, why = failure_json(error), failure_sentence(error)
            if self.folders.stands(self.run_id):
                self._end(self._published_before(_INTERRUPTED if told["code"] == "interrupted" else why))
            else:
                self._end(self._ending("failed", exit=told["exit"], code=told["code"], sentence=why))
            raise
        self._end(self._published(self.outcome.not_handed_over))

    def died(self, sentence: str, *, published: bool) -> None:
        """Tell of a run whose process died; one that had come to its end before that told it itself."""
        kept = last_ending(self.folders)
        if kept is not None and kept.run_id == self.run_id:
            return
        if not published:
            killed = self._ending("killed", exit=KILLED, code="killed", sentence=sentence)
            self._end(replace(killed, seconds=None))
            return
        self._end(replace(self._published_before(sentence), seconds=None))

    def _published_before(self, failure: str) -> RunEnding:
        """Return the ending of a run that published, and failed behind that."""
        self.outcome = Outcome(self.run_id, {}, None, None)
        with suppress(BalansfilterError):
            self.outcome = replace(self.outcome, manifest=self.folders.manifest(self.run_id) or {})
        return self._published(failure)

    def _published(self, failure: str | None) -> RunEnding:
        """Return the ending of a run that published.

        :param failure: why what follows the publishing failed; None where it did not.
        """
        if failure is None:
            return self._ending("published")
        return self._ending("published", exit=HANDOVER_FAILED, sentence=failure, not_handed_over=failure)

    def _ending(self, result: Any, **more: Any) -> RunEnding:
        seconds = round(time.monotonic() - self.began, 3)
        told = self._days | {"seconds": seconds, "steps": self.watch.seconds} | more
        return RunEnding(self.request.brand, self.run_id, result, utc_now(), **told)

    def _tell_killed(self) -> None:
        try:
            killed = killed_run(self.folders)
        except BalansfilterError:
            return
        if killed is not None:
            self._notify("killed", self._notice(killed))

    def _end(self, ending: RunEnding) -> None:
        occasion: Occasion = "not_handed_over" if ending.not_handed_over is not None else ending.result
        self._notify(occasion, self._notice(ending))
        self._keep(ending)
        failure = _write_metrics(self.request.configs, self.site)
        if failure is not None:
            self._say(failure)
            self._keep(ending)

    def _notice(self, ending: RunEnding) -> dict[str, Any]:
        told = {name: value for name, value in ending.as_json().items() if name not in ("steps", "not_told")}
        if ending.result == "published":
            manifest = self.outcome.manifest
            return told | {name: manifest.get(name) for name in ("rows", "callable", "dropped", "valid_until")}
        return told | {"standing": standing(self.request.configs, self.request.brand)}

    def _notify(self, occasion: Occasion, notice: dict[str, Any]) -> None:
        settings = self.site.notify
        if not any((settings.command, settings.webhook, settings.email, settings.ping)):
            return
        from balansfilter.nightly.hooks import notify

        for failure in notify(self.site, occasion, notice):
            self._say(failure)

    def _keep(self, ending: RunEnding) -> None:
        try:
            keep_ending(self.folders, replace(ending, not_told=tuple(self.not_told)))
        except OSError as error:
            self._say(f"how the run ended could not be kept in {self.folders.root}: {error.strerror or error}")

    def _say(self, failure: str) -> None:
        self.not_told.append(failure)
        brand = self.request.brand
        log("ERROR", "{}: {}", brand, told(failure), brand=brand, run_id=self.run_id)


def _write_metrics(configs: Path, site: Site) -> str | None:
    if site.metrics.file is None:
        return None
    from balansfilter.nightly.metrics import write_metrics

    return write_metrics(configs, site)
