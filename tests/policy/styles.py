"""The same values, written as YAML in many ways."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from balansfilter.policy.scalars import AmbiguousError, read_plain


class Writer:
    """Writes plain values as YAML: keys in any order, blocks or brackets, any quotes, comments anywhere."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def document(self, values: dict[str, Any]) -> str:
        text = self._block(values, 0)
        return text if self.random.random() < 0.8 else text.rstrip("\n")

    def _block(self, value: Any, indent: int) -> str:
        space = " " * indent
        if isinstance(value, dict):
            keys = self.random.sample(sorted(value), len(value))
            lines = [
                self._comment(space) + space + self._key(key) + ":" + self._value(value[key], indent) for key in keys
            ]
        else:
            lines = [self._comment(space) + self._item(item, indent) for item in value]
        return "".join(lines)

    def _item(self, item: Any, indent: int) -> str:
        space = " " * indent
        if isinstance(item, dict) and item and self.random.random() < 0.8:
            inner = Writer(self.random)
            inner._comment = lambda space: ""  # type: ignore[method-assign]
            return space + "- " + inner._block(item, indent + 2).removeprefix(" " * (indent + 2))
        return space + "-" + self._value(item, indent)

    def _value(self, value: Any, indent: int) -> str:
        inner = indent + self.random.choice((2, 4))
        if isinstance(value, dict | tuple | list):
            if not value or self.random.random() < 0.3:
                return " " + self._flow(value) + self._trailing() + "\n"
            return self._trailing() + "\n" + self._block(value, inner)
        if isinstance(value, str) and value.count(" ") > 1 and value.strip() == value and self.random.random() < 0.3:
            mark = self.random.choice(("|-", ">-", "|", "|+", ">"))
            breaks = "\n" if mark.startswith("|") else "\n\n"
            lines = value.split("\n")
            blank = "\n" * (self.random.random() < 0.3)
            return f" {mark}\n" + breaks.join(" " * inner + line for line in lines) + "\n" + blank
        return " " + self._scalar(value, flow=False) + self._trailing() + "\n"

    def _flow(self, value: Any) -> str:
        if isinstance(value, dict):
            keys = self.random.sample(sorted(value), len(value))
            return "{" + ", ".join(f"{self._key(key)}: {self._flow(value[key])}" for key in keys) + "}"
        if isinstance(value, tuple | list):
            return "[" + ", ".join(self._flow(item) for item in value) + "]"
        return self._scalar(value, flow=True)

    def _scalar(self, value: Any, *, flow: bool) -> str:
        if value is None:
            return self.random.choice(("null", "~"))
        if not isinstance(value, str):
            return str(value).lower()
        if self._may_be_plain(value, flow=flow) and self.random.random() < 0.5:
            return value
        if "\n" not in value and self.random.random() < 0.5:
            return "'" + value.replace("'", "''") + "'"
        return json.dumps(value, ensure_ascii=self.random.random() < 0.3 and value.isascii())

    @staticmethod
    def _may_be_plain(text: str, *, flow: bool) -> bool:
        if not text or not text[0].isalnum() or text.strip() != text or (flow and set(text) & set("[]{},")):
            return False
        if ": " in text or " #" in text or "\n" in text or text.endswith(":"):
            return False
        try:
            return isinstance(read_plain(text), str)
        except AmbiguousError:
            return False

    def _key(self, key: str) -> str:
        return self.random.choice((key, f'"{key}"', f"'{key}'")) if self.random.random() < 0.3 else key

    def _comment(self, space: str) -> str:
        return space + '# let op: {dit} is "commentaar"\n' if self.random.random() < 0.15 else ""

    def _trailing(self) -> str:
        return "   # en dit ook" if self.random.random() < 0.15 else ""
