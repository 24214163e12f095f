"""`balansfilter status`: the last run of each brand."""

from __future__ import annotations

import json

import click

from balansfilter.cli.shared.context import Settings, console, json_option


@click.command("status")
@json_option
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Show of each brand the published list, its age, whether it is valid, the next review, and when its head left."""
    from balansfilter.commands.status import brand_status
    from balansfilter.pipeline.run import today
    from balansfilter.policy.loading import find_brands

    site = settings.site()
    day = today(site)
    found = [brand_status(settings.configs, site, name, day) for name in find_brands(settings.configs)]
    if as_json:
        click.echo(json.dumps([one.as_json() for one in found], ensure_ascii=False, indent=2))
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(title=f"on {day}", title_justify="left")
    for heading in ("brand", "list for", "days old", "callable", "valid until", "review by", "last event", "head kept"):
        table.add_column(heading, justify="right" if heading in ("days old", "callable") else "left", overflow="fold")
    for one in found:
        cells = (one.brand, one.as_of, one.days_old, one.callable, one.valid_until, one.review_by, one.last_event)
        kept = one.not_handed_over or (f"{one.head_kept_days} days ago" if one.head_kept_at else "never")
        table.add_row(
            *(Text("-" if cell is None else str(cell)) for cell in (*cells, kept)), style="" if one.good else "bold red"
        )
    console().print(table)
