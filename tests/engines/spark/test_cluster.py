"""A standalone cluster on this machine, a master and two workers: the same rows, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from balansfilter.engines.spark.session import session_for
from tests.engines.made import decisions_of, lenient_case, published, ran

pytestmark = pytest.mark.spark
WAIT = 120


@dataclass
class Cluster:
    """The processes of a cluster."""

    master: str
    workers: list[subprocess.Popen[bytes]]


def _start(*command: str, folder: Path) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with (folder / "cluster.log").open("ab") as log:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), *command], env=env, cwd=folder, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _until(there: Any, what: str) -> None:
    end = time.monotonic() + WAIT
    while not there():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def cluster(_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    log, url = folder / "cluster.log", f"spark://127.0.0.1:{_free_port()}"
    words = ("--host", "127.0.0.1")
    deploy = "org.apache.spark.deploy"
    master = _start(
        f"{deploy}.master.Master", *words, "--port", url.rpartition(":")[2], "--webui-port", "0", folder=folder
    )
    workers: list[subprocess.Popen[bytes]] = []
    try:
        _until(lambda: "New state: ALIVE" in log.read_text(), "the master did not start")
        for name in ("one", "two"):
            place = ("--work-dir", str(folder / name), "--cores", "1", "--memory", "1g", "--webui-port", "0")
            workers.append(_start(f"{deploy}.worker.Worker", *words, *place, url, folder=folder))
        _until(lambda: log.read_text().count("Registering worker") == 2, "the workers did not register")
        yield Cluster(url, workers)
    finally:
        for process in (*workers, master):
            _kill(process)


@pytest.fixture(scope="module")
def session(cluster: Cluster) -> Iterator[Any]:
    with session_for(cluster.master) as made:
        made.conf.set("spark.sql.shuffle.partitions", "4")
        yield made


def test_a_list_is_decided_though_a_worker_is_killed_in_the_middle(
    cluster: Cluster, session: Any, tmp_path: Path
) -> None:
    case = lenient_case(4, 250, tmp_path)
    by_polars = ran(case)
    tracker = session.sparkContext.statusTracker()
    _until(lambda: len(_executors(session)) == 2, "the executors did not start")
    killed = []

    def kill() -> None:
        _until(lambda: len(tracker.getJobIdsForGroup()) >= 3 and tracker.getActiveJobsIds(), "nothing was decided")
        _kill(cluster.workers[0])
        killed.append(time.monotonic())

    killer = Thread(target=kill)
    killer.start()
    by_spark = ran(case, engine="spark", master=cluster.master)
    ended = time.monotonic()
    killer.join()
    assert killed[0] < ended
    assert len(_executors(session)) == 1
    assert published(by_polars) == published(by_spark)
    assert decisions_of(case, by_polars).equals(decisions_of(case, by_spark))


def _executors(session: Any) -> list[Any]:
    """Return the executors, without the driver."""
    return [one for one in session.sparkContext._jsc.sc().statusTracker().getExecutorInfos() if one.port()][1:]
