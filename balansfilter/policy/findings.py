"""What is wrong at a path of a document, before and after it has a place in a file."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

from balansfilter.errors import PolicyError, Problem
from balansfilter.frozen import dataclass
from balansfilter.policy.yaml_file import ValuePath, YamlDocument
from balansfilter.wording.plural import counted


@dataclass(frozen=True)
class Finding:
    """Something that is wrong at a path."""

    path: ValuePath
    message: str
    hint: str = ""
    at_key: bool = False
    """Whether the key is wrong, not its value."""


def placed(document: YamlDocument, findings: Iterable[Finding]) -> tuple[Problem, ...]:
    """Place findings in a document."""
    return tuple(document.problem(at.path, at.message, at.hint, at_key=at.at_key) for at in findings)


MOST_TOLD = 1000
"""So many problems of a file are told."""


def refusal(what: str, file: str, problems: Collection[Problem]) -> PolicyError:
    """Make the error that tells all problems of a file."""
    count = counted(len(problems), "a problem", "{count} problems")
    more = f"; the first {MOST_TOLD}" if len(problems) > MOST_TOLD else ""
    return PolicyError(f"the {what} {file} has {count}{more}:", sorted(problems)[:MOST_TOLD])


def nearest(name: str, known: Collection[str]) -> str:
    """Write a hint that offers the nearest known name, or all of them where none is near and they are few."""
    folded = {other.casefold(): other for other in sorted(known)}
    if near := difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6):
        return f"did you mean `{folded[near[0]]}`?"
    return f"known here: {', '.join(sorted(known))}" if 0 < len(known) <= 12 else ""
