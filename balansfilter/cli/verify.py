"""`balansfilter verify`: for the step before the dialler."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path

import click

from balansfilter.cli.context import Settings, as_of_option, json_option


@click.command("verify")
@click.argument("manifest", type=click.Path(path_type=Path))
@as_of_option
@json_option
@click.pass_obj
def command(settings: Settings, manifest: Path, as_of: date | None, as_json: bool) -> None:
    """Tell whether the lists beside MANIFEST are the published ones, unchanged, and valid today.

    Exits with 6 if they must not be called, and with 7 if the ledger does not bear them out.
    """
    from balansfilter.handover import verify_list
    from balansfilter.run import today

    site = settings.site()
    found = verify_list(manifest, site, as_of or today(site))
    until = f", valid until {found.valid_until}" if found.valid_until else ""
    told = f"{found.brand}: run {found.run_id} stands, for {found.as_of}{until}; {found.callable:,} rows may be called"
    click.echo(json.dumps(asdict(found), indent=2) if as_json else told)
