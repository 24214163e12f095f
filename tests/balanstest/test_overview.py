"""The overviews equal plain Python over the rows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest

from balansfilter.balanstest import Overview, moments, month_bands, overview, read_calls
from balansfilter.balanstest.call_history import HistoryQuestion
from balansfilter.balanstest.calls import CallStore
from balansfilter.balanstest.figures import SCHEMA
from balansfilter.errors import OutputError, PolicyError, SourceError
from balansfilter.policy.loading import load_site
from balansfilter.policy.site import Site
from balansfilter.policy.values import Span
from fixtures.goedgeluk import RATES
from tests.balanstest.generated import (
    AS_OF,
    COLUMNS,
    HEADER,
    UNTIL,
    Call,
    brand_of,
    history,
    why_left_out,
)
from tests.balanstest.plainly import (
    FLAG,
    OUTCOMES,
    calls_a_year,
    limits,
    persons_of,
    placed_calls,
    plain_lines,
    repeated,
    sections,
    shared_by_many,
)
from tests.brandfolder import BrandFolder, make_brand, write_rows

ROOT = Path(__file__).parents[2]


def same(found: Overview, rows: list[Call], *, only: str | None = None, **how: object) -> None:
    """Hold every figure of an overview against plain Python."""
    lines, wanted = found.frame().to_dicts(), [one for one in plain_lines(rows, **how) if only in (None, one.scope)]
    assert len(lines) == len(wanted)
    for line, one in zip(lines, wanted, strict=True):
        place = ("scope", "name", "series", "band", "calls", "people")
        assert [line[key] for key in place] == [getattr(one, key) for key in place]
        assert line["per"] == ("call" if one.series in ("band", "cumulative") else "person")
        assert (line["reached"], one.all.of) == (one.reached.of, line["calls"] if one.calls is not None else one.people)
        for part, told in (("", one.all), ("reached_", one.reached)):
            for outcome, count, effect in zip(OUTCOMES, told.counts, told.effects, strict=True):
                assert (line[f"{part}{outcome}"], one) == (count, one)
                assert line[f"{part}{outcome}_effect"] == pytest.approx(effect, rel=1e-9), one
                told_limits = [line[f"{part}{outcome}_{limit}"] for limit in ("rate", "low", "high")]
                assert told_limits == ([None] * 3 if not told.of else pytest.approx(limits(count, told.of, effect)))


def made(folder: BrandFolder, **options: object) -> Overview:
    return overview(folder.configs, load_site(folder.configs), folder.brand, AS_OF, **options)


@pytest.mark.parametrize(("seed", "calls"), [(1, 3000), (2, 900), (3, 40), (4, 700)])
def test_the_overviews_equal_plain_python(seed: int, calls: int, tmp_path: Path) -> None:
    rows = history(seed, calls)
    found = made(brand_of(tmp_path, rows))
    same(found, rows)
    left_out = Counter(why for row in rows if (why := why_left_out(row)))
    assert {why: n for why, n in found.left_out.items() if n} == left_out
    assert found.calls + sum(found.left_out.values()) == len(rows)
    placed = placed_calls(rows)
    assert found.without_person == sum(not row.names for row in placed)
    assert found.repeated == repeated(rows)
    assert found.too_shared == shared_by_many(placed)
    unclear = sum(row.unclear for row in rows)
    assert found.unreadable_flags == ({"complained": unclear} if unclear else {})
    missed = {outcome: sum(getattr(row, flag) and not row.reached for row in placed) for outcome, flag in FLAG.items()}
    assert found.unreached == {outcome: count for outcome, count in missed.items() if count}


@pytest.mark.parametrize(("seed", "calls"), [(1, 900), (3, 40), (11, 700)])
def test_the_pace_equals_plain_python(seed: int, calls: int, tmp_path: Path) -> None:
    rows = history(seed, calls)
    found = made(brand_of(tmp_path, rows))
    placed = placed_calls(rows)
    first, last = (chosen(row.called for row in placed) for chosen in (min, max))
    assert (found.first_call, found.last_call) == (first, last)
    for section, (scope, name, mine) in zip(found.sections, sections(placed), strict=True):
        assert (section.scope, section.name) == (scope, name)
        told = section.pace.calls_a_year if section.pace else None
        assert told == pytest.approx(calls_a_year(mine, persons_of(placed), first, last), rel=1e-9)


@pytest.mark.parametrize("edges", [(1, 2, 3, 5, 8), (12,), (6, 12, 18, 24, 30, 36, 48)])
def test_other_bands_equal_plain_python(edges: tuple[int, ...], tmp_path: Path) -> None:
    rows = history(7, 1500)
    found = made(brand_of(tmp_path, rows), bands=month_bands(edges))
    same(found, rows, edges=edges)


def test_only_the_calls_since_a_day(tmp_path: Path) -> None:
    rows, since = history(8, 1500), date(2024, 2, 29)
    found = made(brand_of(tmp_path, rows), since=since)
    same(found, rows, since=since)
    assert found.left_out["call_before_since"] > 100
    assert found.first_call >= since


def test_the_last_day_can_be_chosen(tmp_path: Path) -> None:
    rows = history(8, 1500)
    folder = brand_of(tmp_path, rows)
    for until in (AS_OF, date(2025, 3, 1)):
        found = made(folder, until=until)
        same(found, rows, until=until)
        assert (found.until, found.left_out["call_too_young"] == 0) == (until, until == AS_OF)


@pytest.mark.parametrize(
    ("as_of", "window", "until"),
    [
        (date(2026, 3, 28), "1 month", date(2026, 2, 28)),
        (date(2026, 3, 27), "1 month", date(2026, 2, 27)),
        (date(2026, 3, 31), "1 month", date(2026, 2, 28)),
        (date(2026, 2, 28), "1 month", date(2026, 1, 31)),
        (date(2026, 11, 23), "30 days", UNTIL),
    ],
)
def test_a_window_counts_forward_from_the_call(as_of: date, window: str, until: date) -> None:
    asked = HistoryQuestion(Path(), Site(), "courant", as_of, objection_window=Span(window))
    assert asked.until == until
    assert Span(window).after(until) <= as_of < Span(window).after(until + timedelta(days=1))


def test_what_is_marked_rests_on_too_few(tmp_path: Path) -> None:
    frame = made(brand_of(tmp_path, history(1, 3000))).frame()
    assert frame.schema == SCHEMA
    for line in frame.iter_rows(named=True):
        for outcome in OUTCOMES:
            low, high = line[f"{outcome}_low"], line[f"{outcome}_high"]
            assert (outcome in line["too_few"].split()) == (low is None or high - low > 0.04)


def test_the_history_goes_through_in_many_blocks_and_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = read_calls.open_source
    monkeypatch.setattr(read_calls, "open_source", lambda *a, **k: opened(*a, **k, block_bytes=2000))
    monkeypatch.setattr(moments, "_CELLS", 50)
    rows = history(9, 2000)
    same(made(brand_of(tmp_path, rows)), rows)


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
    assert found.calls + found.left_out["call_too_young"] == found.fingerprint.rows


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
    assert [note for note in found.notes if "not known" in note and "mapped" in note] == list(found.notes)[-4:]
    assert found.frame()["reached"].null_count() == found.frame().height
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
        ([HEADER, ("K1", "", "1 mei", "", "", "", "", "2026-01-01", "")], "no call of 1 can be set against a purchase: 1 call_date_unreadable"),
        ([HEADER[:-1], ("K1", "", "2026-05-01", "", "", "", "", "2026-01-01")], "product"),
    ],
)  # fmt: skip
def test_a_history_that_cannot_be_used_is_refused(rows, told: str, tmp_path: Path) -> None:
    folder = brand_of(tmp_path, history(3, 10))
    write_rows(folder.data / "contacts.csv", rows)
    with pytest.raises(SourceError) as refused:
        made(folder)
    assert told in str(refused.value)


def test_a_product_column_that_holds_ids_is_refused(tmp_path: Path) -> None:
    rows = [Call(n, f"K{n}", None, "", UNTIL, UNTIL, False, False, False, f"p{n}") for n in range(1001)]
    folder = brand_of(tmp_path, rows)
    with pytest.raises(SourceError, match="more than 1000 different products"):
        made(folder)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self, calls, others=()) -> None:
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
    same(found, attributed, only="all")
    assert found.outcomes.objections == "objections_files"
    ours = [one for one in objections if one[3].casefold() in ("", "*", "courant", "de courant")]
    assert found.joined.after_a_call == sum(_followed(rows, one) is not None for one in ours)
    assert found.joined.after_a_call > 30
    placed = {row.row for row in placed_calls(rows)}
    assert found.joined.in_a_band == sum(_followed(rows, one) in placed for one in ours)
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
    """Return the row of the call that an objection followed: the last in thirty days, of its id before its number."""
    phone, customer_id, told, brand = objection
    if brand.casefold() not in ("", "*", "courant", "de courant") or not told[:1].isdigit():
        return None
    day = date.fromisoformat(told)
    number = next((row.number for row in rows if row.written == phone and row.number is not None), None)
    dated = [row for row in rows if isinstance(row.called, date) and row.called <= AS_OF]
    met = [row for row in dated if row.called <= day <= row.called + timedelta(days=30)]
    by_id = [(row.called, row.row) for row in met if customer_id and row.customer_id == customer_id]
    by_number = [(row.called, row.row) for row in met if number is not None and row.number == number]
    found = by_id or by_number
    return max(found)[1] if found else None
