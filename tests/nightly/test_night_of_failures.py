"""A night of failures: each reaches the hook, the metrics, `status` and the site, with the same sentence."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from balansfilter import errors, run_brand
from balansfilter.cli.main import balansfilter
from balansfilter.commands.status import brand_status
from balansfilter.policy.loading import load_site
from balansfilter.publish.lock import brand_lock
from balansfilter.wording.clock import with_local_moments
from tests.brandfolder import AS_OF, ROOT, BrandFolder, make_brand
from tests.report.page_reader import read, said

HOOK = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write(sys.stdin.read() + chr(10))"
KILLED_RUN = "20261123T020000Z-abcdef"
CHILD = f"""
import os, signal, sys
from datetime import date
from pathlib import Path
from balansfilter import Request, run_brand
from balansfilter.pipeline.watch import Silence

class Killer(Silence):
    def step(self, name):
        if name == "decided":
            os.kill(os.getpid(), signal.SIGKILL)

run_brand(Request(Path(sys.argv[1]), "courant", date(2026, 11, 23)), Killer(), {KILLED_RUN!r})
"""


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """A brand with a published list, a hook and figures."""
    folder = make_brand(tmp_path)
    settle(folder)
    run_brand(folder.request())
    return folder


def settle(folder: BrandFolder, output: str = "{}") -> None:
    hook = json.dumps([sys.executable, "-c", HOOK, str(folder.root / "heard.jsonl")])
    text = f"output: {output}\nnotify: {{command: {hook}}}\nmetrics: {{file: metrics/balansfilter.prom}}\n"
    (folder.root / "metrics").mkdir(exist_ok=True)
    (folder.configs / "balansfilter.yaml").write_text(text)


def heard(brand: BrandFolder) -> list[dict[str, object]]:
    file = brand.root / "heard.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def figures(brand: BrandFolder) -> dict[str, list[tuple[dict[str, str], float]]]:
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families((brand.root / "metrics" / "balansfilter.prom").read_text()):
        found[family.name] = [(sample.labels, sample.value) for sample in family.samples]
    return found


def late_objections(brand: BrandFolder, _: pytest.MonkeyPatch) -> None:
    old = (datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=40)).timestamp()
    os.utime(brand.data / "objections.csv", (old, old))
    fails(brand, errors.SourceError)


def no_room(brand: BrandFolder, _: pytest.MonkeyPatch) -> None:
    settle(brand, "{keep_free: 999999 TB}")
    fails(brand, errors.OutputError)


def full_disk(brand: BrandFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(brand.out / ".staging" / "callable.csv"))

    monkeypatch.setattr("balansfilter.pipeline.run.make_lists", full)
    fails(brand, errors.OutputError)


def lapsed_approval(brand: BrandFolder, _: pytest.MonkeyPatch) -> None:
    text = brand.policy_file.read_text()
    assert "review_by: 2099-12-31" in text
    brand.policy_file.write_text(text.replace("review_by: 2099-12-31", "review_by: 2026-11-22"))
    fails(brand, errors.PolicyError)


def lock_held(brand: BrandFolder, _: pytest.MonkeyPatch) -> None:
    with brand_lock(brand.out / ".lock", "courant", "20261123T010000Z-123456", "2026-11-23T01:00:00.000Z", 0):
        fails(brand, errors.LockError)


def fails(brand: BrandFolder, kind: type[errors.BalansfilterError]) -> None:
    with pytest.raises(kind):
        run_brand(brand.request())


def state(brand: BrandFolder):
    return brand_status(brand.configs, load_site(brand.configs), brand.brand, AS_OF)


NIGHT: dict[str, tuple[Callable[[BrandFolder, pytest.MonkeyPatch], None], int, str]] = {
    "late objections": (late_objections, 4, "objections"),
    "no room": (no_room, 6, "there is not enough room on the disk: "),
    "full disk": (full_disk, 6, "callable.csv: No space left on device"),
    "lapsed approval": (lapsed_approval, 3, "approval"),
    "lock held": (lock_held, 8, "another run of courant is busy (process "),
}


@pytest.mark.parametrize("name", NIGHT)
def test_a_failure_reaches_everybody_with_the_same_sentence(
    brand: BrandFolder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail, code, words = NIGHT[name]
    fail(brand, monkeypatch)
    (notice,) = heard(brand)
    sentence = str(notice["sentence"])
    assert words in sentence
    assert (notice["event"], notice["exit"], notice["brand"]) == ("failed", code, "courant")
    assert str(notice["standing"]).startswith(f"Nothing was published; the list for {AS_OF} of run ")
    status = state(brand)
    assert (status.exit, status.failure.sentence, status.good) == (code, sentence, False)
    if name != "lapsed approval":
        assert status.why == sentence
    found = figures(brand)
    ((labels, _),) = found["balansfilter_last_failure_info"]
    assert labels["sentence"] == sentence
    assert found["balansfilter_last_run_exit_code"] == [({"brand": "courant"}, code)]
    assert found["balansfilter_good"] == [({"brand": "courant"}, 0)]
    for page in site(brand):
        assert with_local_moments(sentence, "Europe/Amsterdam") in said(read(page))


def site(brand: BrandFolder) -> list[str]:
    """Make the site in the language of the notices; in Dutch it tells the same in Dutch."""
    words = ["--configs", str(brand.configs), "report", "--site", "--lang", "en"]
    code = balansfilter.main(words, standalone_mode=False)
    assert code in (None, 0)
    folder = brand.root / "out" / "_site"
    return [(folder / "index.html").read_text(), (folder / "courant" / "index.html").read_text()]


def test_a_run_that_was_killed_is_told_of_by_status_and_by_the_next_run(
    brand: BrandFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run([sys.executable, "-c", CHILD, str(brand.configs)], check=False, cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert heard(brand) == [], "a process that was killed tells nobody itself"
    sentence = f"run {KILLED_RUN} was killed before it ended"
    status = state(brand)
    assert (status.exit, status.why, status.failure.code) == (137, sentence, "killed")
    assert sentence in said(read(site(brand)[0]))
    told = brand.cli("status", "--exit-code", "--notify")
    assert (told.returncode, [one["sentence"] for one in heard(brand)]) == (137, [sentence])
    (brand.root / "heard.jsonl").unlink()

    brand.calls.unlink()
    fails(brand, errors.SourceError)
    assert [(one["event"], one["run_id"] == KILLED_RUN) for one in heard(brand)] == [
        ("killed", True),
        ("failed", False),
    ]
    assert heard(brand)[0]["sentence"] == sentence
    assert sentence in said(read(site(brand)[1])), "the site keeps it among the failed runs"
    assert sentence in brand.cli("audit", "log", "--brand", "courant").stdout


def test_a_night_that_goes_well_wakes_nobody_and_ends_the_alarm(brand: BrandFolder) -> None:
    brand.calls.rename(brand.calls.with_suffix(".away"))
    fails(brand, errors.SourceError)
    brand.calls.with_suffix(".away").rename(brand.calls)
    assert figures(brand)["balansfilter_last_run_exit_code"] == [({"brand": "courant"}, 4)]
    before = datetime.now(UTC).timestamp()
    run_brand(brand.request())
    assert len(heard(brand)) == 1
    assert (state(brand).good, state(brand).exit, state(brand).failure) == (True, 0, None)
    found = figures(brand)
    assert found["balansfilter_last_failure_info"] == []
    ((_, at),) = found["balansfilter_last_success_timestamp_seconds"]
    assert before - 1 <= at <= datetime.now(UTC).timestamp()
    assert found["balansfilter_callable_rows"] == [({"brand": "courant"}, 2)]
    steps = {labels["step"] for labels, _ in found["balansfilter_step_seconds"]}
    assert {"evidence", "decided", "written", "published"} <= steps


def test_status_tells_by_its_exit_code(brand: BrandFolder) -> None:
    """Where the list is for a day that is not today only its age can be asked for, but on a day without calls."""
    assert brand.cli("status").returncode == 0
    aged = brand.cli("status", "--exit-code", "--max-age", "26h", "--json")
    (told,) = json.loads(aged.stdout)
    too_old = told["valid_until"] is not None and told["valid_until"] < datetime.now().date().isoformat()
    assert aged.returncode == told["exit"] == (1 if too_old else 0)
    strict = brand.cli("status", "--exit-code")
    (today,) = json.loads(brand.cli("status", "--json").stdout)
    assert strict.returncode == (0 if datetime.now().date() == AS_OF or today["closed"] else 1)
    wrong = brand.cli("status", "--max-age", "soon")
    assert wrong.returncode == 2
    assert "write it as 90m, 26h or 2d" in wrong.stderr
