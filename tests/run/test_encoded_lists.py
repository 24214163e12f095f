"""A list is written in its encoding as Python writes it, letter by letter, though most of it takes a shorter way."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from balansfilter.publish.csv_records import PlainCsv
from balansfilter.publish.layout import ListLayout

LETTERS = st.characters(max_codepoint=0xFF) | st.sampled_from("€“”’…ŠžŸĀ語")


@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "utf-8", "utf-16-le"])
@given(st.lists(st.text(LETTERS, max_size=20), max_size=5))
@example(["Daniël", "Zoë"])
@example(["Zoë € 5"])
@example(["\x85", "\x9f", "\xa0"])
def test_a_list_is_encoded_as_python_does(codec: str, lines: list[str]) -> None:
    nobody: Any = None  # a plan is asked for only where rows are rendered
    layout = ListLayout(nobody, (), "csv", "csv", PlainCsv(codec=codec), {})
    rendered = pl.DataFrame({"line": lines}, schema={"line": pl.String})
    try:
        expected = "".join(lines).encode(codec)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            layout.encode(rendered)
    else:
        assert bytes(layout.encode(rendered)) == expected
