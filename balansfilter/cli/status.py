"""`balansfilter status`: how each brand stands."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.context import Elapsed, Settings, console, json_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import worse
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told, told_figure

if TYPE_CHECKING:
    from balansfilter.commands.status import BrandStatus
    from balansfilter.policy.site import Site

_HEADINGS = ("brand", "list for", "days old", "callable", "valid until", "review by", "on disk", "log handed over")
_FIGURES = ("days old", "callable", "on disk")
_DAYS = ("list for", "valid until", "review by")
_WIDEST = 200


@click.command("status", cls=SpokenCommand)
@click.option(
    "--exit-code",
    is_flag=True,
    help="Exit with the code of what is wrong: of the last run, 3, 7, 9, or 1 for no list that may be called.",
)
@click.option(
    "--max-age",
    type=Elapsed(),
    help="A run must have gone well no longer ago than this, such as 26h; instead of: there is a list for today.",
)
@click.option("--notify", "tell", is_flag=True, help="Tell whom the site notifies of each brand that is not good.")
@json_option
@click.pass_obj
def command(settings: Settings, exit_code: bool, max_age: timedelta | None, tell: bool, as_json: bool) -> int:
    """Show of each brand its list, whether that is valid, how the last run failed, and what has to be done soon.

    Without --exit-code it exits with 0, whatever it has to tell.
    """
    from balansfilter.commands.status import brand_status
    from balansfilter.pipeline.run import today
    from balansfilter.policy.loading import find_brands

    site = settings.site()
    day = today(site)
    since = datetime.now(UTC) - max_age if max_age is not None else None
    found = [brand_status(settings.configs, site, name, day, since) for name in find_brands(settings.configs)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2))
    else:
        _show(found, str(day))
        for line in _told(site, found):
            click.echo(line)
    if tell:
        _notify(site, found)
    code = 0
    for one in found:
        code = worse(code, one.exit)
    return code if exit_code else 0


def _show(found: list[BrandStatus], day: str) -> None:
    """Show a row for each brand; where the terminal is too narrow for that, a table for each."""
    from rich.console import Console

    out, table = console(), _table(found, day)
    room = out.measure(table, options=out.options.update(width=_WIDEST))
    if not out.is_terminal and room.maximum > out.width:
        out = Console(highlight=False, width=room.maximum)
    if room.minimum <= out.width:
        out.print(table)
        return
    for one in found:
        out.print(_upright(one, day))


def _upright(one: BrandStatus, day: str) -> Any:
    """Return the table of one brand, a line for each heading."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=told(f"on {day}"), title_justify="left", show_header=False)
    for heading, cell in zip(_HEADINGS, _cells(one), strict=True):
        table.add_row(Text(told(heading)), Text(cell))
    return table


def _cells(one: BrandStatus) -> list[str]:
    kept = told("failed" if one.not_handed_over else _days_ago(one.head_kept_days))
    disk = told_figure(_size(one.stored.lists + one.stored.audit))
    rows = told_figure(f"{one.callable:,}") if one.callable is not None else None
    until = told("recalled") if one.recalled is not None else one.valid_until
    cells = (one.brand, one.as_of, _age(one.days_old), rows, until, one.review_by, disk, kept)
    return ["-" if cell is None else str(cell) for cell in cells]


def _table(found: list[BrandStatus], day: str) -> Any:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=told(f"on {day}"), title_justify="left")
    for heading in _HEADINGS:
        table.add_column(
            told(heading),
            justify="right" if heading in _FIGURES else "left",
            overflow="fold",
            min_width=_least(heading, found),
        )
    for one in found:
        style = "" if one.good else "bold red"
        table.add_row(*map(Text, _cells(one)), style=style)
    return table


def _least(heading: str, found: list[BrandStatus]) -> int | None:
    """Return how wide a column is at least: names and days are not broken over lines."""
    if heading == "brand":
        return min(max((len(one.brand) for one in found), default=1), 30)
    return len("2026-11-23") if heading in _DAYS else None


def _told(site: Site, found: list[BrandStatus]) -> list[str]:
    """Return what is to be told below the table: why a brand is not good, and what is left on the disks."""
    from balansfilter.commands.status import stored_bytes

    lines = []
    for one in found:
        lines += [f"{one.brand}: {told(why)}" for why in dict.fromkeys((one.why, one.refused)) if why is not None]
        lines += [told(f"{one.brand}: not told: {failure}") for failure in one.not_told]
    for folder in dict.fromkeys(folder for folder in (site.output.dir, site.audit.dir) if folder.exists()):
        lines.append(told(f"{folder}: {_size(shutil.disk_usage(folder).free)} free"))
    if cached := stored_bytes(site.cache.dir):
        lines.append(told(f"{site.cache.dir}: {_size(cached)} of what can be made again"))
    return lines


def _age(days: int | None) -> str | None:
    """Return how many days old a list is; one for a day to come says so, as the pages do."""
    if days is None or days >= 0:
        return None if days is None else str(days)
    return told(counted(-days, "in {count} day", "in {count} days"))


def _days_ago(days: int | None) -> str:
    match days:
        case None:
            return "never"
        case 0:
            return "today"
        case _:
            return counted(days, "{count} day ago", "{count} days ago")


def _size(count: float) -> str:
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if count >= 10 or unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def _notify(site: Site, found: list[BrandStatus]) -> None:
    from balansfilter.nightly.hooks import notify

    for one in found:
        if one.why is None:
            continue
        notice = {"brand": one.brand, "run_id": one.run_id, "as_of": one.as_of, "exit": one.exit, "sentence": one.why}
        if one.refused not in (None, one.why):
            notice["standing"] = one.refused
        for failure in notify(site, "not_good", notice):
            click.echo(f"balansfilter: {one.brand}: {told(failure)}", err=True)
