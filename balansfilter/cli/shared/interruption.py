"""What is told of an interruption: it may come between the publishing of a list and the end of the program."""

from __future__ import annotations

from pathlib import Path

import click

from balansfilter.wording.speaking import told

INTERRUPTED = 130
"""The exit code of what somebody interrupted."""
_begun: dict[str, Path] = {}
"""The folder of the run of each brand that was begun: it is there once the run is published."""


def note_run(brand: str, folder: Path) -> None:
    """Take note of a run that begins, and of the folder in which it will be published."""
    _begun[brand] = folder


def forget_runs() -> None:
    """Forget the runs of another command of the same process."""
    _begun.clear()


def tell_interruption() -> None:
    """Tell which brands were published before it."""
    published = [brand for brand, folder in _begun.items() if folder.is_dir()]
    if published:
        click.echo(told(f"balansfilter: interrupted; published before that: {', '.join(published)}"), err=True)
    else:
        nothing = "balansfilter: interrupted; nothing was published, and the last published list stands"
        click.echo(told(nothing), err=True)
