"""`balansfilter balanstest overview`: how calls ended, against the time since the last purchase."""

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
    from balansfilter.balanstest import Overview


@click.command("overview", cls=SpokenCommand)
@brand_option
@as_of_option
@since_option
@until_option
@click.option(
    "--bands",
    metavar="ENDS",
    default="3,6,12,18,24,36",
    show_default=True,
    help="Where the bands end, in months since the last purchase; the last band has no end.",
)
@objection_window_option
@click.option("--by-product", is_flag=True, help="Show a table for each product as well; files always hold them.")
@output_options
@definitions_option
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    as_of: date | None,
    since: date | None,
    until: date | None,
    bands: str,
    objection_window: str,
    by_product: bool,
    form: str | None,
    to: Path | None,
) -> None:
    """Show how calls ended, against the time since the last purchase (balanstest 3b, 3c and 3d).

    Made of the policy's call history: for each band the calls, the people, and the share of the calls that ended in a
    conversion, an objection or a complaint, with its 95 % interval; and the same up to the end of each band, which is
    what a term of that length would have left.
    """
    from balansfilter.balanstest import Bands, overview
    from balansfilter.cli.shared.balanstest_options import chosen_format, give_figures, span, spans
    from balansfilter.cli.shared.balanstest_tables import show_overview
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.cli.shared.process import keep_memory
    from balansfilter.pipeline.run import today

    keep_memory()
    chosen = chosen_format(form, to)
    ends = Bands(spans(bands, "--bands"))
    window = span(objection_window, "--objection-window")
    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    day = as_of or today(site)
    made: Overview = overview(
        settings.configs, site, name, day, bands=ends, since=since, until=until, objection_window=window
    )
    give_figures(made, chosen, to, lambda console: show_overview(console, made, by_product=by_product))
