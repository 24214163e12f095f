"""An exact edit: the approval of one balanstest, written into the text of a policy.

Nothing else of the text changes, not a space: comments, order, quotes and line ends stay as they are, because only the
characters of the approval are replaced, at the place that the parser gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as Pairs

from balansfilter.policy.yaml_file import YamlDocument
from balansfilter.policy.yaml_nodes import Mapping, Mark, Node, Scalar, Sequence


def write_approval(document: YamlDocument, index: int, approval: Pairs[str, str]) -> str:
    """Return the text of a policy with the approval of its balanstest number `index` replaced, or added.

    The values of `approval` are written as they are given: a text has its quotes already.
    """
    test = document.found["balanstests", index]
    if not isinstance(test, Mapping):
        raise TypeError("a balanstest is a mapping")
    source = _Source(document.text)
    for key, value in test.pairs:
        if isinstance(key, Scalar) and key.text == "approval":
            return source.replaced(key, value, approval, in_flow=test.flow)
    return source.added(test, approval)


def quoted(text: str) -> str:
    """Write a text as YAML in double quotes, on one line."""
    return json.dumps(text, ensure_ascii=False)


def _flow(approval: Pairs[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in approval.items()) + "}"


class _Source:
    """A text, and its marks as offsets."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def replaced(self, key: Node, value: Node, approval: Pairs[str, str], *, in_flow: bool) -> str:
        start, end = self._offset(key.start), self._end_of(value)
        if in_flow or (isinstance(value, Mapping) and value.flow):
            new = f"approval: {_flow(approval)}"
        else:
            new = self._block(approval, key.start.column)
        return self._text[:start] + new + self._text[end:]

    def added(self, test: Mapping, approval: Pairs[str, str]) -> str:
        last = test.pairs[-1][1]
        end = self._end_of(last)
        if test.flow:
            return f"{self._text[:end]}, approval: {_flow(approval)}{self._text[end:]}"
        column = test.pairs[0][0].start.column
        block = " " * column + self._block(approval, column)
        if self._keeps_line_ends(last):
            return self._text[:end] + block + self._newline + self._text[end:]
        line_end = self._line_end(end)
        return self._text[:line_end] + self._newline + block + self._text[line_end:]

    def _block(self, approval: Pairs[str, str], column: int) -> str:
        indent = self._newline + " " * (column + 2)
        return "approval:" + "".join(f"{indent}{key}: {value}" for key, value in approval.items())

    def _end_of(self, node: Node) -> int:
        """Return where the text of a value ends; for a block text at its last line, not the blank ones after it."""
        end = self._offset(node.end)
        if self._keeps_line_ends(node) or not _ends_in_block_text(node):
            return end
        return len(self._text[:end].rstrip())

    def _keeps_line_ends(self, node: Node) -> bool:
        """Whether it ends in a block text whose blank lines at the end are part of it (``|+``)."""
        last = _last_scalar(node)
        header = self._text[self._offset(last.start) :].split("\n", 1)[0] if last else ""
        return _ends_in_block_text(node) and "+" in header.split("#")[0]

    def _line_end(self, offset: int) -> int:
        found = re.compile(r"\r?\n|\Z").search(self._text, offset)
        return found.start() if found else len(self._text)

    def _offset(self, mark: Mark) -> int:
        return self._starts[mark.line] + mark.column if mark.line < len(self._starts) else len(self._text)


def _last_scalar(node: Node) -> Scalar | None:
    """Return the scalar in which a block ends; None where it ends in brackets."""
    while not isinstance(node, Scalar):
        if isinstance(node, Mapping) and node.pairs and not node.flow:
            node = node.pairs[-1][1]
        elif isinstance(node, Sequence) and node.items and not node.flow:
            node = node.items[-1]
        else:
            return None
    return node


def _ends_in_block_text(node: Node) -> bool:
    last = _last_scalar(node)
    return last is not None and last.style in ("|", ">")
