"""`balansfilter schema`: the JSON Schema of a policy, for editors."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of a policy."""
    from balansfilter.policy.schema import policy_schema

    click.echo(json.dumps(policy_schema(), ensure_ascii=False, indent=2))
