"""Measure a run that Spark decides, on a standalone cluster of this machine: a master and two workers of a core each.

.venv-spark/bin/python -m tests.benchmarks.spark_bench --rows 5000000 20000000 --folder /tmp/spark-bench
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from fixtures import bench
from fixtures.bench_policy import BRAND
from tests.benchmarks.contestants import AS_OF
from tests.engines.spark.cluster import Cluster, running_cluster, started_by

_TICKS = os.sysconf("SC_CLK_TCK")
_CORES = {"spark.executor.cores": "1", "spark.cores.max": "2", "spark.ui.enabled": "false"}
_ROOM = 512
"""Megabytes of a worker that are left for what is not an executor's heap."""


def main() -> None:
    """Measure, for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[5_000_000, 20_000_000])
    parser.add_argument("--folder", type=Path, required=True, help="where the data is made, and kept")
    parser.add_argument("--memory", type=int, default=3072, help="megabytes of an executor's heap (default: 3072)")
    parser.add_argument("--engine", default="spark", choices=["spark", "polars"])
    options = parser.parse_args()
    largest = max(options.rows)
    for rows in options.rows:
        told = measure(_data(options.folder, rows, largest), options.folder, options.memory, options.engine)
        print(json.dumps({"rows": rows, "engine": options.engine, **told}), flush=True)


def _data(folder: Path, rows: int, largest: int) -> Path:
    """Return a folder with a list of so many rows; objections and register suit the largest, so that the list grows."""
    made = folder / f"{rows}-of-{largest}"
    if not (made / "complete").exists():
        bench.make(made, 1, date.fromisoformat(AS_OF), bench.Sizes(rows, largest // 20, largest * 4 // 5))
        (made / "complete").touch()
    return made


def measure(data: Path, folder: Path, memory: int, engine: str) -> dict[str, Any]:
    """Run once, and tell how long it took, and of each process its CPU seconds and its largest memory."""
    conf = folder / "conf"
    conf.mkdir(exist_ok=True)
    settings = {**_CORES, "spark.executor.memory": f"{memory}m", "spark.local.dir": str(folder / "local")}
    lines = [f"{name} {value}\n" for name, value in settings.items()]
    conf.joinpath("spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    os.environ |= {"SPARK_CONF_DIR": str(conf), "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, "-m", "balansfilter", "--configs", str(data / "configs"), "run", "--brand", BRAND]
    command += ["--as-of", AS_OF, "--quiet", "--engine", engine]
    if engine != "spark":
        return _watched(command, {}, [data / "out"])
    place = folder / f"cluster-{time.time_ns()}"
    place.mkdir()
    with running_cluster(place, f"{memory + _ROOM}m") as cluster:
        places = [data / "out", folder / "local"]
        return _watched([*command, "--master", cluster.master], _of_workers(cluster), places)


def _of_workers(cluster: Cluster) -> Mapping[str, int]:
    return {f"worker {n}": worker.pid for n, worker in enumerate(cluster.workers, start=1)}


def _watched(command: list[str], workers: Mapping[str, int], places: Sequence[Path]) -> dict[str, Any]:
    started, at_first = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    seen: dict[str, dict[int, tuple[float, int]]] = {}
    disk = {path.name: 0 for path in places}
    with subprocess.Popen(command) as driver:
        while driver.poll() is None:
            disk |= {path.name: max(disk[path.name], _megabytes(path)) for path in places}
            executors = {name: started_by(pid) for name, pid in workers.items()}
            for name, pids in {"driver": [driver.pid], **executors}.items():
                for one in (one for pid in pids for one in _below(pid)):
                    kind = f"{name}, {'java' if _is_java(one) else 'python'}"
                    used, before = _used(one), seen.setdefault(kind, {}).get(one, (0.0, 0))
                    seen[kind][one] = (max(used[0], before[0]), max(used[1], before[1]))
            time.sleep(0.5)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if driver.returncode:
        raise SystemExit(driver.returncode)
    told = {kind: {"cpu": round(sum(c for c, _ in of.values()), 1), "mb": sum(m for _, m in of.values())}
            for kind, of in sorted(seen.items())}  # fmt: skip
    cpu = after.ru_utime + after.ru_stime - at_first.ru_utime - at_first.ru_stime
    return {
        "seconds": round(time.monotonic() - started, 1),
        "driver_cpu": round(cpu, 1),
        "processes": told,
        "disk": disk,
    }


def _megabytes(folder: Path) -> int:
    """Return how much lies in a folder, in which files come and go meanwhile."""
    size = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                size += Path(root, name).lstat().st_size
    return size // 1_000_000


def _below(pid: int) -> Iterable[int]:
    """Yield a process and all that it started."""
    yield pid
    for one in started_by(pid):
        yield from _below(one)


def _is_java(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "java"
    except OSError:
        return False


def _used(pid: int) -> tuple[float, int]:
    """Return the CPU seconds of a process, and its largest memory in megabytes; nothing where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0, 0
    (peak,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")] or [0]
    return (int(fields[11]) + int(fields[12])) / _TICKS, peak // 1024


if __name__ == "__main__":
    main()
