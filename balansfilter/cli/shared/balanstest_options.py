"""Options that `balanstest overview` and `balanstest simulate` share, and where their output goes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from balansfilter.cli.shared.context import Day, Decorator
from balansfilter.errors import OutputError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from balansfilter.document.measured import FiguresAsked
    from balansfilter.policy.values import Span
    from balansfilter.wording.formats import Language


def _show_definitions(context: click.Context, _: click.Parameter, language: Language | None) -> None:
    if language is None or context.resilient_parsing:
        return
    from balansfilter.balanstest.definitions import as_markdown
    from balansfilter.wording.catalogue import load_wording

    click.echo(as_markdown(load_wording(language)), nl=False)
    context.exit()


definitions_option: Decorator = click.option(
    "--definitions",
    metavar="[nl|en]",
    type=click.Choice(["nl", "en"]),
    is_flag=False,
    flag_value="en",
    is_eager=True,
    expose_value=False,
    callback=_show_definitions,
    help="Show what each figure is, with its formula and source, and do nothing else.",
)

FORMATS = ("table", "csv", "parquet", "json")

since_option: Decorator = click.option("--since", type=Day(), help="Leave out the calls before this day.")
until_option: Decorator = click.option(
    "--until",
    type=Day(),
    help="Leave out the calls after this day; unless given, those whose objection window has not passed.",
)
objection_window_option: Decorator = click.option(
    "--objection-window",
    metavar="SPAN",
    default="30 days",
    show_default=True,
    help="How long after a call an objection is put down to it, and the call is too young to count.",
)


def output_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --format and --to."""
    command = click.option(
        "--to", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file instead of stdout."
    )(command)
    return click.option(
        "--format",
        "form",
        type=click.Choice(FORMATS),
        help="How it is written; by the name of the file, or a table, unless given.",
    )(command)


def chosen_format(form: str | None, to: Path | None) -> str:
    """Return the format that was asked for, or that the file's name tells."""
    by_name = to.suffix.lower().lstrip(".") if to else ""
    chosen = form or (by_name if by_name in FORMATS else "table")
    if chosen == "parquet" and to is None:
        raise click.UsageError("parquet is no text: name a file with --to")
    return chosen


def write_out(data: bytes, to: Path | None) -> None:
    """Write to a file, whole or not at all, or to stdout.

    :raises OutputError: the file cannot be written.
    """
    if to is None:
        click.echo(data, nl=False)
        return
    from balansfilter.fs.scratch import NAME, put, sweep

    try:
        sweep(to.parent / NAME)
        put(to.parent / NAME, to, data)
    except OSError as error:
        raise OutputError(f"cannot write {to}: {error.strerror or error}") from error


class _Figures(Protocol):
    """Figures that can be had as plain JSON values, and as one table."""

    def as_json(self) -> dict[str, Any]:
        """Return them as plain JSON values."""

    def frame(self) -> pl.DataFrame:
        """Return them as one table."""


def give_figures(made: _Figures, chosen: str, to: Path | None, show: Callable[[Console], None]) -> None:
    """Write figures in the format that was chosen, to a file or to stdout.

    :param show: shows them on a console, as tables.
    :raises OutputError: the file cannot be written.
    """
    if chosen == "json":
        write_out((json.dumps(made.as_json(), ensure_ascii=False, indent=2) + "\n").encode(), to)
    elif chosen != "table":
        write_out(frame_bytes(made.frame(), chosen), to)
    elif to is None:
        shown(show)
    else:
        write_out(printed(show), to)


def frame_bytes(frame: pl.DataFrame, form: str) -> bytes:
    """Write a table as CSV or Parquet."""
    from io import BytesIO

    buffer = BytesIO()
    if form == "parquet":
        frame.write_parquet(buffer)
    else:
        frame.write_csv(buffer)
    return buffer.getvalue()


def printed(show: Callable[[Console], None]) -> bytes:
    """Return what is shown on a console as plain text, for a file."""
    from io import StringIO

    from rich.console import Console

    text = StringIO()
    show(Console(file=text, width=WIDTH, highlight=False, color_system=None))
    return text.getvalue().encode()


def asked_figures(bands: str | None, since: date | None) -> FiguresAsked:
    """Return the bands and the calls that figures are asked of."""
    from balansfilter.balanstest import Bands
    from balansfilter.document.measured import FiguresAsked

    return FiguresAsked(Bands(spans(bands, "--bands")) if bands else None, since)


WIDTH = 140


def shown(show: Callable[[Console], None]) -> None:
    """Show on the terminal; where there is none, at a width that holds the tables."""
    from rich.console import Console

    made = Console(highlight=False)
    show(made if made.is_terminal else Console(highlight=False, width=WIDTH))


def spans(text: str, option: str) -> tuple[Span, ...]:
    """Read spans with a comma between them; a bare number is one of months."""
    return tuple(span(part, option) for part in text.split(","))


def span(text: str, option: str) -> Span:
    """Read a span of time; a bare number is one of months."""
    from balansfilter.policy.values import Span

    written = " ".join(text.split())
    found = Span.parse(f"{written} months" if written.isascii() and written.isdigit() else written)
    if found is None:
        raise click.UsageError(f"{option}: `{written}` is no span of time; write 18, 18 months or 90 days")
    return found
