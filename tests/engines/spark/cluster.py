"""A standalone cluster on this machine, and what may befall its processes."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

WAIT = 120
WORKERS = 2
_DEPLOY = "org.apache.spark.deploy"
_HOST = ("--host", "127.0.0.1")


@dataclass
class Cluster:
    """The processes of a cluster."""

    folder: Path
    master: str
    memory: str
    """What each worker may give to executors."""
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self) -> None:
        """Start one more worker, with room for executors of two applications."""
        place = ("--work-dir", str(self.folder / f"worker-{len(self.workers)}"), "--webui-port", "0")
        room = ("--cores", "2", "--memory", self.memory)
        self.workers.append(_start(f"{_DEPLOY}.worker.Worker", *_HOST, *place, *room, self.master, folder=self.folder))

    def registered(self) -> int:
        """Return how many workers the master has seen."""
        return self.log.read_text(encoding="utf-8").count("Registering worker")

    @property
    def log(self) -> Path:
        """The file that the master and the workers log to."""
        return self.folder / "cluster.log"


@contextmanager
def running_cluster(folder: Path, memory: str = "1300m") -> Iterator[Cluster]:
    """Start a master and its workers, and end them afterwards."""
    cluster = Cluster(folder, f"spark://127.0.0.1:{_free_port()}", memory)
    port = ("--port", cluster.master.rpartition(":")[2], "--webui-port", "0")
    master = _start(f"{_DEPLOY}.master.Master", *_HOST, *port, folder=folder)
    try:
        until(lambda: "New state: ALIVE" in cluster.log.read_text(encoding="utf-8"), "the master did not start")
        for _ in range(WORKERS):
            cluster.add_worker()
        until(lambda: cluster.registered() == WORKERS, "the workers did not register")
        yield cluster
    finally:
        for process in (*cluster.workers, master):
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and all that it started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(there: Callable[[], object], what: str) -> None:
    """Wait until something is there."""
    end = time.monotonic() + WAIT
    while not there():
        assert time.monotonic() < end, what
        time.sleep(0.2)


@contextmanager
def full_disk(worker: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let the executors of a worker find no room on their disk, whatever they write."""
    executors = started_by(worker.pid)
    assert executors
    for pid in executors:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for pid in executors:
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def started_by(parent: int) -> list[int]:
    """Return the processes that another one started."""
    told = [path.read_text(encoding="utf-8") for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    fields = [(int(line.split(" ", 1)[0]), int(line.rpartition(")")[2].split()[1])) for line in told]
    return [pid for pid, started_by in fields if started_by == parent]


def _start(*command: str, folder: Path) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    env = os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with (folder / "cluster.log").open("ab") as log:
        return subprocess.Popen(
            [str(home / "bin" / "spark-class"), *command], env=env, cwd=folder, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
