"""`balansfilter audit prune`: retention."""

from __future__ import annotations

from datetime import date

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option
from balansfilter.cli.shared.context import Day, Settings, brand_option


@click.command("prune")
@brand_option
@click.option("--before", type=Day(), help="Remove everything of runs before this day, whatever the retention says.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@lock_wait_option
@click.pass_obj
def command(settings: Settings, brand: str | None, before: date | None, dry_run: bool, lock_wait: float) -> None:
    """Remove the lists and the decisions that have been kept long enough, by `retention` of the site settings.

    Counts, digests and the chain stay, and so does everything of the run whose list stands. That something was removed
    is an event of its own.
    """
    from balansfilter.commands.audit.prune import prunable, prune
    from balansfilter.pipeline.run import today

    audited = audited_brand(settings, brand)
    day = today(audited.site)
    if dry_run:
        found = prunable(audited.site, audited.history(), day, before)
    else:
        found = prune(audited, day, before, lock_wait)
    went = "would go" if dry_run else "are removed"
    click.echo(
        f"{audited.brand}: the decisions of {len(found.decisions)} runs and the lists of {len(found.lists)} {went}"
    )
