"""YAML as a tree of nodes that know where they start and end.

The tree is built from the parser's events, one at a time: it stops at a depth, meets every alias, anchor and tag
where it stands, and leaves reading the values to :mod:`balansfilter.policy.yaml_file`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from balansfilter.frozen import dataclass

MAX_DEPTH = 40

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in the text: line and column, both from 0, as the parser counts."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single text; ``style`` is empty for an unquoted one, else the character that opens it."""

    start: Mark
    end: Mark
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in the order of the file; the end of a block is where its last value ends."""

    start: Mark
    end: Mark
    pairs: tuple[tuple[Node, Node], ...]
    flow: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    """Values, in the order of the file."""

    start: Mark
    end: Mark
    items: tuple[Node, ...]
    flow: bool


@dataclass(frozen=True, slots=True)
class Alias:
    """A reference to an anchor, which a policy may not hold."""

    start: Mark
    end: Mark


Node = Scalar | Mapping | Sequence | Alias


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something in the YAML itself that is refused, whatever the document is about."""

    mark: Mark
    message: str
    hint: str = ""
    path: tuple[str | int, ...] | None = None


class UnparseableError(ValueError):
    """The text cannot be read further than this."""

    def __init__(self, complaint: Complaint) -> None:
        super().__init__(complaint.message)
        self.complaint = complaint


class Composer:
    """Builds the tree of the one document of a text, and collects complaints on the way."""

    def __init__(self, text: str) -> None:
        self.complaints: list[Complaint] = []
        self._text = text
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)

    def root(self) -> Node | None:
        """Return the root of the document, None where there is none.

        :raises UnparseableError: it is no YAML.
        """
        root: Node | None = None
        for event in iter(self._next, None):
            if not isinstance(event, yaml.events.DocumentStartEvent):
                continue
            if root is not None:
                mark = _mark(event.start_mark)
                raise UnparseableError(Complaint(mark, "a second document starts here", "keep one document a file"))
            root = self._node(self._next(), 0)
        return root

    def _next(self) -> Any:
        try:
            return next(self._events, None)
        except yaml.MarkedYAMLError as error:
            raise UnparseableError(syntax_complaint(error, self._text)) from None
        except yaml.YAMLError as error:
            raise UnparseableError(Complaint(Mark(0, 0), f"is not valid YAML: {error}")) from None

    def _node(self, event: Any, depth: int) -> Node:
        start, end = _mark(event.start_mark), _mark(event.end_mark)
        if depth > MAX_DEPTH:
            raise UnparseableError(Complaint(start, f"is nested more than {MAX_DEPTH} levels deep"))
        if isinstance(event, yaml.events.AliasEvent):
            self._complain(event, "an alias (*) is not allowed here", "write the value out")
            return Alias(start, end)
        self._refuse_extras(event)
        if isinstance(event, yaml.events.ScalarEvent):
            return Scalar(start, end, event.value, "" if event.style is None else event.style)
        if isinstance(event, yaml.events.SequenceStartEvent):
            items, end = self._until(yaml.events.SequenceEndEvent, depth)
            return Sequence(start, self._end(event, items, end), tuple(items), bool(event.flow_style))
        nodes, end = self._until(yaml.events.MappingEndEvent, depth)
        pairs = tuple(zip(nodes[::2], nodes[1::2], strict=True))
        return Mapping(start, self._end(event, nodes, end), pairs, bool(event.flow_style))

    def _until(self, last: type[Any], depth: int) -> tuple[list[Node], Mark]:
        nodes: list[Node] = []
        event = self._next()
        while not isinstance(event, last):
            nodes.append(self._node(event, depth + 1))
            event = self._next()
        return nodes, _mark(event.end_mark)

    @staticmethod
    def _end(event: Any, nodes: list[Node], end: Mark) -> Mark:
        """Return where a block ends: with its last value, not at the next token, as the parser says."""
        return end if event.flow_style or not nodes else nodes[-1].end

    def _refuse_extras(self, event: Any) -> None:
        if event.anchor is not None:
            self._complain(event, "an anchor (&) is not allowed here", "write the value out where it is needed")
        if event.tag is not None:
            self._complain(event, "a tag (!) is not allowed here", "leave it out; put a text in quotes")

    def _complain(self, event: Any, message: str, hint: str) -> None:
        self.complaints.append(Complaint(_mark(event.start_mark), message, hint))


def _mark(mark: Any) -> Mark:
    return Mark(mark.line, mark.column)


_SYNTAX: tuple[tuple[str, str, str], ...] = (
    ("mapping values are not allowed", "a colon is not allowed here", "put a text with a colon in it in quotes"),
    ("cannot start any token", "a value cannot start with this character", "put the text in quotes"),
    ("could not find expected ':'", "a key without a colon", "write `key: value`, or check the indentation"),
    ("did not find expected key", "a key was expected here", "check the indentation and the quotes"),
    ("did not find expected '-'", "a list entry (-) was expected here", "check the indentation"),
    ("did not find expected ',' or '}'", "a comma or } was expected here", "put texts with , or { in them in quotes"),
    ("did not find expected ',' or ']'", "a comma or ] was expected here", "put texts with , or [ in them in quotes"),
    ("did not find expected node content", "a value was expected here", "close the list or mapping before it"),
    ("unexpected end of stream", "the file ends inside a quoted text", "close the quote"),
    ("unexpected document indicator", "a document mark (--- or ...) inside a quoted text", "close the quote"),
    ("undefined alias", "an alias (*) is not allowed here", "write the value out"),
    ("expected alphabetic or numeric", "a name was expected here", "put a text that starts with * or & in quotes"),
    ("duplicate anchor", "an anchor (&) is not allowed here", "write the value out where it is needed"),
    (
        "block sequence entries are not allowed",
        "a list entry (-) is not allowed here",
        "start the list on its own line",
    ),
    ("did not find expected <document start>", "text after the end of the document", "check the indentation"),
    ("unknown escape character", "an unknown escape in a text in double quotes", "double the \\, or use single quotes"),
)


def syntax_complaint(error: yaml.MarkedYAMLError, text: str) -> Complaint:
    """Tell a syntax error in a sentence, with what usually helps."""
    mark = _mark(error.problem_mark or error.context_mark)
    lines = text.split("\n")
    rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
    if rest.startswith("\t"):
        return Complaint(mark, "a tab cannot indent or start a value", "use spaces")
    problem = str(error.problem or "unreadable")
    for part, message, hint in _SYNTAX:
        if part in problem:
            return Complaint(mark, message, hint)
    return Complaint(mark, f"is not valid YAML: {problem}", "check the indentation and the quotes")
