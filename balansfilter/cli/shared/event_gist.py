"""What an event of the ledger says, in a line or a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balansfilter.publish.ending import killed_sentence
from balansfilter.wording.plural import counted, rows_told, runs_told

if TYPE_CHECKING:
    from balansfilter.audit.ledger import Event


def gist(event: Event) -> str:  # noqa: C901, PLR0911, PLR0912 - a line for each kind of event
    """Return what an event says beside its name, moment and run; empty where that is all."""
    body = event.body
    match event.event:
        case "ledger.opened":
            return f"the ledger of {body['brand']}"
        case "run.prepared":
            rows = rows_told(body["rows"])
            return f"as of {body['as_of']}: {body['callable']:,} of {rows} callable"
        case "run.failed":
            failed = f"{body['code']} ({body['exit']}): {body['message']}"
            return "\n".join([failed, *(f"  {problem}" for problem in body.get("problems", ()))])
        case "run.abandoned":
            return killed_sentence(str(body["run_id"]))
        case "run.recalled":
            return str(body["reason"])
        case "balanstest.approved":
            return f"{body['balanstest']} by {body['role']}, until {body['review_by']}"
        case "objections.confirmed":
            return f"{len(body['lists'])} complete on {body['complete_on']}"
        case "list.rechecked":
            return counted(
                body["withdrawn"], "{count} row may no longer be called", "{count} rows may no longer be called"
            )
        case "list.without":
            return "the dialler has left these rows out"
        case "audit.rekeyed":
            return f"from key {body['from']}{' (lost)' if body.get('lost') else ''} to {body['to']}"
        case "audit.pruned":
            return f"decisions of {runs_told(len(body['decisions']))}, lists of {runs_told(len(body['lists']))}"
        case "audit.held":
            return f"run {body['run_id'] or 'of any day with one person'}: {body['reason']}"
        case "audit.released":
            return f"hold {body['hold']}: {body['reason']}"
        case "audit.forgotten":
            rows = rows_told(body["rows"])
            return f"{rows}, in the decisions of {runs_told(len(body['decisions']))}"
        case _:
            return ""
