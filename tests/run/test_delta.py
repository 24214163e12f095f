"""What came and went between two lists, for diallers that load differences."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.pipeline.watch import Silence
from tests.brandfolder import BrandFolder, make_brand, read_rows, write_rows

HEAD = ("klantnummer", "telefoon", "laatste_aankoop")
FIRST = [
    HEAD,
    ("K1", "0612345671", "2026-01-01"),
    ("K2", "0612345672", "2026-01-01"),
    ("K3", "0612345673", "2026-01-01"),
]
SHORT = {"balanstests": [{"id": "kort", "products": "*", "max_term": "1 day"}]}
"""A term after which nobody is left to call."""
HEADLESS = {
    "call_list": {
        "csv": {"header": False},
        "columns": {"customer_id": "1", "phone": "2", "last_purchase_on": "3"},
    },
    "output": {"delta": True},
}
WITH_DELTA = {"output": {"delta": True, "annotate": ["callable_until"]}, "duplicates": "keep_all"}


def told(brand: BrandFolder) -> list[tuple[str, str, str]]:
    return [(one["change"], one["line"], one["customer_id"]) for one in read_rows(brand.current / "delta.csv")]


def test_what_came_and_went(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA, calls=FIRST)
    brand.run()
    assert told(brand) == [("came", "1", "K1"), ("came", "2", "K2"), ("came", "3", "K3")]
    second = [
        HEAD,
        ("k1", "06-12345671", "2026-02-02"),
        ("K2", "0612345699", "2026-01-01"),
        ("K4", "0612345674", "2026-01-01"),
    ]
    write_rows(brand.calls, second)
    manifest = brand.run().manifest
    assert told(brand) == [("went", "2", "K2"), ("went", "3", "K3"), ("came", "2", "K2"), ("came", "3", "K4")]
    assert manifest["outputs"]["delta"]["rows"] == 4
    brand.run()
    assert told(brand) == []


def test_a_row_that_stands_twice_counts_twice(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA, calls=FIRST)
    brand.run()
    write_rows(brand.calls, [*FIRST, FIRST[1], FIRST[1]])
    brand.run()
    assert told(brand) == [("came", "4", "K1"), ("came", "5", "K1")]


def test_every_row_came_back(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA, calls=FIRST)
    for changes, change in ((SHORT, []), ({}, ["came"] * 3), (SHORT, ["went"] * 3), ({}, ["came"] * 3)):
        brand.write_policy(WITH_DELTA | changes)
        brand.run()
        assert [what for what, _, _ in told(brand)] == change


def test_a_list_without_header_may_have_no_rows(tmp_path: Path) -> None:
    """Nothing at all stands in it then."""
    brand = make_brand(tmp_path, HEADLESS | SHORT, calls=FIRST[1:])
    brand.run()
    assert (brand.current / "callable.csv").read_bytes() == b""
    assert told(brand) == []
    brand.write_policy(HEADLESS)
    brand.run()
    assert told(brand) == [("came", "1", "K1"), ("came", "2", "K2"), ("came", "3", "K3")]
    brand.write_policy(HEADLESS | SHORT)
    brand.run()
    assert told(brand) == [("went", "1", "K1"), ("went", "2", "K2"), ("went", "3", "K3")]


def test_every_row_went(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA, calls=FIRST)
    brand.run()
    brand.write_policy(WITH_DELTA | SHORT)
    brand.run()
    assert told(brand) == [("went", "1", "K1"), ("went", "2", "K2"), ("went", "3", "K3")]
    brand.run()
    assert told(brand) == []


def test_of_a_list_in_parquet(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA | {"call_list": {"path": "data/{brand}/calls.parquet"}}, calls=FIRST)
    frame = pl.DataFrame(FIRST[1:], schema=list(HEAD), orient="row")
    frame.write_parquet(brand.data / "calls.parquet")
    brand.run()
    frame.head(2).write_parquet(brand.data / "calls.parquet")
    brand.run()
    assert told(brand) == [("went", "3", "K3")]


class Told(Silence):
    """Keeps the warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)


def test_a_list_that_is_gone_is_told(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, WITH_DELTA, calls=FIRST)
    brand.run()
    (brand.current / "callable.csv").unlink()
    watch = Told()
    brand.run(watch)
    assert [one for one in watch.warnings if "is gone: delta.csv tells only what is on the list now" in one]
    assert len(told(brand)) == 3


def test_nobody_who_does_not_ask_has_one(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, calls=FIRST)
    manifest = brand.run().manifest
    assert "delta" not in manifest["outputs"]
    assert not (brand.current / "delta.csv").exists()
