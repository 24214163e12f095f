"""`balansfilter audit index`: make the indexes of the decisions beforehand."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("index", cls=SpokenCommand)
@brand_option
@click.pass_obj
def command(settings: Settings, brand: str | None) -> None:
    """Make the indexes with which people are found quickly; else the first search makes them.

    They lie in the cache folder, prove nothing, and may be removed at any time.
    """
    from balansfilter.audit.decision_files import RunDecisions
    from balansfilter.audit.index import is_indexed, make_index
    from balansfilter.cli.shared.timeline_text import searching

    audited = audited_brand(settings, brand)
    runs = [run for run in audited.history().runs.values() if not run.decisions_pruned]
    made = 0
    with searching(len(runs)) as progress:
        for number, run in enumerate(runs, start=1):
            decisions = RunDecisions.of(audited.audit, run)
            if not is_indexed(decisions, audited.indexes):
                make_index(decisions, audited.indexes)
                made += 1
            progress(number)
    click.echo(told(f"{audited.brand}: indexes made: {made}; there already: {len(runs) - made}"))
