"""The letter to a consumer: what was decided on one person, and never what another did."""

from __future__ import annotations

import pytest

from tests.brandfolder import AS_OF, make_brand

COLUMNS = {"call_list": {"columns": {"source": "herkomst", "obtained_on": "sinds"}}, "contact": "privacy@courant.nl"}
CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop", "herkomst", "sinds"),
    ("K1", "0612345678", "2026-01-15", "bestelformulier", "2024-03-02"),
    ("K2", "0612345679", "2025-12-01", "", ""),
    ("K3", "0612345679", "2025-12-02", "", ""),
    ("K9", "0687654321", "2026-01-02", "beurs", ""),
    ("K8", "0687654321", "2026-01-02", "beurs", ""),
)


@pytest.fixture
def brand(tmp_path):
    return make_brand(tmp_path, COLUMNS, calls=CALLS)


def letter(brand, *who, lang="nl"):
    asked = ("explain", "--brand", brand.brand, "--as-of", str(AS_OF), *who, "--letter", "-", "--lang", lang)
    done = brand.cli(*asked)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_tells_ground_term_origin_and_where_to_complain(brand):
    told = letter(brand, "--phone", "06-12345678")
    for part in (
        "Op die dag mogen wij u bellen.",
        "De termijn telt vanaf uw laatste aankoop of het einde van uw contract, op 15 januari 2026.",
        "is 15 januari 2028.",
        "Uw nummer komt uit: bestelformulier. Wij hebben het sinds 2 maart 2024.",
        "privacy@courant.nl",
        "autoriteitpersoonsgegevens.nl",
        "consuwijzer.nl",
    ):
        assert part in told
    assert "sha256" not in told
    assert "UTC" not in told
    english = letter(brand, "--customer", "K1", lang="en")
    assert "On that day we may call you." in english
    assert "Your number comes from: bestelformulier." in english


def test_what_is_not_recorded_is_said_to_be_so(brand):
    assert "is niet vastgelegd" in letter(brand, "--customer", "K2")


def test_a_number_of_several_customers_needs_the_customer(brand):
    done = brand.cli("explain", "--brand", "courant", "--as-of", str(AS_OF), "--phone", "0612345679", "--letter", "-")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--customer" in done.stderr
    assert "K2" not in done.stderr


def test_nobody_is_told_that_another_objected(brand):
    assert "U hebt laten weten dat u niet gebeld wilt worden." in letter(brand, "--customer", "K9")
    other = letter(brand, "--customer", "K8")
    assert "Op die dag bellen wij u niet." in other
    assert "U hebt laten weten" not in other
    assert "bezwaar" not in other.lower()


def test_who_is_not_on_the_list(brand):
    assert "U staat niet op ons belbestand" in letter(brand, "--phone", "0699999999".replace("99999999", "12341234"))


@pytest.mark.parametrize(
    ("name", "begins"), [("brief.html", b"<!doctype html>"), ("brief.pdf", b"%PDF"), ("brief.txt", b"Courant")]
)
def test_the_name_of_the_file_says_its_form(brand, tmp_path, name, begins):
    to = tmp_path / name
    done = brand.cli("explain", "--brand", "courant", "--as-of", str(AS_OF), "--customer", "K1", "--letter", str(to))
    assert done.returncode == 0, done.stderr
    assert to.read_bytes().startswith(begins)
