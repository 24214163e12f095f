"""What is told of an interruption."""

from __future__ import annotations

import click

from balansfilter.cli.shared.begun_runs import published_brands
from balansfilter.wording.speaking import told

INTERRUPTED = 130
"""The exit code of what somebody interrupted."""


def tell_interruption() -> None:
    """Tell which brands were published before it."""
    if published := published_brands():
        click.echo(told(f"balansfilter: interrupted; published before that: {', '.join(published)}"), err=True)
    else:
        nothing = "balansfilter: interrupted; nothing was published, and the last published list stands"
        click.echo(told(nothing), err=True)
