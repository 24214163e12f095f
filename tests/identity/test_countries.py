"""Countries as people write them beside a number."""

from __future__ import annotations

import polars as pl
import pytest

from balansfilter.identity.countries import UNKNOWN, read_countries
from balansfilter.wording.spelling import NullWords


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("NL", "NL"), (" nl ", "NL"), ("NLD", "NL"), ("31", "NL"), ("+31", "NL"), ("0031", "NL"), ("31.0", "NL"),
        ("Nederland", "NL"), ("the Netherlands", "NL"), ("Holland", "NL"), ("België", "BE"), ("Belgie\u0308", "BE"),
        ("belgium", "BE"), ("Duitsland", "DE"), ("Verenigd Koninkrijk", "GB"), ("UK", "GB"), ("1", "US"), ("NA", "NA"),
        ("Namibië", "NA"), ("", ""), ("NULL", ""), ("-", ""), ("onbekend", ""), ("Utopia", UNKNOWN), ("999", UNKNOWN),
        ("0612345678", UNKNOWN),
    ],
)  # fmt: skip
def test_a_country(cell: str, code: str) -> None:
    assert read_countries(pl.Series([cell]), NullWords()).to_list() == [code]


def test_no_cells() -> None:
    assert read_countries(pl.Series(dtype=pl.String), NullWords()).to_list() == []
