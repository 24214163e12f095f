"""`balansfilter audit`: the proof of what was decided."""

from __future__ import annotations

import click

from balansfilter.cli.shared.lazy import LazyGroup

SUBCOMMANDS = {
    "log": "List the events of the ledger.",
    "show": "Show one run: what it read, went by and decided.",
    "head": "Print the head of the ledger, for somebody else to keep.",
    "verify": "Verify the ledger, and all that it speaks of.",
    "replay": "Decide a run again, and compare every decision.",
    "recall": "Find the published lists that held a person, or recall a list.",
    "export": "Bundle the evidence on one person.",
    "verifier": "Print the script that verifies a bundle.",
    "forget": "Make one person unfindable in the decisions.",
    "prune": "Remove what was kept long enough.",
    "hold": "Keep a run, or what was decided for a person, from being removed.",
    "release": "Release a hold.",
    "rekey": "Put a new key in the place of the one in use.",
    "reopen": "Record what is broken, and let runs go on.",
    "index": "Make the indexes with which people are found quickly.",
}
"""Each subcommand and what it does; its code is in `cli/audit/<name>.py`, imported when it is called."""


@click.command("audit", cls=LazyGroup, summaries=SUBCOMMANDS, prefix="balansfilter.cli.audit.")
def command() -> None:
    """Prove what was decided for one person on one day, and that nobody changed it since."""
