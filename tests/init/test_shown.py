"""What `init` shows to somebody who is no programmer: rows, names of columns, dates and commands in plain words."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from balansfilter.interview.date_formats import FORMATS
from balansfilter.interview.file_replies import ColumnNames, DateFormat
from balansfilter.policy.date_format import ISO_8601
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import LANGUAGES
from tests.init.test_answers_file import TREE, init


def test_init_shows_rows_as_check_does(project: Path) -> None:
    made = _in_dutch(project)
    rows = [line for line in made.splitlines() if line.startswith("  rij ")]
    assert len(rows) > 3
    assert all(" · " in row for row in rows)
    assert "Sample(" not in made
    assert "--id levering --by NAAM --role FUNCTIE" in made


def _in_dutch(project: Path) -> str:
    (project / "configs" / "balansfilter.yaml").write_text("lang: nl\n", encoding="utf-8")
    done = init(project, TREE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_header_over_several_lines_is_shown_on_one(project: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["KLANT\nNUMMER", "TELEFOON\nVAST", "TELEFOON\nMOBIEL", "LAATSTE\nLEVERING"])
    book.active.append(["1001", "020-1234567", "06-12345678", "01-11-2026"])
    book.save(project / "fixtures" / "lijst.xlsx")
    columns = {
        "customer_id": "KLANT\nNUMMER",
        "phone": ["TELEFOON\nVAST", "TELEFOON\nMOBIEL"],
        "last_purchase_on": "LAATSTE\nLEVERING",
    }
    call_list = {"path": "fixtures/lijst.xlsx", "date_format": "%d-%m-%Y", "columns": columns}
    (project / "configs" / "balansfilter.yaml").write_text("lang: nl\n", encoding="utf-8")
    test = {**TREE["balanstests"][0], "products": "*"}  # type: ignore[index]
    tree = {name: value for name, value in TREE.items() if name != "consent"}
    done = init(project, {**tree, "balanstests": [test], "call_list": call_list, "sector": "press"})
    assert "(TELEFOON VAST)" in done.stdout, done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith(("VAST", "MOBIEL"))]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("date_format", FORMATS)
def test_a_date_format_is_shown_in_letters_and_read_back(date_format: str, language: str) -> None:
    words, reply = load_wording(language), DateFormat()  # type: ignore[arg-type]
    shown = reply.show(date_format, words)
    assert reply.read(shown, words) == date_format
    assert "%" not in shown or date_format == ISO_8601


def test_a_time_is_shown_in_the_letters_of_the_language() -> None:
    shown = {language: DateFormat().show("%-d-%-m-%Y %-H:%M", load_wording(language)) for language in LANGUAGES}
    assert shown == {"nl": "d-m-jjjj u:mm", "en": "d-m-yyyy h:mm"}


def test_columns_are_shown_in_words_and_kept_as_they_are_called() -> None:
    words = load_wording("nl")
    names = ("KLANT\nNUMMER", "tel", "column C")
    reply = ColumnNames(names, several=True)
    assert reply.show(list(names), words) == "KLANT NUMMER, tel, kolom C"
    assert reply.read("kolom C", words) == "column C"
    assert reply.read("klant nummer, 3", words) == ["KLANT\nNUMMER", "column C"]
