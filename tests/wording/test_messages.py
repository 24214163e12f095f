"""The Dutch of what an operator meets: nothing of the source is missing, and no value is lost or made up."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.cli.main import balansfilter
from balansfilter.cli.shared.language import choose_language
from balansfilter.cli.shared.spoken_help import SpokenCommand, SpokenGroup, help_texts
from balansfilter.errors import Problem
from balansfilter.wording.messages import command_texts, help_catalogue, load_messages, translated, translated_problem
from balansfilter.wording.speaking import ask_for, language_of, speak, spoken
from tests.wording.sentences import sentences, told_words

TEXTS = load_messages("nl").texts
SENTENCES = sentences()
NOT_TOLD = re.compile(
    r"\d+ (year|months)|balansfilter(:.*| balanstest approve.*| policy, version 1)|.*approval: \{\d\}.*|, or |s have|s name|"
    r"Who answers for the calls.*|.*or null|\",\", .*|(could|did) not find expected.*|unexpected (end|document).*|"
    r"Got unexpected extra argument|undefined alias|expected alphabetic.*|duplicate anchor|block sequence entries.*|unknown escape character|"
    r"did you mean |\{0\} AS c\{1\}|write in|The person's (customer id|number).*|  \{0\}:\{1\} in \{2\}|bold (green|red)|"
    r"\{task\..*|decided \(a dry run\)|Libertinus.*|DejaVu.*|#let told.*|Heading \d|List Bullet|.*ORDER BY.*|\*, CAST.*|"
    r"<dim>.*|\{time:.*|ISO, [DY]MY?D?|TABLE \{0\}|\{0\} AS \{1\}|.*COLLATE.*|, c\{0\} text|NULLIF.*|\{0\} (text|MB|TB)|"
    r"\{\"compiled.*|ended at|.*current_setting.*| UNION ALL .*|.*\w\|(\w|\().*|database \.\* .*|could not translate host name|"
    r"(statement|lock) timeout|read-only transaction|error sending request|timed out|must be specified|not found in|"
    r"metadata service|sha256:\{0\}|balansfilter \{0\}|module 'balansfilter' has no.*|read_parquet.*|balansfilter index 2|\d+ days|a history without.*|a share is of at least.*|"
    r"balansfilter check --brand .*|balansfilter --configs .*|\{0\} \{1\}, in \{2\}|Python \{0\}|"
    r"\{0\}, sha256:\{1\}|was_.*|w\..*|-- \{0\}.*|all brands|alle merken| --opinion REF|# yaml-language.*|"
    r"IO error: |"
    r"not (the answers of an interview|an answer)|  \{0\} sha256:.*",
    re.DOTALL,
)
"""What is in the source and is told to nobody: keys, SQL, names of fonts and styles, words that libraries say."""
_PLACE = re.compile(r"\{(\d+)(?::[^{}]*)?\}")


@pytest.fixture(autouse=True)
def _as_it_was():
    before = spoken()
    yield
    choose_language((), {})
    speak(before)
    ask_for(None)


def places(text: str) -> set[str]:
    return set(_PLACE.findall(text))


def has_dutch(told: str) -> bool:
    """Whether every line of a template is in the catalogue, or holds no word."""
    return all(
        line in TEXTS or NOT_TOLD.fullmatch(line) or not re.search(r"[^\W\d_]", _PLACE.sub("", line))
        for line in map(_from_nothing, told.strip("\n").split("\n"))
    )


def _from_nothing(line: str) -> str:
    """Number the values of a line from 0 on, as they are where it is told by itself."""
    numbers = list(dict.fromkeys(_PLACE.findall(line)))
    return _PLACE.sub(lambda place: f"{{{numbers.index(place[1])}}}", line)


def test_every_sentence_of_the_source_has_its_dutch():
    missing = {told: where for told, where in SENTENCES.items() if told not in TEXTS and not has_dutch(told)}
    assert not {told: where for told, where in missing.items() if not NOT_TOLD.fullmatch(told)}


def test_every_word_that_is_told_has_its_dutch():
    assert not {
        told: where for told, where in told_words().items() if told not in TEXTS and not NOT_TOLD.fullmatch(told)
    }


def every_command(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from every_command(inner, f"{path} {name}")


COMMANDS = dict(every_command(balansfilter, "balansfilter"))
SAID = re.compile(r"`[^`]+`|--[a-z][a-z-]+|\.[a-z]{3,5}\b|[A-Z]{2,}:?[A-Z]*\b")
"""What stays as it is in a help: what is typed, endings of files, and names in capitals."""


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_every_help_has_its_dutch_and_says_the_same_names(path):
    texts = help_catalogue("nl")
    assert isinstance(COMMANDS[path], SpokenCommand | SpokenGroup)
    for english in help_texts(COMMANDS[path]):
        if " " in english:
            assert english in texts, english
            assert sorted(SAID.findall(english)) == sorted(SAID.findall(texts[english])), english


def test_the_catalogue_of_help_holds_nothing_that_is_told_no_more():
    told = {text for command in COMMANDS.values() for text in help_texts(command)}
    assert not {english for english in help_catalogue("nl") if " " in english and english not in told} - {
        "COMMAND [ARGS]..."
    }


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_help_is_in_the_language_that_is_spoken_and_nothing_stays_of_it(path):
    command = COMMANDS[path]
    context = click.Context(command, info_name=path)
    english = command.get_help(context)
    choose_language(("--lang", "nl"), {})
    dutch = command.get_help(click.Context(command, info_name=path))
    assert dutch.startswith("Gebruik: ")
    shown = " ".join(dutch.split())
    for text in (*help_texts(command), "[OPTIONS]", "[required]"):
        assert " " not in text or " ".join(text.split()) not in shown, text
    choose_language((), {})
    assert command.get_help(click.Context(command, info_name=path)) == english


def test_the_exit_codes_stand_under_each_other():
    for language, first in (("en", "  0  done "), ("nl", "  0  klaar ")):
        choose_language(("--lang", language), {})
        shown = COMMANDS["balansfilter"].get_help(click.Context(COMMANDS["balansfilter"], info_name="balansfilter"))
        assert sum(bool(re.match(r"    [0-4]  \S.*\s[5-9]  \S", line)) for line in shown.splitlines()) == 5
        assert first in shown


def test_the_exceptions_are_in_the_source_still():
    assert sum(bool(NOT_TOLD.fullmatch(told)) for told in SENTENCES) > 30


@pytest.mark.parametrize("english", sorted(TEXTS))
def test_both_languages_have_the_same_values(english):
    assert places(TEXTS[english]) == places(english)


def test_every_word_of_click_has_its_dutch():
    asked = set()
    for file in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
                texts = node.args[: 2 if node.func.id == "ngettext" else 1]
                asked |= {text.value for text in texts if isinstance(text, ast.Constant)}
    assert len(asked) > 60
    dutch = command_texts("nl")
    assert not asked - dutch.keys()
    fields = re.compile(r"\{[^{}]*\}|%\(\w+\)s")
    assert all(sorted(set(fields.findall(text))) == sorted(set(fields.findall(dutch[text]))) for text in asked)


@pytest.mark.parametrize(
    ("english", "dutch"),
    [
        ("cannot write out/x: No space left", "kan out/x niet schrijven: No space left"),
        ("1 row has a word that is neither yes nor no (row 3)", "1 rij heeft een woord dat geen ja en geen nee is (rij 3)"),
        ("4 rows have a word that is neither yes nor no (rows 3, 9, …)", "4 rijen hebben een woord dat geen ja en geen nee is (rijen 3, 9, …)"),
        ("has no column 'text'", "heeft geen kolom 'text'"),
        ("should be text, but is a list", "moet tekst zijn, maar is een lijst"),
        ("there are no calls on 2026-11-22, a Sunday, under `law: nl`; the next day with calls is 2026-11-23",
         "op 2026-11-22 wordt er niet gebeld, zondag, onder `law: nl`; de volgende beldag is 2026-11-23"),
        ("what no template knows", "what no template knows"),
    ],
)  # fmt: skip
def test_sentences_are_told_in_dutch(english, dutch):
    assert translated(english, "nl") == dutch
    assert translated(english, "en") == english


def test_a_problem_keeps_its_place():
    problem = Problem("a.csv", 3, 2, "guards.min_rows", "is here twice", "take it out")
    assert str(translated_problem(problem, "nl")) == "a.csv:3:2: guards.min_rows: staat hier twee keer — haal het weg"


@given(
    st.sampled_from(sorted(SENTENCES)),
    st.lists(st.from_regex(r"[a-z]{3}[0-9]{4}", fullmatch=True), min_size=9, max_size=9),
)
def test_values_are_neither_lost_nor_made_up(template, values):
    text = _PLACE.sub(lambda place: values[int(place[1])], template)
    used = {values[int(place)] for place in places(template)}
    told = translated(text, "nl")
    assert {value for value in values if value in told} >= used or "{" in TEXTS.get(template, "{")
    assert not re.search(r"\{\d", told.replace(template, ""))


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ((), {}, "en"),
        ((), {"LANG": "nl_NL.UTF-8"}, "nl"),
        ((), {"LANG": "nl_BE"}, "nl"),
        ((), {"LANG": "C.UTF-8"}, "en"),
        ((), {"LANG": "nl_NL", "LC_ALL": "en_US"}, "en"),
        (("--lang", "nl", "run"), {}, "nl"),
        (("--lang=nl", "run"), {"LANG": "en"}, "nl"),
        (("run", "--lang", "nl"), {}, "en"),
        (("--configs", "nergens", "--lang", "nl"), {}, "nl"),
    ],
)
def test_the_language_is_that_of_the_command_the_site_or_the_environment(arguments, environment, language, tmp_path):
    choose_language(arguments, {"BALANSFILTER_CONFIGS": str(tmp_path), **environment})
    assert spoken() == language
    assert gettext.gettext("Usage:") == ("Gebruik:" if language == "nl" else "Usage:")


def test_a_site_says_its_language(tmp_path):
    (tmp_path / "balansfilter.yaml").write_text("# lang: en\nlang: nl   # voor iedereen\n", encoding="utf-8")
    choose_language(("--configs", str(tmp_path), "run"), {"LANG": "en"})
    assert spoken() == "nl"
    choose_language(("--configs", str(tmp_path), "--lang", "en", "run"), {})
    assert spoken() == "en"


def test_other_languages_of_the_environment_are_english():
    assert language_of({"LANG": "fr_FR.UTF-8"}) == "en"
