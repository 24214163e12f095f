"""The tree of errors: every way in which a run can end without a list, and its exit code.

An error writes its own sentence. It never carries a phone number, a customer id, a name or an e-mail address:
a row is named by its number, a cell by its column.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from balansfilter.frozen import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong with what a user wrote or delivered."""

    file: str
    """The file, as the user named it; empty where no file is to blame."""
    line: int = 0
    """Line in the file, from 1; 0 where the whole file is meant."""
    column: int = 0
    """Column in the line, from 1; 0 where the whole line is meant."""
    path: str = ""
    """Where in the document, such as ``balanstests[0].max_term``."""
    message: str = ""
    """What is wrong."""
    hint: str = ""
    """What to do about it."""

    @property
    def where(self) -> tuple[str, int, int, str]:
        """Where it is, in order; what is wrong in one place is told in the order in which it was found."""
        return self.file, self.line, self.column, self.path

    def __str__(self) -> str:
        place = self.file + "".join(f":{n}" for n in (self.line, self.column) if n)
        sentence = ": ".join(part for part in (place, self.path, self.message) if part)
        return f"{sentence} — {self.hint}" if self.hint else sentence


class BalansfilterError(Exception):
    """Anything that keeps a list from being published, told in a sentence for the person who has to act."""

    exit_code: ClassVar[int] = 70
    code: ClassVar[str] = "bug"

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=lambda problem: problem.where))

    def as_problems(self) -> tuple[Problem, ...]:
        """Return its problems; the sentence itself where it has none."""
        return self.problems or (Problem("", message=self.message),)

    def __str__(self) -> str:
        return "\n".join([self.message, *(f"  {problem}" for problem in self.problems)])


class GuardError(BalansfilterError):
    """The list was decided, but a guard of the policy says that it does not look right."""

    exit_code = 1
    code = "guard"


class UsageError(BalansfilterError):
    """The command was given something that it cannot take."""

    exit_code = 2
    code = "usage"


class PolicyError(BalansfilterError):
    """A policy, the site settings or a law profile is wrong, or its approval does not hold."""

    exit_code = 3
    code = "policy"


class ClosedDayError(PolicyError):
    """There are no calls on the day for which a list was asked, such as a Sunday or a holiday."""

    def __init__(self, day: date, why: str, following: date | None) -> None:
        then = f"; the next day with calls is {following}" if following else ""
        super().__init__(f"there are no calls on {day}, {why}{then}")
        self.day = day
        self.why = why
        self.following = following
        """The next day with calls; None where none is near."""


class SourceError(BalansfilterError):
    """A call list, an objections file, a register or a contacts file is missing, stale, broken or too small."""

    exit_code = 4
    code = "source"


class EngineError(BalansfilterError):
    """The engine could not decide, or two engines do not agree."""

    exit_code = 5
    code = "engine"


class KilledError(BalansfilterError):
    """The process was ended from below: by a library that could not go on, or where the machine is short of memory."""

    exit_code = 5
    code = "killed"


class OutputError(BalansfilterError):
    """The output could not be written or published."""

    exit_code = 6
    code = "output"


class AuditError(BalansfilterError):
    """The audit log cannot be written, or does not verify."""

    exit_code = 7
    code = "audit"


HANDOVER_FAILED = 9
"""The exit code where a list was published, and what should have followed failed: the next run repeats it."""


def worse(one: int, other: int) -> int:
    """Return the worse of two exit codes: the higher, but a list not handed over is the least that can fail."""
    return max(one, other, key=lambda code: 0.5 if code == HANDOVER_FAILED else code)


class LockError(BalansfilterError):
    """Another run of this brand holds the lock."""

    exit_code = 8
    code = "lock"


_TOLD_PROBLEMS = 50


def foreseen(error: BaseException) -> BalansfilterError | None:
    """Return what is wrong where the machine refuses, and it is no bug: the disk, a folder's rights, the memory."""
    if isinstance(error, BalansfilterError):
        return error
    if isinstance(error, MemoryError):
        return EngineError("the machine has not enough memory for this; give it more, or a smaller list")
    if not isinstance(error, OSError):
        return None
    where = " and ".join(str(name) for name in (error.filename, error.filename2) if isinstance(name, str | bytes))
    told = f"cannot read or write {where}" if where else "the system refuses to read or write"
    kind = AuditError if any(name in where for name in ("ledger.jsonl", "/decisions/", "/secrets/")) else OutputError
    return kind(f"{told}: {error.strerror or type(error).__name__}")


@contextmanager
def in_sentences() -> Iterator[None]:
    """Raise whatever goes wrong as an error of ours, for who calls from Python: what a library says may hold cells.

    What nobody foresaw is told by its kind and its place. A panic in Rust is no `Exception`.
    """
    try:
        yield
    except BalansfilterError:
        raise
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise foreseen(error) or BalansfilterError(bug_sentence(error)) from None


def bug_sentence(error: BaseException) -> str:
    """Return what is told of an error that nobody foresaw: its kind, and where it was raised."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"this is a bug: {type(error).__name__} in {where}; please report it"


def failure_json(error: BaseException) -> dict[str, Any]:
    """Return how a command failed, as plain JSON values; of what nobody foresaw only the kind is told."""
    known = foreseen(error)
    if known is not None:
        problems = [str(problem) for problem in known.problems[:_TOLD_PROBLEMS]]
        return {"code": known.code, "exit": known.exit_code, "message": known.message, "problems": problems}
    code, status = ("interrupted", 130) if isinstance(error, KeyboardInterrupt | SystemExit) else ("bug", 70)
    return {"code": code, "exit": status, "message": type(error).__name__, "problems": []}


def failure_sentence(error: BaseException) -> str:
    """Return how a command failed in one line, as :func:`sentence` tells it."""
    told = failure_json(error)
    return sentence(told["code"], told["message"], told["problems"])


def sentence(code: str, message: str, problems: Sequence[str] = ()) -> str:
    """Return how a command failed in one line: the same in a notice, in the metrics, in `status` and on a page.

    :param code: the kind of the failure, as `failure_json` and the ledger tell it.
    :param problems: what was wrong; the first is told, and of the others how many there are.
    """
    if code == "bug":
        return f"this is a bug ({message}); please report it"
    if code == "interrupted":
        return "it was interrupted before it published anything"
    more = len(problems) - 1
    others = f" (and {more} more)" if more > 0 else ""
    told = ": ".join([message.removesuffix(":"), *problems[:1]]) if problems else message
    return " ".join(told.split()) + others
