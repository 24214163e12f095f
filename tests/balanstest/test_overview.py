"""The overviews equal plain Python over the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import polars as pl
import pytest
from scipy.stats import binomtest

import balansfilter.balanstest.history as history_module
from balansfilter.balanstest import Overview, month_bands, overview
from balansfilter.balanstest.calls import CallStore
from balansfilter.balanstest.overview import SCHEMA
from balansfilter.errors import OutputError, PolicyError, SourceError
from balansfilter.policy.loading import load_site
from fixtures.goedgeluk import RATES
from tests.balanstest.generated import (
    AS_OF,
    COLUMNS,
    HEADER,
    Call,
    brand_of,
    history,
    plain_lines,
    why_left_out,
)
from tests.brandfolder import BrandFolder, make_brand, write_rows

ROOT = Path(__file__).parents[2]
COUNTED = ["scope", "name", "series", "band", "calls", "people", "conversions", "objections", "complaints"]


def made(folder: BrandFolder, **options: object) -> Overview:
    return overview(folder.configs, load_site(folder.configs), folder.brand, AS_OF, **options)


@pytest.mark.parametrize(("seed", "calls"), [(1, 3000), (2, 3000), (3, 40), (4, 700)])
def test_the_overviews_equal_plain_python(seed: int, calls: int, tmp_path: Path) -> None:
    rows = history(seed, calls)
    found = made(brand_of(tmp_path, rows))
    assert found.frame().select(COUNTED).rows() == list(plain_lines(rows))
    left_out = Counter(why for row in rows if (why := why_left_out(row)))
    assert {why: n for why, n in found.left_out.items() if n} == left_out
    assert found.calls + sum(found.left_out.values()) == len(rows)
    assert found.without_person == sum(1 for row in rows if why_left_out(row) is None and row.person is None)


@pytest.mark.parametrize("edges", [(1, 2, 3, 5, 8), (12,), (6, 12, 18, 24, 30, 36, 48)])
def test_other_bands_equal_plain_python(edges: tuple[int, ...], tmp_path: Path) -> None:
    rows = history(7, 1500)
    found = made(brand_of(tmp_path, rows), bands=month_bands(edges))
    assert found.frame().select(COUNTED).rows() == list(plain_lines(rows, edges))


def test_only_the_calls_since_a_day(tmp_path: Path) -> None:
    rows, since = history(8, 1500), date(2024, 2, 29)
    found = made(brand_of(tmp_path, rows), since=since)
    assert found.frame().select(COUNTED).rows() == list(plain_lines(rows, since=since))
    assert found.left_out["call_before_since"] > 100
    assert found.first_call >= since


def test_the_rates_of_the_table_are_those_of_the_reference(tmp_path: Path) -> None:
    frame = made(brand_of(tmp_path, history(1, 3000))).frame()
    assert frame.schema == SCHEMA
    for line in frame.filter(pl.col("calls") > 0).iter_rows(named=True):
        for outcome in ("conversions", "objections", "complaints"):
            reference = binomtest(line[outcome], line["calls"]).proportion_ci(0.95, method="wilson")
            assert line[f"{outcome}_rate"] == line[outcome] / line["calls"]
            assert line[f"{outcome}_low"] == pytest.approx(reference.low, abs=1e-12)
            assert line[f"{outcome}_high"] == pytest.approx(reference.high, abs=1e-12)
            assert (outcome in line["too_few"].split()) == (reference.high - reference.low > 0.04)


def test_the_history_goes_through_in_many_blocks_and_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = history_module.open_source
    monkeypatch.setattr(history_module, "open_source", lambda *a, **k: opened(*a, **k, block_bytes=2000))
    rows = history(9, 2000)
    assert made(brand_of(tmp_path, rows)).frame().select(COUNTED).rows() == list(plain_lines(rows))


def test_a_person_is_one_however_often_the_number_is_written(tmp_path: Path) -> None:
    day, bought = date(2026, 3, 1), date(2026, 1, 1)
    written = ["0612345678", "06-12345678", "+31612345678", "0031612345678", "612345678"]
    rows = [Call(n, "", 12345678, text, day, bought, False, False, False, "krant") for n, text in enumerate(written)]
    folder = brand_of(tmp_path, rows)
    assert made(folder).overall.bands[0].people == 1
    assert made(folder).overall.bands[0].calls == 5


def test_the_fixture_shows_the_rates_that_it_was_made_with() -> None:
    configs = ROOT / "configs"
    found = overview(configs, load_site(configs), "goedgeluk", AS_OF, bands=month_bands((6, 12, 18, 24, 36)))
    for figures, rates in zip(found.overall.bands, RATES, strict=True):
        for rate, true in ((figures.conversions, rates.conversion), (figures.objections, rates.objection)):
            interval = rate.interval
            # six bands and two rates: a wider margin than the interval's own, so that chance alone does not fail it
            margin = interval.high - interval.low
            assert interval.low - margin / 2 <= true <= interval.high + margin / 2
    assert found.calls == found.fingerprint.rows


# --- what is not known ------------------------------------------------------------------------------------------


def test_what_no_column_tells_is_not_known_and_not_nothing(tmp_path: Path) -> None:
    columns = {key: COLUMNS[key] for key in ("customer_id", "called_on", "last_purchase_on")}
    rows = history(3, 300)
    folder = brand_of(tmp_path, rows)
    folder.write_policy({"contacts": {"path": "data/{brand}/contacts.csv", "columns": columns}})
    found = made(folder)
    assert [section.scope for section in found.sections] == ["all"]
    assert found.frame()["conversions"].null_count() == found.frame().height
    assert found.frame()["objections_rate"].null_count() == found.frame().height
    assert [note for note in found.notes if "not known" in note and "mapped" in note] == list(found.notes)[-3:]
    assert found.overall.bands[0].too_few == ()


def test_a_brand_without_call_history_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        made(make_brand(tmp_path))
    assert "contacts: is missing" in str(refused.value)
    assert "courant.yaml" in str(refused.value)


def test_a_history_without_purchases_is_refused(tmp_path: Path) -> None:
    folder = brand_of(tmp_path, history(3, 10))
    columns = {key: name for key, name in COLUMNS.items() if key != "last_purchase_on"}
    folder.write_policy({"contacts": {"path": "data/{brand}/contacts.csv", "columns": columns}})
    with pytest.raises(PolicyError, match=r"contacts\.columns\.last_purchase_on: is missing"):
        made(folder)


def test_an_unapproved_balanstest_can_be_looked_at(tmp_path: Path) -> None:
    folder = brand_of(tmp_path, history(3, 100))
    text = folder.policy_file.read_text(encoding="utf-8").replace("18 months", "17 months")
    folder.policy_file.write_text(text, encoding="utf-8")
    assert made(folder).calls > 0


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([HEADER], "has 0 rows"),
        ([HEADER, ("K1", "", "1 mei", "", "", "", "2026-01-01", "")], "none of the 1 calls can be set against a purchase: 1 call_date_unreadable"),
        ([HEADER[:-1], ("K1", "", "2026-05-01", "", "", "", "2026-01-01")], "product"),
    ],
)  # fmt: skip
def test_a_history_that_cannot_be_used_is_refused(rows, told: str, tmp_path: Path) -> None:
    folder = brand_of(tmp_path, history(3, 10))
    write_rows(folder.data / "contacts.csv", rows)
    with pytest.raises(SourceError) as refused:
        made(folder)
    assert told in str(refused.value)


def test_a_product_column_that_holds_ids_is_refused(tmp_path: Path) -> None:
    rows = [Call(n, f"K{n}", None, "", AS_OF, AS_OF, False, False, False, f"p{n}") for n in range(1001)]
    folder = brand_of(tmp_path, rows)
    with pytest.raises(SourceError, match="more than 1000 different products"):
        made(folder)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self, calls) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CallStore, "add", full)
    with pytest.raises(OutputError, match="No space left on device"):
        made(brand_of(tmp_path, history(3, 10)))


# --- objections in files of their own ---------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_objections_from_a_file_are_put_down_to_the_last_call_before_them(seed: int, tmp_path: Path) -> None:
    rng, rows = Random(seed), history(seed, 800)
    objections = [_objection(rng, rows) for _ in range(300)]
    folder = brand_of(tmp_path, rows)
    columns = {key: name for key, name in COLUMNS.items() if key not in ("objected", "product")}
    folder.write_policy(
        {
            "contacts": {"path": "data/{brand}/contacts.csv", "columns": columns},
            "objections": [
                {
                    "path": "data/{brand}/objections.csv",
                    "columns": {"phone": "telefoon", "customer_id": "klant", "objected_on": "op", "brand": "merk"},
                    "max_unreadable": "100%",
                }
            ],
        }
    )
    header = ("telefoon", "klant", "op", "merk")
    write_rows(folder.data / "objections.csv", [header, *objections])
    followed = {row for objection in objections if (row := _followed(rows, objection))}
    attributed = [replace(row, objected=row.row in followed) for row in rows]
    found = made(folder)
    wanted = [line for line in plain_lines(attributed) if line[0] == "all"]
    assert found.frame().select(COUNTED).rows() == wanted
    assert found.outcomes.objections == "objections_files"
    ours = [one for one in objections if one[3].casefold() in ("", "*", "courant", "de courant")]
    assert found.joined.after_a_call == sum(_followed(rows, one) is not None for one in ours)
    assert found.joined.after_a_call > 30
    assert found.joined.after_a_call + found.joined.elsewhere + found.joined.without_day == len(ours)


def _objection(rng, rows: list[Call]) -> tuple[str, str, str, str]:
    call = rng.choice(rows)
    day = call.called if isinstance(call.called, date) else AS_OF
    day += timedelta(days=rng.choice((-3, 0, 0, 1, 5, 29, 30, 31, 60)))
    phone = call.written if rng.random() < 0.6 else ""
    customer_id = call.customer_id if rng.random() < 0.6 else ""
    told = rng.choice(("", "geen idee")) if rng.random() < 0.05 else str(day)
    return phone, customer_id, told, rng.choice(("", "*", "Courant", "De Courant", "een ander"))


def _followed(rows: list[Call], objection: tuple[str, str, str, str]) -> int | None:
    """Give the row of the call that an objection followed: the last on or before it, in thirty days, of the person."""
    phone, customer_id, told, brand = objection
    if brand.casefold() not in ("", "*", "courant", "de courant") or not told[:1].isdigit():
        return None
    day = date.fromisoformat(told)
    number = next((row.number for row in rows if row.written == phone and row.number is not None), None)
    met = [
        (row.called, row.row)
        for row in rows
        if isinstance(row.called, date)
        and row.called <= AS_OF
        and day - timedelta(days=30) <= row.called <= day
        and ((customer_id and row.customer_id == customer_id) or (number is not None and row.number == number))
    ]
    return max(met)[1] if met else None
