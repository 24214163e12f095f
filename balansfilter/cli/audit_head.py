"""`balansfilter audit head`: what a third party keeps of the ledger."""

from __future__ import annotations

from pathlib import Path

import click

from balansfilter.cli.audited import audited_brand
from balansfilter.cli.context import Settings, brand_option


@click.command("head")
@brand_option
@click.option("--checkpoint", "as_checkpoint", is_flag=True, help="Print a checkpoint, which names the brand as well.")
@click.option(
    "--sign",
    "key_file",
    type=click.Path(path_type=Path),
    metavar="KEY",
    help="Sign the checkpoint with this Ed25519 key (PEM); needs the extra `sign`.",
)
@click.pass_obj
def command(settings: Settings, brand: str | None, as_checkpoint: bool, key_file: Path | None) -> None:
    """Print the head of the ledger, SEQ:HASH, or a checkpoint, for somebody else to keep.

    With it `audit verify` finds a ledger whose end was cut off, or whose history was written anew.
    """
    from balansfilter.audit.checkpoint import Checkpoint, Head
    from balansfilter.audit.signing import sign

    audited = audited_brand(settings, brand)
    head = Head(*audited.chain().head)
    if not as_checkpoint and key_file is None:
        click.echo(str(head))
        return
    checkpoint = Checkpoint(audited.brand, head)
    click.echo(str(sign(checkpoint, key_file) if key_file else checkpoint), nl=False)
