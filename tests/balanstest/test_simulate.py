"""A simulation equals what runs of changed policies publish, and plain Python over the rows of the history."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from random import Random

import pytest

from balansfilter.balanstest import Simulated, Simulation, Trial, simulate
from balansfilter.balanstest.candidates import OWN
from balansfilter.errors import PolicyError, UsageError
from balansfilter.policy.loading import load_policy, load_site
from balansfilter.policy.model import MaxAttempts
from balansfilter.policy.values import Span
from tests.balanstest.generated import (
    AS_OF,
    BALANSTEST_OF,
    BALANSTESTS,
    COLUMNS,
    Call,
    band_place,
    brand_of,
    history,
    month_later,
    why_left_out,
)
from tests.balanstest.plainly import FLAG, calls_a_year, limits, of_calls, persons_of, placed_calls
from tests.brandfolder import BrandFolder, write_rows

TERMS = (6, 12, 24, 36)
ATTEMPTS = MaxAttempts(count=2, within=Span("6 months"))
TRIAL = Trial(
    tuple(Span(f"{term} months") for term in TERMS),
    start_after=(OWN, None, Span("1 month")),
    max_attempts=(None, ATTEMPTS),
)
LIST_HEADER = ("klantnummer", "telefoon", "laatste_aankoop", "product", "actief")
LIST_COLUMNS = {
    "customer_id": "klantnummer",
    "phone": "telefoon",
    "last_purchase_on": "laatste_aankoop",
    "product": "product",
    "active": "actief",
}


@dataclass(frozen=True)
class Made:
    folder: BrandFolder
    calls: list[Call]
    listed: list[tuple[str, ...]]
    simulation: Simulation

    @cached_property
    def person(self) -> dict[int, object]:
        """The person of each call, by its row."""
        return persons_of(placed_calls(self.calls))


def setting(root: Path) -> tuple[BrandFolder, list[Call], list[tuple[str, ...]]]:
    calls, rng = history(5, 900), Random(5)
    folder = brand_of(
        root,
        calls,
        contacts={"path": "data/{brand}/contacts.csv", "columns": COLUMNS, "max_unreadable": "100%"},
        call_list={"path": "data/{brand}/calls.csv", "columns": LIST_COLUMNS},
        guards={"max_unreadable": "100%", "max_reached": None},
    )
    tree = {
        "balanstests": BALANSTESTS,
        "contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS, "max_unreadable": "100%"},
        "call_list": {"columns": LIST_COLUMNS},
        "guards": {"max_unreadable": "100%", "max_reached": None},
    }
    folder.write_policy(tree)
    listed = [_listed(rng, n) for n in range(400)]
    write_rows(folder.calls, [LIST_HEADER, *listed])
    write_rows(folder.data / "objections.csv", [("telefoon", "klantnummer"), ("", "K3"), ("06-10000007", "")])
    return folder, calls, listed


def _listed(rng: Random, n: int) -> tuple[str, ...]:
    bought = AS_OF - timedelta(days=rng.randint(0, 1400))
    if rng.random() < 0.2:
        bought = month_later(AS_OF, -rng.choice((1, 6, 12, 24, 36)))
    told = "" if rng.random() < 0.03 else str(bought)
    number = 10_000_000 + rng.randint(0, 300)
    phone = "geen" if rng.random() < 0.03 else f"06-{number}"
    product = rng.choice(("krant", "weekend", "gids", "anders"))
    return f"K{n}" if rng.random() < 0.9 else "K1", phone, told, product, "ja" if rng.random() < 0.05 else ""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder, calls, listed = setting(tmp_path_factory.mktemp("brand"))
    found = simulate(folder.configs, load_site(folder.configs), folder.brand, AS_OF, TRIAL)
    return Made(folder, calls, listed, found)


def limits_of(one: Simulated) -> dict[str, object]:
    limits, changed = one.limits, {}
    changed["max_term"] = str(limits.term)
    if limits.start_after:
        changed["start_after"] = str(limits.start_after)
    if limits.max_attempts:
        changed["max_attempts"] = {"count": limits.max_attempts.count, "within": str(limits.max_attempts.within)}
    return changed


def products_of(balanstest: str) -> list[str] | str:
    found = next(test["products"] for test in BALANSTESTS if test["id"] == balanstest)
    return list(found) if isinstance(found, list) else found


# --- the people on the list -------------------------------------------------------------------------------------


def test_the_callable_people_are_those_of_a_run(made: Made, tmp_path: Path) -> None:
    """For some candidates, a policy that says so is run, and its published list counted."""
    ids = [test["id"] for test in BALANSTESTS]
    lines = {(one.balanstest, one.limits): one for one in made.simulation.simulated}
    read = load_policy(made.folder.policy_file).balanstests
    # a start after `none` is for `dag` what it says itself, and its line is of the candidate that came first
    for tried in [one for one in TRIAL.candidates if one.start_after is not None][::3]:
        candidate = [lines[test.id, tried.limits(test)] for test in read]
        tests = [{"id": one.balanstest, "products": products_of(one.balanstest), **limits_of(one)} for one in candidate]
        made.folder.write_policy(
            {
                "balanstests": tests,
                "contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS, "max_unreadable": "100%"},
                "call_list": {"columns": LIST_COLUMNS},
                "guards": {"max_unreadable": "100%", "max_reached": None},
            }
        )
        made.folder.run()
        published = made.folder.callable_rows()
        found = Counter(BALANSTEST_OF.get(row["product"], "rest") for row in published)
        assert {row["basis"] for row in published} == {"customer"}
        assert {one.balanstest: one.customers for one in candidate} == {name: found[name] for name in ids}
        assert {one.callable for one in candidate} == {len(published)}


def test_there_is_a_line_for_every_balanstest_and_combination(made: Made) -> None:
    keys = [(one.balanstest, one.limits) for one in made.simulation.simulated]
    # the balanstest `dag` has no start delay of its own, so that its own and none are the same
    assert len(keys) == len(set(keys)) == 4 * 2 * 2 + 4 * 3 * 2
    assert len({one.customers for one in made.simulation.simulated}) > 20
    assert made.simulation.frame().height == len(keys)


# --- the history ------------------------------------------------------------------------------------------------


def months_of(span: Span) -> int:
    return span.count * {"months": 1, "years": 12}[span.unit]


def after(day: date, span: Span) -> date:
    return day + timedelta(days=span.count) if span.unit == "days" else month_later(day, months_of(span))


def replayed(calls: list[Call], one: Simulated) -> tuple[list[Call], list[Call], list[Call]]:
    """Return the calls of a balanstest, those in time, and those that stay under the limit on their number."""
    placed = [call for call in calls if why_left_out(call) is None]
    mine = [call for call in placed if BALANSTEST_OF[call.product] == one.balanstest]
    limits = one.limits
    in_time = [
        call
        for call in mine
        if call.called <= after(call.bought, limits.term)
        and (limits.start_after is None or call.called >= after(call.bought, limits.start_after))
    ]
    if limits.max_attempts is None:
        return mine, in_time, in_time
    kept, days = [], defaultdict(list)
    allowed = {call.row for call in in_time}
    ours = {call.row for call in mine}
    person = persons_of(placed)
    for call in sorted(placed, key=lambda call: (call.called, call.row)):
        if not call.names:
            kept += [call] if call.row in allowed else []
            continue
        start = month_later(call.called, -months_of(limits.max_attempts.within))
        before = sum(day > start for day in days[person[call.row]])
        if call.row in ours:
            if call.row not in allowed or before >= limits.max_attempts.count:
                continue
            kept.append(call)
        days[person[call.row]].append(call.called)
    return mine, in_time, kept


def counts(calls: list[Call]) -> tuple[int, int, int, int]:
    return len(calls), sum(c.converted for c in calls), sum(c.objected for c in calls), sum(c.complained for c in calls)


def test_what_would_have_been_avoided(made: Made) -> None:
    for one in made.simulation.simulated:
        mine, _, kept = replayed(made.calls, one)
        assert one.avoided.made == counts(mine)
        assert one.avoided.avoided == tuple(a - b for a, b in zip(counts(mine), counts(kept), strict=True))


def test_what_the_last_band_adds(made: Made) -> None:
    before = 0
    for one in made.simulation.simulated:
        place = TERMS.index(one.limits.term.count)
        before = 0 if place == 0 else before
        kept = [c for c in replayed(made.calls, one)[2] if band_place(c.bought, c.called, TERMS) == place]
        added = one.added
        rates = [added.conversions, added.objections, added.complaints]
        assert (added.calls, *(rate.count for rate in rates)) == counts(kept)
        assert [rate.effect for rate in rates] == pytest.approx(of_calls(kept, made.person).effects)
        assert added.people == one.customers - before
        before = one.customers
        converted, objected, complained = counts(kept)[1:]
        if converted:
            assert added.objections_per_conversion.value == objected / converted
            assert added.complaints_per_conversion.value == complained / converted
            share = limits(objected, objected + converted, effect_of_ratio(kept, made.person))
            assert added.objections_per_conversion.low == pytest.approx(share[1] / (1 - share[1]), abs=1e-12)
            assert added.objections_per_conversion.high == pytest.approx(share[2] / (1 - share[2]))
        else:
            assert added.objections_per_conversion is None


def effect_of_ratio(calls: list[Call], person: dict[int, object]) -> float:
    """Return the design effect of the share that objections have in objections and conversions together."""
    grouped = defaultdict(lambda: [0, 0])
    for call in calls:
        grouped[person[call.row]][0] += call.objected
        grouped[person[call.row]][1] += call.objected + call.converted
    count, of = (sum(pair[place] for pair in grouped.values()) for place in (0, 1))
    k, share = len(grouped), count / of if of else 0
    if k < 2 or not 0 < count < of:
        return 1.0
    squares = sum((one - share * both) ** 2 for one, both in grouped.values())
    return max(k / (k - 1) * squares / (of * share * (1 - share)), 1.0)


def errors(calls: list[Call], flag: str, person: dict[int, object]) -> dict[object, float]:
    """Return by how much each person's outcomes are more than the share of all would have them."""
    share = sum(getattr(call, flag) for call in calls) / len(calls)
    found = defaultdict(float)
    for call in calls:
        found[person[call.row]] += getattr(call, flag) - share
    return found


def together(one: dict[object, float], other: dict[object, float]) -> float:
    """Return the correlation of two shares by person, at least 0."""
    shared = sum(value * other.get(person, 0.0) for person, value in one.items())
    spread = sum(v * v for v in one.values()) * sum(v * v for v in other.values())
    return max(shared / spread**0.5, 0.0) if spread else 0.0


def customers_by_band(made: Made, one: Simulated) -> Counter[int]:
    """Return the customers of a line by band, from the rows that the program counted: those of a run (see above)."""
    tests = [{"id": test["id"], "products": products_of(test["id"]), **limits_of(one)} for test in BALANSTESTS]
    made.folder.write_policy(
        {
            "balanstests": tests,
            "contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS, "max_unreadable": "100%"},
            "call_list": {"columns": LIST_COLUMNS},
            "guards": {"max_unreadable": "100%", "max_reached": None},
        }
    )
    made.folder.run()
    found: Counter[int] = Counter()
    for row in made.folder.callable_rows():
        if BALANSTEST_OF.get(row["product"], "rest") == one.balanstest:
            anchor = AS_OF if row["actief"] == "ja" else date.fromisoformat(row["laatste_aankoop"])
            found[band_place(anchor, AS_OF, TERMS)] += 1
    return found


@pytest.mark.parametrize(
    ("balanstest", "start", "attempts"), [("dag", Span("1 month"), None), ("rest", Span("1 month"), ATTEMPTS)]
)
def test_a_year_is_estimated_as_it_is_documented(made: Made, balanstest, start, attempts) -> None:
    curve = [
        one
        for one in made.simulation.simulated
        if (one.balanstest, one.limits.start_after, one.limits.max_attempts) == (balanstest, start, attempts)
    ]
    placed = [call for call in made.calls if why_left_out(call) is None]
    assert len(curve) == 4
    first, last = min(c.called for c in placed), max(c.called for c in placed)
    for one in curve:
        mine, in_time, kept = replayed(made.calls, one)
        pace = calls_a_year(mine, made.person, first, last)
        assert one.pace == pytest.approx(pace)
        each = pace * len(kept) / len(in_time)
        people = customers_by_band(made, one)
        assert one.year.calls == pytest.approx(sum(people.values()) * each)
        of_band = {band: [c for c in kept if band_place(c.bought, c.called, TERMS) == band] for band in people}
        for position, (outcome, flag) in enumerate(FLAG.items()):
            value, sides = 0.0, []
            for band, customers in people.items():
                told, weight = of_calls(of_band[band], made.person), customers * each
                share, low, high = limits(told.counts[position], told.of, told.effects[position])
                value += weight * share
                sides.append(
                    (weight * (share - low), weight * (high - share), errors(of_band[band], flag, made.person))
                )
            below, above = (
                sum(a[side] * b[side] * (1 if a is b else together(a[2], b[2])) for a in sides for b in sides)
                for side in (0, 1)
            )
            found = getattr(one.year, outcome)
            assert found.value == pytest.approx(value)
            assert found.low == pytest.approx(max(value - below**0.5, 0), abs=1e-9)
            assert found.high == pytest.approx(value + above**0.5)


def test_the_frequency_of_a_year_can_be_given(tmp_path: Path) -> None:
    folder, _, _ = setting(tmp_path)
    trial = Trial((Span("12 months"),), max_attempts=(None,), calls_per_year=2.5)
    found = simulate(folder.configs, load_site(folder.configs), folder.brand, AS_OF, trial)
    assert [one.year.calls for one in found.simulated] == [2.5 * one.customers for one in found.simulated]


def test_without_products_every_balanstest_is_held_against_all_calls(tmp_path: Path) -> None:
    folder, calls, _ = setting(tmp_path)
    columns = {key: name for key, name in COLUMNS.items() if key != "product"}
    folder.write_policy(
        {
            "balanstests": BALANSTESTS,
            "contacts": {"path": "data/{brand}/contacts.csv", "columns": columns, "max_unreadable": "100%"},
            "call_list": {"columns": LIST_COLUMNS},
        }
    )
    found = simulate(folder.configs, load_site(folder.configs), folder.brand, AS_OF, Trial((Span("12 months"),)))
    placed = [call for call in calls if why_left_out(call) is None]
    assert [one.avoided.made for one in found.simulated] == [counts(placed)] * 2
    assert any("does not tell which product" in note for note in found.notes)


# --- what is refused --------------------------------------------------------------------------------------------


def test_a_policy_whose_law_gives_no_customer_ground_is_refused(tmp_path: Path) -> None:
    folder, _, _ = setting(tmp_path)
    folder.write_policy(
        {
            "sector": "commercial",
            "consent": {"accept": True, "valid_for": "24 months"},
            "balanstests": BALANSTESTS,
            "contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS},
            "call_list": {"columns": (LIST_COLUMNS | {"active": None, "consent_on": "actief"})},
        }
    )
    with pytest.raises(PolicyError, match=r"no term makes anybody callable on 2026-11-23.*2026-07-01.*--as-of"):
        simulate(folder.configs, load_site(folder.configs), folder.brand, AS_OF, TRIAL)


def test_terms_that_do_not_grow_are_refused(tmp_path: Path) -> None:
    folder, _, _ = setting(tmp_path)
    trial = Trial((Span("12 months"), Span("6 months")))
    with pytest.raises(UsageError, match="must grow"):
        simulate(folder.configs, load_site(folder.configs), folder.brand, AS_OF, trial)
