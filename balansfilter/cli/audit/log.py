"""`balansfilter audit log`: the events of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.audit_options import audited_brand
from balansfilter.cli.shared.context import Settings, brand_option, json_option
from balansfilter.cli.shared.event_gist import gist
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.audit.ledger import Event


@click.command("log", cls=SpokenCommand)
@brand_option
@click.option("--last", type=click.IntRange(min=1), metavar="N", help="Only the last N events.")
@json_option
@click.pass_obj
def command(settings: Settings, brand: str | None, last: int | None, as_json: bool) -> None:
    """List the events of the ledger, oldest first. With --json a line an event, as they stand in the ledger."""
    from balansfilter.audit.ledger import read_chain

    events = read_chain(audited_brand(settings, brand).audit.ledger).events
    chosen = events[-last:] if last else events
    if as_json:
        for event in chosen:
            click.echo(event.line())
    else:
        for line in _lines(chosen):
            click.echo(line)


def _lines(events: tuple[Event, ...]) -> Iterator[str]:
    """Return each event as a line, and below it what it says: whole, so that nothing is broken where it is copied."""
    moments = [told(event.at) for event in events]
    wide, long = (max(map(len, texts), default=0) for texts in ([event.event for event in events], moments))
    for event, at in zip(events, moments, strict=True):
        line = f"{event.seq:>5}  {at:<{long}}  {event.event:<{wide}}  {event.body.get('run_id') or ''}"
        yield line.rstrip()
        yield from (f"       {told(part)}" for part in gist(event).splitlines())
