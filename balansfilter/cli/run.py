"""`balansfilter run`: the main job."""

from __future__ import annotations

import json
import sys
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.asked_runs import AskedRuns
from balansfilter.cli.shared.begun_runs import note_asked, note_run, was_published
from balansfilter.cli.shared.brands_so_far import BrandsSoFar, EndedBrand
from balansfilter.cli.shared.context import (
    Settings,
    as_of_option,
    brands_option,
    chosen_brands,
    engine_option,
    json_option,
    master_option,
)
from balansfilter.cli.shared.output import forgive, is_lost
from balansfilter.cli.shared.process import keep_memory, leave_the_processors_to_parts
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.cli.shared.supervision import supervised
from balansfilter.cli.shared.told_runs import tell_closed, tell_done, tell_failed
from balansfilter.errors import HANDOVER_FAILED, BalansfilterError, ClosedDayError, KilledError, UsageError, worse
from balansfilter.logs import log
from balansfilter.report.beside import get_ready, pages_beside
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.pipeline.deciding import EngineName
    from balansfilter.pipeline.request import Outcome
    from balansfilter.policy.site import Site
    from balansfilter.publish.folders import BrandFolders

_ENDS: tuple[type[BaseException], ...] = (KeyboardInterrupt, SystemExit, click.Abort)
"""What ends the program, whichever brand it comes from."""
_ENDS_OR_WRONG: tuple[type[BaseException], ...] = (*_ENDS, UsageError)
"""What ends it where there is one brand only: a command that is wrong for it is wrong."""


@click.command("run", cls=SpokenCommand)
@brands_option
@as_of_option
@click.option("--input", "input_", metavar="PATH", help="Read this call list instead of the policy's; - for stdin.")
@click.option("--dry-run", is_flag=True, help="Show the counts and the difference, and write nothing.")
@engine_option
@click.option(
    "--verify-with",
    type=click.Choice(["duckdb", "spark"]),
    help="Decide every row a second time with this engine, and publish nothing where the two differ.",
)
@master_option
@click.option("--backfill", is_flag=True, help="Publish a list of a past day beside the one that stands.")
@click.option("--fixes", is_flag=True, help="Leave a list of the rows that cannot be read, with the reason of each.")
@click.option(
    "--lock-wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for another run of the brand to end.",
)
@json_option
@click.option("--quiet", is_flag=True, help="Print nothing on success.")
@click.pass_obj
def command(
    settings: Settings,
    brand: tuple[str, ...],
    every: bool,
    as_of: date | None,
    input_: str | None,
    dry_run: bool,
    engine: EngineName,
    verify_with: EngineName | None,
    master: str | None,
    backfill: bool,
    fixes: bool,
    lock_wait: float,
    as_json: bool,
    quiet: bool,
) -> int:
    """Filter a call list by the policy of its brand, and publish the rows that may be called.

    Everything that is written is whole and on disk before it is published in one step; when anything is wrong nothing
    is published, and the last published list stands. For a day without calls no list is made; with --all that is told,
    and is no failure.
    """
    asked_of_run = {
        "as_of": as_of,
        "input": input_,
        "dry_run": dry_run,
        "lock_wait": lock_wait,
        "engine": engine,
        "verify_with": verify_with,
        "master": master,
        "fixes": fixes,
        "backfill": backfill,
    }
    asked = AskedRuns(settings, brand, every, as_json, quiet, asked_of_run)
    return supervised(partial(_run_brands, asked), alone=settings.alone)


def _run_brands(asked: AskedRuns, so_far: BrandsSoFar) -> int:
    """Run the brands that are left, and tell what became of all."""
    _begin(page_wanted=not asked.of_run["dry_run"])
    site = asked.settings.site(quiet=asked.quiet)
    get_ready(site.lang)
    from balansfilter.pipeline.deciding import refuse_engines

    if asked.of_run["input"] is not None and not asked.is_one:
        raise click.UsageError("--input goes with --brand, of one brand")
    brands = chosen_brands(asked.settings, asked.brands, asked.every)
    note_asked(brands)
    refuse_engines(*(asked.of_run[name] for name in ("engine", "verify_with", "master")))
    if so_far.killed_by is not None:
        _tell_killed(asked, site, so_far, so_far.killed_by)
    for name in brands:
        if name not in so_far.ended:
            so_far.end(name, _ended(asked, name, site, so_far))
    return so_far.leave_with(_left(asked, so_far))


def _ended(asked: AskedRuns, name: str, site: Site, so_far: BrandsSoFar) -> EndedBrand:
    """Run a brand, and tell how that went."""
    passed_on = _ENDS_OR_WRONG if asked.is_one else _ENDS
    try:
        outcome = _run(asked, name, site, so_far)
        code = tell_done(name, outcome, quiet=not asked.shown)
    except ClosedDayError as error:
        closed = tell_closed(asked, name, error)
        return EndedBrand(0 if asked.every else error.exit_code, {"brand": name, **closed})
    except passed_on:
        raise
    except BaseException as error:  # noqa: BLE001 - what one brand brings out must not keep the others waiting
        code, failure = tell_failed(asked, name, error)
        return EndedBrand(code, {"brand": name, **failure})
    return EndedBrand(code, outcome.manifest, published=outcome.folder is not None)


def _tell_killed(asked: AskedRuns, site: Site, so_far: BrandsSoFar, number: int) -> None:
    """Take note of the runs of the processes that died before this one, and tell of the run that the last died of."""
    from balansfilter.cli.shared.progress import clear_forsaken
    from balansfilter.nightly.attempt import tell_killed
    from balansfilter.publish.ending import killed_behind_sentence, killed_by_sentence, signal_name

    for name, run in so_far.begun.items():
        _note(name, site, run.run_id)
    if asked.shown:
        clear_forsaken()
    if not so_far.forsaken:
        log("ERROR", told(f"the process was ended by {signal_name(number)} between two brands; another one goes on"))
    for name, run in so_far.forsaken.items():
        published = was_published(name)
        told_of = killed_behind_sentence if published else killed_by_sentence
        error = KilledError(told_of(run.run_id, number))
        code, failure = tell_failed(asked, name, error)
        so_far.end(name, EndedBrand(code, {"brand": name, **failure}))
        tell_killed(asked.request(name), run.run_id, run.at, error.message, published=published)


def _begin(*, page_wanted: bool) -> None:
    """Treat the process as one that works hard, and begin what goes on beside it while it is small still."""
    if page_wanted:
        click.get_current_context().with_resource(pages_beside())
    leave_the_processors_to_parts()
    keep_memory()


def _left(asked: AskedRuns, so_far: BrandsSoFar) -> int:
    """Print what was asked for as data; return the exit code, which tells that a published run could not say so."""
    if not asked.as_json:
        forgive()
        return so_far.worst
    outcomes = [one.outcome for one in so_far.ended.values()]
    click.echo(json.dumps(outcomes[0] if asked.is_one else outcomes, ensure_ascii=False, indent=2))
    lost = is_lost() and any(one.published for one in so_far.ended.values())
    return worse(so_far.worst, HANDOVER_FAILED) if lost else so_far.worst


def _run(asked: AskedRuns, brand: str, site: Site, so_far: BrandsSoFar) -> Outcome:
    from balansfilter.audit.ledger import utc_now
    from balansfilter.cli.shared.progress import Progress
    from balansfilter.nightly.attempt import attempted
    from balansfilter.pipeline.run import new_run_id

    request, run_id = asked.request(brand), new_run_id()
    folders = _note(brand, site, run_id)
    so_far.begin(brand, run_id, utc_now())
    expected = _expected(folders) if asked.shown and sys.stderr.isatty() else None
    with Progress(brand, shown=asked.shown, expected=expected) as progress:
        return attempted(request, progress, run_id)


def _note(brand: str, site: Site, run_id: str) -> BrandFolders:
    """Take note of a run, for whoever has to say whether it is published; return the folders of its brand."""
    from balansfilter.audit.folder import BrandAudit
    from balansfilter.publish.folders import BrandFolders

    folders = BrandFolders(site.output.dir / brand)
    note_run(brand, folders, BrandAudit(site.audit.dir / brand).ledger, run_id)
    return folders


def _expected(folders: BrandFolders) -> int | None:
    """Return the rows of the list that stands, which tonight's will have about as many of; None where there is none."""
    try:
        run_id = folders.current_run()
    except BalansfilterError:
        return None
    manifest = (folders.manifest(run_id) if run_id is not None else None) or {}
    return manifest.get("rows") or None
