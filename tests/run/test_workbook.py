"""What is published as a spreadsheet is read back as the same text, whatever stands in it."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.decided.rendered import CallableRows
from balansfilter.policy.model import SourceFile
from balansfilter.publish.workbook import CallableXlsx
from balansfilter.sources import open_source

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs", "Cn"]), max_size=20)


@settings(max_examples=60, deadline=None)
@example(
    cells=["=1+1", "http://a.nl/x", "_x0041_", "a\x0bb", " 06 ", "1e5", "+31612345678", "007", "a\r\nb", "{=1}", "<&>"]
)
@given(cells=st.lists(TEXTS.filter(lambda text: text != ""), min_size=1, max_size=12))
def test_any_text_comes_back_as_it_was(cells: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("book")
    rows = pl.DataFrame({"kolom": cells, "nog een": "x"})
    with CallableXlsx(folder / "callable.xlsx", ("kolom", "nog een"), folder) as file:
        file.add(CallableRows(rows.to_dict()), b"")
        written = file.finish()
    path = folder / "callable.xlsx"
    assert [entry.name for entry in folder.iterdir()] == ["callable.xlsx"]
    assert written.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert read_back(path) == cells


def read_back(path: Path) -> list[str]:
    spec, zone = SourceFile(path=str(path)), ZoneInfo("UTC")
    with open_source(spec, role="list", paths=[path], columns=["kolom"], time_zone=zone, as_of=date.min) as source:
        return [cell for chunk in source.chunks() for cell in chunk.cells["kolom"]]


def test_a_workbook_that_is_given_up_leaves_no_open_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="given up"), CallableXlsx(tmp_path / "callable.xlsx", ("a",), tmp_path):
        raise RuntimeError("given up")
    assert (tmp_path / "callable.xlsx").stat().st_size == 0
