"""A policy at random: every ground, screening mode, law, sector and mapping, on days on which the law changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.model import Policy
from balansfilter.policy.values import Span

if TYPE_CHECKING:
    from random import Random

Tree = dict[str, Any]

DAYS = (
    date(2015, 3, 31),
    date(2016, 2, 29),
    date(2019, 2, 28),
    date(2020, 2, 29),
    date(2020, 5, 31),
    date(2020, 6, 15),
    date(2021, 6, 30),
    date(2021, 7, 1),
    date(2022, 2, 28),
    date(2022, 8, 31),
    date(2024, 2, 29),
    date(2024, 10, 14),
    date(2024, 10, 15),
    date(2026, 4, 30),
    date(2026, 6, 30),
    date(2026, 7, 1),
    date(2026, 11, 23),
    date(2026, 11, 30),
    date(2027, 2, 28),
)
_TERMS = [
    "1 month", "6 months", "12 months", "24 months", "36 months", "3 years", "1 year", "2 years", "90 days", "52 weeks",
    "730 days", "30 days",
]  # fmt: skip
_LONG_TERMS = ["60 months", "5 years", "2000 days"]
_PRODUCTS = ("dagblad", "weekend", "gids", "Loten; extra", "gas & licht", "é-krant")
COUNTRIES = ("NL", "NL", "NL", "NL", "NL", "BE", "DE", "GB", "FR", "US", "IT")


def grounds_of(law: str, as_of: date, sector: str) -> frozenset[str]:
    """Return the grounds that the law knows for a sector on a day."""
    if law == "none" or as_of < date(2021, 7, 1):
        return frozenset({"consent", "customer", "register"})
    if as_of < date(2026, 7, 1) or sector in ("charity", "charity_lottery", "press"):
        return frozenset({"consent", "customer"})
    return frozenset({"consent"})


@dataclass(frozen=True)
class Setting:
    """A policy, still without the files' own mappings, and what it is decided for."""

    tree: Tree
    as_of: date
    grounds: frozenset[str]
    products: tuple[str, ...]
    spans: tuple[Span, ...]


def random_setting(rng: Random) -> Setting:
    """Return a policy that is not refused: the law leaves it a ground, and what it names is there."""
    while True:
        setting = _any_setting(rng)
        if _has_ground(setting):
            return setting


def _any_setting(rng: Random) -> Setting:
    as_of = rng.choice(DAYS)
    law = "none" if as_of.weekday() == 6 else rng.choice(("nl", "nl", "nl", "none"))
    sector = rng.choice(("commercial", "charity", "charity", "charity_lottery", "press", "press", "idealistic"))
    screen = rng.choice(("never", "after_term", "always"))
    free = law == "none" or as_of < date(2020, 6, 1)
    consent: Tree | None = None
    if rng.random() < 0.6:
        consent = {
            "accept": rng.random() < 0.85,
            "valid_for": rng.choice(("24 months", "1 year", "30 days", "1 month")),
        }
        if rng.random() < 0.4:
            consent["names_first_call"] = rng.random() < 0.7
    bare = 0.4 if screen == "always" else 0.25 if screen == "never" and (consent or {}).get("accept") else 0.0
    tests = [] if rng.random() < bare else _balanstests(rng, free=free)
    written = [value for test in tests for value in (test["max_term"], test.get("start_after")) if value]
    spans = [Span(value) for value in written] + ([Span(consent["valid_for"])] if consent else [])
    tree: Tree = {
        "policy": 1,
        "brand": "proef",
        "name": "De Proef & Zn",
        "controller": "Proefbedrijf B.V.",
        "sector": sector,
        "law": law,
        "balanstests": tests,
        "bel_me_niet": {"screen": screen},
        "guards": {"min_rows": 1, "max_unreadable": None, "max_reached": None},
        "id_match": rng.choice(("key", "key", "key", "key", "exact")),
        "objections_reach": rng.choice(("person", "person", "person", "row")),
        "duplicates": rng.choice(("keep_latest", "keep_latest", "keep_latest", "keep_all")),
    }
    if not tests:
        del tree["balanstests"]
    if consent is not None:
        tree["consent"] = consent
    return Setting(tree, as_of, grounds_of(law, as_of, sector), _PRODUCTS, tuple(spans))


def _has_ground(setting: Setting) -> bool:
    tree, grounds = setting.tree, setting.grounds
    screen, tests = tree["bel_me_niet"]["screen"], tree.get("balanstests")
    if tests and "customer" in grounds:
        return True
    if tree.get("consent", {}).get("accept") and "consent" in grounds:
        return True
    return "register" in grounds and (screen == "after_term" or (screen == "always" and not tests))


def _balanstests(rng: Random, *, free: bool) -> list[Tree]:
    """Return one for everything, some for products, or both."""
    products = list(_PRODUCTS[:5])
    rng.shuffle(products)
    groups: list[Any] = rng.choice(
        (["*"], [products[:2]], [products[:1], products[1:3]], [products[:2], "*"], [products[:1], products[1:4], "*"])
    )
    return [_balanstest(rng, f"test-{n}", group, free=free) for n, group in enumerate(groups)]


def _balanstest(rng: Random, name: str, products: Any, *, free: bool) -> Tree:
    test: Tree = {"id": name, "products": products, "max_term": rng.choice(_TERMS + (_LONG_TERMS if free else []))}
    if rng.random() < 0.4:
        test["start_after"] = rng.choice(("14 days", "2 weeks", "1 day", "27 days"))
    if rng.random() < 0.4:
        within = rng.choice(("6 months", "30 days", "1 month", "1 year", "8 weeks"))
        test["max_attempts"] = {"count": rng.randint(1, 4), "within": within}
    test["answers"] = {
        "customer_relation": dict.fromkeys(
            ("payment_obligation", "time_since_purchase", "product_type", "replacement_after"), "Zo is het."
        ),
        "impact": {"calls_begin": "Na de aankoop.", "frequency": "Zelden.", "measures": ["Wij bellen overdag."]},
        "weighing": dict.fromkeys(("interest", "conversion", "objections", "complaints"), "Gemeten en gewogen."),
        "substantiation": "Daarom deze termijn.",
    }
    return test


def approved(tree: Tree, as_of: date) -> Policy:
    """Approve every balanstest in a policy's tree, and give the policy."""
    draft = Policy.model_validate_json(json.dumps(tree, default=str))
    for test, written in zip(draft.balanstests, tree.get("balanstests", ()), strict=True):
        written["approval"] = {
            "by": "A. de Proef",
            "role": "directie",
            "on": as_of - timedelta(days=30),
            "review_by": as_of + timedelta(days=300),
            "digest": balanstest_digest(draft, test),
        }
    return Policy.model_validate_json(json.dumps(tree, default=str))
