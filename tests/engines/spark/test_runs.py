"""A run that Spark decides publishes the same bytes, and everything that is done with a run afterwards needs no Spark."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.decision.plan import Plan
from balansfilter.engines.spark.on_cluster import PartDecisions
from balansfilter.errors import EngineError
from balansfilter.fs.private import sha256_file
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.run import run
from tests.audit.story import FIRST_DAY, HEADER, POLICY, audited, make_folder, past, people, verified
from tests.brandfolder import ROOT, merged
from tests.engines.made import decisions_of, lenient_case, published, ran
from tests.engines.test_engines_agree import _SAME

pytestmark = pytest.mark.spark
FIXTURES_DAY = date(2026, 11, 23)

WITHOUT_SPARK = "import sys; sys.modules['pyspark'] = None; from balansfilter.cli.main import main; main()"


def test_spark_publishes_the_same_bytes(session: Any, tmp_path: Path) -> None:
    case = lenient_case(2, 250, tmp_path)
    by_polars, by_spark = ran(case), ran(case, engine="spark")
    assert published(by_polars) == published(by_spark)
    assert decisions_of(case, by_polars).equals(decisions_of(case, by_spark))
    assert {name: by_polars.manifest[name] for name in _SAME} == {name: by_spark.manifest[name] for name in _SAME}
    assert by_spark.manifest["engine"] == "spark"


def test_spark_decides_every_row_of_the_fixtures_a_second_time(session: Any, tmp_path: Path) -> None:
    for name in ("configs", "fixtures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    asked = Request(tmp_path / "configs", "goedgeluk", FIXTURES_DAY, verify_with="spark", dry_run=True)
    assert run(asked).manifest["agreed"] == {"engine": "spark", "rows": 3000}


def test_a_table_goes_through_a_run_as_parts_that_spark_wrote_and_reads_back(session: Any, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    table = session.createDataFrame([(place, *person.row) for place, person in enumerate(people())], ("place", *HEADER))
    table.repartition(5).orderBy("place").write.option("maxRecordsPerFile", 9).parquet(str(calls))
    folder = make_folder(tmp_path)
    spec = {"path": str(calls), "columns": POLICY["call_list"]["columns"]}
    folder.write_policy(merged(POLICY, {"call_list": spec, "output": {"rows_per_part": 5}}))
    outcome = folder.run(as_of=FIRST_DAY, engine="spark")
    files = sorted(calls.glob("*.parquet"))
    assert len(files) > 1
    read = outcome.manifest["sources"][0]["files"]
    assert [(file["path"], file["sha256"]) for file in read] == [(str(path), sha256_file(path)) for path in files]
    back = session.read.parquet(str(folder.current.resolve() / "callable"))
    ordered = back.orderBy("_metadata.file_name", "_metadata.row_index").select("place", "klantnummer").collect()
    kept = folder.decisions().filter(pl.col("decision").cast(pl.String) == "callable")["row"]
    assert [row["place"] + 1 for row in ordered] == kept.to_list()
    assert [row["klantnummer"] for row in ordered] == [people()[row - 1].customer_id for row in kept]
    assert verified(folder).problems == ()


@pytest.mark.parametrize("rows_per_part", [None, 7])
def test_what_is_done_with_a_run_afterwards_needs_no_spark_and_a_change_is_found(
    session: Any, tmp_path: Path, rows_per_part: int | None
) -> None:
    folder = make_folder(tmp_path)
    folder.write_policy(merged(POLICY, {"output": {"rows_per_part": rows_per_part}}))
    outcome = folder.run(as_of=FIRST_DAY, engine="spark")
    person = people()[1]

    def done(*words: str) -> str:
        command = [sys.executable, "-c", WITHOUT_SPARK, "--configs", str(folder.configs), *words]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder.root)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    who = ("--brand", folder.brand, "--customer", person.customer_id)
    done("audit", "verify", "--brand", folder.brand)
    done("audit", "export", *who, "--to", str(tmp_path / "bundle.zip"), "--no-pdf")
    assert outcome.run_id in done("audit", "recall", *who, "--json")
    assert outcome.run_id in done("explain", *who, "--on", str(FIRST_DAY), "--json")
    done("audit", "replay", "--brand", folder.brand, outcome.run_id)
    done("audit", "forget", *who)
    assert verified(folder).problems == ()
    kept = RunDecisions.of(audited(folder).audit, past(folder).runs[outcome.run_id])
    assert len(kept.files) == (6 if rows_per_part else 1)
    decisions = kept.paths[-1]
    changed = bytearray(decisions.read_bytes())
    changed[len(changed) // 2] ^= 1
    decisions.write_bytes(changed)
    assert any("decisions" in str(problem) for problem in verified(folder).problems)


def _lost(path: Path) -> None:
    path.unlink()


def _changed(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


@pytest.mark.parametrize("spoilt", [_lost, _changed])
def test_a_part_that_is_spoilt_before_it_is_published_publishes_nothing(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: Callable[[Path], None]
) -> None:
    folder = make_folder(tmp_path, 10)
    before = folder.run(as_of=FIRST_DAY)
    taken = PartDecisions.of

    def of_spoilt(place: Path, plan: Plan) -> PartDecisions:
        spoilt(max(place.glob("*.parquet"), key=lambda path: path.stat().st_size))
        return taken(place, plan)

    monkeypatch.setattr(PartDecisions, "of", of_spoilt)
    with pytest.raises(EngineError, match="nothing is published"):
        folder.run(as_of=FIRST_DAY, engine="spark")
    assert folder.current.resolve().name == before.run_id
