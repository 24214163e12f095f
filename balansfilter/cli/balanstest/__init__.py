"""`balansfilter balanstest`: the balanstest of a brand."""

from __future__ import annotations

import click

from balansfilter.cli.shared.lazy import LazyGroup

SUBCOMMANDS = {
    "overview": "Show how calls ended, against the time since the last purchase.",
    "simulate": "Show what other terms, start delays and frequencies would mean.",
    "document": "Make the document of a balanstest, to sign and to read.",
    "approve": "Sign a balanstest as it stands.",
}
"""Each subcommand and what it does; its code is in `cli/balanstest/<name>.py`, imported when it is called."""


@click.command("balanstest", cls=LazyGroup, summaries=SUBCOMMANDS, prefix="balansfilter.cli.balanstest.")
def command() -> None:
    """Weigh, and sign off, how long former customers may be called."""
