"""Dagster: each brand's list before the calling day, then its hand-over: `dagster dev -f dagster_job.py`."""

import subprocess
from datetime import datetime
from zoneinfo import ZoneInfo

from dagster import Definitions, Failure, OpDefinition, RetryRequested, ScheduleDefinition, job, op

CONFIGS = "/srv/balansfilter/configs"
BRANDS = ("noorderpost", "goedgeluk")
RETRY = frozenset({4, 6, 8, 130})
"""A source that is late, a disk that is full, another run, an interruption: the next try may end well."""
PUBLISHED = frozenset({0, 9})
"""With 9 the list is published, and a hand-over is to be repeated."""
WAIT = 15 * 60


def call(command: str, brand: str, *options: str) -> int:
    """Run a command for a brand, show what it says in the log of the op, and return its exit code."""
    words = ["balansfilter", "--configs", CONFIGS, command, "--brand", brand, *options]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    print(done.stdout + done.stderr)
    return done.returncode


def publish(brand: str, day: str) -> str:
    """Publish the list of a brand for a day; a code that no retry mends fails the op at once."""
    code = call("run", brand, "--as-of", day, "--quiet")
    if code in RETRY:
        raise RetryRequested(max_retries=4, seconds_to_wait=WAIT)
    if code not in PUBLISHED:
        raise Failure(f"{brand}: exit code {code}; somebody has to look", allow_retries=False)
    return brand


def hand_over(brand: str) -> None:
    """Hand the list over again where the run could not; does nothing where it is there already."""
    code = call("deliver", brand)
    if code in RETRY | {9}:
        raise RetryRequested(max_retries=4, seconds_to_wait=WAIT)
    if code:
        raise Failure(f"{brand}: exit code {code}; somebody has to look", allow_retries=False)


def ops_of(brand: str) -> tuple[OpDefinition, OpDefinition]:
    """Return the two ops of a brand."""

    @op(name=f"publish_{brand}")
    def publishing() -> str:
        return publish(brand, datetime.now(ZoneInfo("Europe/Amsterdam")).date().isoformat())

    @op(name=f"hand_over_{brand}")
    def handing_over(published: str) -> None:
        hand_over(published)

    return publishing, handing_over


@job
def call_lists() -> None:
    """Make one chain of two ops for each brand."""
    for brand in BRANDS:
        publishing, handing_over = ops_of(brand)
        handing_over(publishing())


defs = Definitions(
    jobs=[call_lists],
    schedules=[ScheduleDefinition(job=call_lists, cron_schedule="0 5 * * 1-6", execution_timezone="Europe/Amsterdam")],
)
