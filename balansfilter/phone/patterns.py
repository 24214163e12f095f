r"""The regular expressions of a numbering plan, read as sets of digit strings.

Numbering plans are written with digits, ``\d``, classes, groups, alternatives and counted repeats; nothing else is
read, and anything else is refused, so that a change in the metadata cannot pass unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import chain, product
from typing import TypeAlias

from balansfilter.frozen import dataclass
from balansfilter.phone.digits import EMPTY_STRING, NOTHING, DigitSet, merge

_TOKEN = re.compile(r"\\d|\[[0-9-]+\]|[0-9]|\(\?:|\(|\)|\||\?|\{\d+(?:,\d+)?\}|\$")
_SPAN = re.compile(r"([0-9])(?:-([0-9]))?")
_ANY_DIGIT = "0123456789"


@dataclass(frozen=True)
class Digit:
    """One digit out of ``choices``."""

    choices: str


@dataclass(frozen=True)
class InTurn:
    """One part after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Alternatives:
    """One of several, the first that matches first."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part from ``least`` to ``most`` times, as often as possible first."""

    part: Node
    least: int
    most: int


@dataclass(frozen=True)
class Group:
    """A part whose text a rule can refer to by ``number``."""

    part: Node
    number: int


@dataclass(frozen=True)
class End:
    """The end of the string."""


Node: TypeAlias = "Digit | InTurn | Alternatives | Repeat | Group | End"


Groups: TypeAlias = Mapping[int, tuple[int, int]]
"""Where in a text the groups are: from, up to."""


@cache
def parse(pattern: str) -> Node:
    """The tree of a pattern.

    :raises ValueError: the pattern uses more of the language than numbering plans do.
    """
    tokens = _TOKEN.findall(pattern)
    if "".join(tokens) != pattern:
        raise ValueError(f"not the pattern of a numbering plan: {pattern!r}")
    return _Parser(tokens).whole()


class _Parser:
    """Recursive descent over the tokens of one pattern."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._at = 0
        self._groups = 0

    def whole(self) -> Node:
        tree = self._choice()
        if self._at < len(self._tokens):
            raise ValueError("a bracket too many in a numbering pattern")
        return tree

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _next(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _choice(self) -> Node:
        options = [self._sequence()]
        while self._peek() == "|":
            self._next()
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Alternatives(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._peek() not in ("", "|", ")"):
            parts.append(self._counted(self._atom()))
        return InTurn(tuple(parts))

    def _counted(self, part: Node) -> Node:
        if self._peek() == "?":
            self._next()
            return Repeat(part, 0, 1)
        if self._peek().startswith("{"):
            least, _, most = self._next()[1:-1].partition(",")
            return Repeat(part, int(least), int(most or least))
        return part

    def _atom(self) -> Node:
        part = self._next()
        if part in ("(", "(?:"):
            return self._group(captures=part == "(")
        if part == "$":
            return End()
        if part == r"\d":
            return Digit(_ANY_DIGIT)
        if part.startswith("["):
            return Digit(_members(part[1:-1]))
        if part in _ANY_DIGIT:
            return Digit(part)
        raise ValueError(f"nothing to repeat before {part!r} in a numbering pattern")

    def _group(self, *, captures: bool) -> Node:
        self._groups += captures
        number = self._groups
        part = self._choice()
        if self._next() != ")":
            raise ValueError("a bracket too few in a numbering pattern")
        return Group(part, number) if captures else part


def _members(text: str) -> str:
    """The digits of a class, of which ``text`` is the inside: ``1-58`` is ``123458``."""
    spans = [(first, last or first) for first, last in _SPAN.findall(text)]
    return "".join(digit for digit in _ANY_DIGIT if any(first <= digit <= last for first, last in spans))


@cache
def digit_set(pattern: str) -> DigitSet:
    """The strings that a pattern matches from end to end."""
    return _strings(parse(pattern))


def _strings(node: Node) -> DigitSet:
    match node:
        case Digit(choices):
            return DigitSet({1: merge((int(digit), int(digit) + 1) for digit in choices)})
        case InTurn(parts):
            whole = EMPTY_STRING
            for part in reversed(parts):  # from the right: tails are mostly "any digits", which cost nothing
                whole = _strings(part).then(whole)
            return whole
        case Alternatives(options):
            return _any_of(_strings(option) for option in options)
        case Repeat(part, least, most):
            return _any_of(_repeated(_strings(part), most)[least:])
        case Group(part, _):
            return _strings(part)
        case End():
            return EMPTY_STRING


def _any_of(sets: Iterator[DigitSet] | list[DigitSet]) -> DigitSet:
    union = NOTHING
    for each in sets:
        union |= each
    return union


def _repeated(once: DigitSet, most: int) -> list[DigitSet]:
    """The set nought times, once, twice … in a row."""
    runs = [EMPTY_STRING]
    for _ in range(most):
        runs.append(once.then(runs[-1]))
    return runs


@dataclass(frozen=True)
class Rewrite:
    """What becomes of a string that begins in one particular way."""

    prefix: str
    """The digits that the string begins with."""
    followed_by: int
    """How many digits of any kind follow them at least; they stay as they are."""
    whole: bool
    """Whether nothing else may follow."""
    replacement: str
    """The digits that come in place of the prefix."""


@cache
def rewrites(pattern: str, rule: str = "") -> tuple[Rewrite, ...]:
    r"""A prefix pattern and the rule that replaces what it matched, the first that applies first.

    The rule is a template with ``\1``; without one, or where its last group matched nothing, the prefix goes.
    """
    last_group = pattern.replace("(?:", "").count("(")
    found: dict[Rewrite, None] = {}
    for text, groups in _spellings(parse(pattern)):
        template = rule if last_group in groups else ""
        tail = len(text.rstrip("$")) - len(text.rstrip("d$")) if template.endswith(f"\\{last_group}") else 0
        found.update((_rewrite(spelled, groups, template, tail), None) for spelled in _spelled_out(text, tail))
    return tuple(found)


def _spelled_out(text: str, tail: int) -> Iterator[str]:
    """Every digit in the place of ``d``, but for the last ``tail`` ones."""
    end = len(text.rstrip("$")) - tail
    for head in product(*(_ANY_DIGIT if char == "d" else char for char in text[:end])):
        yield "".join(head) + text[end:]


def _rewrite(text: str, groups: Groups, template: str, tail: int) -> Rewrite:
    becomes = re.sub(r"\\(\d)", lambda ref: text[slice(*groups.get(int(ref[1]), (0, 0)))], template)
    head, replacement = text.rstrip("$"), becomes
    if tail:
        head, replacement = head[:-tail], becomes[:-tail]
    if not (head + replacement + "0").isdecimal():
        raise ValueError("a prefix rule moves digits about in a way that was never seen")
    return Rewrite(head, tail, text.endswith("$"), replacement)


def _spellings(node: Node) -> Iterator[tuple[str, Groups]]:
    """The texts that a node matches, in the order in which a matcher tries them, and where their groups are.

    In a text ``d`` stands for a digit of any kind, and ``$`` for the end.
    """
    match node:
        case Digit(choices):
            yield from ((char, {}) for char in ("d" if choices == _ANY_DIGIT else choices))
        case InTurn(parts):
            yield from map(_joined, product(*(tuple(_spellings(part)) for part in parts)))
        case Alternatives(options):
            yield from chain.from_iterable(map(_spellings, options))
        case Repeat(part, least, most):
            yield from _spellings(Alternatives(tuple(InTurn((part,) * times) for times in range(most, least - 1, -1))))
        case Group(part, number):
            yield from ((text, {**groups, number: (0, len(text))}) for text, groups in _spellings(part))
        case End():
            yield "$", {}


def _joined(spelled: tuple[tuple[str, Groups], ...]) -> tuple[str, Groups]:
    whole, groups = "", dict[int, tuple[int, int]]()
    for text, found in spelled:
        groups.update({number: (start + len(whole), stop + len(whole)) for number, (start, stop) in found.items()})
        whole += text
    return whole, groups
