"""What the commands on the audit log share: the brand that is meant, where it stands, and the person."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from balansfilter.cli.shared.context import Decorator, Settings
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.commands.audit.brand import AuditedBrand

lock_wait_option: Decorator = click.option(
    "--lock-wait",
    type=click.FloatRange(min=0),
    default=0.0,
    metavar="SECONDS",
    help="Wait so long for a run of the brand to end.",
)


def person_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --phone and --customer, which `-` takes from standard input: other users see the words of a command."""
    for names, metavar, help_text in (
        (("--customer", "customer_id"), "ID", "The person's customer id"),
        (("--phone",), "N", "The person's number, in any way people write it"),
    ):
        option = click.option(
            *names, metavar=metavar, callback=_from_input, help=f"{help_text}; - to read it from standard input."
        )
        command = option(command)
    return command


def _from_input(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return what was meant: with `-` the next line of standard input, or what is typed on a terminal."""
    if value != "-":
        return value
    if sys.stdin.isatty():
        asked = {"phone": "Phone number", "customer_id": "Customer id"}[str(param.name)]
        click.echo(f"{told(asked)}: ", nl=False, err=True)
    try:
        line = sys.stdin.readline().strip()
    except (OSError, UnicodeDecodeError):
        line = ""
    if not line:
        raise click.UsageError(f"standard input holds no line for {param.opts[-1]}")
    return line


def audited_brand(settings: Settings, brand: str | None) -> AuditedBrand:
    """Return the brand that a command is about; its policy need not exist any more.

    :raises UsageError: there is neither a policy nor a ledger of it.
    """
    from balansfilter.commands.audit.brand import AuditedBrand

    site = settings.site()
    if brand is None:
        raise click.UsageError("name the brand with --brand")
    return AuditedBrand.find(settings.configs, site, brand)
