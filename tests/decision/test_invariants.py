"""What holds of every list, whatever is in it: small lists at random, always the same ones."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.pipeline import intake
from balansfilter.sources import open_source
from tests.brandfolder import AS_OF, BrandFolder, Rows, Tree, make_brand, merged, write_rows
from tests.loops import either_way

loops = either_way("compiled", pytest.param("plain", marks=pytest.mark.slow))
quick = settings(max_examples=6, deadline=None, derandomize=True, database=None)

PLAIN: Tree = {
    "balanstests": [
        {"id": "dag", "products": ["dagblad"], "max_term": "24 months", "start_after": "14 days",
         "max_attempts": {"count": 2, "within": "6 months"}},
        {"id": "rest", "products": "*", "max_term": "12 months"},
    ],
    "call_list": {
        "columns": {
            "phone": ["mobiel", "vast"],
            "product": "product",
            "contract_ended_on": "einddatum",
            "active": "actief",
            "consent_on": "toestemming",
        },
        "on_bad_row": "drop",
    },
    "objections": [
        {
            "path": "data/{brand}/objections.csv",
            "columns": {"phone": "telefoon", "customer_id": "klantnummer", "withdrawn_on": "ingetrokken"},
        }
    ],
    "contacts": {
        "path": "data/{brand}/contacts.csv",
        "columns": {"phone": "telefoon", "customer_id": "klantnummer", "called_on": "gebeld_op"},
    },
    "consent": {"accept": True, "valid_for": "12 months"},
    "guards": {"max_unreadable": None, "min_rows": 0},
    "output": {"annotate": ["basis", "callable_until", "phone_e164"]},
}  # fmt: skip
REGISTER: Tree = {"path": "data/{brand}/register.csv", "columns": {"phone": "telefoon"}, "snapshot_on": AS_OF}
SCREENED = merged(PLAIN, {"law": "none", "bel_me_niet": {"screen": "after_term", "register": REGISTER}})
policies = st.sampled_from([PLAIN, SCREENED, merged(SCREENED, {"bel_me_niet": {"screen": "always"}})])

HEADER = ("klantnummer", "mobiel", "vast", "laatste_aankoop", "product", "einddatum", "actief", "toestemming")
NUMBERS = ("0612345671", "06-12345672", "+31 6 12345673", "020 1234564", "+31201234565", "612345676")
phones = st.sampled_from([*NUMBERS, *NUMBERS, "", "+32 470 12 34 56", "onbekend", " 0612345671 "])
days = st.one_of(
    st.sampled_from(["", "", "?"]),
    st.integers(-30, 1100).map(lambda back: str(AS_OF - timedelta(days=back))),
)
rows = st.tuples(
    phones, phones, days, st.sampled_from(["dagblad", "gids", ""]), days, st.sampled_from(["", "", "ja", "nee"]), days
)


@st.composite
def tables(draw: st.DrawFn, least: int = 1) -> Rows:
    """Return a call list in which every customer stands once."""
    made = draw(st.lists(rows, min_size=least, max_size=14))
    return [HEADER, *((f"K{n}", *row) for n, row in enumerate(made, start=1))]


objections = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(NUMBERS), st.just(""), st.sampled_from(["", "2026-11-23", "2026-11-24", "?"])),
        st.tuples(st.just(""), st.sampled_from(["K1", "K2", "K3", "iemand"]), st.just("")),
    ),
    min_size=1,
    max_size=3,
).map(lambda made: [("telefoon", "klantnummer", "ingetrokken"), *made])
CONTACTS: Rows = (
    ("telefoon", "klantnummer", "gebeld_op"),
    ("0612345671", "K1", "2026-11-01"),
    ("", "K1", "2026-05-24"),
    ("0201234564", "", "2026-10-01"),
    ("0201234564", "K4", "2026-11-23"),
)
LISTED: Rows = (("telefoon",), ("0612345672",), ("0201234565",))


@contextmanager
def world(policy: Tree, table: Rows, objected: Rows) -> Iterator[BrandFolder]:
    with tempfile.TemporaryDirectory() as folder:
        yield make_brand(Path(folder), policy, calls=table, objections=objected, contacts=CONTACTS, register=LISTED)


def answers(brand: BrandFolder, as_of: date = AS_OF, **options: str) -> dict[str, str]:
    """Run, and give the reason or the ground of each customer."""
    brand.run(as_of=as_of, **options)
    grounds = {row["klantnummer"]: f"ground {row['basis']}" for row in brand.callable_rows()}
    reasons = brand.reasons()
    assert not set(grounds) & set(reasons)
    return grounds | reasons


def called(answer: str) -> bool:
    return answer.startswith("ground ")


@quick
@given(policies, tables(), objections, objections)
def test_an_added_objection_adds_nobody(policy: Tree, table: Rows, objected: Rows, more: Rows) -> None:
    with world(merged(policy, {"duplicates": "keep_all"}), table, objected) as brand:
        before = answers(brand)
        write_rows(brand.data / "objections.csv", [*objected, *more[1:]])
        after = answers(brand)
    assert {who for who in after if called(after[who])} <= {who for who in before if called(before[who])}


@quick
@given(policies, tables(), objections, objections)
def test_an_added_objection_frees_only_rows_that_were_duplicates(
    policy: Tree, table: Rows, objected: Rows, more: Rows
) -> None:
    with world(policy, table, objected) as brand:
        before = answers(brand)
        numbers = {row["phone_e164"] for row in brand.callable_rows()}
        write_rows(brand.data / "objections.csv", [*objected, *more[1:]])
        after = answers(brand)
        numbers_after = {row["phone_e164"] for row in brand.callable_rows()}
    freed = {before[who] for who in after if called(after[who]) and not called(before[who])}
    assert freed <= {"duplicate"}
    assert numbers_after <= numbers


@quick
@given(policies, tables(least=2), objections, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(policy: Tree, table: Rows, objected: Rows, dice) -> None:
    shuffled = list(table[1:])
    dice.shuffle(shuffled)
    with world(policy, table, objected) as brand:
        first, kept = answers(brand), stayed(brand)
        write_rows(brand.calls, [HEADER, *shuffled])
        second, kept_again = answers(brand), stayed(brand)
    assert kept == kept_again
    assert alone(first) == alone(second)


def stayed(brand: BrandFolder) -> Counter[tuple[str, str, str]]:
    """Return the callable numbers with their anchors and grounds: of two equal rows either may stay."""
    anchors = brand.decisions().drop_nulls("basis")["anchor"].cast(str).fill_null("").to_list()
    return Counter((row["phone_e164"], anchor) for row, anchor in zip(brand.callable_rows(), anchors, strict=True))


def alone(found: dict[str, str]) -> dict[str, str]:
    """Leave apart who is callable or a duplicate, which ties may swap."""
    return {who: "kept or duplicate" if called(one) or one == "duplicate" else one for who, one in found.items()}


@quick
@given(policies, tables(), objections)
def test_the_callable_list_stays_callable(policy: Tree, table: Rows, objected: Rows) -> None:
    with world(policy, table, objected) as brand:
        answers(brand)
        kept = brand.callable_rows()
        if kept:
            brand.write_policy(merged(policy, {"output": {"annotate": []}}))
            answers(brand, input=str(brand.current / "callable.csv"))
            assert brand.callable_rows() == kept
            assert brand.dropped_rows() == []


@quick
@given(policies, tables(), objections)
def test_every_row_comes_out_once_and_the_counts_are_right(policy: Tree, table: Rows, objected: Rows) -> None:
    with world(policy, table, objected) as brand:
        found = answers(brand)
        manifest = brand.run().manifest
    assert set(found) == {row[0] for row in table[1:]}
    assert manifest["rows"] == manifest["callable"] + manifest["dropped"] == len(table) - 1
    assert manifest["reasons"] == Counter(one for one in found.values() if not called(one))
    assert manifest["bases"] == Counter(one.removeprefix("ground ") for one in found.values() if called(one))


@quick
@given(policies, tables(), objections, st.integers(30, 200))
def test_the_same_inputs_give_the_same_bytes_whatever_the_size_of_the_parts(
    policy: Tree, table: Rows, objected: Rows, part: int
) -> None:
    with world(policy, table, objected) as brand:
        brand.run()
        whole = lists(brand)
        brand.run()
        assert lists(brand) == whole
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(intake, "open_source", partial(open_source, block_bytes=part))
            patch.setattr(intake, "_PART_BYTES", part)
            brand.run()
        assert lists(brand) == whole


def lists(brand: BrandFolder) -> tuple[bytes, bytes]:
    return (brand.current / "callable.csv").read_bytes(), (brand.current / "dropped.csv").read_bytes()


OPTIONAL = {"active": "actief", "contract_ended_on": "einddatum"}


@quick
@given(tables(), objections, st.sampled_from(sorted(OPTIONAL)))
def test_a_column_that_is_not_mapped_is_as_good_as_empty(table: Rows, objected: Rows, role: str) -> None:
    place = HEADER.index(OPTIONAL[role])
    emptied = [row if n == 0 else (*row[:place], "", *row[place + 1 :]) for n, row in enumerate(table)]
    with world(PLAIN, emptied, objected) as brand:
        empty = answers(brand)
        write_rows(brand.calls, table)
        brand.write_policy(merged(PLAIN, {"call_list": {"columns": {role: None}}}, keep_none=True))
        assert answers(brand) == empty


@quick
@given(tables(), objections, st.integers(1, 800))
def test_who_is_expired_stays_expired(table: Rows, objected: Rows, later: int) -> None:
    policy = merged(PLAIN, {"law": "none", "consent": {"accept": False}})
    with world(policy, table, objected) as brand:
        before = answers(brand)
        after = answers(brand, AS_OF + timedelta(days=later))
    expired = {who for who, one in before.items() if one == "expired"}
    assert {after[who] for who in expired} <= {"expired"}
