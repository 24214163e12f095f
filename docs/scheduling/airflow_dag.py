"""Airflow: each brand's list before the calling day, then its hand-over. Put this file in the folder of the DAGs."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CONFIGS = "/srv/balansfilter/configs"
BRANDS = ("noorderpost", "goedgeluk")
RETRY = frozenset({4, 6, 8, 130})
"""A source that is late, a disk that is full, another run, an interruption: the next try may end well."""
PUBLISHED = frozenset({0, 9})
"""With 9 the list is published, and a hand-over is to be repeated."""


def call(command: str, brand: str, *options: str) -> int:
    """Run a command for a brand, show what it says in the log of the task, and return its exit code."""
    words = ["balansfilter", "--configs", CONFIGS, command, "--brand", brand, *options]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    return done.returncode


def publish(brand: str, day: str) -> None:
    """Publish the list of a brand for a day; a code that no retry mends fails the task at once."""
    code = call("run", brand, "--as-of", day, "--quiet")
    if code in RETRY:
        raise AirflowException(f"{brand}: exit code {code}; another try may end well")
    if code not in PUBLISHED:
        raise AirflowFailException(f"{brand}: exit code {code}; somebody has to look")


def hand_over(brand: str) -> None:
    """Hand the list over again where the run could not; does nothing where it is there already."""
    if code := call("deliver", brand):
        raise (AirflowException if code in RETRY | {9} else AirflowFailException)(f"{brand}: exit code {code}")


@dag(schedule="0 5 * * 1-6", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1)
def call_lists() -> None:
    """Make one chain of two tasks for each brand."""
    often = {"retries": 4, "retry_delay": timedelta(minutes=15)}
    for brand in BRANDS:
        day = "{{ data_interval_end.in_timezone('Europe/Amsterdam').to_date_string() }}"
        published = task(task_id=f"publish_{brand}", **often)(publish)(brand, day)
        published >> task(task_id=f"hand_over_{brand}", **often)(hand_over)(brand)


call_lists()
