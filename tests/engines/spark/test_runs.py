"""A run that Spark decides publishes the same bytes, and everything that is done with a run afterwards needs no Spark."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from balansfilter.decision.plan import Plan
from balansfilter.engines.spark.on_cluster import PartDecisions
from balansfilter.errors import EngineError
from tests.audit.story import FIRST_DAY, audited, make_folder, people, verified
from tests.engines.made import decisions_of, lenient_case, published, ran
from tests.engines.test_engines_agree import _SAME

pytestmark = pytest.mark.spark

WITHOUT_SPARK = "import sys; sys.modules['pyspark'] = None; from balansfilter.cli.main import main; main()"


def test_spark_publishes_the_same_bytes(session: Any, tmp_path: Path) -> None:
    case = lenient_case(2, 250, tmp_path)
    by_polars, by_spark = ran(case), ran(case, engine="spark")
    assert published(by_polars) == published(by_spark)
    assert decisions_of(case, by_polars).equals(decisions_of(case, by_spark))
    assert {name: by_polars.manifest[name] for name in _SAME} == {name: by_spark.manifest[name] for name in _SAME}
    assert by_spark.manifest["engine"] == "spark"


def test_spark_decides_every_row_a_second_time(session: Any, tmp_path: Path) -> None:
    case = lenient_case(7, 200, tmp_path)
    outcome = ran(case, verify_with="spark")
    readable = sum(row is not None for row in case.call_rows)
    assert outcome.manifest["agreed"] == {"engine": "spark", "rows": readable}


def test_what_is_done_with_a_run_afterwards_needs_no_spark_and_a_change_is_found(session: Any, tmp_path: Path) -> None:
    folder = make_folder(tmp_path)
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
    done("audit", "forget", *who)
    assert verified(folder).problems == ()
    decisions = audited(folder).audit.decisions(outcome.run_id)
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
