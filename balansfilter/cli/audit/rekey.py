"""`balansfilter audit rekey`: rotation of the audit key."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import lock_wait_option
from balansfilter.cli.shared.context import Settings
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("rekey", cls=SpokenCommand)
@click.option("--lost", is_flag=True, help="The old key is gone for good: go on with another, and record the loss.")
@lock_wait_option
@click.pass_obj
def command(settings: Settings, lost: bool, lock_wait: float) -> None:
    """Put a new audit key in the place of the one in use, for every brand of the site.

    The old key stays beside the new one, as <key file>.<key id>, so that old runs stay findable: back up both.
    """
    from balansfilter.commands.audit.rekey import rekey

    done = rekey(settings.configs, settings.site(), lost=lost, lock_wait=lock_wait)
    brands = f" ({', '.join(done.brands)})" if done.brands else ""
    click.echo(told(f"The key in use is {done.key_id}{brands}"))
    if done.kept:
        click.echo(told(f"The old key stands in {done.kept}"))
