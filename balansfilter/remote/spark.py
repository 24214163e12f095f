"""The session in which Spark works: the one that is active, else one that is made for a master."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Any

from balansfilter.errors import BalansfilterError, EngineError, UsageError

LOCAL = "local[*]"
"""The master where none is named: this machine alone."""
_ELSEWHERE = {
    "spark.excludeOnFailure.enabled": "true",
    "spark.excludeOnFailure.task.maxTaskAttemptsPerExecutor": "2",
    "spark.excludeOnFailure.task.maxTaskAttemptsPerNode": "3",
    "spark.scheduler.excludeOnFailure.unschedulableTaskSetTimeout": "1s",
}
"""What failed twice with one worker, whose disk may be full, is tried with another one, and not four times there.
Where there is no other one that is told at once, and not after two minutes."""


@contextmanager
def session_for(master: str | None) -> Iterator[Any]:
    """Yield the active session; where there is none, one that is made for a master and stopped afterwards.

    :raises UsageError: Spark or Java is not installed.
    :raises EngineError: Spark cannot be started on the master.
    """
    refuse_without_spark()
    active = _active()
    if active is not None:
        yield active
        return
    try:
        made = _made(master or LOCAL)
    except Exception as error:
        if (kind := _kind(error)) is None:
            raise
        raise EngineError(f"Spark could not be started on {master or LOCAL} ({kind})") from None
    try:
        yield made
    finally:
        _stop(made)


def _stop(session: Any) -> None:
    """Stop a session; where its Java is gone, of which Spark would warn, there is nothing left to stop."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        try:
            session.stop()
        except Exception as error:
            if _kind(error) is None:
                raise


def refuse_without_spark() -> None:
    """Make sure that Spark is there, and where no session is active a Java to start it with.

    :raises UsageError: one of them is not.
    """
    if find_spec("pyspark") is None:
        raise UsageError("Spark needs the extra `spark`: pip install 'balansfilter[spark]'")
    if _active() is not None:
        return
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=f"{home}/bin" if home else None) is None:
        raise UsageError("Spark needs Java 17 or later: put java on the PATH, or its folder in JAVA_HOME")


def _active() -> Any:
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is None and SparkContext._active_spark_context is not None:  # noqa: SLF001 - active in another thread
        active = SparkSession.builder.getOrCreate()
    return active


@contextmanager
def telling(failed: Callable[[str], str]) -> Iterator[None]:
    """Tell that Spark failed. What it says itself may quote a cell, so that only the kind is told.

    :param failed: returns what is told of a kind, such as that Spark could not decide the list.
    :raises EngineError: it did.
    """
    try:
        yield
    except Exception as error:
        if (kind := _kind(error)) is None:
            raise
        raise EngineError(failed(kind)) from None


def deciding() -> AbstractContextManager[None]:
    """Tell that Spark failed to decide.

    :raises EngineError: it did.
    """
    return telling(lambda kind: f"Spark could not decide the list ({kind})")


def _kind(error: Exception) -> str | None:
    """Return the kind of an error of Spark; None for any other."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    if isinstance(error, PySparkException):
        return error.getCondition() or type(error).__name__
    lost = isinstance(error, Py4JError | ConnectionError | EOFError) or _java_ended()
    return type(error).__name__ if lost and not isinstance(error, BalansfilterError) else None


def _java_ended() -> bool:
    """Return whether the Java that this process started has ended: then anything may fail."""
    from pyspark import SparkContext

    process = getattr(SparkContext._gateway, "proc", None)  # noqa: SLF001 - the process is told nowhere else
    return process is not None and process.poll() is not None


def _made(master: str) -> Any:
    """Start Spark; what it logs goes where its own configuration says, and never among our messages."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    _keep_py4j_quiet()
    # The workers of another machine may keep their Python elsewhere, which whoever starts the job says himself.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setMaster(master).setAppName("balansfilter").set("spark.ui.showConsoleProgress", "false")
    for name, value in _ELSEWHERE.items():
        conf.set(name, value)
    if master.startswith("local"):
        for name in ("spark.driver.host", "spark.driver.bindAddress"):
            conf.set(name, "127.0.0.1")
        conf.set("spark.ui.enabled", "false")
    if SparkContext._gateway is None:  # noqa: SLF001 - whether Java runs already
        gateway = launch_gateway(conf=conf, popen_kwargs={"stderr": subprocess.DEVNULL})
    else:
        gateway = None
    return SparkSession(SparkContext(conf=conf, gateway=gateway))


def _keep_py4j_quiet() -> None:
    """Let py4j, which talks to Java, not write to standard error, with a traceback, that the two lost each other.

    It logs by the functions of :mod:`logging` itself, which make a handler for that where nobody made any.
    """
    if not logging.getLogger().handlers:
        logging.getLogger().addHandler(logging.NullHandler())
