"""What each figure is stands in both languages, in the manual, on the terminal and in the document, in the same words."""

from __future__ import annotations

import os
import re

import pytest

from balansfilter.balanstest.definitions import NAMES, as_markdown, definitions
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import LANGUAGES
from tests.brandfolder import ROOT, cli


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_manual_holds_the_definitions(language) -> None:
    path = ROOT / "docs" / f"figures.{language}.md"
    text = as_markdown(load_wording(language))
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("command", ["overview", "simulate"])
def test_the_terminal_shows_them_and_asks_for_no_brand(command) -> None:
    done = cli("balanstest", command, "--definitions")
    assert (done.returncode, done.stdout, done.stderr) == (0, as_markdown(load_wording("en")), "")
    assert cli("balanstest", command, "--definitions", "nl").stdout == as_markdown(load_wording("nl"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_its_formula_and_source(language) -> None:
    made = list(definitions(load_wording(language)))
    assert [one.name for one in made] == list(NAMES)
    for one in made:
        assert all((one.title, one.what, one.formula, one.source))
        assert not re.search(r"[{}`]", one.what + one.formula + one.source)
