"""An export of all contacts: which of its rows are objections, and in which country its numbers are, as `init` proposes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import xlsxwriter
import yaml

from balansfilter.interview.desk import Desk
from balansfilter.interview.file_questions import file_questions
from balansfilter.interview.look import Given, look_at
from balansfilter.interview.opt_outs import rows_to_take
from balansfilter.interview.policy_text import PolicyText
from balansfilter.interview.roles import ColumnFacts
from balansfilter.policy.law import load_law
from balansfilter.policy.site import Site
from balansfilter.wording.catalogue import load_wording


def column(name: str, *values: str, filled: int = 100) -> ColumnFacts:
    return ColumnFacts(name, filled, len(values), 0, 0, 0, values=values)


@pytest.mark.parametrize(
    ("told", "take", "leave"),
    [
        (column("Opt-out", "ja", "nee"), ["ja"], ["nee"]),
        (column("uitgeschreven", "1", filled=40), ["1"], [""]),
        (column("nix", "TRUE", "FALSE"), ["TRUE"], ["FALSE"]),
        (column("HasOptedOutOfCall_optOut", "1", "0", "onbekend"), ["1", "onbekend"], ["0"]),
        (column("optIn", "J", "N", filled=90), ["N", ""], ["J"]),
        (column("toestemming", "ja", "nee", "weet niet"), ["nee", "weet niet"], ["ja"]),
        (column("status", "actief", "uitgeschreven", "overleden"), ["uitgeschreven", "overleden"], ["actief"]),
        (column("Status", "opt-in", "opt-out", filled=99), ["opt-out", ""], ["opt-in"]),
    ],
)
def test_the_rows_that_are_objections_are_told_and_a_word_that_nobody_knows_is_one(told, take, leave):
    assert rows_to_take([column("plaats", "Assen", "Zwolle"), told], ["klant"], 100) == {
        told.name: {"take": take, "leave": leave}
    }


@pytest.mark.parametrize(
    "told",
    [
        column("Opt-out", "ja"),  # nobody to leave out
        column("plaats", "Assen", "Zwolle"),
        column("status", "A", "B"),
        column("actief", "ja", filled=100),  # nobody to take
        column("opt_out_datum"),  # no few words
    ],
)
def test_nothing_is_proposed_where_nothing_is_told(told):
    assert rows_to_take([told], [], 100) is None


def test_a_column_that_holds_something_else_tells_nothing():
    assert rows_to_take([column("opt_out", "ja", "nee")], ["opt_out"], 100) is None


def export(folder: Path) -> Path:
    rows = ["Klant;Telefoon;Land;Datum;Opt-out?"]
    for n in range(40):
        land = ("NL", "Nederland", "BE", "+31")[n % 4]
        number = "0475123456" if land == "BE" else f"06123456{n:02}"
        rows.append(f"K{n};{number};{land};{1 + n % 28:02}-05-2026;{'ja' if n % 10 == 0 else 'nee'}")
    path = folder / "export.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_the_country_of_the_numbers_is_found(tmp_path):
    look = look_at(export(tmp_path), "objections")
    assert look.proposal["phone_country"] == ("Land",)
    assert look.proposal["phone"] == ("Telefoon",)


def test_the_questions_propose_both(tmp_path):
    export(tmp_path)
    desk = Desk("courant", tmp_path / "configs", Site(), date(2026, 11, 23), load_law("nl"), load_wording("nl"))
    answers = {}
    for question in file_questions(answers, desk, ("objections", 0), "objections"):
        answers[question.path] = "export.csv" if question.path[-1] == "path" else question.default
        if question.path[-1] == "where":
            assert "ja; niet nee" in question.notes[0]
            assert (question.reply.read("ja", desk.words), question.reply.read("nee", desk.words)) == (
                question.default,
                None,
            )
            assert [question.reply.show(value, desk.words) for value in (question.default, None)] == ["ja", "nee"]
    assert answers["objections", 0, "where"] == {"Opt-out?": {"take": ["ja"], "leave": ["nee"]}}
    assert answers["objections", 0, "columns", "phone_country"] == "Land"
    assert answers["objections", 0, "date_format"] == "%d-%m-%Y"


def test_a_policy_is_written_with_the_names_of_columns_as_they_are():
    where = {"Opt-out?": {"take": ["ja", ""], "leave": ["nee", "0"]}, "on": {"take": ["x"], "leave": ["y"]}}
    text = PolicyText(load_wording("nl")).body({"objections": [{"path": "x.csv", "where": where}]})
    assert yaml.safe_load(text) == {"objections": [{"path": "x.csv", "where": where}]}


def workbook(path: Path) -> Path:
    """Write a workbook with two lists, and a sheet on which nothing stands."""
    book = xlsxwriter.Workbook(str(path))
    for name, numbers in {"Klanten": ("0612345678", "0612345679"), "Leeg": (), "Niet bellen": ("0687654321",)}.items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate([("klant", "telefoon"), *((f"K{n}", n) for n in numbers)] if numbers else []):
            sheet.write_row(row, 0, cells)
    book.close()
    return path


def test_of_several_sheets_the_one_whose_name_fits_is_proposed(tmp_path):
    path = workbook(tmp_path / "boek.xlsx")
    objections, calls = look_at(path, "objections"), look_at(path, "call_list")
    assert (objections.sheets, objections.sheet, objections.rows) == (("Klanten", "Niet bellen"), "Niet bellen", 1)
    assert (calls.sheet, calls.rows) == ("Klanten", 2)
    assert look_at(path, "objections", Given(sheet="Klanten")).rows == 2


def test_the_sheet_is_asked_for_before_the_columns(tmp_path):
    workbook(tmp_path / "boek.xlsx")
    desk = Desk("courant", tmp_path / "configs", Site(), date(2026, 11, 23), load_law("nl"), load_wording("nl"))
    answers = {}
    for question in file_questions(answers, desk, ("objections", 0), "objections"):
        answers[question.path] = "boek.xlsx" if question.path[-1] == "path" else question.default
    assert answers["objections", 0, "sheet"] == "Niet bellen"
    assert list(answers).index(("objections", 0, "sheet")) < list(answers).index(("objections", 0, "columns", "phone"))


def test_words_that_a_file_writes_for_nothing_are_proposed(tmp_path):
    good = [(f"06123456{n}", f"2026-05-{n}") for n in range(10, 31)]
    cells = [*good, *[("GEEN NR", "loopt nog"), ("geheim", "2026-05-02"), ("onbekend", "-")] * 4]
    rows = [f"K{n},{phone},{day}" for n, (phone, day) in enumerate([*cells, ("Jan Jansen", "een slip")])]
    (tmp_path / "lijst.csv").write_text("klant,telefoon,laatste aankoop\n" + "\n".join(rows) + "\n", encoding="utf-8")
    desk = Desk("courant", tmp_path / "configs", Site(), date(2026, 11, 23), load_law("nl"), load_wording("nl"))
    answers = {}
    for question in file_questions(answers, desk, ("call_list",), "call_list"):
        answers[question.path] = "lijst.csv" if question.path[-1] == "path" else question.default
    assert sorted(answers["call_list", "null_words"]) == ["GEEN NR", "geheim", "loopt nog"]
