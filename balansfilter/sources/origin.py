"""Where a problem lies: the role that a file is read for, and the file as the user named it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from balansfilter.errors import Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.wording.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RowOrLine = Literal["row", "line"]
_BAD = {
    "row": (
        "{role} cannot be read: {count} bad row up to line {upto}",
        "{role} cannot be read: {count} bad rows up to line {upto}",
    ),
    "line": (
        "{role} cannot be read: {count} bad line up to line {upto}",
        "{role} cannot be read: {count} bad lines up to line {upto}",
    ),
}
SHOWN = 10
"""How many lines of one kind are shown before the rest is only counted."""


@dataclass(frozen=True)
class Origin:
    """What a problem with a file is told with."""

    role: str
    path: str

    def problem(self, message: str, hint: str = "", line: int = 0) -> Problem:
        """Say what is wrong with the file; never with the text of a cell."""
        return Problem(file=self.path, line=line, path=self.role, message=message, hint=hint)

    def error(self, message: str, hint: str = "", line: int = 0) -> SourceError:
        """Return the error for one thing that is wrong."""
        return refusal(self.role, [self.problem(message, hint, line)])

    def lines_error(self, lines: Sequence[tuple[int, tuple[str, str]]], what: RowOrLine, upto: int) -> SourceError:
        """Return the error for lines that are wrong, each with what is wrong there and what to do: the first ten.

        `upto` is the last line that was looked at.
        """
        shown = [self.problem(message, hint, line) for line, (message, hint) in lines[:SHOWN]]
        message_text = counted(len(lines), *_BAD[what], role=self.role, upto=upto)
        return SourceError(f"{message_text}; the first {SHOWN} are" if len(lines) > SHOWN else message_text, shown)


def refusal(role: str, problems: Iterable[Problem]) -> SourceError:
    """Return the error for everything that is wrong with a source."""
    return SourceError(f"{role} cannot be read", problems)
