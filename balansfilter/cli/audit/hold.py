"""`balansfilter audit hold`: legal holds."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import audited_brand, lock_wait_option, person_options
from balansfilter.cli.shared.context import Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("hold", cls=SpokenCommand)
@brand_option
@click.option("--run", "run_id", metavar="ID", help="The run of which nothing may be removed.")
@person_options
@click.option("--reason", metavar="TEXT", help="Why it is held, such as the number of a case; no person's data.")
@lock_wait_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    run_id: str | None,
    phone: str | None,
    customer_id: str | None,
    reason: str | None,
    lock_wait: float,
) -> None:
    """Keep a run, or every run that holds a person, from being pruned or forgotten, until it is released.

    Without --run and a person the holds that stand are listed.
    """
    from balansfilter.cli.shared.timeline_text import searching
    from balansfilter.commands.audit.prune import hold
    from balansfilter.commands.audit.timeline import identity

    audited = audited_brand(settings, brand)
    past = audited.history()
    person = phone is not None or customer_id is not None
    if run_id is None and not person:
        for one in past.holds:
            click.echo(told(f"{one.seq}: {_what(one.run_id)}, since {one.at}: {one.reason}"))
        return
    if run_id is not None and person:
        raise click.UsageError("name a run with --run, or a person; not both")
    if reason is None:
        raise click.UsageError("say why with --reason")
    what = run_id if run_id is not None else identity(audited, past, phone, customer_id)
    with searching(len(past.runs)) as progress:
        laid = hold(audited, what, reason, lock_wait, progress)
    click.echo(told(f"{audited.brand}: hold {laid.seq} on {_what(laid.run_id)}"))


def _what(run_id: str | None) -> str:
    return f"run {run_id}" if run_id is not None else "a person"
