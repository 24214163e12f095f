"""The help of a command in the language that is spoken. Nothing is loaded for it unless somebody asks for help."""

from __future__ import annotations

import copy
import inspect
from typing import TYPE_CHECKING, TypeVar

import click

from balansfilter.wording.speaking import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_Command = TypeVar("_Command", bound=click.Command)
_AS_IT_IS = "\b\n"
"""Begins a paragraph whose lines click leaves as they are."""


class SpokenCommand(click.Command):
    """A command whose help is told in the language that is spoken."""

    def get_help(self, ctx: click.Context) -> str:
        """Return the help."""
        return click.Command.get_help(self if spoken() == "en" else _in_language(self), ctx)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return what stands behind the command in its usage."""
        return _usage(super().collect_usage_pieces(ctx))


class SpokenGroup(SpokenCommand, click.Group):
    """A group whose help is told in the language that is spoken."""


def help_texts(command: click.Command) -> Iterator[str]:
    """Yield the texts of a help as the catalogue knows them: paragraphs, options, and what stands behind an option."""
    yield from (_key(paragraph) for paragraph in _paragraphs(command.help))
    for param in command.params:
        if isinstance(param, click.Option) and param.help:
            yield " ".join(param.help.split())
        if param.metavar:
            yield param.metavar


def _usage(pieces: list[str]) -> list[str]:
    if spoken() == "en":
        return pieces
    from balansfilter.wording.messages import help_catalogue

    return [help_catalogue(spoken()).get(piece, piece) for piece in pieces]


def _in_language(command: _Command) -> _Command:
    from balansfilter.wording.messages import help_catalogue

    texts = help_catalogue(spoken())
    made = copy.copy(command)
    made.help = "\n\n".join(_told(paragraph, texts) for paragraph in _paragraphs(command.help))
    made.params = [_param(param, texts) for param in command.params]
    return made


def _param(param: click.Parameter, texts: Mapping[str, str]) -> click.Parameter:
    made = copy.copy(param)
    shown = made.metavar or made.type.name.upper()
    if made.metavar or (not _is_flag(made) and shown in texts):
        made.metavar = texts.get(shown, shown)
    if isinstance(made, click.Option) and made.help:
        made.help = texts.get(" ".join(made.help.split()), made.help)
    return made


def _is_flag(param: click.Parameter) -> bool:
    return isinstance(param, click.Option) and (param.is_flag or param.count)


def _paragraphs(text: str | None) -> list[str]:
    return inspect.cleandoc(text or "").split("\n\n")


def _key(paragraph: str) -> str:
    if paragraph.startswith(_AS_IT_IS):
        return paragraph.removeprefix(_AS_IT_IS)
    return " ".join(paragraph.split())


def _told(paragraph: str, texts: Mapping[str, str]) -> str:
    told = texts.get(_key(paragraph), paragraph)
    return f"{_AS_IT_IS}{told}" if paragraph.startswith(_AS_IT_IS) else told
