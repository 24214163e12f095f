"""`balansfilter run`: the main job."""

from __future__ import annotations

import json
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.begun_runs import note_run, was_published
from balansfilter.cli.shared.bugs import BUG, bug_json, error_json, tell_bug
from balansfilter.cli.shared.context import (
    Settings,
    as_of_option,
    brands_option,
    chosen_brands,
    console,
    engine_option,
    json_option,
    master_option,
)
from balansfilter.cli.shared.output import forgive, is_lost
from balansfilter.cli.shared.process import keep_memory, leave_the_processors_to_parts
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import HANDOVER_FAILED, BalansfilterError, ClosedDayError, UsageError, foreseen, worse
from balansfilter.logs import log
from balansfilter.report.beside import get_ready, pages_beside
from balansfilter.wording.speaking import told, told_error

if TYPE_CHECKING:
    from balansfilter.pipeline.deciding import EngineName
    from balansfilter.pipeline.request import Outcome, Request
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
    _begin(page_wanted=not dry_run)
    site = settings.site(quiet=quiet)
    get_ready(site.lang)
    from balansfilter.pipeline.deciding import refuse_engines
    from balansfilter.pipeline.request import Request

    one = not every and len(set(brand)) == 1
    if input_ is not None and not one:
        raise click.UsageError("--input goes with --brand, of one brand")
    brands = chosen_brands(settings, brand, every)
    refuse_engines(engine, verify_with, master)
    outcomes: list[dict[str, Any]] = []
    asked = (as_of, input_, dry_run, lock_wait, engine, verify_with, master, fixes, backfill)
    published: list[str] = []
    worst = 0
    passed_on = _ENDS_OR_WRONG if one else _ENDS
    for name in brands:
        try:
            outcome = _run(Request(settings.configs, name, *asked), site, quiet=quiet or as_json)
            published += [name] if outcome.folder is not None else []
            worst = worse(worst, _done(name, outcome, quiet=quiet or as_json))
        except ClosedDayError as error:
            worst = worst if every else worse(worst, error.exit_code)
            closed = _tell_closed(settings, name, error, every=every, quiet=quiet, as_json=as_json)
            outcomes.append({"brand": name, **closed})
        except passed_on:
            raise
        except BaseException as error:  # noqa: BLE001 - what one brand brings out must not keep the others waiting
            code, failure = _failed(settings, name, error, as_json=as_json)
            worst = worse(worst, code)
            outcomes.append({"brand": name, **failure})
        else:
            outcomes.append(outcome.manifest)
    return _left(outcomes[0] if one else outcomes, worst, published, as_json=as_json)


def _begin(*, page_wanted: bool) -> None:
    """Treat the process as one that works hard, and begin what goes on beside it while it is small still."""
    if page_wanted:
        click.get_current_context().with_resource(pages_beside())
    leave_the_processors_to_parts()
    keep_memory()


def _left(data: Any, worst: int, published: list[str], *, as_json: bool) -> int:
    """Print what was asked for as data; return the exit code, which tells that a published run could not say so."""
    if as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=2))
        return worse(worst, HANDOVER_FAILED) if published and is_lost() else worst
    forgive()
    return worst


def _done(brand: str, outcome: Outcome, *, quiet: bool) -> int:
    """Tell of a run that ended well; gives the exit code."""
    _log(outcome)
    if not quiet:
        _tell(outcome)
    if outcome.not_handed_over is None:
        return 0
    _tell_not_handed_over(brand, outcome.not_handed_over)
    return HANDOVER_FAILED


def _tell_not_handed_over(brand: str, failure: str) -> None:
    log("ERROR", "{}: {}", brand, failure, brand=brand, exit=HANDOVER_FAILED)
    click.echo(told(f"balansfilter: {brand}: {failure}; the next run or `balansfilter deliver` tries again"), err=True)


def _run(request: Request, site: Site, *, quiet: bool) -> Outcome:
    from balansfilter.audit.folder import BrandAudit
    from balansfilter.cli.shared.progress import Progress
    from balansfilter.nightly.attempt import run_brand
    from balansfilter.pipeline.run import new_run_id
    from balansfilter.publish.folders import BrandFolders

    folders, run_id = BrandFolders(site.output.dir / request.brand), new_run_id()
    note_run(request.brand, folders, BrandAudit(site.audit.dir / request.brand).ledger, run_id)
    expected = _expected(folders) if not quiet and sys.stderr.isatty() else None
    with Progress(request.brand, shown=not quiet, expected=expected) as progress:
        return run_brand(request, progress, run_id)


def _expected(folders: BrandFolders) -> int | None:
    """Return the rows of the list that stands, which tonight's will have about as many of; None where there is none."""
    try:
        run_id = folders.current_run()
    except BalansfilterError:
        return None
    manifest = (folders.manifest(run_id) if run_id is not None else None) or {}
    return manifest.get("rows") or None


def _log(outcome: Outcome) -> None:
    manifest = outcome.manifest
    done = "decided (a dry run)" if outcome.folder is None else "published"
    brand, run_id, rows = manifest["brand"], outcome.run_id, manifest["rows"]
    values = (brand, done, run_id, manifest["as_of"], manifest["callable"], rows)
    log("INFO", "{}: {} run {} for {}: {} of {} rows may be called", *values, brand=brand, run_id=run_id)


def _tell(outcome: Outcome) -> None:
    from rich.text import Text

    from balansfilter.cli.shared.run_tables import outcome_table

    out = console()
    for part in outcome_table(outcome):
        # A path that is broken over two lines cannot be copied.
        out.print(part, soft_wrap=isinstance(part, Text))


def _tell_closed(
    settings: Settings, brand: str, error: ClosedDayError, *, every: bool, quiet: bool, as_json: bool
) -> dict[str, Any]:
    """Tell of a day without calls: a failure of a brand that was asked for, but none of a night with every brand."""
    if not every:
        return _tell_failure(settings, brand, error, as_json=as_json)
    log("INFO", "{}: {}", brand, error, brand=brand, told=True)
    if not quiet and not as_json:
        click.echo(f"{brand}: {told_error(error)}")
    following = error.following.isoformat() if error.following else None
    return {"closed": {"as_of": error.day.isoformat(), "message": error.message, "next": following}}


def _failed(settings: Settings, brand: str, error: BaseException, *, as_json: bool) -> tuple[int, dict[str, Any]]:
    """Tell what went wrong with a brand; gives the exit code, and the error as plain JSON values."""
    known = foreseen(error)
    published = was_published(brand)
    if known is None:
        tell_bug(error, [brand] if published else [])
        code = HANDOVER_FAILED if published else BUG
        return code, {"error": bug_json(error) | {"exit": code}}
    if published:
        _tell_not_handed_over(brand, known.message)
        return HANDOVER_FAILED, {"error": error_json(known) | {"exit": HANDOVER_FAILED}}
    return known.exit_code, _tell_failure(settings, brand, known, as_json=as_json)


def _tell_failure(settings: Settings, brand: str, error: BalansfilterError, *, as_json: bool) -> dict[str, Any]:
    from balansfilter.pipeline.recovery import standing

    stands = standing(settings.configs, brand)
    people_read = settings.log_format == "human"
    about = {"brand": brand, "code": error.code, "exit": error.exit_code, "told": as_json or people_read}
    log("ERROR", "{}: {} {}", brand, error, stands, **about)
    if people_read and not as_json:
        click.echo(f"balansfilter: {brand}: {told_error(error)}\n{told(stands)}", err=True)
    return {"error": error_json(error) | {"standing": stands}}
