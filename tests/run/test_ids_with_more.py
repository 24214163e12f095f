"""Cells with more than one plain id in the objections: read in every way and told, or refused; never nobody's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from balansfilter.commands.recheck import recheck
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, BrandFolder, make_brand, read_rows, write_rows

CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop"),
    *((f"100{n}", f"061234567{n}", "2026-01-15") for n in range(5)),
)
HEAD = ("telefoon", "klantnummer")


def brand_of(tmp_path: Path, *ids: str) -> BrandFolder:
    return make_brand(tmp_path, calls=CALLS, objections=[HEAD, ("0687654321", "K8"), *(("", one) for one in ids)])


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_cells_with_more_than_an_id_are_read_in_every_way_and_told(engine: str, tmp_path: Path) -> None:
    brand = brand_of(tmp_path, "1000, 1001", "1.002", "bel niet meer op 06-12345673", "K9")
    ran = brand.cli_run("--engine", engine)
    assert ran.returncode == 0
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["1004"]
    manifest = json.loads((brand.current / "manifest.json").read_text())
    assert manifest["sources"][1]["more_than_id"] == {"rows": 3, "first_rows": [2, 3, 4]}
    checked = brand.cli("check", "--brand", brand.brand, "--as-of", str(AS_OF))
    assert checked.returncode == 0
    for text in (*manifest["warnings"], " ".join(ran.stderr.split()), " ".join(checked.stderr.split())):
        assert "objections[0]: 3 rows have more than one plain id as the customer id (rows 2, 3, 4)" in text
        assert "100" not in text
        assert "12345673" not in text


@pytest.mark.parametrize("cell", ["graag niet meer bellen", "niet bellen na 18 uur aub", "1,00E+03"])
def test_a_cell_that_names_nobody_for_sure_stops_the_night(cell: str, tmp_path: Path) -> None:
    brand = brand_of(tmp_path, cell)
    for told in (brand.cli_run(), brand.cli("check", "--brand", brand.brand, "--as-of", str(AS_OF))):
        assert told.returncode == 4
        assert "objections[0]: 1 of them has a customer id that cannot be read (row 2)" in " ".join(told.stderr.split())
        assert cell not in told.stderr
    assert not brand.current.exists()


def test_whoever_a_cell_may_mean_is_found_on_a_list_that_was_published(tmp_path: Path) -> None:
    brand = brand_of(tmp_path)
    brand.run()
    write_rows(brand.data / "objections.csv", [HEAD, ("0687654321", "K8"), ("", "#1001 / 1.003"), ("", "06 12345674")])
    found = recheck(brand.configs, load_site(brand.configs), brand.brand, AS_OF)
    assert found.withdrawn == len(withdrawn := read_rows(found.path))
    assert [row["customer_id"] for row in withdrawn] == ["1001", "1003", "1004"]
    told = brand.cli("explain", "--brand", brand.brand, "--customer", "1003", "--as-of", str(AS_OF))
    assert "objected" in told.stdout
