"""A call history at random, with known rates, and what plain Python makes of it, without the program's own code.

The days are chosen around month ends and leap days, where counting in months goes wrong first.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random

from tests.brandfolder import BrandFolder, make_brand

AS_OF = date(2026, 11, 23)
EDGES = (3, 6, 12, 18, 24, 36)
PRODUCTS = ("krant", "weekend", "gids", "")
"""Two under the first balanstest, one under the second, and a call about nothing."""
BALANSTEST_OF = {"krant": "dag", "weekend": "dag", "gids": "rest", "": "rest"}
HEADER = ("klant", "nummer", "gebeld", "bereikt", "verkocht", "verzet", "klacht", "aankoop", "product")
COLUMNS = {
    "customer_id": "klant",
    "phone": "nummer",
    "called_on": "gebeld",
    "reached": "bereikt",
    "converted": "verkocht",
    "objected": "verzet",
    "complained": "klacht",
    "last_purchase_on": "aankoop",
    "product": "product",
}
BALANSTESTS = [
    {"id": "dag", "products": ["krant", "weekend"], "max_term": "18 months"},
    {"id": "rest", "products": "*", "max_term": "12 months", "start_after": "14 days"},
]
YES = ("ja", "JA", " 1", "true", "Yes", "J", "x", "1.0", "waar", "aan")
NO = ("nee", "0", "", "false", "N", "0.0", "onwaar", "uit")
UNTIL = date(2026, 10, 24)
"""The last day whose window of thirty days has passed on the as-of date."""
SWITCHBOARD = 19_283_746
MOST_SHARED = 20


@dataclass(frozen=True)
class Call:
    """One row of the history, as it was meant; dates are texts where they cannot be read."""

    row: int
    customer_id: str
    number: int | None
    """The last eight digits of a mobile number."""
    written: str
    called: date | str
    bought: date | str
    converted: bool
    objected: bool
    complained: bool
    product: str
    reached: bool = True
    unclear: bool = False
    """Whether its flag of a complaint says neither yes nor no."""

    @property
    def names(self) -> list[tuple[str, str | int]]:
        """What it names of somebody, the id first."""
        named: list[tuple[str, str | int]] = [("id", self.customer_id)] if self.customer_id else []
        return named + ([("number", self.number)] if self.number is not None else [])


@cache
def month_later(day: date, months: int) -> date:
    """Add months in one step, clamped to the month's end: by the calendar, not by the program."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def history(seed: int, calls: int) -> list[Call]:
    rng = Random(seed)
    people = [_somebody(rng, n) for n in range(max(calls // 3, 1))]
    made: list[Call] = []
    for row in range(1, calls + 1):
        again = rng.random() < 0.02 and made
        made.append(replace(made[-1], row=row) if again else _call(rng, row, people, many=calls >= 700))
    return made


def _somebody(rng: Random, n: int) -> tuple[str, int | None]:
    """Return somebody's id and number; a few have another's number."""
    roll = rng.random()
    number = 10_000_000 + (n - 1 if n and rng.random() < 0.06 else n)
    return "" if roll < 0.25 else f"K{n}", None if 0.2 < roll < 0.3 else number


def _named(rng: Random, people: list[tuple[str, int | None]]) -> tuple[str, int | None]:
    """Return what a call names of somebody: sometimes the id or the number alone, or what is shared by many."""
    customer_id, number = rng.choice(people)
    roll = rng.random()
    if roll < 0.03:
        return "TEST", number
    if roll < 0.06:
        return customer_id, SWITCHBOARD
    return ("" if roll < 0.2 else customer_id), (None if roll > 0.9 else number)


def _call(rng: Random, row: int, people: list[tuple[str, int | None]], *, many: bool) -> Call:
    customer_id, number = _named(rng, people)
    bought = _day(rng, date(2021, 1, 1), AS_OF)
    called = _around_a_term(rng, bought) if rng.random() < 0.5 else _day(rng, bought, bought + timedelta(days=1500))
    called = min(called, AS_OF + timedelta(days=rng.randint(-60, 3)))
    months = (called - bought).days / 30.4
    return Call(
        row,
        customer_id,
        number,
        _written(rng, number),
        rng.choice(("", "31-02-2026", "gisteren")) if rng.random() < 0.02 else called,
        rng.choice(("", "31-02-2026", "ooit")) if rng.random() < 0.02 else bought,
        rng.random() < max(0.12 - 0.003 * months, 0.01),
        rng.random() < 0.01 + 0.002 * months,
        rng.random() < 0.02,
        rng.choice(PRODUCTS),
        rng.random() < 0.6,
        many and rng.random() < 0.003,
    )


def _day(rng: Random, first: date, last: date) -> date:
    day = first + timedelta(days=rng.randint(0, max((last - first).days, 0)))
    if rng.random() < 0.4:
        day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return date(2024, 2, 29) if rng.random() < 0.05 and first <= date(2024, 2, 29) <= last else day


def _around_a_term(rng: Random, bought: date) -> date:
    """Return a day at the end of a band, or a day or so beside it; sometimes before the purchase."""
    months = rng.choice((0, 0, 1, 3, 6, 12, 18, 24, 30, 36))
    return month_later(bought, months) + timedelta(days=rng.choice((-1, 0, 0, 1, 2)))


def _written(rng: Random, number: int | None) -> str:
    if number is None:
        return rng.choice(("", "onbekend", "12"))
    digits = str(number)
    return rng.choice((f"06{digits}", f"06-{digits}", f"+316{digits}", f"0031 6 {digits}", f"316{digits}"))


def cells(calls: list[Call], seed: int = 0) -> list[tuple[str, ...]]:
    """Write the history as a file."""
    rng = Random(seed)
    flag = {True: YES, False: NO}
    return [
        HEADER,
        *(
            (
                f" {call.customer_id}" if call.customer_id and rng.random() < 0.1 else call.customer_id,
                call.written,
                str(call.called),
                rng.choice(flag[call.reached]),
                rng.choice(flag[call.converted]),
                rng.choice(flag[call.objected]),
                "misschien" if call.unclear else rng.choice(flag[call.complained]),
                str(call.bought),
                call.product,
            )
            for call in calls
        ),
    ]


def brand_of(root: Path, calls: list[Call], **changes: object) -> BrandFolder:
    """Make a brand with a history."""
    policy = {
        "balanstests": BALANSTESTS,
        "contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS},
        **changes,
    }
    policy["call_list"] = policy.get("call_list", {}) | {
        "columns": {
            "customer_id": "klantnummer",
            "phone": "telefoon",
            "last_purchase_on": "laatste_aankoop",
            "product": "product",
        }
    }
    listed = (("klantnummer", "telefoon", "laatste_aankoop", "product"), ("K1", "0612345678", "2026-01-15", "krant"))
    return make_brand(root, policy, calls=listed, contacts=cells(calls))


# --- what plain Python makes of it ------------------------------------------------------------------------------


def why_left_out(call: Call, as_of: date = AS_OF, since: date | None = None, until: date = UNTIL) -> str | None:
    if not isinstance(call.called, date):
        return "call_date_unreadable" if call.called else "call_date_missing"
    if call.called > as_of:
        return "call_after_as_of"
    if call.called > until:
        return "call_too_young"
    if since and call.called < since:
        return "call_before_since"
    if not isinstance(call.bought, date):
        return "purchase_date_unreadable" if call.bought else "purchase_date_missing"
    if call.bought > call.called:
        return "purchase_after_call"
    return "outcome_unreadable" if call.unclear else None


@cache
def month_band(bought: date, called: date) -> int:
    """Return the month m for which purchase + m months < call <= purchase + (m + 1) months; 0 on the day itself."""
    month = 0
    while called > month_later(bought, month + 1):
        month += 1
    return month


@cache
def band_place(bought: date, called: date, edges: tuple[int, ...] = EDGES) -> int:
    month = month_band(bought, called)
    return sum(month >= edge for edge in edges)


def labels(edges: tuple[int, ...]) -> list[str]:
    starts = (0, *(edge + 1 for edge in edges))
    return [f"{a}-{b}" if a != b else f"{a}" for a, b in zip(starts, edges, strict=False)] + [f"{edges[-1] + 1}+"]
