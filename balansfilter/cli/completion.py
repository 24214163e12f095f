"""`balansfilter completion`: what lets a shell complete commands, options and brands."""

from __future__ import annotations

import click

from balansfilter.cli.shared.spoken_help import SpokenCommand


@click.command("completion", cls=SpokenCommand)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print what lets SHELL complete commands, options and the names of your brands.

    \b
    bash: balansfilter completion bash > ~/.local/share/bash-completion/completions/balansfilter
    zsh:  balansfilter completion zsh > a file named _balansfilter in a folder of your $fpath
    fish: balansfilter completion fish > ~/.config/fish/completions/balansfilter.fish
    """  # noqa: D301 - click takes the mark itself
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"there is no completion for {shell}")
    top = ctx.find_root().command
    click.echo(made(top, {}, "balansfilter", "_BALANSFILTER_COMPLETE").source())
