"""No sentence that counts reads as of several where there is one: each has its two forms, or says its count elsewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import LANGUAGES
from balansfilter.wording.messages import load_messages
from balansfilter.wording.plural import counted
from tests.wording.sentences import ROOT, _numbered, sentences, told_words

DUTCH = load_messages("nl").texts
SENTENCES = sentences() | told_words()
NOUNS = {
    "en": [
        "rows",
        "runs",
        "files",
        "lists",
        "days",
        "weeks",
        "months",
        "years",
        "seconds",
        "minutes",
        "calls",
        "cells",
        "people",
        "persons",
        "events",
        "problems",
        "columns",
        "sheets",
        "lines",
        "pages",
        "loops",
        "indexes",
        "bands",
        "groups",
        "ids",
        "numbers",
        "products",
        "parts",
        "things",
        "answers",
        "balanstests",
        "attempts",
        "conversions",
        "objections",
        "complaints",
        "customers",
        "dates",
        "entries",
        "characters",
        "questions",
        "policies",
        "brands",
    ],
    "nl": [
        "rijen",
        "runs",
        "bestanden",
        "lijsten",
        "dagen",
        "weken",
        "maanden",
        "seconden",
        "minuten",
        "belpogingen",
        "pogingen",
        "gesprekken",
        "cellen",
        "mensen",
        "gebeurtenissen",
        "problemen",
        "kolommen",
        "werkbladen",
        "regels",
        "pagina's",
        "lussen",
        "indexen",
        "groepen",
        "klantnummers",
        "telefoonnummers",
        "nummers",
        "producten",
        "onderdelen",
        "antwoorden",
        "balanstesten",
        "conversies",
        "bezwaren",
        "klachten",
        "klanten",
        "datums",
        "tekens",
        "vragen",
        "merken",
        "belbestanden",
    ],
}
VERBS = {"en": "are were have do", "nl": "zijn waren hebben mogen worden vallen staan"}
_BETWEEN = {"en": r"(?: (?:of|of the) \{\w+\})?(?: (?!or\b|and\b|of\b|on\b|in\b)[a-z-]+){0,2}", "nl": r"(?: van (?:de )?\{\w+\})?(?: (?!of\b|en\b|van\b|op\b|in\b)[a-zë-]+){0,2}"}  # fmt: skip
COUNTS = {
    language: re.compile(
        rf"(?<!\d )\{{\w+\}}{_BETWEEN[language]} (?:{'|'.join(NOUNS[language])})\b"
        rf"|\{{(?:people|rows|calls|before|after|files)\}} (?:{'|'.join(VERBS[language].split())})\b"
    )
    for language in LANGUAGES
}
"""A place for a value with a word for several behind it."""

NEVER_ONE = {
    "too few calls or people: the interval is wider than {0} percentage points": "a choice of the program, 4",
    "holds more than {0} different products": "a limit of the program",
    "the command took longer than {0} seconds": "a limit of the program",
    "would have {0} columns, and a sheet holds {1}": "more than a sheet holds",
    "would have more than {0} rows, which is what a sheet holds": "what a sheet holds",
    "is nested more than {0} levels deep": "a limit of the program",
    "has a record of {0} lines that begins here; a quote seems not to be closed": "more lines than there should be",
    "has {0} sheets: {1}": "told where there are several",
    "{0} has {1} sheets: {2}": "told where there are several",
    "has {0} columns named {1}": "told where there are several",
    "names {0} columns for {1} phone number{2}": "told where the two differ; the noun takes its own form",
    "name one of its {0} columns, as the header writes it": "its only column has a sentence of its own",
    "{0} different dates": "told where there are several",
    "{0} has several balanstests: choose one with --id ({1}), or name a folder": "{0} is a brand",
    "It was looked for in {0} bands one after another, each at 95 %": "told where there are several",
    "document.turn.looked_at": "told where there are several",
    "rows of the call list with a {0} of somebody who objected that more than {1} rows share: {2}; the objection holds for"
    " the rows that it names, and reaches no further": "{1} is a limit of the program, 20",
    "holds both {0} files": "{0} is two formats",
    "there is no folder {0} with policies": "{0} is a folder",
    "{0} holds files that are no policy:": "{0} is a folder",
    "the law profile {0} knows no rules for {1}: it is silent on days {2}": "{1} is a day",
    "definitions.person.what": "{shared} is a choice of the program, 20",
    "report.verdict.empty": "{day} is a day",
    "document.overviews.complaints.story": "{course} is a word",
    "document.overviews.objections.story": "{course} is a word",
    "document.remarks.no_customer_ground": "{day} is a day",
    "statement.intro": "{name} is a name",
}
"""Sentences with such a place that is never filled in with one, and why."""


def _calls() -> Iterator[tuple[str, str]]:
    """Yield the two forms of each sentence of the source that counts, as templates."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "counted":
                forms = [one.value for one in node.args[1:3] if isinstance(one, ast.Constant)]
                if len(forms) == 2:
                    yield _numbered(forms[0]), _numbered(forms[1])
    yield from _NAMED


_NAMED = (
    ("at most {0} call in {1}", "at most {0} calls in {1}"),
    ("Compiled for this machine: {0} loop", "Compiled for this machine: {0} loops"),
    *(
        (
            f"{{0}} cannot be read: {{1}} bad {what} up to line {{2}}",
            f"{{0}} cannot be read: {{1}} bad {what}s up to line {{2}}",
        )
        for what in ("row", "line")
    ),
)
"""Those whose forms have a name of their own where they stand."""
PAIRS = sorted(set(_calls()))
SEVERAL = {several for _, several in PAIRS}


def test_sentences_that_count_are_found():
    assert len(PAIRS) > 25
    assert COUNTS["en"].search("{0} rows may no longer be called")
    assert COUNTS["en"].search("{count} published runs")
    assert COUNTS["nl"].search("{count} gepubliceerde runs zijn bewaard")
    assert COUNTS["nl"].search("{people} mogen worden gebeld")
    assert not COUNTS["en"].search("rows dropped: {0} of {1}; at most {2} may be")
    assert not COUNTS["nl"].search("{0} rij mag niet meer worden gebeld")


def _by_itself(english: str) -> bool:
    """Whether a sentence is a unit after a number, such as `{0} days`, of which one stands in the catalogue as well."""
    unit = re.fullmatch(r"\{0\} (\w+)s", english)
    return unit is not None and f"{{0}} {unit[1]}" in DUTCH


@pytest.mark.parametrize("english", sorted(text for text in SENTENCES if COUNTS["en"].search(text)))
def test_a_sentence_of_the_source_with_a_count_has_a_form_for_one(english):
    assert english in SEVERAL or english in NEVER_ONE or _by_itself(english), SENTENCES[english]


@pytest.mark.parametrize(("one", "several"), PAIRS)
def test_the_two_forms_differ_in_both_languages_and_hold_the_same_values(one, several):
    assert one != several
    assert not COUNTS["en"].search(one)
    places = [sorted(set(re.findall(r"\{\d+\}", text))) for text in (one, several)]
    assert places[0] == places[1] or "{" not in one
    told = DUTCH.get(one, one)
    assert not COUNTS["nl"].search(told), told


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_of_the_catalogue_with_a_count_has_a_form_for_one(language):
    words = load_wording(language)
    flat = {name: text for name, text in words.texts.items() if isinstance(text, str)}
    assert {name for name, text in flat.items() if COUNTS[language].search(text)} <= NEVER_ONE.keys()
    forms = {name: text["one"] for name, text in words.texts.items() if not isinstance(text, str)}
    assert not {name: text for name, text in forms.items() if COUNTS[language].search(text.replace("{all}", ""))}


@pytest.mark.parametrize("english", sorted(DUTCH))
def test_a_dutch_sentence_counts_several_only_where_the_english_does(english):
    told = re.sub(r"\{(\d+):[^{}]*\}", r"\1", DUTCH[english])
    if COUNTS["nl"].search(told):
        assert COUNTS["en"].search(english) or english in NEVER_ONE, told


def test_a_sentence_takes_the_form_of_its_number():
    one, several = "{count} row of {name}", "{count} rows of {name}"
    assert [counted(n, one, several, name="{x}") for n in (0, 1, 2, 4000)] == [
        "0 rows of {x}", "1 row of {x}", "2 rows of {x}", "4,000 rows of {x}",
    ]  # fmt: skip


def test_every_exception_is_there_still():
    assert not {text for text in NEVER_ONE if text not in SENTENCES and text not in load_wording("nl").texts}
