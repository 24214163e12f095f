"""The letter to a consumer: what was decided on one person, and never what another did."""

from __future__ import annotations

import json
import re

import pytest

from tests.brandfolder import AS_OF, make_brand, merged

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


STILL = (
    ("klantnummer", "telefoon", "laatste_aankoop", "einde", "actief"),
    ("Actief", "0612345671", "2026-11-22", "", "ja"),
    ("Contract", "0612345672", "2020-01-01", "2030-01-01", ""),
    ("Vandaag", "0612345673", str(AS_OF), "", "nee"),
    ("Geweest", "0612345674", "2026-01-15", "2026-02-01", "nee"),
)
RELATION = {"call_list": {"columns": {"contract_ended_on": "einde", "active": "actief"}}}


@pytest.fixture
def relations(tmp_path):
    return make_brand(tmp_path, RELATION, calls=STILL)


@pytest.mark.parametrize("customer", ["Actief", "Contract"])
def test_a_customer_is_told_that_the_term_has_not_begun(relations, customer):
    told = letter(relations, "--customer", customer)
    assert "U bent op 23 november 2026 nog klant. De termijn begint pas te tellen als dat eindigt." in told
    assert "Zou dat op 23 november 2026 eindigen, dan is 23 november 2028 de laatste dag" in told
    assert "laatste aankoop of het einde van uw contract" not in told
    english = letter(relations, "--customer", customer, lang="en")
    assert "On 23 November 2026 you are a customer still." in english
    assert "last purchase" not in english
    asked = ("explain", "--brand", "courant", "--as-of", str(AS_OF), "--customer", customer)
    shown = relations.cli(*asked).stdout
    assert "The person is a customer still, and the term starts to count when that ends." in " ".join(shown.split())
    cells = " ".join(re.findall("│[^│]*│[^│]*│([^│]*)│[^│]*│", shown))
    assert "term counts from: a customer still" in " ".join(cells.split())
    assert "term counts from: 2026" not in " ".join(cells.split())
    (row,) = json.loads(relations.cli(*asked, "--json").stdout)["rows"]
    assert (row["active"], row["anchor"], row["callable_until"]) == (True, "2026-11-23", "2028-11-23")


def test_a_purchase_on_the_day_itself_is_a_purchase(relations):
    assert "op 23 november 2026." in letter(relations, "--customer", "Vandaag")
    assert "nog klant" not in letter(relations, "--customer", "Vandaag")
    assert "op 1 februari 2026." in letter(relations, "--customer", "Geweest")


@pytest.mark.parametrize(("lang", "since"), [("nl", "De termijn telt vanaf"), ("en", "The term counts from")])
def test_the_statement_gives_no_day_to_a_term_that_has_not_begun(relations, tmp_path, lang, since):
    relations.run()
    still = {
        "nl": "het einde van de klantrelatie, die op 23 november 2026 nog liep of waarin die dag nog een aankoop was",
        "en": "the end of the customer relation, which was still running on 23 November 2026, or had a purchase that day",
    }[lang]
    for customer in ("Actief", "Contract", "Vandaag", "Geweest"):
        to = tmp_path / f"{customer}.html"
        asked = ("--to", str(to), "--customer", customer, "--statement-only", "--lang", lang)
        assert relations.cli("audit", "export", "--brand", "courant", *asked).returncode == 0
        told = re.search(f"<dt>{since}</dt><dd>(.*)</dd>", to.read_text())[1]
        assert told == (still if customer != "Geweest" else {"nl": "1 februari 2026", "en": "1 February 2026"}[lang])
        ends = {"nl": "als de klantrelatie op 23", "en": "if the customer relation ended on 23"}[lang]
        assert (ends in to.read_text()) is (customer != "Geweest")
    shown = relations.cli("explain", "--brand", "courant", "--customer", "Actief", "--history").stdout
    assert "a customer still" in " ".join(shown.split())


def test_the_statement_tells_no_term_where_none_was_looked_at(tmp_path):
    calls = [STILL[0], ("Actief", "0612", "", "", "ja"), ("Straks", "0612345675", "2027-01-01", "", "nee"), STILL[1]]
    brand = make_brand(tmp_path, merged(RELATION, {"guards": {"max_unreadable": "100%"}}), calls=calls)
    brand.run()
    assert brand.reasons() == {"Actief": "invalid_phone", "Straks": "future_date"}
    to = tmp_path / "page.html"
    asked = ("--to", str(to), "--customer", "Straks", "--statement-only", "--lang", "nl")
    assert brand.cli("audit", "export", "--brand", "courant", *asked).returncode == 0
    assert "2027" not in to.read_text()
    assert "Aankoop in de toekomst" in to.read_text()


SUNDAY = "2026-11-22"


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_on_a_day_without_calls_a_letter_tells_of_the_next_day_with_calls(brand, lang):
    asked = ("explain", "--brand", brand.brand, "--as-of", SUNDAY, "--customer", "K1", "--letter", "-", "--lang", lang)
    done = brand.cli(*asked)
    assert (done.returncode, done.stderr) == (0, "")
    for part in {
        "nl": (
            "Op 22 november 2026 wordt er niet gebeld. De eerstvolgende dag waarop wel wordt gebeld, is 23 november 2026.",
            "Hieronder staat wat dat voor u is op 23 november 2026.",
        ),
        "en": (
            "Nobody is called on 22 November 2026. The next day with calls is 23 November 2026.",
            "Below is what that is for you on 23 November 2026.",
        ),
    }[lang]:
        assert part in done.stdout


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
