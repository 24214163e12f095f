"""`balansfilter check`: problems of policies and sources, and approvals that are about to lapse."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.context import Settings, as_of_option, brands_option, chosen_brands, console, json_option
from balansfilter.cli.shared.samples_shown import sample_line
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told, told_error, told_figure, told_source

if TYPE_CHECKING:
    from balansfilter.commands.check import Checked


@click.command("check", cls=SpokenCommand)
@brands_option
@as_of_option
@json_option
@click.pass_obj
def command(settings: Settings, brand: tuple[str, ...], every: bool, as_of: date | None, as_json: bool) -> int:
    """Look for problems in the policies, their approvals and their sources, without deciding anything.

    Every file is read whole, as a run would. The exit code is that of the worst problem.
    """
    from balansfilter.commands.check import check
    from balansfilter.pipeline.run import today

    site = settings.site()
    day = as_of or today(site)
    found = [check(settings.configs, site, name, day) for name in chosen_brands(settings, brand, every)]
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], ensure_ascii=False, indent=2))
    else:
        for one in found:
            _tell(one, day)
    return max((error.exit_code for one in found for error in one.errors), default=0)


def _as_json(checked: Checked) -> dict[str, object]:
    from balansfilter.cli.shared.bugs import error_json

    return {
        "brand": checked.brand,
        "errors": [error_json(error) for error in checked.errors],
        "warnings": list(checked.warnings),
        "sources": [source.as_json() for source in checked.sources],
        "samples": {
            role: [{"row": sample.row, **dict(sample.cells)} for sample in samples]
            for role, samples in checked.samples.items()
        },
    }


def _tell(checked: Checked, as_of: date) -> None:
    for error in checked.errors:
        click.echo(f"balansfilter: {checked.brand}: {told_error(error)}", err=True)
    for warning in checked.warnings:
        click.echo(f"balansfilter: {checked.brand}: {told('warning')}: {told(warning)}", err=True)
    if not checked.errors:
        from rich.table import Table
        from rich.text import Text

        title = told(f"{checked.brand}: nothing is wrong for {as_of}")
        table = Table(title=title, title_justify="left", title_style="bold green")
        for heading in ("source", "file", "rows", "of", "fresh until"):
            table.add_column(told(heading), justify="right" if heading == "rows" else "left", overflow="fold")
        for source in checked.sources:
            mark = source.fingerprint
            files = ", ".join(file.path for file in mark.files)
            table.add_row(
                *map(
                    Text,
                    (
                        told_source(mark.role),
                        files,
                        told_figure(f"{mark.rows:,}"),
                        str(mark.snapshot_on),
                        str(source.valid_until or "-"),
                    ),
                )
            )
        console().print(table)
    for role, samples in checked.samples.items():
        click.echo(told(f"{told_source(role)}, as it was read (– is empty, ? cannot be read):"))
        for sample in samples:
            click.echo(f"  {sample_line(sample)}")
