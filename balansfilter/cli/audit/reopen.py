"""`balansfilter audit reopen`: on after a restore, a lost disk or a tampering."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("reopen", cls=SpokenCommand)
@brand_option
@click.option(
    "--reason", required=True, metavar="TEXT", help="What happened. It is kept for good: name no person in it."
)
@lock_wait_option
@click.pass_obj
def command(settings: Settings, brand: str | None, reason: str, lock_wait: float) -> None:
    """Record that the ledger does not bear out what stands, and let runs go on.

    What is broken, the list that stands and the last head that was kept become an event, and every later verification
    tells of it. A ledger that does not verify is set aside, and another begins.
    """
    from balansfilter.commands.audit.reopen import reopen

    audited = audited_brand(settings, brand)
    event = reopen(audited, reason, lock_wait)
    click.echo(
        told(f"{audited.brand}: event {event.seq} records what is broken; `balansfilter run` makes a list again:")
    )
    for broken in event.body["broken"]:
        click.echo(f"  {told(broken)}")
