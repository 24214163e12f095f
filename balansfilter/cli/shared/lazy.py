"""A group of commands that are imported only when they are called, so that help is quick."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from gettext import gettext
from typing import Any

import click

from balansfilter.cli.shared.spoken_help import SpokenGroup
from balansfilter.wording.speaking import told


class LazyGroup(SpokenGroup):
    """A group that knows of each command only its name, what it does, and where its code is.

    The code of a command is the object `command` of the module whose name is `prefix` and the command's name.
    """

    def __init__(self, *arguments: Any, summaries: Mapping[str, str], prefix: str, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._summaries = summaries
        self._prefix = prefix

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which they are told."""
        return list(self._summaries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in self._summaries:
            return None
        command: click.Command = importlib.import_module(self._prefix + cmd_name).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; of one that is not there, say which was perhaps meant."""
        meant = get_close_matches(args[0], self._summaries, 1) if args[0] not in self._summaries else []
        if meant and not args[0].startswith("-"):
            ctx.fail(f"No such command {args[0]!r}. Did you mean {meant[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing one."""
        with formatter.section(gettext("Commands")):
            formatter.write_dl([(name, told(does)) for name, does in self._summaries.items()])
