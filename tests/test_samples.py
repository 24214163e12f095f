"""What `check` shows of the first rows: what was read as what, and never enough to read somebody back."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from balansfilter.pipeline.samples import hidden
from tests.brandfolder import AS_OF, cli, make_brand, merged

POLICY = {
    "balanstests": [{"id": "kranten", "products": ["dagblad"], "max_term": "24 months"}],
    "call_list": {
        "date_format": ["%d-%m-%Y", "iso8601"],
        "columns": {"phone": ["telefoon", "vast"], "product": "product", "active": "actief"},
    },
}
CALLS = (
    ("klantnummer", "telefoon", "vast", "laatste_aankoop", "product", "actief"),
    ("GEHEIM-100234", "06-87654321", "", "05-03-2026", "dagblad", "ja"),
    ("42", "+32 475 12 34 56", "J. Geheim 0612345678", "2026-03-05T23:30:00Z", "Geheim", "nee"),
    ("", "0612345679", "020 123 4567", "5 maart", "", ""),
    ("K4", "0612345670", "", "05-03-2026", "dagblad", "ja"),
)


def test_the_first_rows_of_each_source_are_shown_as_they_were_read(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, POLICY, calls=CALLS)
    checked = cli("--configs", str(brand.configs), "check", "--brand", brand.brand, "--as-of", str(AS_OF))
    assert checked.returncode == 0, checked.stderr
    lines = checked.stdout.splitlines()
    at = lines.index("call_list, as it was read (– is empty, ? cannot be read):")
    assert lines[at + 1 :] == [
        "  row 1: customer_id ••••••-•••234 · phone (telefoon) ••-•••••321 → +31…321 · phone (vast) – · product dagblad · last_purchase_on 2026-03-05 · active yes",
        "  row 2: customer_id •• · phone (telefoon) +•• ••• •• •4 56 → +32…456 · phone (vast) •. •••••• •••••••678 → ? · product •••••• · last_purchase_on 2026-03-06 · active no",
        "  row 3: customer_id – · phone (telefoon) •••••••679 → +31…679 · phone (vast) ••• ••• •567 → +31…567 · product – · last_purchase_on • ••••• → ? · active –",
    ]
    at = lines.index("objections[0], as it was read (– is empty, ? cannot be read):")
    assert lines[at + 1] == "  row 1: phone •••••••321 → +31…321 · customer_id ••"


def test_countries_words_for_nothing_and_rows_that_are_left_out(tmp_path: Path) -> None:
    policy = {
        "call_list": {"allow_countries": ["NL", "BE"]},
        "objections": [
            {
                "path": "data/{brand}/objections.csv",
                "columns": {"phone": "telefoon", "phone_country": "land", "customer_id": "klantnummer"},
                "where": {"optout": {"take": ["ja"], "leave": ["nee"]}},
                "null_words": ["geheim"],
            }
        ],
    }
    objections = (
        ("telefoon", "land", "klantnummer", "optout"),
        ("0475123456", "België", "K1", "ja"),
        ("geheim", "", "K2000", "nee"),
        ("0612345678", "Atlantis", "n.v.t.", "ja"),
    )
    brand = make_brand(tmp_path, merged(POLICY, policy), calls=CALLS, objections=objections)
    checked = cli("--configs", str(brand.configs), "check", "--brand", brand.brand, "--as-of", str(AS_OF))
    lines = [line.strip() for line in checked.stdout.splitlines() if "where" in line]
    assert lines == [
        "row 1: phone •••••••456 → +32…456 · phone_country BE · customer_id •• · where taken",
        "row 2: phone – · phone_country – · customer_id ••••0 · where left out",
        "row 3: phone •••••••678 → ? · phone_country ? · customer_id – · where taken",
    ]


def test_machines_get_the_same(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, POLICY, calls=CALLS)
    checked = cli("--configs", str(brand.configs), "check", "--brand", brand.brand, "--as-of", str(AS_OF), "--json")
    (told,) = json.loads(checked.stdout)
    assert set(told["samples"]) == {"call_list", "objections[0]"}
    first = told["samples"]["call_list"][0]
    assert (first["row"], first["last_purchase_on"], first["phone (vast)"]) == (1, "2026-03-05", "–")


def test_a_source_that_cannot_be_read_has_no_samples(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, POLICY, calls=CALLS)
    brand.calls.unlink()
    checked = cli("--configs", str(brand.configs), "check", "--brand", brand.brand, "--as-of", str(AS_OF), "--json")
    (told,) = json.loads(checked.stdout)
    assert (checked.returncode, set(told["samples"])) == (4, {"objections[0]"})


@given(st.text(max_size=40), st.integers(0, 3))
def test_no_more_letters_and_digits_are_shown_than_asked(cell: str, shown: int) -> None:
    told = hidden(cell, shown)
    assert sum(sign.isalnum() for sign in told) <= shown
    assert len(told) <= 24
