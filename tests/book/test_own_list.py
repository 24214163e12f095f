"""«Uw eigen lijst in tien minuten», typed as it stands by a newcomer with a messy export, in both languages."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from balansfilter.version import VERSION
from tests.book.examples import DAY, Example, Reader, examples, faketime, new_reader
from tests.book.messy import OBJECTED, PEOPLE, messy_export
from tests.brandfolder import ROOT, read_rows
from tests.init.on_terminal import OnTerminal

PAGES = {"nl": ("dekrant", "klanten.csv", "bezwaren.csv"), "en": ("thepaper", "customers.csv", "objections.csv")}
MORE_LINES = ("sluit af met een lege regel", "end with an empty line")


def replies(page: str) -> dict[str, str]:
    """Return what the page says to type, by how the question begins."""
    return {begin.strip(): reply for begin, reply in re.findall(r"^\| (.+?) \| `(.+)` \|$", page, re.MULTILINE)}


def hold_interview(example: Example, typed: dict[str, str], folder: Path, program: Path | None = None) -> str:
    """Answer the questions as the page says, Enter for all others; return what was shown."""
    name, *words = example.text.split()
    assert name == "balansfilter"
    terminal = OnTerminal(*words, cwd=folder, program=program)
    left = dict(typed)
    while (shown := terminal.until_asked()) is not None:
        assert "\n! " not in shown, f"a reply was not taken:\n{terminal.shown[-2000:]}"
        begin = next((one for one in left if f"\n{one}" in shown), None)
        reply = "" if begin is None else left.pop(begin)
        ends_empty = reply and any(words in " ".join(shown.split()) for words in MORE_LINES)
        terminal.reply(f"{reply}\n" if ends_empty else reply)
    assert terminal.end() == 0, terminal.shown
    assert not left, f"the page answers what was never asked: {list(left)}"
    return terminal.shown


def go_the_way(language: str, reader: Reader, program: Path | None = None) -> None:
    """Do all that the page says with a messy export, and look at what comes of it."""
    brand, customers, objections = PAGES[language]
    page = ROOT / "docs" / f"own-list.{language}.md"
    downloads = reader.home / "Downloads"
    downloads.mkdir()
    messy_export(downloads / customers, downloads / objections)
    shown = ""
    for example in examples(page):
        if "balansfilter init" in example.text:
            shown = hold_interview(example, replies(page.read_text(encoding="utf-8")), reader.folder, program)
        elif not example.said("not run"):
            reader.does(example)
    assert not re.search(r"\d{7}|Müller", shown), "no number and no name is shown"
    current = reader.folder / "out" / brand / "current"
    rows = read_rows(current / "callable.csv", "cp1252", ";")
    dropped = {row["customer_id"]: row["reason"] for row in read_rows(current / "dropped.csv")}
    assert 100 < len(rows) < PEOPLE
    assert {dropped[f"{n:06d}"] for n in OBJECTED} == {"objected"}
    assert set(dropped.values()) == {"objected", "invalid_phone", "expired"}
    assert (current / "report.html").is_file()


@pytest.fixture
def reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Return a newcomer on the day of the book, at a terminal as well."""
    for name, value in faketime().items():
        monkeypatch.setenv(name, value)
    return new_reader(tmp_path)


@pytest.mark.parametrize("language", ["nl", pytest.param("en", marks=pytest.mark.slow)])
def test_a_newcomer_comes_from_a_messy_export_to_a_list(language: str, reader: Reader) -> None:
    go_the_way(language, reader)


@pytest.mark.slow
def test_so_does_one_who_has_the_wheel_and_not_the_repository(reader: Reader, tmp_path: Path) -> None:
    def done(*command: str | Path) -> str:
        environment = {name: value for name, value in os.environ.items() if name not in faketime()}
        environment.pop("PYTHONPATH", None)
        ran = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=900
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    done(sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").iterdir()
    done(sys.executable, "-m", "venv", tmp_path / "empty")
    programs = tmp_path / "empty" / "bin"
    done(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    assert done(programs / "balansfilter", "--version").startswith(f"balansfilter {VERSION}")
    where = done(programs / "python", "-c", "import balansfilter; print(balansfilter.__file__)")
    assert Path(where.strip()).is_relative_to(tmp_path / "empty")
    reader.environment.pop("PYTHONPATH")
    reader.environment["PATH"] = f"{programs}:{os.environ['PATH']}"
    go_the_way("nl", reader, programs / "balansfilter")


def test_the_two_pages_go_the_same_way() -> None:
    dutch, english = (examples(ROOT / "docs" / f"own-list.{language}.md") for language in PAGES)
    assert [one.told for one in dutch] == [one.told for one in english]
    counts = [len(replies((ROOT / "docs" / f"own-list.{one}.md").read_text(encoding="utf-8"))) for one in PAGES]
    assert counts[0] == counts[1] > 25


def test_the_day_of_the_book_is_the_day_of_its_commands(tmp_path: Path) -> None:
    done = subprocess.run(["date", "+%F"], env={**os.environ, **faketime()}, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{DAY:%F}"
