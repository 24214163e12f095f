"""`balansfilter audit release`: the end of a legal hold."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("release", cls=SpokenCommand)
@brand_option
@click.option("--hold", "number", type=click.IntRange(min=1), required=True, metavar="N", help="The hold.")
@click.option("--reason", metavar="TEXT", required=True, help="Why it is released; no person's data.")
@lock_wait_option
@click.pass_obj
def command(settings: Settings, brand: str | None, number: int, reason: str, lock_wait: float) -> None:
    """Release a hold, so that what it kept is removed once it has been kept long enough."""
    from balansfilter.commands.audit.prune import release

    audited = audited_brand(settings, brand)
    release(audited, number, reason, lock_wait)
    click.echo(told(f"{audited.brand}: hold {number} is released"))
