"""`balansfilter audit prune`: retention."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option
from balansfilter.cli.shared.context import Day, Settings, brands_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import counted, runs_told
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.policy.site import Site


@click.command("prune", cls=SpokenCommand)
@brands_option
@click.option("--before", type=Day(), help="Remove everything of runs before this day, whatever the retention says.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
@lock_wait_option
@click.pass_obj
def command(
    settings: Settings, brand: tuple[str, ...], every: bool, before: date | None, dry_run: bool, lock_wait: float
) -> None:
    """Remove the lists and the decisions that have been kept long enough, by `retention` of the site settings.

    Counts, digests and the chain stay, and so does everything of the run whose list stands, and of what is held. That
    something was removed is an event of its own. With `retention: {prune: auto}` every published run does this.
    """
    from balansfilter.commands.audit.prune import prunable, prune
    from balansfilter.pipeline.run import today

    if bool(brand) == every:
        raise click.UsageError("name one brand with --brand, or take every brand with --all")
    names = brand or _audited(settings.site())
    for name in names:
        audited = audited_brand(settings, name)
        day = today(audited.site)
        found = prunable(audited, audited.history(), day, before) if dry_run else prune(audited, day, before, lock_wait)
        held = counted(len(found.held), "; {count} run is held", "; {count} runs are held") if found.held else ""
        decisions, lists = runs_told(len(found.decisions)), runs_told(len(found.lists))
        if dry_run:
            text = f"{audited.brand}: the decisions of {decisions} and the lists of {lists} would go{held}"
        else:
            text = f"{audited.brand}: the decisions of {decisions} and the lists of {lists} are removed{held}"
        click.echo(told(text))


def _audited(site: Site) -> tuple[str, ...]:
    """Return every brand that has a ledger: what a brand left that has no policy any more is kept no longer either."""
    from balansfilter.policy.model import is_brand_id

    folders = sorted(site.audit.dir.iterdir()) if site.audit.dir.is_dir() else []
    return tuple(path.name for path in folders if is_brand_id(path.name) and (path / "ledger.jsonl").exists())
