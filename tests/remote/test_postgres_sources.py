"""Rows of a real Postgres as sources: what is read, how it is known again, and every way in which it goes wrong."""

from tests.brandfolder import make_brand
from tests.remote.servers import Postgres, has_secret

TABLES = (
    "CREATE TABLE calls (klantnummer bigint, telefoon text, laatste_aankoop date, bedrag numeric(8,2))",
    "INSERT INTO calls VALUES (2, '06-12345679', '2025-12-01', 12.50), (1, '0612345678', '2026-01-15', NULL)",
    "INSERT INTO calls VALUES (3, '0612345670', '2026-02-01', 7)",
    "CREATE TABLE objections (telefoon text, klantnummer numeric(10,2), op timestamptz)",
    "INSERT INTO objections VALUES ('0687654321', 9, now()), (NULL, 3.00, '2026-11-22 23:30:00+00')",
)


def in_database(postgres: Postgres, **changes):
    """Return the changes to a policy that read both lists from the database."""
    return {
        "call_list": {"path": postgres.url(), "table": "calls", "key": "klantnummer"},
        "objections": [
            {
                "path": postgres.url(),
                "query": "SELECT telefoon, klantnummer, op FROM objections",
                "columns": {"phone": "telefoon", "customer_id": "klantnummer", "objected_on": "op"},
            }
        ],
        **changes,
    }


def test_the_decision_is_the_same_as_with_files(postgres, tmp_path):
    postgres.run(*TABLES)
    folder = make_brand(tmp_path, in_database(postgres))
    outcome = folder.run()
    assert [row["klantnummer"] for row in folder.callable_rows()] == ["1", "2"]
    assert folder.reasons() == {"3": "objected"}
    assert folder.callable_rows()[0] == {
        "klantnummer": "1",
        "telefoon": "0612345678",
        "laatste_aankoop": "2026-01-15",
        "bedrag": "",
        "basis": "customer",
        "callable_until": "2028-01-15",
    }
    sources = {source["role"]: source for source in outcome.manifest["sources"]}
    taken = [source["files"][0]["taken_from"] for source in sources.values()]
    assert {one["snapshot"] for one in taken} == {taken[0]["snapshot"]}
    assert [source["files"][0]["path"] for source in sources.values()] == [postgres.name, postgres.name]
    assert not has_secret(folder.ledger.read_text() + (folder.current / "manifest.json").read_text())
