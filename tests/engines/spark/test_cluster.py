"""What befalls a cluster while it decides: the same list comes out of it, or the one that stands stays.

Each test leaves two workers that can work.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from balansfilter.errors import EngineError
from tests.audit.story import FIRST_DAY, make_folder, verified
from tests.brandfolder import ROOT, BrandFolder
from tests.engines.made import decisions_of, lenient_case, published, ran
from tests.engines.spark.cluster import Cluster, full_disk, kill, until

pytestmark = pytest.mark.spark

RUN_THAT_DIES = """
import os, signal, sys, threading, time
from balansfilter.cli.main import main
from balansfilter.engines.spark import on_cluster

whom, *words = sys.argv[1:]
read_back = on_cluster.read_back

def kill(context):
    while not context.statusTracker().getActiveJobsIds():
        time.sleep(0.05)
    os.kill(os.getpid() if whom == "python" else context._gateway.proc.pid, signal.SIGKILL)

def begun(session, *rest):
    threading.Thread(target=kill, args=(session.sparkContext,), daemon=True).start()
    return read_back(session, *rest)

on_cluster.read_back = begun
main(words)
"""


def _executors(session: Any) -> list[Any]:
    """Return the executors, without the driver."""
    return [one for one in session.sparkContext._jsc.sc().statusTracker().getExecutorInfos() if one.port()][1:]


def _failed_tasks(session: Any) -> int:
    """Return how many tasks failed, of those that Spark remembers."""
    tracker = session.sparkContext.statusTracker()
    stages = {stage for job in tracker.getJobIdsForGroup() for stage in tracker.getJobInfo(job).stageIds}
    told = [tracker.getStageInfo(stage) for stage in stages]
    return sum(stage.numFailedTasks for stage in told if stage is not None)


def _both_work(session: Any) -> None:
    until(lambda: len(_executors(session)) == 2, "the executors did not start")


def _left(folder: BrandFolder) -> set[str]:
    """Return what is there besides the lists and the decisions of published runs."""
    known = {event["body"]["run_id"] for event in folder.events() if event["event"] == "run.published"}
    kept = [*folder.out.joinpath("runs").iterdir(), *folder.audit.joinpath("decisions").iterdir()]
    staged = [path.name for path in folder.out.joinpath(".staging").iterdir()]
    return {path.stem for path in kept}.difference(known).union(staged)


def _stands(folder: BrandFolder) -> str:
    assert verified(folder).problems == ()
    return folder.current.resolve().name


@pytest.mark.parametrize("whom", ["python", "java"])
def test_a_driver_that_is_killed_leaves_the_list_that_stands(
    cluster: Cluster, session: Any, tmp_path: Path, whom: str
) -> None:
    folder = make_folder(tmp_path, 10)
    before = folder.run(as_of=FIRST_DAY)
    words = ("--configs", str(folder.configs), "run", "--brand", folder.brand, "--as-of", str(FIRST_DAY))
    command = [sys.executable, "-c", RUN_THAT_DIES, whom, *words, "--engine", "spark", "--master", cluster.master]
    ended = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert folder.current.resolve().name == before.run_id
    if whom == "java":
        assert ended.returncode == 5, ended.stderr
        assert ended.stderr.count("\n") == 2, ended.stderr
        told, stands = ended.stderr.splitlines()
        assert re.fullmatch(r"balansfilter: \w+: Spark could not decide the list \(\w+\)", told)
        assert stands.startswith("Nothing was published;")
        assert _stands(folder) == before.run_id
    else:
        assert ended.returncode == -9, ended.stderr
        assert _left(folder)
    after = folder.run(as_of=FIRST_DAY)
    assert _stands(folder) == after.run_id
    assert _left(folder) == set()
    of_it = [event["event"] for event in folder.events() if event["event"] in ("run.failed", "run.abandoned")]
    assert of_it == ["run.failed" if whom == "java" else "run.abandoned"]


@pytest.mark.parametrize("full", [1, 2])
def test_where_one_disk_is_full_another_worker_decides_and_where_all_are_the_list_that_stands_stays(
    cluster: Cluster, session: Any, tmp_path: Path, full: int
) -> None:
    folder = make_folder(tmp_path, 10)
    before = folder.run(as_of=FIRST_DAY)
    _both_work(session)
    failed = _failed_tasks(session)
    with ExitStack() as disks:
        for worker in cluster.workers[:full]:
            disks.enter_context(full_disk(worker))
        if full == 1:
            after = folder.run(as_of=FIRST_DAY, engine="spark")
            assert _bytes(folder, after.run_id) == _bytes(folder, before.run_id)
        else:
            with pytest.raises(EngineError, match="Spark could not decide the list"):
                folder.run(as_of=FIRST_DAY, engine="spark")
    assert _failed_tasks(session) > failed
    assert _stands(folder) == (after.run_id if full == 1 else before.run_id)
    assert _left(folder) == set()


def _bytes(folder: BrandFolder, run_id: str) -> list[bytes]:
    return [(folder.out / "runs" / run_id / name).read_bytes() for name in ("callable.csv", "dropped.csv")]


def test_a_list_is_decided_though_a_worker_is_killed_in_the_middle(
    cluster: Cluster, session: Any, tmp_path: Path
) -> None:
    case = lenient_case(4, 250, tmp_path)
    by_polars = ran(case)
    tracker = session.sparkContext.statusTracker()
    _both_work(session)
    before, seen = len(tracker.getJobIdsForGroup()), cluster.registered()
    killed = []

    def kill_one() -> None:
        until(
            lambda: len(tracker.getJobIdsForGroup()) >= before + 3 and tracker.getActiveJobsIds(), "nothing was decided"
        )
        kill(cluster.workers.pop(0))
        killed.append(time.monotonic())

    killer = Thread(target=kill_one)
    killer.start()
    by_spark = ran(case, engine="spark", master=cluster.master)
    ended = time.monotonic()
    killer.join()
    cluster.add_worker()
    assert killed[0] < ended
    assert published(by_polars) == published(by_spark)
    assert decisions_of(case, by_polars).equals(decisions_of(case, by_spark))
    until(lambda: cluster.registered() > seen, "the new worker did not register")
