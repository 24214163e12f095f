"""`balansfilter audit verifier`: the script with which an outsider verifies a bundle."""

from __future__ import annotations

import click

from balansfilter.cli.shared.spoken_help import SpokenCommand


@click.command("verifier", cls=SpokenCommand)
def command() -> None:
    """Print the script that verifies a bundle of evidence, for who has coreutils, jq and openssl, and not this program.

    It is in no bundle: a verifier that comes with the evidence proves nothing. Its digest stands in docs/audit.md.
    """
    from balansfilter.commands.audit.export.bundle import verifier

    click.echo(verifier(), nl=False)
