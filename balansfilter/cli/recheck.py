"""`balansfilter recheck`: who on the published list objected since."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.bugs import error_json
from balansfilter.cli.shared.context import Settings, brands_option, chosen_brands, json_option
from balansfilter.cli.shared.figures import renew_figures
from balansfilter.cli.shared.process import keep_memory
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import BalansfilterError
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told, told_error

if TYPE_CHECKING:
    from balansfilter.commands.recheck import Rechecked


@click.command("recheck", cls=SpokenCommand)
@brands_option
@click.option(
    "--watch",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="Look every so many seconds, until the day is over, and recheck whenever an objection came.",
)
@click.option(
    "--lock-wait", type=click.FloatRange(min=0), default=0.0, metavar="SECONDS", help="Wait for a run to end."
)
@json_option
@click.pass_obj
def command(
    settings: Settings, brand: tuple[str, ...], every: bool, watch: float | None, lock_wait: float, as_json: bool
) -> int:
    """Hold the standing list against the objections as they are now.

    The rows that may no longer be called are written to withdrawn.csv beside the list. Until the dialler has left them
    out, and says so with `balansfilter verify --without`, the list is refused.
    """
    keep_memory()
    from balansfilter.commands.recheck import recheck
    from balansfilter.pipeline.run import today

    site = settings.site()
    names = chosen_brands(settings, brand, every)
    every = every or len(names) > 1
    day, worst = today(site), 0
    outcomes: list[dict[str, Any]] = []
    for name in names:
        try:
            found = recheck(settings.configs, site, name, day, lock_wait=lock_wait)
        except BalansfilterError as error:
            if not every:
                raise
            worst = max(worst, error.exit_code)
            outcomes.append({"brand": name, "error": error_json(error)})
            if not as_json:
                click.echo(f"balansfilter: {name}: {told_error(error)}", err=True)
            continue
        outcomes.append(found.as_json())
        if not as_json:
            _tell(found)
    renew_figures(settings.configs, site)
    if as_json:
        click.echo(json.dumps(outcomes if every else outcomes[0], ensure_ascii=False, indent=2))
    while watch is not None and today(site) == day:
        time.sleep(watch)
        for name in names:
            _look_again(settings, name, lock_wait)
    return worst


def _look_again(settings: Settings, brand: str, lock_wait: float) -> None:
    """Recheck a list whose objections have changed; one that cannot be looked at now is told, and tried again."""
    from balansfilter.commands.recheck import changed_since, recheck, standing_list
    from balansfilter.pipeline.run import today
    from balansfilter.policy.loading import load_site

    site = load_site(settings.configs)
    try:
        if changed_since(standing_list(settings.configs, site, brand), today(site)):
            _tell(recheck(settings.configs, site, brand, today(site), lock_wait=lock_wait))
            renew_figures(settings.configs, site)
    except BalansfilterError as error:
        click.echo(f"balansfilter: {brand}: {told_error(error)}", err=True)


def _tell(found: Rechecked) -> None:
    withdrawn = counted(
        found.withdrawn,
        "{count} row of run {run} may no longer be called",
        "{count} rows of run {run} may no longer be called",
        run=found.run_id,
    )
    waited = ""
    if found.newest_on is not None:
        days = counted(found.waited_days or 0, "{count} day", "{count} days")
        waited = f"; the newest objections are of {found.newest_on}, and waited {days}"
    click.echo(told(f"{found.brand}: {withdrawn}{waited}: {found.path}"))
    if not found.whole:
        text = f"{found.brand}: the call list of the run is gone or another; only the published rows were looked at"
        click.echo(told(text))
