"""A first row that is data, where the names of the columns should be: never taken for names, for it is an objection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from balansfilter.commands.recheck import recheck
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, BrandFolder, make_brand, read_rows

CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop"),
    *((f"100{n}", f"061234567{n}", "2026-01-15") for n in range(5)),
)


def brand_of(tmp_path: Path, kind: str, rows: list[tuple[str, ...]], **source: Any) -> BrandFolder:
    path = f"data/{{brand}}/objections.{kind}"
    brand = make_brand(tmp_path, {"objections": [{"path": path, **source}]}, calls=CALLS)
    write(brand.data / f"objections.{kind}", rows)
    return brand


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    if path.suffix == ".csv":
        path.write_text("".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
        return
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("column", "name", "below"),
    [
        ("phone", "06 1234 5670", "06-12345671"),
        ("phone", "+31 (0)6-12345670", "06-12345671"),
        ("customer_id", "1000", "1001"),
        ("customer_id", "1", "1001"),
        ("customer_id", "K1000", "K7"),
        ("customer_id", "001xx000003DGb2", "001xx000003DHP0"),
        ("customer_id", "jan@voorbeeld.nl", "piet@voorbeeld.nl"),
    ],
)
def test_a_column_that_is_named_by_data_stops_the_night(
    kind: str, column: str, name: str, below: str, tmp_path: Path
) -> None:
    brand = brand_of(tmp_path, kind, [("naam", name), ("Jansen", below), ("Bakker", below)], columns={column: name})
    for told in (brand.cli_run(), brand.cli("check", "--brand", brand.brand, "--as-of", str(AS_OF))):
        said = " ".join(told.stderr.split())
        assert told.returncode == 4
        assert "has data in its first row, where the names of the columns should be (column 2)" in said
        assert "header to false" in said
        assert len(name) == 1 or name not in told.stderr
    assert not brand.current.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("name", "below"), [("klant2", "K1001"), ("tel1", "0687654321"), ("0", "1004"), ("KLANT_2026", "12")]
)
def test_a_name_with_digits_in_it_is_one(kind: str, name: str, below: str, tmp_path: Path) -> None:
    brand = brand_of(tmp_path, kind, [(name,), (below,)], columns={"customer_id": name})
    assert brand.cli_run().returncode == 0


def test_a_number_that_the_policy_takes_for_a_name_is_not_repeated(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, "csv", [("telefoon",), ("0687654321",)], columns={"phone": "06 1234 5678"})
    told = brand.cli_run()
    assert told.returncode == 4
    assert "has no column of a name that is a number or an address" in " ".join(told.stderr.split())
    assert "5678" not in told.stderr


@pytest.mark.parametrize(("kind", "said"), [("csv", {"csv": {"header": False}}), ("xlsx", {"header": False})])
def test_a_file_without_a_header_says_so(kind: str, said: dict[str, Any], tmp_path: Path) -> None:
    brand = brand_of(tmp_path, kind, [("1000",), ("1003",)], columns={"customer_id": "1"}, **said)
    assert brand.cli_run().returncode == 0
    assert brand.reasons() == {"1000": "objected", "1003": "objected"}


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_call_list_in_a_workbook_without_a_header_is_published_and_read_again(form: str, tmp_path: Path) -> None:
    columns = {"customer_id": "1", "phone": "2", "product": None, "last_purchase_on": "3"}
    call_list = {"path": "data/{brand}/list.xlsx", "header": False, "columns": columns}
    changes = {"call_list": call_list, "output": {"format": form, "delta": True}}
    brand = make_brand(tmp_path, changes, objections=[("telefoon", "klantnummer"), ("", "1003")])
    write(brand.data / "list.xlsx", list(CALLS[1:]))
    assert brand.cli_run().returncode == 0
    came = read_rows(brand.current / "delta.csv")
    assert [row["customer_id"] for row in came] == ["1000", "1001", "1002", "1004"]
    (brand.data / "list.xlsx").unlink()
    (brand.data / "objections.csv").write_text("telefoon,klantnummer\n,1003\n,1002\n")
    found = recheck(brand.configs, load_site(brand.configs), brand.brand, AS_OF)
    assert (found.whole, [row["customer_id"] for row in read_rows(found.path)]) == (False, ["1002"])
