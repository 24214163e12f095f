"""`balansfilter schema`: the JSON Schema of a policy, for editors, and of a manifest, for programs."""

from __future__ import annotations

import json

import click

from balansfilter.cli.shared.spoken_help import SpokenCommand


@click.command("schema", cls=SpokenCommand)
@click.option("--manifest", is_flag=True, help="Of the manifest of a run, instead of a policy.")
def command(*, manifest: bool) -> None:
    """Print the JSON Schema of a policy, or of the manifest of a run."""
    if manifest:
        from balansfilter.pipeline.manifest_schema import manifest_schema

        made = manifest_schema()
    else:
        from balansfilter.policy.schema import policy_schema

        made = policy_schema()
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))
