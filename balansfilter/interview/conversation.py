"""The conversation: questions one by one, each answer looked at at once, a step back, and nothing lost on the way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from balansfilter.interview.desk import Answers, Desk
from balansfilter.interview.question import PolicyQuestion
from balansfilter.interview.questions import questions
from balansfilter.interview.replies import Choice, UnclearError, Value
from balansfilter.interview.saved import SavedAnswers
from balansfilter.policy.yaml_file import ValuePath
from balansfilter.wording.catalogue import Wording

HELP, BACK, NONE = "?", "<", "-"
_USUAL: Mapping[str, tuple[int, float]] = {
    "brand": (3, 0.3),
    "grounds": (4, 0.4),
    "call_list": (14, 0.2),
    "objections": (13, 0.2),
    "contacts": (1, 0.2),
    "balanstest": (2, 0.5),
    "scope": (1, 1.5),
    "relation": (4, 1.5),
    "impact": (4, 1.0),
    "weighing": (4, 1.5),
    "substantiation": (2, 2.0),
    "assessment": (12, 1.2),
    "guards": (1, 0.2),
    "write": (1, 0.2),
}
"""How many questions each part usually has, in their order, and how many minutes each takes most people."""

_OF_A_BALANSTEST = ("balanstest", "scope", "relation", "impact", "weighing", "substantiation", "assessment")

_FURTHER = "  > "
"""The prompt of a further line of an answer."""
_SHOWN = 60


class Terminal(Protocol):
    """What the conversation is held on."""

    def heading(self, text: str) -> None:
        """Show a heading."""

    def question(self, text: str, place: str) -> None:
        """Show a question, and which of how many it is."""

    def say(self, text: str) -> None:
        """Show a paragraph."""

    def table(self, lines: Iterable[str]) -> None:
        """Show lines as they are."""

    def wrong(self, text: str) -> None:
        """Show what is wrong with a reply."""

    def line(self, prompt: str) -> str:
        """Ask for a line."""


class PutOffError(Exception):
    """The policy is not to be written now; the answers are kept."""


class _Back(Exception):  # noqa: N818 - a turn in the conversation
    """The question before this one is to be asked again."""


@dataclass
class Conversation:
    """An interview that is going on."""

    desk: Desk
    terminal: Terminal
    saved: SavedAnswers
    answers: Answers
    offers: Answers = field(default_factory=dict)
    """Answers that were given before, and are asked for again."""
    _section: str = ""
    _asked: list[PolicyQuestion] = field(default_factory=list)
    """The questions that came before the one that is asked now."""

    @property
    def words(self) -> Wording:
        """The words of the interview."""
        return self.desk.words

    def hold(self) -> Answers:
        """Ask until everything is answered; give the answers that belong to the policy.

        :raises PutOffError: it is not to be written now.
        """
        while True:
            self._asked = []
            try:
                for question in questions(self.answers, self.desk):
                    self._answer(question)
                    self._asked += [] if question.is_settled else [question]
            except _Back:
                self._step_back([question.path for question in self._asked])
                continue
            if not self.answers["?", "write"]:
                self._forget(("?", "write"))
                raise PutOffError
            settled = {question.path for question in questions(self.answers, self.desk)}
            return {path: value for path, value in self.answers.items() if path in settled and path[0] != "?"}

    def ask_again(self, paths: Iterable[ValuePath]) -> None:
        """Have some questions asked again, with the answers as they are for a proposal."""
        for path in (*paths, ("?", "write")):
            self._forget(path)

    def _forget(self, path: ValuePath) -> None:
        if path in self.answers:
            self.offers[path] = self.answers.pop(path)

    def _step_back(self, asked: list[ValuePath]) -> None:
        if not asked:
            self.terminal.wrong(self.words("init.unclear.first"))
            return
        later = list(self.answers)[list(self.answers).index(asked[-1]) :]
        for path in later:
            self._forget(path)

    def _answer(self, question: PolicyQuestion) -> None:
        if question.path in self.answers:
            return
        if question.is_settled:
            self.answers[question.path] = question.default
            return
        self._introduce(question)
        value = self._value(question)
        self.answers[question.path] = value
        self.offers.pop(question.path, None)
        self.saved.write(self.answers)

    def _introduce(self, question: PolicyQuestion) -> None:
        if question.section != self._section:
            self._section = question.section
            self.terminal.heading(self.words(f"init.sections.{question.section}"))
        number = f"{question.name}. " if question.name[:1].isdigit() else ""
        self.terminal.question(number + self.words(question.ask_name), self._how_far())
        self.terminal.say(self.words(f"init.questions.{question.name}.why"))
        self.terminal.say(self.words("init.example", text=self.words(f"init.questions.{question.name}.example")))
        self.terminal.table(question.notes)
        if isinstance(question.reply, Choice):
            self.terminal.table(question.reply.listed())
        if question.reply.lines:
            self.terminal.say(self.words("init.end_with_empty_line"))

    def _how_far(self) -> str:
        """Say which question this is, of about how many, and how long the rest takes most people."""
        done = Counter(question.section for question in self._asked)
        sections = list(_USUAL)
        left = {name: _USUAL[name][0] for name in sections[sections.index(self._section) :] if self._comes(name)}
        left[self._section] = max(1, _USUAL[self._section][0] - done[self._section])
        minutes = max(1, round(sum(count * _USUAL[name][1] for name, count in left.items())))
        number = len(self._asked) + 1
        return self.words.counted("init.how_far", minutes, number=number, all=number - 1 + sum(left.values()))

    def _comes(self, section: str) -> bool:
        """Whether a part is still to come, as far as was said."""
        refused = {path[1] for path, value in self.answers.items() if path[0] == "?" and value is False}
        if "balanstest" in refused and section in _OF_A_BALANSTEST:
            return False
        return section != "assessment" or "assessment" not in refused

    def _value(self, question: PolicyQuestion) -> Value:
        default = self._default(question)
        while True:
            typed = self._typed(question, default)
            try:
                if not typed.strip() and (default is not None or question.optional):
                    value = default
                elif typed.strip() == NONE and question.optional:
                    value = None
                else:
                    value = question.reply.read(typed, self.words)
                if value is not None:
                    question.check(value)
            except UnclearError as error:
                self.terminal.wrong(str(error))
            else:
                return value

    def _default(self, question: PolicyQuestion) -> Value:
        """Return what an empty reply means: the former answer if it still holds, else what is proposed."""
        offered = self.offers.get(question.path)
        if offered is None:
            return question.default
        try:
            shown = question.reply.show(offered, self.words)
            question.check(question.reply.read(shown, self.words))
        except (UnclearError, ValueError):
            return question.default
        return offered

    def _typed(self, question: PolicyQuestion, default: Value) -> str:
        prompt = self._prompt(question, default)
        while True:
            typed = self.terminal.line(prompt)
            if typed.strip() == HELP:
                self.terminal.say(self.words(f"init.questions.{question.name}.more"))
                self.terminal.say(self.words("init.keys"))
            elif typed.strip() == BACK:
                raise _Back
            elif question.reply.lines and typed.strip() not in ("", NONE):
                return "\n".join([typed, *self._rest()])
            else:
                return typed

    def _rest(self) -> Iterable[str]:
        while line := self.terminal.line(_FURTHER).strip():
            yield line

    def _prompt(self, question: PolicyQuestion, default: Value) -> str:
        if default is not None:
            shown = " ".join(question.reply.show(default, self.words).split())
            return f"[{shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}] > "
        return f"[{self.words('init.none')}] > " if question.optional else "> "
