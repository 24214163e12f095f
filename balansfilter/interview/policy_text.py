"""A policy as text: with comments, answers as block texts, and in the order in which a person reads it. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from balansfilter.frozen import dataclass
from balansfilter.interview.desk import Answers
from balansfilter.interview.template import ANSWERS, ASSESSMENT
from balansfilter.policy.approval_checks import approve_command
from balansfilter.policy.edit import quoted
from balansfilter.policy.model import Policy
from balansfilter.policy.scalars import AmbiguousError, read_plain
from balansfilter.policy.yaml_file import ValuePath
from balansfilter.wording.catalogue import Wording
from balansfilter.wording.messages import translated

SCHEMA_LINE = "# yaml-language-server: $schema=../policy.schema.json"
_WIDTH = 118
_NARROWEST = 40
_PLAIN = re.compile(r"[^\W\d_][\w ./()+&'-]*|\d+ [a-z]+|\d+(\.\d+)?%", re.UNICODE)
_TOP = (
    *("policy", "brand", "name", "controller", "sector", "law", "consent", "bel_me_niet"),
    *("balanstests", "call_list", "objections", "contacts", "guards", "duplicates", "output"),
)
_BALANSTEST = ("id", "products", "max_term", "start_after", "max_attempts", "answers")
_ANSWERS = ("scope", "customer_relation", "impact", "weighing", "substantiation", "assessment")
_FILE = ("path", "format", "csv", "sheet", "skip_rows", "header", "date_format", "columns")
_ANSWER = ("balanstests", "*", "answers")
_BLOCKS = frozenset(["call_list", "contacts", "register", "columns", "assessment"])
"""Mappings that have a line for each key, however short they are."""
_NUMBERED: Mapping[ValuePath, str] = {(*_ANSWER, *place): number for _, number, place in ANSWERS}
_WIDER: Mapping[ValuePath, str] = {(*_ANSWER, "assessment", name): name for name in ASSESSMENT}
_COMMENTED = (
    ("law",),
    ("consent",),
    ("bel_me_niet",),
    ("balanstests",),
    ("balanstests", "*", "max_term"),
    ("call_list",),
    ("call_list", "on_bad_row"),
    ("objections",),
    ("objections", "*", "max_age"),
    ("objections", "*", "max_unreadable"),
    ("contacts",),
    ("guards",),
)
"""What has a comment of its own above it."""

_USUAL_CSV = (("header", True), ("skip_lines", 0))

Tree = Mapping[str, Any]


def tree_of(answers: Answers) -> dict[str, Any]:
    """Put answers together by their paths; what has no answer is left out."""
    tree: dict[str, Any] = {}
    for path, value in answers.items():
        if value is not None:
            _put(tree, path, value)
    if not tree.get("consent", {}).get("accept"):
        tree.pop("consent", None)
    elif not tree["consent"].get("names_first_call"):
        tree["consent"].pop("names_first_call", None)
    sources = [tree.get("call_list"), *tree.get("objections", []), tree.get("contacts")]
    for source in [*sources, tree.get("bel_me_niet", {}).get("register")]:
        if source and source.get("header") is True:
            del source["header"]
    for source in sources:
        if source and "csv" in source:
            kept = {key: value for key, value in source["csv"].items() if (key, value) not in _USUAL_CSV}
            source["csv"] = {key: kept[key] for key in sorted(kept, reverse=True)}
    return tree


def _put(tree: Any, path: ValuePath, value: Any) -> None:
    for part, following in zip(path, (*path[1:], None), strict=True):
        inner: Any = value if following is None else [] if isinstance(following, int) else {}
        if isinstance(part, int):
            while len(tree) <= part:
                tree.append({} if following is not None else None)
            tree[part] = value if following is None else tree[part]
        else:
            tree[part] = value if following is None else tree.get(part, inner)
        tree = tree[part]


@dataclass(frozen=True)
class PolicyText:
    """How a policy is written out in one language."""

    words: Wording
    examples: bool = False
    """Whether each answer has an example above it: for a form that is still to be filled in."""

    def head(self, policy: Policy) -> str:
        """Write what stands above a policy: what it is for, and the commands that approve it."""
        lines = [SCHEMA_LINE, "#", *_comment(self.words("init.comments.head", name=policy.name.rstrip(".")), 0)]
        for test in policy.balanstests:
            lines += ["#", f"#   {translated(approve_command(policy, test), self.words.language)}"]
        return "\n".join([*lines, "#"]) + "\n"

    def body(self, tree: Tree) -> str:
        """Write the policy itself."""
        return "\n".join(self.mapping(tree, 0, ())) + "\n"

    def comment(self, text: str) -> list[str]:
        """Write a comment, a paragraph a time."""
        return [line for paragraph in text.split("\n") for line in _comment(paragraph, 0)]

    def mapping(self, tree: Tree, indent: int, at: ValuePath) -> Iterator[str]:
        """Write a mapping, a line for each key or a block for each."""
        known = {key: place for place, key in enumerate(_order(at))}
        for key in sorted(tree, key=lambda key: known.get(key, len(known))):
            place = (*at, key)
            if not indent and isinstance(tree[key], Mapping | list | tuple):
                yield ""
            yield from self._comments(place, indent)
            yield from self._entry(key, tree[key], indent, place)

    def _entry(self, key: str, value: Any, indent: int, at: ValuePath) -> Iterator[str]:
        pad = " " * indent
        key = _scalar(key) if at[-2:-1] == ("where",) else key  # a column of a file, and not a key of ours
        if isinstance(value, str) and self._is_answer(at) and _folds(value.strip()):
            yield f"{pad}{key}: >-"
            yield from _folded(value.strip(), indent + 2)
        elif isinstance(value, Mapping) and (at[-1] in _BLOCKS or not _is_short(value)):
            yield f"{pad}{key}:"
            yield from self.mapping(value, indent + 2, at)
        elif isinstance(value, Sequence) and not isinstance(value, str) and not _is_short(value):
            yield f"{pad}{key}:"
            for item in value:
                yield from self._item(item, indent + 2, (*at, "*"))
        else:
            yield f"{pad}{key}: {_inline(value)}"

    def _item(self, item: Any, indent: int, at: ValuePath) -> Iterator[str]:
        pad = " " * indent
        if isinstance(item, Mapping):
            lines = list(self.mapping(item, indent + 2, at))
            first = next(n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
            yield from (line[2:] for line in lines[:first])
            yield f"{pad}- {lines[first].lstrip()}"
            yield from lines[first + 1 :]
        elif isinstance(item, str) and _folds(item.strip()):
            yield f"{pad}- >-"
            yield from _folded(item.strip(), indent + 2)
        else:
            yield f"{pad}- {_inline(item)}"

    def _is_answer(self, at: ValuePath) -> bool:
        return at in _NUMBERED or at in _WIDER

    def _comments(self, at: ValuePath, indent: int) -> Iterator[str]:
        number, name = _NUMBERED.get(at), _WIDER.get(at)
        if number is not None:
            told = self.words(f"document.questions.{number}")
            yield from _comment(f"{number}. {told}" if number[0].isdigit() else told, indent)
        elif name is not None:
            yield from _comment(self.words(f"document.assessment.{name}"), indent)
        elif at in _COMMENTED:
            yield from _comment(self.words(f"init.comments.{'_'.join(map(str, at)).replace('*_', '')}"), indent)
        if self.examples and (number or name):
            example = self.words(f"init.questions.{number or name}.example")
            yield from _comment(self.words("init.example", text=" ".join(example.split())), indent)


def _order(at: ValuePath) -> tuple[str, ...]:
    """Return the order of the keys of a mapping; what is not in it stays as it is, behind them."""
    if not at:
        return _TOP
    if at[0] == "balanstests":
        return _BALANSTEST if len(at) == 2 else _ANSWERS if len(at) == 3 else ()
    return () if at[-1] in ("csv", "columns") else _FILE


def _comment(text: str, indent: int) -> list[str]:
    pad = " " * indent + "# "
    return textwrap.wrap(text, _WIDTH, initial_indent=pad, subsequent_indent=pad, break_long_words=False)


def _folds(text: str) -> bool:
    """Whether a text can be written folded and is read back the same."""
    return bool(text) and all(part and part == " ".join(part.split()) for part in text.split("\n"))


def _folded(text: str, indent: int) -> Iterator[str]:
    pad = " " * indent
    for number, paragraph in enumerate(text.split("\n")):
        if number:
            yield ""
        width = max(_NARROWEST, _WIDTH - indent)
        for line in textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False):
            yield pad + line


def _is_short(value: Any) -> bool:
    if isinstance(value, Mapping):
        inner = list(value.values())
        return len(inner) <= 2 and all(not isinstance(part, Mapping | list | tuple) for part in inner)
    return all(not isinstance(part, Mapping) and len(str(part)) <= 30 for part in value)


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _scalar(value) if isinstance(value, str) else str(value)


def _scalar(text: str) -> str:
    """Write a text without quotes where no program reads it as anything else."""
    try:
        is_plain = _PLAIN.fullmatch(text) is not None and text == text.strip() and read_plain(text) == text
    except AmbiguousError:
        is_plain = False
    return text if is_plain else quoted(text)
