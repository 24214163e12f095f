"""What every command is given: the global options; and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

if TYPE_CHECKING:
    from balansfilter.policy.site import Site


@dataclass(frozen=True)
class Settings:
    """The global options."""

    configs: Path
    log_level: str
    log_format: str

    def site(self, *, quiet: bool = False) -> Site:
        """Read the site settings, and begin to log as they say; on stderr only errors where it should be quiet."""
        from balansfilter.logs import log_to_file, log_to_stderr
        from balansfilter.policy.loading import load_site

        log_to_stderr("ERROR" if quiet else self.log_level, cast("Literal['human', 'json']", self.log_format))
        site = load_site(self.configs)
        log_to_file(site.log)
        return site


class Day(click.ParamType[date]):
    """A day, written as 2026-03-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day."""
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self.fail(f"{value!r} is not a day; write it as 2026-03-01", param, ctx)
        return day


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

brand_option: Decorator = click.option("--brand", metavar="BRAND", help="The brand.")
as_of_option: Decorator = click.option(
    "--as-of", type=Day(), help="The day on which the list will be called; today unless given."
)
engine_option: Decorator = click.option(
    "--engine",
    type=click.Choice(["polars", "duckdb"]),
    default="polars",
    show_default=True,
    help="What decides the list; the published lists are the same.",
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


def brands_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --brand and --all, of which a command needs one."""
    command = click.option("--all", "every", is_flag=True, help="Every brand that has a policy.")(command)
    return brand_option(command)


def chosen_brands(settings: Settings, brand: str | None, every: bool) -> tuple[str, ...]:
    """Return the brands that a command is about."""
    from balansfilter.policy.loading import brand_file, find_brands

    if (brand is None) != every:
        raise click.UsageError("name one brand with --brand, or take every brand with --all")
    if brand is None:
        return find_brands(settings.configs)
    brand_file(settings.configs, brand)
    return (brand,)


def console(*, err: bool = False) -> Any:
    """Return a Rich console on stdout or stderr; wide enough for a table where there is no terminal."""
    from rich.console import Console

    made = Console(stderr=err, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=err, highlight=False, width=100)
