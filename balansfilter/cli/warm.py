"""`balansfilter warm`: compile for this machine what a long list needs."""

from __future__ import annotations

import click

from balansfilter.cli.shared.context import json_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told


@click.command("warm", cls=SpokenCommand)
@click.option("--quiet", is_flag=True, help="Print nothing.")
@json_option
def command(quiet: bool, as_json: bool) -> None:
    """Compile for this machine what long lists are filtered by, once, so that no night has to wait for it.

    It takes some fifteen seconds, and nothing the next time. Without it the first run of a long list does the same.
    """
    from balansfilter.pipeline.warm import warm

    made = warm()
    if as_json:
        click.echo(f'{{"compiled": {made}}}')
    elif not quiet:
        done = (
            counted(made, "Compiled for this machine: {count} loop", "Compiled for this machine: {count} loops")
            if made
            else "Everything is compiled for this machine"
        )
        click.echo(told(done))
