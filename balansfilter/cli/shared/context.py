"""What every command is given: the global options; and options that several commands share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

import click

from balansfilter.errors import BalansfilterError
from balansfilter.frozen import dataclass
from balansfilter.wording.speaking import tell_time_of, told, written

if TYPE_CHECKING:
    from balansfilter.logs import Level
    from balansfilter.policy.site import Site


@dataclass(frozen=True)
class Settings:
    """The global options."""

    configs: Path
    log_level: Level
    log_format: str
    alone: bool = False
    """Whether the process ends with the command, and nobody else works in it."""

    def site(self, *, quiet: bool = False) -> Site:
        """Read the site settings, and begin to log as they say; on stderr only errors where it should be quiet."""
        from balansfilter.logs import log_to_file, log_to_stderr
        from balansfilter.policy.loading import load_site

        log_to_stderr("ERROR" if quiet else self.log_level, cast("Literal['human', 'json']", self.log_format))
        site = load_site(self.configs)
        log_to_file(site.log)
        tell_time_of(site.timezone)
        return site


class Day(click.ParamType[date]):
    """A day, written as 2026-03-01."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read a day."""
        if isinstance(value, date):
            return value
        from balansfilter.pipeline.given_days import written_day

        day = written_day(value)
        if day is None:
            self.fail(told(f"{value!r} is not a day; write it as 2026-03-01"), param, ctx)
        return day


class Elapsed(click.ParamType[timedelta]):
    """How much time may have passed, written as 26h."""

    name = "time"
    _UNITS: ClassVar = {"m": "minutes", "h": "hours", "d": "days"}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Read a span of time."""
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"([1-9][0-9]{0,5})([mhd])", str(value))
        if found is None:
            self.fail(told(f"{value!r} is no span of time; write it as 90m, 26h or 2d"), param, ctx)
        return timedelta(**{self._UNITS[found[2]]: int(found[1])})


def complete_brands(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the brands that a word may become, for the shell; none where the folder of configs is not there."""
    from balansfilter.policy.loading import find_brands

    configs = next((c.params["configs"] for c in _up(ctx) if c.params.get("configs")), Path("configs"))
    try:
        return [name for name in find_brands(configs) if name.startswith(incomplete)]
    except (BalansfilterError, OSError):
        return []


def _up(ctx: click.Context | None) -> Iterator[click.Context]:
    while ctx is not None:
        yield ctx
        ctx = ctx.parent


Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def written_language_option(what: str) -> Decorator:
    """Add --lang, the language of what a command writes for people."""
    return click.option(
        "--lang", "language", type=click.Choice(["nl", "en"]), default=written, show_default=False, help=what
    )


def _one_brand(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> str | None:
    """Return the brand; of two that were named, none is the one that was meant."""
    if len(value) > 1:
        raise click.UsageError(f"this command is about one brand, and {len(value)} were named")
    return value[0] if value else None


brand_option: Decorator = click.option(
    "--brand", metavar="BRAND", multiple=True, callback=_one_brand, shell_complete=complete_brands, help="The brand."
)
as_of_option: Decorator = click.option(
    "--as-of", type=Day(), help="The day on which the list will be called; today unless given."
)
engine_option: Decorator = click.option(
    "--engine",
    type=click.Choice(["polars", "duckdb", "spark"]),
    default="polars",
    show_default=True,
    help="What decides the list; the published lists are the same.",
)
master_option: Decorator = click.option(
    "--master", metavar="URL", help="Where Spark runs, such as spark://host:7077; this machine unless given."
)
json_option: Decorator = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


def brands_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --brand and --all, of which a command needs one."""
    command = click.option("--all", "every", is_flag=True, help="Every brand that has a policy.")(command)
    return click.option(
        "--brand", metavar="BRAND", multiple=True, shell_complete=complete_brands, help="The brand; may be repeated."
    )(command)


def chosen_brands(settings: Settings, brand: str | tuple[str, ...] | None, every: bool) -> tuple[str, ...]:
    """Return the brands that a command is about."""
    from balansfilter.policy.loading import brand_file, find_brands

    named = (brand,) if isinstance(brand, str) else tuple(dict.fromkeys(brand or ()))
    if bool(named) == every:
        raise click.UsageError("name one brand with --brand, or take every brand with --all")
    for name in named:
        brand_file(settings.configs, name)
    return named or find_brands(settings.configs)


def console(*, err: bool = False) -> Any:
    """Return a Rich console on stdout or stderr; wide enough for a table where there is no terminal."""
    from rich.console import Console

    made = Console(stderr=err, highlight=False, soft_wrap=False)
    return made if made.is_terminal else Console(stderr=err, highlight=False, width=100)
