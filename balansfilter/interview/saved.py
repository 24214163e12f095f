"""The answers of an interview that is not finished: a private file beside the policies, for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from balansfilter.errors import OutputError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import write_private
from balansfilter.interview.desk import Answers
from balansfilter.interview.replies import Value
from balansfilter.policy.yaml_file import ValuePath

_VERSION = 1


@dataclass(frozen=True)
class SavedAnswers:
    """The file of one brand; its name begins with a dot, so that no run takes it for a policy."""

    path: Path

    @classmethod
    def of(cls, configs: Path, brand: str) -> SavedAnswers:
        """Return the file of a brand."""
        return cls(configs / "brands" / f".{brand}.init.yaml")

    def write(self, answers: Mapping[ValuePath, Value]) -> None:
        """Replace the file in one step.

        :raises OutputError: it cannot be written.
        """
        kept = [{"path": list(path), "value": value} for path, value in answers.items()]
        text = yaml.safe_dump({"interview": _VERSION, "answers": kept}, allow_unicode=True, sort_keys=False)
        part = self.path.with_suffix(".part")
        try:
            write_private(part, text.encode())
            part.replace(self.path)
        except OSError as error:
            raise OutputError(f"cannot keep the answers in {self.path}: {error.strerror}") from None

    def read(self) -> Answers:
        """Return the answers; none where there is no file.

        :raises UsageError: the file is there, but is not what was written.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
            return _answers(yaml.safe_load(text))
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError):
            raise UsageError(
                f"the answers kept in {self.path} cannot be read — repair that file, or remove it to start anew"
            ) from None

    def remove(self) -> None:
        """Remove the file, if there is one."""
        with suppress(FileNotFoundError):
            self.path.unlink()


def _answers(tree: Any) -> Answers:
    if not isinstance(tree, dict) or tree.get("interview") != _VERSION or not isinstance(tree.get("answers"), list):
        raise ValueError("not the answers of an interview")
    answers: Answers = {}
    for entry in tree["answers"]:
        if not isinstance(entry, dict) or not _is_path(entry.get("path")) or "value" not in entry:
            raise ValueError("not an answer")
        answers[tuple(entry["path"])] = entry["value"]
    return answers


def _is_path(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(type(part) in (str, int) for part in value)
