"""`balansfilter deliver`: hand over again what could not be handed over."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import lock_wait_option
from balansfilter.cli.shared.context import Settings, brands_option, chosen_brands


@click.command("deliver")
@brands_option
@lock_wait_option
@click.pass_obj
def command(settings: Settings, brand: str | None, every: bool, lock_wait: float) -> int:
    """Hand the head of the ledger over to where `audit.checkpoint` says, after a run that could not.

    Exits with 9 where that fails again.
    """
    from balansfilter.audit.handing_over import hand_over
    from balansfilter.commands.audit.brand import AuditedBrand
    from balansfilter.errors import HANDOVER_FAILED

    site = settings.site()
    if site.audit.checkpoint is None:
        raise click.UsageError("nothing is to be handed over: the site settings have no audit.checkpoint")
    code = 0
    for name in chosen_brands(settings, brand, every):
        with AuditedBrand.find(settings.configs, site, name).locked("deliver", lock_wait) as ledger:
            failure = hand_over(site.audit.checkpoint, ledger) if ledger.events else None
        if failure is not None:
            click.echo(f"balansfilter: {name}: {failure}", err=True)
            code = HANDOVER_FAILED
    return code
