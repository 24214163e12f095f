"""A YAML file as plain values, each with its place in the file.

Strict where YAML is lax: duplicate keys, aliases, anchors, tags, merge keys, keys that are no text and unquoted scalars
that programs read differently are problems. All are collected; none is repaired in silence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from pathlib import Path
from stat import S_ISREG
from typing import Final

from balansfilter.errors import Problem
from balansfilter.frozen import dataclass
from balansfilter.policy import yaml_nodes as nodes
from balansfilter.policy.scalars import AmbiguousError, Scalar, read_plain, shown

MAX_BYTES = 1_000_000

ValuePath = tuple[str | int, ...]


class Refused:
    """Stands for a value whose problem has been told; nothing further is said of it."""

    def __repr__(self) -> str:
        """Return its name."""
        return "REFUSED"


REFUSED: Final = Refused()

Value = Scalar | Refused | dict[str, "Value"] | tuple["Value", ...]


def path_text(path: Sequence[str | int]) -> str:
    """Write a path as people do: ``balanstests[0].max_term``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True)
class YamlDocument:
    """What was read from a YAML file, and where every value of it stands."""

    file: str
    """The file, as the user named it."""
    text: str
    """The text of the file; empty if it could not be read at all."""
    data: bytes = field(repr=False)
    """The bytes of the file."""
    root: nodes.Mapping | None = None
    """The nodes, for an exact edit; None if it could not be parsed."""
    values: dict[str, Value] = field(default_factory=dict)
    """The values."""
    found: Mapping[ValuePath, nodes.Node] = field(default_factory=dict)
    """The node of every value, by path."""
    keys: Mapping[ValuePath, nodes.Node] = field(default_factory=dict)
    """The node of every key, by the path of its value."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with it as YAML."""
    readable: bool = True
    """Whether there was a text to parse."""

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of the file's bytes, as hex digits."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def is_blank(self) -> bool:
        """Whether it was read and holds nothing but comments."""
        lines = (line.strip() for line in self.text.split("\n"))
        return self.readable and all(not line or line.startswith("#") for line in lines)

    def problem(self, path: Sequence[str | int], message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem at a path; where it has no place of its own, the place of what should hold it."""
        mark = self._mark(tuple(path), at_key=at_key)
        return Problem(self.file, mark.line + 1, mark.column + 1, path_text(path), message, hint)

    def _mark(self, path: ValuePath, *, at_key: bool) -> nodes.Mark:
        while path and path not in self.found:
            path = path[:-1]
        node = self.found.get(path)
        if node is None:
            return nodes.Mark(0, 0)
        if path in self.keys and (at_key or not isinstance(node, nodes.Scalar) or not node.text):
            return self.keys[path].start
        return node.start


def read_yaml(path: Path, file: str | None = None) -> YamlDocument:
    """Read a YAML file with a mapping at its top; its problems are in the document, none is raised."""
    file = str(path) if file is None else file
    try:
        data = _read_bytes(path)
        return _parse(file, _decoded(data), data)
    except _UnreadableError as error:
        return error.document(file)


def parse_yaml(text: str, file: str) -> YamlDocument:
    """Read YAML with a mapping at its top from a text."""
    try:
        return _parse(file, text, text.encode())
    except _UnreadableError as error:
        return error.document(file)


class _UnreadableError(ValueError):
    def __init__(self, message: str, hint: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.hint, self.line, self.column = hint, line, column

    def document(self, file: str) -> YamlDocument:
        """Return a document without a text, whose one problem this is."""
        problem = Problem(file, self.line, self.column, "", str(self), self.hint)
        return YamlDocument(file, "", b"", problems=(problem,), readable=False)


def _read_bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not S_ISREG(status.st_mode):
            raise _UnreadableError("is not a file")
        if status.st_size > MAX_BYTES:
            raise _UnreadableError(
                f"is {status.st_size / 1e6:.1f} MB large; at most {MAX_BYTES // 1_000_000} MB is read here"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise _UnreadableError("does not exist") from None
    except OSError as error:
        raise _UnreadableError(f"cannot be read: {(error.strerror or 'unknown error').lower()}") from None


_BOMS = ((b"\xef\xbb\xbf", "UTF-8"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]|\r(?!\n)"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")


def _decoded(data: bytes) -> str:
    for bom, name in _BOMS:
        if data.startswith(bom):
            raise _UnreadableError(
                f"starts with a byte order mark ({name})", "save it as UTF-8 without a byte order mark", 1, 1
            )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        message = f"is not UTF-8: byte 0x{data[error.start]:02x}"
        raise _UnreadableError(message, "save it as UTF-8", *_place(before)) from None


def has_control(text: str) -> bool:
    """Whether a text holds a line end, or another character that cannot be seen."""
    return "\n" in text or "\t" in text or _CONTROL.search(text) is not None


def _place(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _parse(file: str, text: str, data: bytes) -> YamlDocument:
    if found := _FORBIDDEN.search(text):
        place = _place(text[: found.start()])
        raise _UnreadableError(f"holds an invisible character (U+{ord(found[0]):04X})", "take it out", *place)
    composer = nodes.Composer(text)
    root: nodes.Node | None = None
    try:
        root = composer.root()
    except nodes.UnparseableError as error:
        composer.complaints.append(error.complaint)
    else:
        if not isinstance(root, nodes.Mapping):
            start = nodes.Mark(0, 0) if root is None else root.start
            composer.complaints.append(
                nodes.Complaint(start, "is empty" if root is None else "should hold `key: value` lines at the top")
            )
    reader = _Reader(frozenset(complaint.mark for complaint in composer.complaints))
    values = reader.read(root, ()) if isinstance(root, nodes.Mapping) else {}
    return YamlDocument(
        file=file,
        text=text,
        data=data,
        root=root if isinstance(root, nodes.Mapping) else None,
        values=values if isinstance(values, dict) else {},
        found=reader.found,
        keys=reader.keys,
        problems=_as_problems(file, [*composer.complaints, *reader.complaints], reader.found),
    )


def _as_problems(
    file: str, complaints: Sequence[nodes.Complaint], found: Mapping[ValuePath, nodes.Node]
) -> tuple[Problem, ...]:
    paths: dict[nodes.Mark, ValuePath] = {}
    for path, node in found.items():
        paths.setdefault(node.start, path)
    return tuple(
        sorted(
            Problem(file, at.mark.line + 1, at.mark.column + 1, path_text(path), at.message, at.hint)
            for at in complaints
            for path in [paths.get(at.mark, ()) if at.path is None else at.path]
        )
    )


class _Reader:
    """Reads the values of a tree of nodes; what it cannot read is refused, and told."""

    def __init__(self, complained: frozenset[nodes.Mark]) -> None:
        self.complaints: list[nodes.Complaint] = []
        self.found: dict[ValuePath, nodes.Node] = {}
        self.keys: dict[ValuePath, nodes.Node] = {}
        self._complained = complained

    def read(self, node: nodes.Node, path: ValuePath) -> Value:
        """Return the value of a node."""
        self.found[path] = node
        if isinstance(node, nodes.Mapping):
            return self._mapping(node, path)
        if isinstance(node, nodes.Sequence):
            return tuple(self.read(item, (*path, n)) for n, item in enumerate(node.items))
        if isinstance(node, nodes.Alias) or node.start in self._complained:
            return REFUSED
        return self._scalar(node, path)

    def _mapping(self, node: nodes.Mapping, path: ValuePath) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for key, value in node.pairs:
            name = self._key(key, path)
            if name is None:
                continue
            if name in values:
                first = self.keys[(*path, name)].start.line + 1
                self._complain(key, (*path, name), "this key is here twice", f"the first is on line {first}")
                continue
            self.keys[(*path, name)] = key
            values[name] = self.read(value, (*path, name))
        return values

    def _key(self, node: nodes.Node, path: ValuePath) -> str | None:
        """Return the text of a key. An unquoted `on` or `no` is a text here: no key is anything else."""
        if not isinstance(node, nodes.Scalar):
            self._complain(node, path, "a key should be text", "write a single word before the colon")
            return None
        if node.text == "<<" and not node.style:
            self._complain(node, path, "a merge key (<<) is not allowed here", "write the keys out")
            return None
        if not node.style and _is_no_text(node.text):
            self._complain(node, path, f"a key should be text, but is `{shown(node.text)}`", "put it in quotes")
            return None
        return node.text

    def _scalar(self, node: nodes.Scalar, path: ValuePath) -> Value:
        if found := _CONTROL.search(node.text):
            self._complain(node, path, f"holds an invisible character (U+{ord(found[0]):04X})", "take it out")
            return REFUSED
        if node.style:
            return node.text
        try:
            return read_plain(node.text)
        except AmbiguousError as error:
            message = f"`{shown(node.text)}` without quotes is read differently by different programs"
            self._complain(node, path, message, str(error))
            return REFUSED

    def _complain(self, node: nodes.Node, path: ValuePath, message: str, hint: str) -> None:
        self.complaints.append(nodes.Complaint(node.start, message, hint, path))


def _is_no_text(text: str) -> bool:
    try:
        return not isinstance(read_plain(text), str)
    except AmbiguousError:
        return False
