"""The global options behind the command, and `--version`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from balansfilter.version import VERSION

WITH_VALUE = ("--configs", "--log-level", "--log-format")
"""Those that take a value, and may stand behind the command. `--lang` may not: commands have one of their own."""
_FLAGS = ("--no-color",)
_ENGINES = ("polars", "duckdb", "narwhals", "numba")


def hoisted(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the global options first, wherever they were typed; behind `--` they are no options."""
    words = list(arguments)
    end = words.index("--") if "--" in words else len(words)
    first: list[str] = []
    rest: list[str] = []
    place = 0
    while place < end:
        word = words[place]
        taken = 2 if word in WITH_VALUE and place + 1 < end else 1
        is_global = word in (*WITH_VALUE, *_FLAGS) or word.startswith(tuple(f"{name}=" for name in WITH_VALUE))
        (first if is_global else rest).extend(words[place : place + taken])
        place += taken
    return [*first, *rest, *words[end:]]


def tell_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    """Print the version of the program, of Python and of what decides, and leave."""
    if not value or ctx.resilient_parsing:
        return
    import platform

    click.echo(f"balansfilter {VERSION}")
    click.echo(f"Python {platform.python_version()}")
    for name in _ENGINES:
        click.echo(f"{name} {_version(name)}")
    ctx.exit()


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "is not installed"
