"""The reference to the proof of a consent: a keyed hash in the decisions, and in clear for the person alone."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from balansfilter.audit.keys import AuditKey
from balansfilter.pipeline.watch import Silence
from tests.brandfolder import BrandFolder, make_brand

COLUMNS = ("klantnummer", "telefoon", "toestemming", "bewijs")
CALLS = (
    COLUMNS,
    ("K1", "0612345671", "2026-11-01", "formulier 2026-017"),
    ("K2", "0612345672", "2026-11-01", ""),
    ("K3", "0612345673", "2026-11-01", " opname 3 "),
)


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    made = make_brand(
        tmp_path,
        {
            "sector": "commercial",
            "balanstests": None,
            "consent": {"accept": True, "valid_for": "24 months"},
            "call_list": {
                "columns": {"last_purchase_on": None, "consent_on": "toestemming", "consent_proof": "bewijs"},
            },
        },
        calls=CALLS,
    )
    made.run()
    return made


def statement_of(brand: BrandFolder, customer: str, to: Path) -> str:
    done = brand.cli("audit", "export", "--brand", "courant", "--customer", customer, "--to", str(to), "--no-pdf")
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(to) as bundle:
        assert not [name for name in bundle.namelist() if b"opname 3" in bundle.read(name) and customer != "K3"]
        return bundle.read("statement.html").decode()


def test_the_decisions_keep_a_keyed_hash(brand: BrandFolder) -> None:
    key = AuditKey((brand.audit.parent / "key").read_text().strip())
    kept = brand.decisions()["consent_proof"].to_list()
    assert kept == [bytes.fromhex(key.hash("formulier 2026-017")), None, bytes.fromhex(key.hash("opname 3"))]
    assert brand.reasons() == {"K2": "consent_unproven"}


def test_the_statement_tells_the_person_where_the_proof_is(brand: BrandFolder, tmp_path: Path) -> None:
    told = statement_of(brand, "K1", tmp_path / "one.zip")
    for text in ("formulier 2026-017", "Toestemming gegeven op", "1 november 2026", "Bewijs van de toestemming"):
        assert text in told
    brand.calls.unlink()
    assert "formulier 2026-017" in statement_of(brand, "K1", tmp_path / "two.zip")
    (brand.current / "callable.csv").write_text(
        "klantnummer,telefoon,toestemming,bewijs\nK1,0612345671,2026-11-01,ander\n"
    )
    told = statement_of(brand, "K1", tmp_path / "three.zip")
    assert "een ander formulier" not in told
    assert "Bewijs van de toestemming" not in told


def test_a_list_without_references_keeps_none(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run(Silence())
    assert "consent_proof" not in brand.decisions().columns
