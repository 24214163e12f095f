"""`balansfilter objections`: what is said of the lists of people who objected."""

from __future__ import annotations

import click

from balansfilter.cli.shared.lazy import LazyGroup

SUBCOMMANDS = {"confirm": "Say that the lists of objections are complete today, though nothing was added to them."}
"""Each subcommand and what it does; its code is in `cli/objections/<name>.py`, imported when it is called."""


@click.command("objections", cls=LazyGroup, summaries=SUBCOMMANDS, prefix="balansfilter.cli.objections.")
def command() -> None:
    """Say of the lists of objections what the files do not say themselves."""
