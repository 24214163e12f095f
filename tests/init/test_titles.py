"""What stands above a table: told where a row of names follows, and never where the line might be a row."""

from pathlib import Path

import openpyxl
import pytest
import yaml

from balansfilter.interview.look import Given, look_at
from balansfilter.interview.titles import lines_above, rows_above
from tests.brandfolder import cli

NAMES = ["Klantnummer", "Telefoon", "Laatste aankoop"]
ROWS = [[f"K{n}", f"06123456{n:02d}", f"0{1 + n % 9}-03-2025"] for n in range(20)]
TABLE = "".join(";".join(row) + "\n" for row in (NAMES, *ROWS))


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        ("", 0),
        ("sep=;\n", 0),
        ('"sep=;"\n', 0),
        ("Export belbestand\n", 1),
        ("Export belbestand\nGemaakt op 3 maart 2026\n\n", 3),
        ("Export belbestand;;\n;;\n", 2),
        ("Export belbestand\nsep=;\n", 1),
        ("\ufeffExport belbestand\n\n", 2),
    ],
)
def test_titles_and_a_line_sep_are_found(tmp_path, above, lines):
    file = tmp_path / "lijst.csv"
    file.write_text(above + TABLE, encoding="utf-8")
    look = look_at(file, "call_list")
    assert (look.above, look.csv.separator, look.csv.header, look.names()) == (lines, ";", True, tuple(NAMES))
    assert look.rows == len(ROWS)
    assert look_at(file, "call_list", Given(above=lines)).names() == tuple(NAMES)


@pytest.mark.parametrize(
    "first",
    ["0612345678;;\n", "K99;;\n", "0612345678\n", "Jan Jansen\n"],
)
def test_a_line_that_may_be_a_row_is_no_title(first):
    rows = "".join(";".join(row) + "\n" for row in ROWS)
    assert lines_above(first + rows, ";") == 0


def test_a_sheet_with_a_title_is_read_behind_it(tmp_path):
    book = openpyxl.Workbook()
    for row in (["Export belbestand"], [], NAMES, *ROWS):
        book.active.append(row)
    book.save(tmp_path / "lijst.xlsx")
    look = look_at(tmp_path / "lijst.xlsx", "call_list")
    assert (look.above, look.names(), look.rows) == (2, tuple(NAMES), len(ROWS))


def test_a_sheet_without_a_title_has_none():
    assert rows_above([NAMES, *ROWS]) == 0
    assert rows_above([[None], NAMES, *ROWS]) == 0
    assert rows_above([]) == 0


def test_a_file_of_answers_finds_the_title_as_well(project: Path):
    list_file = project / "fixtures" / "zonnestroom" / "call_list.csv"
    list_file.write_bytes(b"Export belbestand\n\n" + list_file.read_bytes())
    answers = project / "antwoorden.yaml"
    answers.write_text(
        yaml.safe_dump(
            {
                "name": "Zonnestroom",
                "controller": "Zonnestroom Energie B.V.",
                "sector": "commercial",
                "consent": {"accept": True, "valid_for": "24 months"},
                "balanstests": [],
                "bel_me_niet": {"screen": "never"},
                "call_list": {"path": "fixtures/zonnestroom/call_list.csv"},
                "objections": [{"path": "fixtures/zonnestroom/objections.csv"}],
            }
        ),
        encoding="utf-8",
    )
    done = cli("--configs", str(project / "configs"), "init", "zonnestroom", "--answers", str(answers))
    written = yaml.safe_load((project / "configs" / "brands" / "zonnestroom.yaml").read_text(encoding="utf-8"))
    assert written["call_list"]["csv"]["skip_lines"] == 2, done.stderr
    assert "(2.500 rijen)" in done.stdout or "rijen)" in done.stdout
