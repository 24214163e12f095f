"""What is handed to a person never tells, nor lets guess, that another objected; an objection of their own it tells."""

from __future__ import annotations

import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.brandfolder import AS_OF, BrandFolder, Rows, make_brand, merged, write_rows

POLICY: dict[str, Any] = {
    "call_list": {"columns": {"phone": ["mobiel", "vast"]}},
    "objections": [
        {
            "path": "data/{brand}/objections.csv",
            "columns": {
                "phone": "telefoon",
                "customer_id": "klantnummer",
                "objected_on": "op",
                "withdrawn_on": "terug",
                "brand": "merk",
            },
        }
    ],
    "contacts": {
        "path": "data/{brand}/contacts.csv",
        "columns": {"phone": "telefoon", "customer_id": "klantnummer", "called_on": "gebeld", "objected": "bezwaar"},
    },
}
HEADER = ("klantnummer", "mobiel", "vast", "laatste_aankoop")
BOUGHT = "2026-03-01"
DUPLICATE = (("Dubbel", "0612300003", "", BOUGHT), ("Later", "0612300003", "", "2026-03-02"))
CALLS: Rows = (
    HEADER,
    ("Zelf", "0612300001", "0206123451", BOUGHT),
    ("Huisgenoot", "0612300002", "0206123451", BOUGHT),
    *DUPLICATE,
    ("OpNummer", "0612300005", "", BOUGHT),
    ("Gebeld", "0612300006", "", BOUGHT),
    ("NummerVanGebeld", "0612300007", "", BOUGHT),
    ("NummerVanWeg", "0612300008", "", BOUGHT),
    ("Deler", "0612300009", "", BOUGHT),
    ("Deelster", "0612300009", "", BOUGHT),
    ("Eerst", "0612300010", "", BOUGHT),
    ("Daarna", "0612300010", "", BOUGHT),
    ("Teruggenomen", "0612300012", "0206123451", BOUGHT),
    ("AnderMerk", "0612300013", "0206123451", BOUGHT),
)
OBJECTIONS: Rows = (
    ("telefoon", "klantnummer", "op", "terug", "merk"),
    ("", "Zelf", "2026-11-01", "", ""),
    ("06-12300005", "", "2026-11-01", "", ""),
    ("0612300008", "Weg", "2026-11-01", "", ""),
    ("0612300009", "", "2026-11-01", "", ""),
    ("", "Eerst", "2026-11-01", "", ""),
    ("", "Daarna", "2026-12-01", "2026-12-05", ""),
    ("", "Teruggenomen", "2026-10-01", "2026-10-02", ""),
    ("", "AnderMerk", "2026-10-01", "", "krantje"),
)
CONTACTS: Rows = (("telefoon", "klantnummer", "gebeld", "bezwaar"), ("0612300007", "Gebeld", "2026-10-01", "ja"))
OWN = ("Zelf", "OpNummer", "Gebeld", "Eerst")
OTHERS = (
    "Huisgenoot",
    "NummerVanGebeld",
    "NummerVanWeg",
    "Deler",
    "Deelster",
    "Daarna",
    "Teruggenomen",
    "AnderMerk",
)


def made(root: Path, calls: Rows = CALLS) -> BrandFolder:
    """Make a brand with somebody who objected in each way, and others whom that reaches; and run it."""
    policy = merged(POLICY, {"duplicates": "keep_latest"})
    brand = make_brand(root, policy, calls=calls, objections=OBJECTIONS, contacts=CONTACTS)
    (brand.configs / "balansfilter.yaml").write_text("brands_elsewhere: [krantje]\n")
    brand.run()
    return brand


@pytest.fixture(scope="module")
def brand(tmp_path_factory: pytest.TempPathFactory) -> BrandFolder:
    return made(tmp_path_factory.mktemp("brand"))


def asked(brand: BrandFolder, to: Path, *who: str) -> subprocess.CompletedProcess[str]:
    return brand.cli("audit", "export", "--brand", brand.brand, "--to", str(to), "--no-pdf", *who)


def bundle(brand: BrandFolder, to: Path, customer: str, lang: str = "nl") -> dict[str, str]:
    done = asked(brand, to, "--customer", customer, "--lang", lang)
    assert (done.returncode, "cannot be told" in done.stderr) == (0, False), done.stderr
    with zipfile.ZipFile(to) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def row_of(files: dict[str, str]) -> dict[str, Any]:
    (name,) = (name for name in files if name.startswith("rows/"))
    told: dict[str, Any] = json.loads(files[name])
    return told


def without_figures(text: str) -> str:
    return re.sub(r"\d+", "#", re.sub(r"[0-9a-f]{64}", "#", text))


def test_the_run_dropped_them_all_for_an_objection(brand: BrandFolder) -> None:
    assert brand.reasons() == dict.fromkeys((*OWN, *OTHERS), "objected") | {"Dubbel": "duplicate"}


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_who_is_left_alone_for_another_is_told_what_a_duplicate_is(
    brand: BrandFolder, tmp_path: Path, lang: str
) -> None:
    duplicate = bundle(brand, tmp_path / "duplicate.zip", "Dubbel", lang)
    for number, customer in enumerate(OTHERS):
        files = bundle(brand, tmp_path / f"{number}.zip", customer, lang)
        assert without_figures(files["statement.html"]) == without_figures(duplicate["statement.html"])
        for told in ("bezwaar", "objected", "2026-03-01", "1 maart", "1 March"):
            assert told not in files["statement.html"].lower()
        assert row_of(files).keys() == row_of(duplicate).keys() == {"run_id", "row", "leaf"}
        assert [without_figures(name) for name in files] == [without_figures(name) for name in duplicate]
        assert without_figures(files["contents.json"]) == without_figures(duplicate["contents.json"])


@pytest.mark.parametrize("customer", OWN)
def test_an_objection_of_their_own_is_told(brand: BrandFolder, tmp_path: Path, customer: str) -> None:
    files = bundle(brand, tmp_path / "own.zip", customer)
    assert "Bezwaar gemaakt" in files["statement.html"]
    assert row_of(files)["reason"] == "objected"


@pytest.mark.parametrize("customer", [*OWN, *OTHERS, "Dubbel"])
def test_the_letter_says_the_same(brand: BrandFolder, customer: str) -> None:
    asked = ("--brand", brand.brand, "--as-of", str(AS_OF), "--customer", customer)
    done = brand.cli("explain", *asked, "--letter", "-")
    assert "Op die dag bellen wij u niet." in done.stdout
    # What a person said after the day of a list is told of today, and was no reason for that list.
    own = customer in (*OWN, "Daarna")
    assert ("U hebt laten weten" in done.stdout) is own
    assert ("Dat hebben wij zo vastgelegd" in done.stdout) is not own
    told = json.loads(brand.cli("explain", *asked, "--json").stdout)
    assert (told["own_objection"], told["rows"][0]["reason"] == "objected") == (own, customer != "Dubbel")


def test_the_statement_alone_says_the_same(brand: BrandFolder, tmp_path: Path) -> None:
    pages = {}
    for customer in ("Huisgenoot", "Dubbel", "Zelf"):
        to = tmp_path / f"{customer}.html"
        done = asked(brand, to, "--customer", customer, "--statement-only")
        assert done.returncode == 0, done.stderr
        pages[customer] = without_figures(to.read_text())
    assert pages["Huisgenoot"] == pages["Dubbel"]
    assert "Bezwaar gemaakt" in pages["Zelf"]


def test_a_sealed_row_is_proved_to_stand_where_it_stood(brand: BrandFolder, tmp_path: Path, tools: Path) -> None:
    bundle(brand, tmp_path / "one.zip", "Huisgenoot")
    folder = tmp_path / "bundle"
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        packed.extractall(folder)

    def checked() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/sh", str(tools / "verify.sh"), str(folder)],
            capture_output=True, text=True, check=False, env={"PATH": str(tools), "LC_ALL": "C.UTF-8"},
        )  # fmt: skip

    done = checked()
    assert (done.returncode, done.stderr) == (3, "")
    assert "ok: of these 1 stand there sealed: that they are fixed is proved, and not what they say" in done.stdout
    (row,) = (folder / "rows").iterdir()
    sums = (folder / "SHA256SUMS").read_text()
    before, digest = row.read_text(), re.search(rf"(.{{64}})  rows/{row.name}", sums)
    assert digest is not None
    row.write_text(re.sub('"leaf":"....', '"leaf":"0000', before))
    made = subprocess.run(["sha256sum", row], capture_output=True, text=True, check=True).stdout[:64]
    (folder / "SHA256SUMS").write_text(sums.replace(digest[1], made))
    assert "is not proved to stand in the decisions" in checked().stderr


def test_a_bundle_that_lets_guess_is_refused_and_the_statement_is_not(tmp_path: Path) -> None:
    brand = made(tmp_path / "brand", [row for row in CALLS if row not in DUPLICATE])
    to = tmp_path / "bundle.zip"
    done = asked(brand, to, "--customer", "Huisgenoot")
    assert (done.returncode, to.exists()) == (2, False)
    assert "--statement-only" in done.stderr
    assert asked(brand, to, "--customer", "Zelf").returncode == 0
    assert asked(brand, tmp_path / "x.html", "--customer", "Huisgenoot", "--statement-only").returncode == 0


def test_a_number_of_several_customers_is_of_nobody(brand: BrandFolder, tmp_path: Path) -> None:
    for who in (("--phone", "020-6123451"), ("--phone", "020-6123451", "--customer", "Huisgenoot")):
        done = asked(brand, tmp_path / "x.zip", *who)
        assert (done.returncode, (tmp_path / "x.zip").exists()) == (2, False)
        assert "--customer alone" in done.stderr
        letter = brand.cli("explain", "--brand", brand.brand, "--as-of", str(AS_OF), *who, "--letter", "-")
        assert (letter.returncode, letter.stdout) == (2, "")
    assert "Bezwaar gemaakt" in bundle_by_number(brand, tmp_path / "y.zip", "06-12300005")
    assert "Bezwaar gemaakt" not in bundle_by_number(brand, tmp_path / "z.zip", "06-12300008")


def bundle_by_number(brand: BrandFolder, to: Path, phone: str) -> str:
    assert asked(brand, to, "--phone", phone, "--lang", "nl").returncode == 0
    with zipfile.ZipFile(to) as packed:
        return packed.read("statement.html").decode()


def test_where_the_objections_are_gone_nothing_is_told_of_one_and_it_says_so(tmp_path: Path) -> None:
    brand = made(tmp_path / "brand")
    (brand.data / "objections.csv").unlink()
    done = asked(brand, tmp_path / "x.zip", "--customer", "Zelf", "--lang", "nl")
    assert done.returncode == 0
    assert "whose objection it was cannot be told now" in done.stderr
    with zipfile.ZipFile(tmp_path / "x.zip") as packed:
        assert "Bezwaar gemaakt" not in packed.read("statement.html").decode()


def test_who_is_not_on_the_list_is_told_of_their_own_objection_alone(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, POLICY, calls=CALLS, objections=OBJECTIONS, contacts=CONTACTS)
    several = [*OBJECTIONS, ("0612300020", "Een", "", "", ""), ("0612300020", "Ander", "", "", "")]
    write_rows(brand.data / "objections.csv", [*several, ("0612300021", "Een", "", "", "")])

    def letter(*who: str) -> str:
        return brand.cli("explain", "--brand", "courant", "--as-of", str(AS_OF), *who, "--letter", "-").stdout

    assert "U hebt laten weten" in letter("--phone", "0612300021")
    assert "U hebt laten weten" in letter("--customer", "Een")
    several_ids = letter("--phone", "0612300020")
    assert "U staat niet op ons belbestand" in several_ids
    assert "U hebt laten weten" not in several_ids
