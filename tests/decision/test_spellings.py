"""Whoever objects is not called, however the objection is written: the same list comes out, to the byte."""

from __future__ import annotations

import tempfile
import unicodedata
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.brandfolder import Rows, Tree, make_brand, write_rows
from tests.loops import either_way

loops = either_way("compiled", "plain")
quick = settings(max_examples=15, deadline=None, derandomize=True, database=None)

POLICY: Tree = {
    "call_list": {"columns": {"phone": ["telefoon", "vast"]}},
    "objections": [
        {
            "path": "data/{brand}/objections.csv",
            "date_format": ["%Y-%m-%d", "%-d-%-m-%Y", "iso8601"],
            "columns": {
                "phone": ["telefoon", "vast"],
                "phone_country": "land",
                "customer_id": "klantnummer",
                "objected_on": "datum",
                "withdrawn_on": "ingetrokken",
                "brand": "merk",
            },
        }
    ],
    "guards": {"max_unreadable": None, "max_reached": None},
}
HEADER = ("klantnummer", "telefoon", "vast", "laatste_aankoop")
OBJECTED = ("telefoon", "vast", "land", "klantnummer", "datum", "ingetrokken", "merk")
INVISIBLE = "\u200b\u200e\u202a\u202c\u2060\u2066\ufeff"
SPACES = " \t\u00a0\u2009\u3000\u2028"
NOTHING = ("", " ", "NULL", r"\N", "n/a", "None", "NaN", "-", "–", "N.v.t.", "leeg", "Onbekend", "geen", "'-")

NUMBERS = ("612345671", "612345672", "201234563", "201234564", "881234565")
IDS = ("17", "K-18", "ge\u0301rard 19", "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "001xx000003DGb2", "001xx000003DgB2")
CHECK_SIGNS = {"001xx000003DGb2": "AAG", "001xx000003DgB2": "AAS"}


def _laid_out(text: str) -> st.SearchStrategy[str]:
    """Write a text with layout that is no content, around it and within."""

    def put(signs: tuple[str, str, int]) -> str:
        before, within, place = signs
        place = 1 + place % len(text)
        return before + text[:place] + within + text[place:]

    signs = st.text(SPACES + INVISIBLE, max_size=2)
    marked = st.tuples(st.sampled_from(["", " ", "\u00a0"]), signs, st.integers(0, 40)).map(put)
    digits = text.translate({ord(digit): chr(0xFF10 + int(digit)) for digit in "0123456789"})
    guarded = st.sampled_from([f"'{text}", f"'{text}'", f'="{text}"', f"\u2019{text}", digits, text])
    return st.one_of(st.just(text), marked, guarded)


def _number(national: str) -> st.SearchStrategy[tuple[str, str]]:
    """Write a number, and the country beside it."""
    area, rest = national[:2], national[2:]
    home = [
        f"0{national}",
        f"0{area}-{rest}",
        f"(0{area}) {rest}",
        f"0{area}/{rest}",
        national,
        f"{national}.0",
        f"0{area}\u2011{rest}",
    ]
    world = [
        f"+31{national}",
        f"0031{national}",
        f"+31 (0){area} {rest}",
        f"31{national}",
        f"0031-{area}-{rest}",
        f"31{national}.0",
    ]
    country = st.sampled_from(["", "NL", "nld", "31", "+31", "0031", "31.0", "Nederland", "the Netherlands", "-"])
    return st.tuples(st.sampled_from([*home, *world]).flatmap(_laid_out), country)


def _id(text: str) -> st.SearchStrategy[str]:
    """Write an id in one of the ways of exports."""
    ways: list[Callable[[str], str]] = [str, lambda one: f"00{one}"]
    if text in CHECK_SIGNS:
        long = text + CHECK_SIGNS[text]
        ways += [lambda one: long, lambda one: long.upper(), lambda one: long.lower()]
    else:
        ways += [str.upper, str.lower, lambda one: unicodedata.normalize("NFC", one.replace("-", "\u2010"))]
    if text.isdigit():
        ways.append(lambda one: f"{one}.0")
    if len(text) == 36:
        ways += [lambda one: f"{{{one}}}", lambda one: f"{{{one.upper()}}}"]
    return st.sampled_from(ways).map(lambda way: way(text)).flatmap(_laid_out)


nothing = st.sampled_from(NOTHING)
no_number = st.tuples(
    st.one_of(nothing, st.sampled_from(["0", "0000000000", "9999999999", "00-0000 0000"])), st.just("")
)
no_id = st.one_of(nothing, st.sampled_from(["0", "000", "0.0"]))
no_day = st.one_of(
    nothing, st.sampled_from(["0000-00-00", "0001-01-01", "1900-01-01", "1-1-1970", "1899-12-30T00:00:00"])
)
DAYS = {
    "2026-02-01": ("2026-02-01", "1-2-2026", "01-02-2026", "2026-02-01T10:00", "2026-01-31T23:30:00Z", " 2026-02-01 "),
    "2026-03-01": ("2026-03-01", "1-3-2026", "01-3-2026", "2026-03-01 09:15:00.250", "2026-02-28T23:30:00Z"),
}
BRANDS = {
    "ours": (
        "courant",
        "COURANT",
        " De  Courant ",
        "cour\u200bant",
        "de courant",
        "ander; Courant",
        "Ander|DE COURANT",
        "'courant",
    ),
    "all": ("", "*", "alle", "Alle  merken", "ALL", "NULL", "n.v.t."),
    "another": ("ander", "ANDER", "Een Ander, Blad", "een ander, blad", "ander;ander", "Elders", "elders|ander"),
}
Objection = tuple[str | None, str | None, str | None, str | None, str | None, str]
objection = st.tuples(
    st.sampled_from([*NUMBERS, None]),
    st.sampled_from([None, None, *NUMBERS]),
    st.sampled_from([*IDS, None]),
    st.sampled_from([None, *DAYS]),
    st.sampled_from([None, None, None, *DAYS]),
    st.sampled_from(list(BRANDS)),
).filter(lambda one: any(one[:3]))


def _written(one: Objection) -> st.SearchStrategy[tuple[str, ...]]:
    """Write an objection in any way: a number without the country that stands beside it, or with it."""
    phone, landline, customer, objected, withdrawn, brand = one
    return st.builds(
        lambda a, b, who, on, back, to: (a[0], b[0], a[1] or b[1], who, on, back, to),
        _number(phone) if phone else no_number,
        _number(landline) if landline else no_number,
        _id(customer) if customer else no_id,
        st.sampled_from(DAYS[objected]) if objected else no_day,
        st.sampled_from(DAYS[withdrawn]) if withdrawn else no_day,
        st.sampled_from(BRANDS[brand]),
    )


@st.composite
def spelt_twice(draw: st.DrawFn) -> tuple[Rows, Rows, Rows]:
    """Return a list of calls, and the same objections written in two ways."""
    people = draw(st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(NUMBERS)), min_size=3, max_size=9))
    calls = [(draw(_id(who)), draw(_number(number))[0], "", "2026-01-15") for who, number in people]
    objections = draw(st.lists(objection, min_size=1, max_size=4))
    one, other = ([OBJECTED, *(draw(_written(one)) for one in objections)] for _ in range(2))
    return [HEADER, *calls, ("K99", "0612345699", "", "2026-01-15")], one, other


@quick
@given(spelt_twice())
def test_another_spelling_of_the_objections_gives_the_same_list(spelt: tuple[Rows, Rows, Rows]) -> None:
    calls, one, other = spelt
    with tempfile.TemporaryDirectory() as folder:
        brand = make_brand(Path(folder), POLICY, calls=calls, objections=one)
        sister = brand.policy_file.with_name("ander.yaml")
        sister.write_text("brand: ander\nname: Een Ander, Blad\n", encoding="utf-8")
        (brand.configs / "balansfilter.yaml").write_text("brands_elsewhere: [Elders]\n", encoding="utf-8")
        brand.run()
        before = lists(brand.current)
        write_rows(brand.data / "objections.csv", other)
        brand.run()
        assert lists(brand.current) == before


def lists(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "callable.csv").read_bytes(), (folder / "dropped.csv").read_bytes()
