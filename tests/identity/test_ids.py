"""Ids and their keys: in loops as without, however they are written."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.identity.ids import read_ids
from balansfilter.wording.spelling import NullWords
from tests.loops import both_ways

GUID = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
WRITTEN = [
    "N1", "'N1", "n-7A", "10023.0", "00457", "NULL", "0", "000.0", "-", "{" + GUID + "}", GUID, "001D000000IRFma",
    "001D000000IRFmaIAH", "001d000000irfmaIAH", " 1 2 3 ", "１２", "0.50", "K10.0", "onbekend", "abc", "é1", "\\N",
]  # fmt: skip
SIGNS = "0123456789ABCDEFabcdef -'{}.=\u200b０é\\n/"
cells = st.lists(st.sampled_from(WRITTEN) | st.text(SIGNS, max_size=19), max_size=30)


@settings(deadline=None, max_examples=300)
@given(cells, st.booleans(), st.sampled_from([(), ("geen nummer",), ("99",)]))
def test_in_loops_as_without(column: list[str], exact: bool, more: tuple[str, ...]) -> None:
    texts, words = pl.Series("", column, pl.String), NullWords(more)
    quick, plain = both_ways(lambda: read_ids(texts, words, exact=exact))
    assert quick.text.to_list() == plain.text.to_list()
    assert quick.key.to_list() == plain.key.to_list()
    assert quick.differ == plain.differ


@pytest.mark.parametrize("length", range(6, 19))
def test_every_byte_of_an_id_counts_wherever_it_stands(length: int) -> None:
    codes = [chr(code) for code in range(1, 127)] + ["é", "０"]
    base = "20260000K-7N-B123456"[:length]
    texts = pl.Series("", [base[:at] + code + base[at + 1 :] for at in range(length) for code in codes], pl.String)
    quick, plain = both_ways(lambda: read_ids(texts))
    assert quick.text.to_list() == plain.text.to_list()
    assert quick.key.to_list() == plain.key.to_list()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("001D000000IRFma", "001D000000IRFmaIAH", True),
        ("001D000000IRFma", "001d000000irfmaiah", True),
        ("001D000000IRFma", "001D000000IRFMA", False),
        ("001D000000IRFma", "001D000000IRFmb", False),
        ("klant0000123456", "KLANT0000123456", True),
        ("K00000012345678", "k00000012345678", True),
        ("123456789012345", "0123456789012345", True),
        (GUID, "{" + GUID.upper() + "}", True),
        ("10023.0", "10023", True),
        ("10023.5", "10023", False),
        ("A.0", "A", False),
        ("007", "7", True),
        ("70", "7", False),
    ],
)
def test_which_ids_are_one(one: str, other: str, same: bool) -> None:
    first, second = read_ids(pl.Series([one, other])).key
    assert (first == second) is same


def test_nobody_is_named_by_a_word_for_nothing() -> None:
    words = [
        "",
        " ",
        "NULL",
        "null",
        r"\N",
        "N/A",
        "NA",
        "none",
        "NaN",
        "-",
        "–",
        "n.v.t.",
        "Leeg",
        "onbekend",
        "geen",
        "0",
        "000",
    ]
    assert read_ids(pl.Series(words)).key.to_list() == [""] * len(words)
    assert read_ids(pl.Series(["x", "geen nummer", "99"]), NullWords(["Geen nummer", "99"])).text.to_list() == [
        "x",
        "",
        "",
    ]
