"""`balansfilter balanstest approve`: the sign-off of a balanstest."""

from __future__ import annotations

from datetime import date

import click

from balansfilter.cli.shared.context import Day, Settings, brand_option


@click.command("approve")
@brand_option
@click.option("--id", "balanstest_id", required=True, metavar="ID", help="The balanstest.")
@click.option("--by", required=True, metavar="NAME", help="Who approves it.")
@click.option("--role", required=True, metavar="ROLE", help="The role of who approves it.")
@click.option("--on", type=Day(), help="The day of the approval; today unless given.")
@click.option("--review-by", type=Day(), help="The last day on which it holds; a year later unless given.")
@click.option("--opinion", metavar="REF", help="A positive opinion of the committee, for a term over the ceiling.")
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    balanstest_id: str,
    by: str,
    role: str,
    on: date | None,
    review_by: date | None,
    opinion: str | None,
) -> None:
    """Sign a balanstest as it stands: write the approval into the policy, and an event into the ledger.

    Nothing else in the policy's file changes. A balanstest that is changed afterwards must be approved again.
    """
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.commands.balanstest.approve import approve_balanstest

    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    approval = approve_balanstest(
        settings.configs, site, name, balanstest_id, by=by, role=role, on=on, review_by=review_by, opinion=opinion
    )
    click.echo(f"{name}: {balanstest_id} is approved on {approval.on}, until {approval.review_by} ({approval.digest})")
