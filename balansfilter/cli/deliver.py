"""`balansfilter deliver`: hand over again what could not be handed over."""

from __future__ import annotations

import click

from balansfilter.cli.shared.audit_options import lock_wait_option
from balansfilter.cli.shared.context import Settings, brands_option, chosen_brands
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told


@click.command("deliver", cls=SpokenCommand)
@brands_option
@lock_wait_option
@click.pass_obj
def command(settings: Settings, brand: tuple[str, ...], every: bool, lock_wait: float) -> int:
    """Hand the head of the ledger over to where `audit.checkpoint` says, after a run that could not.

    The list that stands goes to where `output.postgres` and `output.copy_to` of the policy say, the head to where
    `audit.checkpoint` of the site says. What is there already stays as it is. Exits with 9 where something fails again;
    where nobody is to get anything there is nothing to do.
    """
    from balansfilter.commands.audit.brand import AuditedBrand
    from balansfilter.errors import HANDOVER_FAILED
    from balansfilter.pipeline.delivery import Delivery
    from balansfilter.policy.loading import brand_file, load_policy

    site = settings.site()
    names = chosen_brands(settings, brand, every)
    deliveries = {name: Delivery(site, load_policy(brand_file(settings.configs, name))) for name in names}
    if site.audit.checkpoint is None and not any(one.receivers for one in deliveries.values()):
        why = "neither has the site an audit.checkpoint nor a policy an output.postgres or an output.copy_to"
        click.echo(told(f"nothing is to be handed over: {why}"), err=True)
        return 0
    code = 0
    for name, delivery in deliveries.items():
        with AuditedBrand.find(settings.configs, site, name).locked("deliver", lock_wait) as ledger:
            failures = delivery.hand_all_over(ledger)
        for failure in failures:
            click.echo(f"balansfilter: {name}: {told(failure)}", err=True)
            code = HANDOVER_FAILED
    return code
