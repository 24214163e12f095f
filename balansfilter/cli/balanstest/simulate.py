"""`balansfilter balanstest simulate`: what other terms, start delays and frequencies would mean."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.balanstest_options import (
    definitions_option,
    objection_window_option,
    output_options,
    since_option,
    until_option,
)
from balansfilter.cli.shared.context import Settings, as_of_option, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand

if TYPE_CHECKING:
    from balansfilter.balanstest.candidates import Own
    from balansfilter.policy.model import MaxAttempts
    from balansfilter.policy.values import Span


@click.command("simulate", cls=SpokenCommand)
@brand_option
@as_of_option
@since_option
@until_option
@click.option(
    "--terms",
    metavar="TERMS",
    default="6,12,18,24,30,36",
    show_default=True,
    help="Candidate terms, in months or as `90 days`, with a comma between them.",
)
@click.option(
    "--start-after",
    metavar="SPANS",
    help="Candidate start delays, such as `14 days,1 month` or `none`; each balanstest's own unless given.",
)
@click.option(
    "--max-attempts",
    metavar="LIMITS",
    help="Candidate frequencies, such as `2/6 months,3/1 year` or `none`; each balanstest's own unless given.",
)
@click.option(
    "--calls-per-year",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="How often a customer is called a year; as in the history unless given.",
)
@click.option(
    "--turn-at",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    metavar="N",
    help="The curve turns where more objections and complaints than this come with each conversion.",
)
@objection_window_option
@output_options
@definitions_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    as_of: date | None,
    since: date | None,
    until: date | None,
    terms: str,
    start_after: str | None,
    max_attempts: str | None,
    calls_per_year: float | None,
    turn_at: float,
    objection_window: str,
    form: str | None,
    to: Path | None,
) -> None:
    """Show what other terms, start delays and frequencies would mean.

    For each: the people on the call list who may still be called, decided as in a run; what a year of calling them
    would bring; what the last months of the term add; and which calls of the history would not have been made.
    Nothing is changed, and nothing is advised that the calls do not carry.
    """
    from balansfilter.balanstest import Trial, simulate
    from balansfilter.cli.shared.balanstest_options import chosen_format, give_figures, span, spans
    from balansfilter.cli.shared.balanstest_tables import show_simulation
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.pipeline.run import today

    chosen = chosen_format(form, to)
    trial = Trial(spans(terms, "--terms"), _starts(start_after), _frequencies(max_attempts), calls_per_year, turn_at)
    window = span(objection_window, "--objection-window")
    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    day = as_of or today(site)
    made = simulate(settings.configs, site, name, day, trial, since=since, until=until, objection_window=window)
    give_figures(made, chosen, to, lambda console: show_simulation(console, made))


def _starts(text: str | None) -> tuple[Span | Own | None, ...]:
    from balansfilter.balanstest.candidates import OWN
    from balansfilter.cli.shared.balanstest_options import span

    if text is None:
        return (OWN,)
    return tuple(None if part.strip() == "none" else span(part, "--start-after") for part in text.split(","))


def _frequencies(text: str | None) -> tuple[MaxAttempts | Own | None, ...]:
    from balansfilter.balanstest.candidates import OWN

    if text is None:
        return (OWN,)
    return tuple(None if part.strip() == "none" else _frequency(part) for part in text.split(","))


def _frequency(text: str) -> MaxAttempts:
    from balansfilter.cli.shared.balanstest_options import span
    from balansfilter.policy.model import MaxAttempts

    count, slash, within = text.strip().partition("/")
    if not slash or not (count.isascii() and count.isdigit()) or not 1 <= int(count) <= 1000:
        raise click.UsageError(f"--max-attempts: `{text.strip()}` is no limit; write 3/6 months, or none")
    return MaxAttempts(count=int(count), within=span(within, "--max-attempts"))
