"""A session of this machine, with few partitions: a test list is small, and every part costs time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from balansfilter.engines.spark.session import session_for


@pytest.fixture(scope="session", autouse=True)
def _settings() -> None:
    """Keep Spark on this machine; Java that runs for a minute is quicker without its second compiler."""
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


@pytest.fixture(scope="module")
def session(_settings: None) -> Iterator[Any]:
    with session_for("local[2]") as made:
        made.conf.set("spark.sql.shuffle.partitions", "2")
        yield made
