"""`balansfilter objections confirm`: a list to which nobody was added is complete all the same."""

from __future__ import annotations

import click

from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import rows_told
from balansfilter.wording.speaking import told


@click.command("confirm", cls=SpokenCommand)
@brand_option
@click.option("--by", required=True, metavar="NAME", help="Who vouches for it.")
@click.pass_obj
def command(settings: Settings, brand: str | None, by: str) -> None:
    """Record that everybody who objected up to today is on the lists of a brand, as they are now.

    A list of which the newest objection is old may be old itself, or nobody objected since. This says that it was the
    latter. It holds for these very files: a list that changes speaks for itself again.
    """
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.commands.objections.confirm import confirm_objections
    from balansfilter.pipeline.run import today

    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    day = today(site)
    for one in confirm_objections(settings.configs, site, name, by=by, on=day):
        rows = rows_told(one.rows)
        what = f"{one.role}, {rows}, of {one.was_of} (sha256:{one.sha256})"
        click.echo(told(f"{name}: complete on {day}: {what}"))
