"""To which brand an objection was made."""

from __future__ import annotations

import polars as pl
import pytest

from balansfilter.identity.brands import Brands
from balansfilter.wording.spelling import NullWords

BRANDS = Brands.of(["noorderpost", "De Noorderpost"], ["zonnestroom", "Zon, wind & zee"])


@pytest.mark.parametrize(
    "cell",
    ["", " ", "NULL", "n/a", "*", "All", "alle merken", "noorderpost", "DE  NOORDERPOST", "noorderpost;zonnestroom",
     "zonnestroom, de noorderpost", "iemand|noorderpost", ";"],
)  # fmt: skip
def test_ours(cell: str) -> None:
    assert [told[0] for told in BRANDS.made_to(pl.Series([cell]), NullWords())] == [True, False]


@pytest.mark.parametrize("cell", ["zonnestroom", "Zonnestroom", "zon,  wind & zee", "zonnestroom;Zonnestroom"])
def test_of_another_brand(cell: str) -> None:
    assert [told[0] for told in BRANDS.made_to(pl.Series([cell]), NullWords())] == [False, False]


@pytest.mark.parametrize("cell", ["Noorder Post", "zonnestroom;iemand", "zon", "noorderpost bv"])
def test_of_nobody_who_is_known(cell: str) -> None:
    assert [told[0] for told in BRANDS.made_to(pl.Series([cell]), NullWords())] == [False, True]


def test_a_name_beside_ours_is_of_another_unless_it_looks_like_ours() -> None:
    cells = pl.Series(["noorderpost;Energiek", "noorderpost, Noorder-post", "Vreemd", "zonnestroom;Los"])
    assert BRANDS.beside_ours(cells) == {"energiek"}
    known = BRANDS.knowing(BRANDS.beside_ours(cells))
    told = known.made_to(pl.Series(["Energiek", "Noorder-post", "Vreemd"]), NullWords())
    assert told.unknown.to_list() == [False, True, True]


def test_no_cells() -> None:
    assert [len(told) for told in BRANDS.made_to(pl.Series(dtype=pl.String), NullWords())] == [0, 0]
