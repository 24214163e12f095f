"""What the commands on the audit log share: the brand that is meant, where it stands, and the person."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.context import Decorator, Settings

if TYPE_CHECKING:
    from balansfilter.audited import AuditedBrand

lock_wait_option: Decorator = click.option(
    "--lock-wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for a run of the brand to end.",
)


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --phone and --customer."""
    command = click.option("--customer", "customer_id", metavar="ID", help="The person's customer id.")(command)
    return click.option("--phone", metavar="N", help="The person's number, in any way people write it.")(command)


def audited_brand(settings: Settings, brand: str | None) -> AuditedBrand:
    """Give the brand that a command is about; its policy need not exist any more.

    :raises UsageError: there is neither a policy nor a ledger of it.
    """
    from balansfilter.audited import AuditedBrand

    site = settings.site()
    if brand is None:
        raise click.UsageError("name the brand with --brand")
    return AuditedBrand.find(settings.configs, site, brand)
