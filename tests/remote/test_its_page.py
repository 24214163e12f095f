"""The page on where the data lives: its policy is used, and each of its commands is run."""

from __future__ import annotations

from pathlib import Path

import obstore
import pytest
import yaml

from tests.book.examples import Reader, doing, examples, new_reader
from tests.brandfolder import CALLS, ROOT, make_brand, merged

OF_SERVERS = ROOT / "docs" / "where-the-data-lives.md"


@pytest.fixture
def served(postgres, store, tmp_path: Path) -> Reader:
    """Return a reader whose lists live in a bucket and whose objections in a database, as the page has it."""
    lists, _ = store.make_bucket("lists"), store.make_bucket("dialler")
    text = "".join(",".join(row) + "\n" for row in CALLS)
    for key in ("noorderpost/calls.csv", "extra/calls.csv"):
        obstore.put(lists, key, text.encode())
    postgres.run(
        "CREATE SCHEMA crm",
        "CREATE SCHEMA dialler",
        "CREATE TABLE crm.objections AS SELECT '0687654321' AS telefoon, 'K9' AS klantnummer, now()::date - 1 AS op",
    )
    told = next(one.text for one in examples(OF_SERVERS) if one.kind == "yaml")
    policy = yaml.safe_load(told.replace("nightshift@db.example", f"nachtploeg@127.0.0.1:{postgres.port}"))
    reader = new_reader(tmp_path)
    # A database and a bucket live today, not on the day of the book: the law of that day may have no calls.
    make_brand(reader.folder, merged(policy, {"law": "none"}), brand="noorderpost")
    reader.environment["LD_PRELOAD"] = ""
    return reader


def test_what_the_page_of_databases_and_buckets_has_a_reader_do(served: Reader, postgres) -> None:
    for example in doing(OF_SERVERS):
        served.does(example)
    run = (served.folder / "out" / "noorderpost" / "current").readlink().name
    assert postgres.rows("SELECT DISTINCT run_id FROM dialler.callable") == [(run,)]
