"""How the run of a brand went, as it is told: to people, in the log, and as plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.asked_runs import AskedRuns
from balansfilter.cli.shared.begun_runs import was_published
from balansfilter.cli.shared.bugs import BUG, bug_json, error_json, tell_bug
from balansfilter.cli.shared.context import console
from balansfilter.errors import HANDOVER_FAILED, BalansfilterError, ClosedDayError, foreseen
from balansfilter.logs import log
from balansfilter.wording.speaking import told, told_error

if TYPE_CHECKING:
    from balansfilter.pipeline.request import Outcome


def tell_done(brand: str, outcome: Outcome, *, quiet: bool) -> int:
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


def tell_closed(asked: AskedRuns, brand: str, error: ClosedDayError) -> dict[str, Any]:
    """Tell of a day without calls: a failure of a brand that was asked for, but none of a night with every brand."""
    if not asked.every:
        return _tell_failure(asked, brand, error)
    log("INFO", "{}: {}", brand, error, brand=brand, told=True)
    if asked.shown:
        click.echo(f"{brand}: {told_error(error)}")
    following = error.following.isoformat() if error.following else None
    return {"closed": {"as_of": error.day.isoformat(), "message": error.message, "next": following}}


def tell_failed(asked: AskedRuns, brand: str, error: BaseException) -> tuple[int, dict[str, Any]]:
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
    return known.exit_code, _tell_failure(asked, brand, known)


def _tell_failure(asked: AskedRuns, brand: str, error: BalansfilterError) -> dict[str, Any]:
    from balansfilter.pipeline.recovery import standing

    stands = standing(asked.settings.configs, brand)
    people_read = asked.settings.log_format == "human"
    about = {"brand": brand, "code": error.code, "exit": error.exit_code, "told": asked.as_json or people_read}
    log("ERROR", "{}: {} {}", brand, error, stands, **about)
    if people_read and not asked.as_json:
        click.echo(f"balansfilter: {brand}: {told_error(error)}\n{told(stands)}", err=True)
    return {"error": error_json(error) | {"standing": stands}}
