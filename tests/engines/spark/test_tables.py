"""Tables of the catalog of Spark as the sources of a run: the same lists as of files, under a digest of their rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from balansfilter.errors import SourceError
from tests.audit.story import verified
from tests.brandfolder import BASE, CALLS, OBJECTIONS, BrandFolder, Tree, make_brand, merged

pytestmark = pytest.mark.spark
LENIENT: Tree = {"guards": {"max_unreadable": "100%"}}
ROWS = [("K3", "0687654321", "2026-02-01"), *CALLS[1:], ("K4", "0612345678", "2026-03-01"), ("K5", "", None)]


@pytest.fixture(scope="module")
def tables(session: Any) -> Iterator[None]:
    calls = session.createDataFrame([(n, *row) for n, row in enumerate(ROWS)], ("nr", *CALLS[0]))
    dated = calls.withColumn("laatste_aankoop", calls["laatste_aankoop"].cast("date"))
    dated.repartition(3).createOrReplaceTempView("calls")
    session.createDataFrame([(1, *OBJECTIONS[1])], ("nr", *OBJECTIONS[0])).createOrReplaceTempView("objections")
    yield
    for view in ("calls", "objections"):
        session.catalog.dropTempView(view)


def of_tables(**changes: Any) -> Tree:
    call_list = {"path": "spark://", "query": "SELECT * FROM calls WHERE :brand = 'courant'", "key": "nr"} | changes
    objections = BASE["objections"][0] | {"path": "spark://", "table": "objections", "key": "nr"}
    return {"call_list": call_list, "objections": [objections], **LENIENT}


def test_a_run_on_tables_publishes_what_one_on_files_does(session: Any, tables: None, tmp_path: Path) -> None:
    lines = [(str(n), *(cell or "" for cell in row)) for n, row in enumerate(ROWS)]
    files = make_brand(tmp_path / "files", LENIENT, calls=[("nr", *CALLS[0]), *lines])
    brand = make_brand(tmp_path / "tables")
    brand.write_policy(of_tables())
    files.run()
    first, second = brand.run(engine="spark"), brand.run()
    for name in ("callable.csv", "dropped.csv"):
        assert (brand.current / name).read_bytes() == (files.current / name).read_bytes()
    read, again = (outcome.manifest["sources"] for outcome in (first, second))
    assert [source["sha256"] for source in read] == [source["sha256"] for source in again]
    (call_list,) = read[0]["files"]
    assert (call_list["path"], call_list["rows"]) == ("spark://", len(ROWS))
    assert call_list["taken_from"]["query"] == "SELECT * FROM calls WHERE :brand = 'courant'"
    assert call_list["taken_from"]["key"] == "nr"
    assert read[1]["files"][0]["taken_from"]["query"] == "TABLE `objections`"
    assert verified(brand).problems == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"query": "SELECT * FROM nowhere"}, "cannot be read by Spark (TABLE_OR_VIEW_NOT_FOUND)"),
        ({"key": ["volgorde"]}, "has no column 'volgorde', which is to order the rows"),
        ({"query": "SELECT nr, nr AS klantnummer, telefoon, true AS laatste_aankoop FROM calls"}, "which is no day"),
        ({"query": "SELECT *, klantnummer FROM calls"}, "has the column 'klantnummer' twice"),
        ({"query": "SELECT nr, nr * 1.5D AS klantnummer, telefoon, laatste_aankoop FROM calls"}, "of type double"),
        ({"query": "SELECT *, raise_error('0612345678') AS e FROM calls"}, "cannot be read by Spark"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    session: Any, tables: None, tmp_path: Path, changes: Tree, told: str
) -> None:
    brand: BrandFolder = make_brand(tmp_path)
    before = brand.run()
    brand.write_policy(merged(of_tables(), {"call_list": changes}))
    with pytest.raises(SourceError) as refused:
        brand.run()
    problems = [str(problem) for problem in refused.value.as_problems()]
    assert any(told in problem for problem in problems), problems
    assert not any("0612345678" in problem for problem in problems)
    assert brand.current.resolve().name == before.run_id
