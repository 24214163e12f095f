"""The lists and the decisions are the same to the byte, with compiled loops and without, however the list is written."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from balansfilter import native
from balansfilter.sources import csv_block
from tests.brandfolder import BrandFolder, make_brand

HEADER = ("klantnummer", "naam", "mobiel", "vast", "product", "laatste_aankoop")
CHANCE = random.Random(11)
NAMES = ("Jansen", "de Vries, A.", 'Piet "de" Boer', "Núñez", "", "  ", "van 't Hof; B.", "O'Neill €")
PRODUCTS = ("dagblad", "weekend", " dagblad ", "proef", "")
PHONES = (
    "0612345{:03}",
    "06-12345{:03}",
    "+31 (0)6 12345{:03}",
    "020-62345{:02}",
    "612345{:03}.0",
    "+49 30 12345{:03}",
    "",
    "onbekend",
)
DAYS = ("2026-01-15", "2025-02-28", "2024-11-23", "2024-11-22", "2027-01-01", "15-01-2026", "", " 2026-03-01 ")


def rows(count: int) -> list[list[str]]:
    def one(n: int) -> list[str]:
        phones = [CHANCE.choice(PHONES).format(CHANCE.randrange(100, 400)) for _ in range(2)]
        return [
            f" K{n} " if n % 7 == 0 else f"K{n}",
            CHANCE.choice(NAMES),
            *phones,
            CHANCE.choice(PRODUCTS),
            CHANCE.choice(DAYS),
        ]

    return [one(n) for n in range(count)]


def text(table: list[list[str]], **how: Any) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, **how).writerows([HEADER, *table])
    return buffer.getvalue()


WRITTEN: dict[str, tuple[bytes, dict[str, Any], dict[str, Any]]] = {
    "plain": (text(rows(300), lineterminator="\n").encode(), {}, {}),
    "windows": (text(rows(300), delimiter=";").encode("cp1252"), {"separator": ";", "encoding": "windows-1252"}, {}),
    "byte order mark": (b"\xef\xbb\xbf" + text(rows(300)).encode(), {}, {}),
    "all quoted": (text(rows(300), quoting=csv.QUOTE_ALL).encode(), {}, {"annotate": ["callable_until"]}),
    "nothing added": (text(rows(300), lineterminator="\n").encode(), {}, {"annotate": []}),
    "numbers added": (text(rows(300), lineterminator="\n").encode(), {}, {"annotate": ["phone_e164", "basis"]}),
    "named otherwise": (text(rows(300)).replace("naam", "basis", 1).encode(), {}, {"annotate_as": {"basis": "grond"}}),
    "utf-16": (text(rows(300)).encode("utf-16"), {"encoding": "utf-16"}, {}),
    "no line end at the end": (text(rows(300)).encode().rstrip(b"\r\n"), {}, {}),
    "over lines": (
        text([*rows(150), ["K1", "two\nlines", "0612345101", "", "dagblad", "2026-01-15"], *rows(150)]).encode(),
        {},
        {},
    ),
    "quotes in a product": (
        text([*rows(300), ["K1", "a", "0612345101", "", 'de "krant"', "2026-01-15"]]).encode(),
        {},
        {},
    ),
    "into Parquet": (text(rows(300)).encode(), {}, {"format": "parquet"}),
}
PLAINLY = {"over lines", "quotes in a product", "into Parquet"}
"""The lists that compiled loops leave to others: a cell that is wanted has doubled quotes in it, or several lines."""


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("one_phone", [True, False], ids=["one phone", "two phones"])
def test_the_lists_are_the_same(name: str, one_phone: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, how, output = WRITTEN[name]
    brand = brand_with(tmp_path, content, how, output, "mobiel" if one_phone else ["mobiel", "vast"])
    monkeypatch.setattr(native, "MANY", 10**9)
    plain = left(brand)
    monkeypatch.setattr(native, "MANY", 1)
    seen = counted(monkeypatch)
    assert left(brand) == plain
    assert (seen[0] > 0) == (name not in PLAINLY)


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the blocks of the call list that were split in compiled loops."""
    seen, split = [0], csv_block.split

    def counting(*arguments: Any, **how: Any) -> Any:
        found = split(*arguments, **how)
        seen[0] += found is not None and arguments[4] >= 300
        return found

    monkeypatch.setattr(csv_block, "split", counting)
    return seen


def brand_with(folder: Path, content: bytes, how: dict[str, Any], output: dict[str, Any], phone: Any) -> BrandFolder:
    columns = {
        "customer_id": "klantnummer",
        "phone": phone,
        "product": "product",
        "last_purchase_on": "laatste_aankoop",
    }
    policy = {
        "balanstests": [
            {"id": "dag", "products": ["dagblad"], "max_term": "24 months"},
            {"id": "week", "products": ["weekend"], "max_term": "12 months", "start_after": "14 days"},
        ],
        "bel_me_niet": {
            "screen": "always",
            "register": {"path": "data/courant/register.csv", "columns": {"phone": "nummer"}},
        },
        "call_list": {"columns": columns, "csv": how},
        "guards": {"max_unreadable": "100%"},
        "output": output,
    }
    listed = [["nummer"], *([f"06-12345{n}"] for n in range(100, 140)), ["0206234510"]]
    objected = [["telefoon", "klantnummer"], ["0612345150", ""], ["", " K12 "], ["+31612345160", "K13"]]
    brand = make_brand(folder, policy, register=listed, objections=objected)
    brand.calls.write_bytes(content)
    return brand


def left(brand: BrandFolder) -> tuple[dict[str, bytes], list[tuple[Any, ...]]]:
    """Run, and give the lists and the decisions."""
    brand.run()
    lists = {path.name: path.read_bytes() for path in brand.current.iterdir() if path.stem in ("callable", "dropped")}
    for name in [name for name in lists if name.endswith(".parquet")]:
        lists[name] = str(pl.read_parquet(brand.current / name).rows()).encode()
    assert len(lists) == 2
    return lists, brand.decisions().rows()
