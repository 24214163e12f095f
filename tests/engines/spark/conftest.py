"""One session for all of them, on a standalone cluster of this machine: a master and two workers.

It has few partitions: a test list is small, and every part costs time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from balansfilter.remote.spark import session_for
from tests.engines.spark.cluster import Cluster, running_cluster

_DEFAULTS = {
    "spark.cores.max": "2",
    "spark.excludeOnFailure.timeout": "1s",
    "spark.executor.cores": "1",
    "spark.executor.memory": "640m",
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
}
"""Room for a second application on the same workers, which is a run of a process of its own; and a worker whose disk
was full for one test works again in the next."""


@pytest.fixture(scope="session", autouse=True)
def _settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep Spark on this machine; Java that runs for a minute is quicker without its second compiler."""
    conf = tmp_path_factory.mktemp("conf")
    lines = [f"{name} {value}\n" for name, value in _DEFAULTS.items()]
    conf.joinpath("spark-defaults.conf").write_text("".join(lines), encoding="utf-8")
    os.environ["SPARK_CONF_DIR"] = str(conf)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="session")
def cluster(_settings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture(scope="session")
def session(cluster: Cluster) -> Iterator[Any]:
    with session_for(cluster.master) as made:
        yield made
