"""Sentences that are put together of others are told in Dutch whole: no word of their English is left in them."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

import balansfilter.policy
from balansfilter.errors import BalansfilterError, Problem, failure_sentence
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.messages import load_messages, translated
from balansfilter.wording.recognised import CODES
from balansfilter.wording.speaking import speak, spoken, told, told_error
from tests.brandfolder import BrandFolder, make_brand
from tests.wording.sentences import sentences

DUTCH = load_messages("nl")


def english_in(text: str) -> list[str]:
    return [word for line in text.split("\n") for word in DUTCH.english_in(line)]


COMPOSED = {
    "bezwaren.csv: objections[0]: has 0 rows in force, 60 in the last published run: it shrank by more than 10% — find out"
    " where the rows went; if they may go, raise max_shrink":
        "bezwaren.csv: objections[0]: heeft 0 rijen die van kracht zijn, en 60 in de laatste gepubliceerde run: dat is meer"
        " dan 10% gekrompen — zoek uit waar de rijen bleven; mogen ze weg, verhoog dan max_shrink",
    "has 2 cells; 3 wanted": "heeft 2 cellen; dat moeten er 3 zijn",
    "1 row of the call list with a word in column 'actief' that is neither yes nor no, which counts as no (row 6)":
        "1 rij van het belbestand met in kolom 'actief' een woord dat geen ja en geen nee is, en dat als nee telt (rij 6)",
    "bezwaren.csv:4: objections[0]: begins with a byte order mark, which is left out; the file seems to be joined of several"
    " — see whether every part is there, and none twice":
        "bezwaren.csv:4: objections[0]: begint met een byte order mark, die is weggelaten; het bestand lijkt uit meer"
        " bestanden te zijn samengevoegd — kijk of elk deel er is, en geen deel twee keer",
    "bezwaren.csv: objections[0]: is of 2026-11-29, 2 days before 2026-12-01, and refused after 2026-12-27: whoever objected"
    " since is not on it — deliver a newer file, or, where nobody objected since, say so with `balansfilter objections"
    " confirm`":
        "bezwaren.csv: objections[0]: is van 2026-11-29, 2 dagen voor 2026-12-01, en wordt geweigerd na 2026-12-27: wie"
        " sindsdien bezwaar maakte, staat er niet op — lever een nieuwer bestand, of zeg met `balansfilter objections confirm`"
        " dat sindsdien niemand bezwaar maakte",
    "the sources cannot be used: bezwaren.csv: objections[0]: is empty: 0 bytes (and 2 more)":
        "de bronnen zijn niet te gebruiken: bezwaren.csv: objections[0]: is leeg: 0 bytes (en nog 2)",
    "rows with a number or a date that cannot be read: 6 of 11; at most 5% may be":
        "rijen met een nummer of datum die niet te lezen is: 6 van de 11; dat mogen er hoogstens 5% zijn",
    "should be `nl` or `none`, but is the text `be`": "moet `nl` of `none` zijn, maar is de tekst `be`",
    "lacks the year (%Y) and the month (%m) and the day (%d)": "mist het jaar (%Y) en de maand (%m) en de dag (%d)",
    "there are no calls on 2026-12-25, Christmas Day, under `law: nl`; the next day with calls is 2026-12-28":
        "op 2026-12-25 wordt er niet gebeld, Eerste Kerstdag, onder `law: nl`; de volgende beldag is 2026-12-28",
    "known here: answers, approval, products": "hier bekend: answers, approval, products",
    "has no column 'date of birth'": "heeft geen kolom 'date of birth'",
}  # fmt: skip


@pytest.mark.parametrize("english", COMPOSED)
def test_a_sentence_that_is_composed_is_told_whole(english: str) -> None:
    assert translated(english, "nl") == COMPOSED[english]


@pytest.mark.parametrize(
    "english",
    [
        "the disk of the other program says that it is full of files",
        "calls.csv: the engine of the file said so, and there it stopped",
    ],
)
def test_what_is_not_ours_is_left_as_it_is_and_not_made_half_dutch(english: str) -> None:
    assert translated(english, "nl") == english


SENTENCES = sorted(text for text in sentences() if text in DUTCH.texts and not english_in(DUTCH.texts[text]))
VALUES = ("12", "2026-11-29", "lijst.csv", "`sleutel`", "'kolom'")
_PLACE = re.compile(r"\{(\d+)\}")


@given(*[st.sampled_from(SENTENCES)] * 2, st.sampled_from(VALUES))
def test_every_sentence_is_told_whole_as_a_problem_and_in_one_line(message: str, hint: str, value: str) -> None:
    message, hint = (_PLACE.sub(value, text).strip("\n") for text in (message, hint))
    problem = Problem("data/lijst.csv", 3, 0, "call_list", message, hint)
    error = BalansfilterError("the sources cannot be used:", [problem] * 3)
    for text in (str(problem), failure_sentence(error)):
        assert not english_in(translated(text, "nl")), text


def test_what_a_missing_key_says_has_its_dutch() -> None:
    def kinds(of: type[BaseModel]) -> Iterator[type[BaseModel]]:
        for kind in of.__subclasses__():
            yield from (kind, *kinds(kind))

    for module in pkgutil.iter_modules(balansfilter.policy.__path__):
        importlib.import_module(f"balansfilter.policy.{module.name}")
    models = [kind for kind in kinds(BaseModel) if kind.__module__.startswith("balansfilter.policy.")]
    wanted = {field.description for kind in models for field in kind.model_fields.values() if field.is_required()}
    assert len(wanted) > 60
    assert not {text for text in wanted if text and text not in DUTCH.texts}


def test_reasons_grounds_and_sources_are_no_english() -> None:
    codes = {
        name.split(".")[2] for name in load_wording("nl").texts if re.match(r"terms\.(reasons|grounds|sources)\.", name)
    }
    assert {code for code in codes if code in CODES or english_in(code)} == CODES & codes


# --- sources as they fail -------------------------------------------------------------------------------------------

HEADER = "klantnummer,naam,telefoon,laatste_aankoop,actief\n"
CALLS = HEADER + "".join(f"K{n},Jan,06123456{n:02},2026-01-15,\n" for n in range(40))
OBJECTIONS = "telefoon,klantnummer,datum,merk\n" + "".join(f"06123457{n:02},N{n},2026-11-01,\n" for n in range(40))

Write = Callable[[Path, Path], object]


def calls(*changes: tuple[str, str]) -> Write:
    """Return what writes the call list with changes, each made where it stands first."""
    return lambda list_file, _: list_file.write_text(_changed(CALLS, changes), encoding="utf-8")


def objections(*changes: tuple[str, str]) -> Write:
    return lambda _, objections_file: objections_file.write_text(_changed(OBJECTIONS, changes), encoding="utf-8")


def _changed(text: str, changes: tuple[tuple[str, str], ...]) -> str:
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    return text


NIGHTS: dict[str, Write] = {
    "no call list": lambda list_file, _: list_file.unlink(),
    "no objections": lambda _, objections_file: objections_file.unlink(),
    "an empty file": lambda _, objections_file: objections_file.write_bytes(b""),
    "empty lines alone": lambda _, objections_file: objections_file.write_bytes(b"\n\n"),
    "a header alone": lambda _, objections_file: objections_file.write_text(OBJECTIONS.split("\n")[0] + "\n"),
    "half of the objections": lambda _, objections_file: objections_file.write_text(OBJECTIONS[: len(OBJECTIONS) // 2]),
    "half of the list": lambda list_file, _: list_file.write_text(CALLS[: len(CALLS) // 2]),
    "old objections": lambda _, objections_file: os.utime(objections_file, (0, 0)),
    "UTF-16": lambda _, objections_file: objections_file.write_text(OBJECTIONS, encoding="utf-16"),
    "a letter of windows-1252": lambda list_file, _: list_file.write_bytes(CALLS.replace("Jan", "José").encode("cp1252")),
    "a web page": lambda _, objections_file: objections_file.write_text("<html><table><tr><td>id</td></tr></table></html>"),
    "JSON": lambda _, objections_file: objections_file.write_text('[{"id": 1}]'),
    "a folder": lambda _, objections_file: (objections_file.unlink(), objections_file.mkdir()),
    "NUL bytes": lambda _, objections_file: objections_file.write_bytes(OBJECTIONS.encode() + b"\0\0"),
    "another separator": objections(("telefoon,klantnummer,datum,merk", "telefoon;klantnummer;datum;merk")),
    "no header": objections(("telefoon,klantnummer,datum,merk\n", "")),
    "a name of a column twice": objections(("telefoon,klantnummer,datum", "telefoon,klantnummer,klantnummer")),
    "another name of a column": objections(("klantnummer", "nummer")),
    "a quote that is never closed": objections((",N3,", ',"N3,')),
    "too many cells": objections((",N3,", ",N,3,")),
    "numbers that cannot be read": objections(("0612345703", "6,12E+08"), ("0612345704", "0612")),
    "a row of nobody": objections(("0612345703,N3,", ",,")),
    "a brand that nobody knows": objections(("N3,2026-11-01,", "N3,2026-11-01,Elders"), ("N5,2026-11-01,", "N5,2026-11-01,Ginds")),
    "days that cannot be read": objections(("2026-11-01", "1 nov 26")),
    "a total": objections(("0612345739,N39,2026-11-01,", "Totaal: 40,,,")),
    "a byte order mark": objections(("0612345703", "\ufeff0612345703")),
    "a list of one person": calls(*[(f"K{n},Jan", "K1,Jan") for n in range(2, 40)]),
    "words that are neither yes nor no": calls(("2026-01-15,\n", "2026-01-15,misschien\n")),
    "several such words": calls(("2026-01-15,\n", "2026-01-15,misschien\n"), ("2026-01-15,\n", "2026-01-15,soms\n")),
    "ids that are written in two ways": calls(("K7,", "k3,")),
    "days that cannot be read in the list": calls(*[("2026-01-15", "15-1-2026")] * 9),
    "numbers that cannot be read in the list": calls(*[(f"06123456{n:02}", "06-1234") for n in range(9)]),
}  # fmt: skip


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> BrandFolder:
    """A brand whose list was published once, so that what shrinks is found."""
    brand = make_brand(
        tmp_path_factory.mktemp("night"),
        {
            "call_list": {"columns": {"active": "actief"}},
            "objections": [
                {
                    "path": "data/{brand}/objections.csv",
                    "columns": {
                        "phone": "telefoon",
                        "customer_id": "klantnummer",
                        "objected_on": "datum",
                        "brand": "merk",
                    },
                    "max_age": "28 days",
                }
            ],
            "guards": {"max_unreadable": "5%", "max_row_change": "20%"},
        },
    )
    brand.calls.write_text(CALLS, encoding="utf-8")
    (brand.data / "objections.csv").write_text(OBJECTIONS, encoding="utf-8")
    brand.run()
    return brand


@pytest.fixture
def in_dutch() -> Iterator[None]:
    before = spoken()
    speak("nl")
    yield
    speak(before)


@pytest.mark.usefixtures("in_dutch")
@pytest.mark.parametrize("night", NIGHTS)
def test_a_night_that_goes_wrong_is_told_in_dutch_alone(first_night: BrandFolder, night: str) -> None:
    list_file, objections_file = first_night.calls, first_night.data / "objections.csv"
    list_file.write_text(CALLS, encoding="utf-8")
    if objections_file.is_dir():
        objections_file.rmdir()
    objections_file.write_text(OBJECTIONS, encoding="utf-8")
    NIGHTS[night](list_file, objections_file)
    try:
        shown = [told(warning) for warning in first_night.run(dry_run=True).manifest["warnings"]]
    except BalansfilterError as error:
        shown = [told_error(error), told(failure_sentence(error))]
    assert shown, "something was to be told"
    assert not {text: found for text in shown if (found := english_in(text))}


@pytest.mark.usefixtures("in_dutch")
def test_what_is_wrong_comes_before_its_parts_and_a_missing_list_is_to_be_delivered(first_night: BrandFolder) -> None:
    list_file, objections_file = first_night.calls, first_night.data / "objections.csv"
    list_file.write_text(CALLS, encoding="utf-8")
    objections_file.write_text(OBJECTIONS.replace("0612345703", "0612", 1), encoding="utf-8")
    with pytest.raises(BalansfilterError) as raised:
        first_night.run(dry_run=True)
    _, first, second = told_error(raised.value).split("\n")
    assert "rijen die niet te gebruiken zijn" in first
    assert "1 daarvan heeft" in second
    list_file.unlink()
    with pytest.raises(BalansfilterError) as raised:
        first_night.run(dry_run=True)
    assert "bestaat niet — lever het bestand; de dichtstbijzijnde map die bestaat, is" in told_error(raised.value)
