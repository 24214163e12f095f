"""`balansfilter verify`: for the step before the dialler."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from balansfilter.cli.shared.context import Settings, as_of_option, json_option
from balansfilter.cli.shared.figures import renew_figures
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.plural import rows_told
from balansfilter.wording.speaking import told


@click.command("verify", cls=SpokenCommand)
@click.argument("manifest")
@click.option(
    "--without",
    type=click.Path(path_type=Path),
    metavar="WITHDRAWN",
    help="The withdrawn.csv of the last recheck, whose rows the dialler has left out.",
)
@as_of_option
@json_option
@click.pass_obj
def command(settings: Settings, manifest: str, without: Path | None, as_of: date | None, as_json: bool) -> None:
    """Tell whether the lists beside MANIFEST are the published ones, unchanged, and valid today.

    MANIFEST is a file, the folder it is in, or an object such as s3://bucket/folder/brand/runs/RUN/manifest.json.

    Where a source of objections has changed since, the list is held against it, and refused if somebody on it objected.

    Exits with 6 if they must not be called, and with 7 if the ledger does not bear them out.
    """
    from balansfilter.commands.verify import verify_list
    from balansfilter.pipeline.run import today

    site = settings.site()
    found = verify_list(settings.configs, manifest, site, as_of or today(site), without)
    if without is not None:
        renew_figures(settings.configs, site)
    until = f", valid until {found.valid_until}" if found.valid_until else ""
    rows = rows_told(found.callable)
    sentence = f"{found.brand}: run {found.run_id} stands, for {found.as_of}{until}; to be called: {rows}"
    click.echo(json.dumps(asdict(found), indent=2) if as_json else told(sentence))
