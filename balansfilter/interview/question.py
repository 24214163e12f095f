"""One question: where its answer belongs in the policy, how a reply is read, and what is shown with it."""

from __future__ import annotations

from collections.abc import Callable

from balansfilter.frozen import dataclass
from balansfilter.interview.replies import Line, Reply, Value
from balansfilter.policy.yaml_file import ValuePath


def _anything(value: Value) -> None:
    """Take any value."""


@dataclass(frozen=True)
class PolicyQuestion:
    """One question."""

    path: ValuePath
    """Where the answer stands in the policy."""
    name: str
    """Its texts in the catalogue, under `init.questions`."""
    reply: Reply
    section: str = ""
    """The heading that it stands under."""
    default: Value = None
    """What an empty reply means; None for nothing."""
    optional: bool = False
    """Whether there may be no answer; then the key is left out of the policy."""
    notes: tuple[str, ...] = ()
    """What was seen or should be known, line by line."""
    check: Callable[[Value], object] = _anything
    """Raises UnclearError for a value that does not go with other answers, or with the file."""
    ask: str = ""
    """The name of the question itself in the catalogue, where it has its home in another page."""
    is_settled: bool = False
    """Whether the answer is known already, and is not asked for."""

    @property
    def ask_name(self) -> str:
        """Where the question itself stands in the catalogue."""
        return self.ask or f"init.questions.{self.name}.ask"


def settled(path: ValuePath, value: Value) -> PolicyQuestion:
    """Make a question whose answer is known already."""
    return PolicyQuestion(path, "", Line(), default=value, is_settled=True)
