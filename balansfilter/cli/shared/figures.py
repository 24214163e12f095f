"""The figures for a monitor, written anew after a command that changed whether a list may be called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from pathlib import Path

    from balansfilter.policy.site import Site


def renew_figures(configs: Path, site: Site) -> None:
    """Write the figures where the site wants them; that it fails is told, and is no failure of the command."""
    if site.metrics.file is None:
        return
    from balansfilter.nightly.metrics import write_metrics

    failure = write_metrics(configs, site)
    if failure is not None:
        click.echo(f"balansfilter: {told(failure)}", err=True)
