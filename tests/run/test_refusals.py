"""When a run is refused: guards, stale or shrunken sources, a lock that is held. The last published list stands."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from balansfilter.errors import GuardError, LockError, PolicyError, SourceError
from balansfilter.pipeline.watch import STEPS, Silence
from tests.brandfolder import AS_OF, CALLS, ROOT, BrandFolder, Tree, make_brand, snapshot, write_rows

MORE = (*CALLS, ("K3", "geheim", "2026-01-01"), ("K4", "0612345671", "?"), ("K5", "0612345672", "2001-01-01"))
"""Five rows: two callable, two that cannot be read, one expired."""


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """A brand with a published list of two rows; tonight's has five."""
    folder = make_brand(tmp_path)
    folder.run()
    write_rows(folder.calls, MORE)
    return folder


GUARDS: list[tuple[Tree, str | None]] = [
    ({"min_rows": 5, "max_unreadable": None}, None),
    ({"min_rows": 6, "max_unreadable": None}, "guards.min_rows: rows on the call list: 5; wanted: at least 6"),
    ({"max_unreadable": "40%"}, None),
    ({"max_unreadable": "39%"}, "guards.max_unreadable: rows with a number or a date that cannot be read: 2 of 5"),
    ({"max_unreadable": 2}, None),
    ({"max_unreadable": 1}, "at most 1 may"),
    ({}, "at most 5% may"),
    ({"max_unreadable": None, "max_dropped": 3}, None),
    ({"max_unreadable": None, "max_dropped": 2}, "guards.max_dropped: rows dropped: 3 of 5; at most 2 may be"),
    ({"max_unreadable": None, "max_dropped": "60%"}, None),
    ({"max_unreadable": None, "max_dropped": "59.9%"}, "at most 59.9% may be"),
    (
        {"max_unreadable": None, "max_row_change": "100%"},
        "guards.max_row_change: rows on the call list: 5, which differs by 3",
    ),
]


@pytest.mark.parametrize(("guards", "told"), GUARDS, ids=str)
def test_a_guard_stops_what_does_not_look_right(brand: BrandFolder, guards: Tree, told: str | None) -> None:
    before = brand.current.readlink()
    brand.write_policy({"guards": guards})
    if told is None:
        brand.run()
        assert brand.current.readlink() != before
        return
    with pytest.raises(GuardError) as tripped:
        brand.run()
    assert tripped.value.exit_code == 1
    assert told in str(tripped.value)
    assert brand.current.readlink() == before
    assert (brand.events()[-1]["event"], brand.events()[-1]["body"]["code"]) == ("run.failed", "guard")


def test_every_guard_that_trips_is_told(brand: BrandFolder) -> None:
    brand.write_policy({"guards": {"min_rows": 9, "max_unreadable": 0, "max_dropped": 0, "max_row_change": "10%"}})
    with pytest.raises(GuardError) as tripped:
        brand.run()
    assert sorted(problem.path for problem in tripped.value.problems) == [
        "guards.max_dropped", "guards.max_row_change", "guards.max_unreadable", "guards.min_rows",
        "invalid_phone", "unreadable_date",
    ]  # fmt: skip


def test_a_list_may_change_against_the_last_one_that_was_published(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"guards": {"max_row_change": "50%"}})
    brand.run()
    write_rows(brand.calls, [*CALLS, ("K3", "0612345671", "2026-01-01")])
    brand.run()
    write_rows(brand.calls, CALLS[:2])
    with pytest.raises(GuardError, match="rows on the call list: 1, which differs by 2 from the last published run"):
        brand.run()


# --- sources ----------------------------------------------------------------------------------------------------------


def objections(brand: BrandFolder, rows: int, **options: Any) -> None:
    source = {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, **options}
    brand.write_policy({"objections": [source], "guards": {"max_unreadable": None}})
    write_rows(brand.data / "objections.csv", [("telefoon",), *((f"06{12_000_000 + n}",) for n in range(rows))])


def test_objections_may_shrink_so_much_against_the_last_published_run(brand: BrandFolder) -> None:
    objections(brand, 20, max_shrink="10%")
    brand.run()
    objections(brand, 18, max_shrink="10%")
    brand.run()
    objections(brand, 16, max_shrink="10%")
    with pytest.raises(SourceError, match="has 16 rows, 18 in the last published run: it shrank by more than 10%"):
        brand.run()
    with pytest.raises(SourceError):
        brand.run()  # a run that failed is no reason to compare with fewer
    objections(brand, 17, max_shrink="10%")
    brand.run()


def call_history(brand: BrandFolder, objected: int, **options: Any) -> None:
    """Write a history of 40 calls, each to two numbers, of which so many ended in an objection."""
    columns = {"phone": ["vast", "mobiel"], "called_on": "dag", "objected": "bezwaar"}
    contacts = {"path": "data/{brand}/contacts.csv", "columns": columns, **options}
    brand.write_policy({"contacts": contacts, "guards": {"max_unreadable": None}})
    calls = (
        (f"020{7_000_000 + n}", f"06{12_000_000 + n}", "2026-01-05", "ja" if n < objected else "") for n in range(40)
    )
    write_rows(brand.data / "contacts.csv", [("vast", "mobiel", "dag", "bezwaar"), *calls])


@pytest.mark.parametrize("options", [{}, {"max_shrink": "20%"}], ids=["usual", "chosen"])
def test_calls_that_ended_in_an_objection_may_grow_so_much_fewer(brand: BrandFolder, options: Tree) -> None:
    call_history(brand, 10, **options)
    manifest = brand.run().manifest
    assert [source.get("objections") for source in manifest["sources"]] == [None, None, 10]
    call_history(brand, 9 if not options else 8, **options)
    brand.run()
    call_history(brand, 6, **options)
    limit = options.get("max_shrink", "10%")
    told = f"contacts: has 6 calls that ended in an objection, {9 if not options else 8} in the last published run: it "
    with pytest.raises(SourceError, match=f"{told}shrank by more than {limit} — deliver a call history that reaches"):
        brand.run()


def test_a_call_history_that_tells_no_objections_any_more_is_refused(brand: BrandFolder) -> None:
    call_history(brand, 1)
    brand.run()
    columns = {"phone": ["vast", "mobiel"], "called_on": "dag"}
    contacts = {"path": "data/{brand}/contacts.csv", "columns": columns}
    brand.write_policy({"contacts": contacts, "guards": {"max_unreadable": None}})
    with pytest.raises(SourceError, match="has 0 calls that ended in an objection, 1 in the last published run"):
        brand.run()
    with pytest.raises(SourceError, match="has 0 calls that ended in an objection"):
        brand.run(dry_run=True)


def test_a_call_history_of_the_last_months_is_warned_of(brand: BrandFolder) -> None:
    call_history(brand, 40)
    first, later = ("0207999999", "0612999999", "2024-03-01", "ja"), ("0207999998", "0612999998", "2024-04-01", "nee")
    contacts = brand.data / "contacts.csv"
    calls = contacts.read_text()
    contacts.write_text(f"{calls}{','.join(first)}\n{','.join(later)}\n")
    told = brand.run().manifest
    assert (told["sources"][2]["oldest_objection_on"], told["warnings"]) == ("2024-03-01", [])
    assert brand.run().manifest["warnings"] == []
    contacts.write_text(f"{calls}{','.join(later)}\n")
    (warning,) = brand.run().manifest["warnings"]
    assert warning.startswith("contacts: the oldest call that ended in an objection was of 2024-03-01 in the last")
    assert "and is of 2026-01-05 now" in warning
    assert brand.run().manifest["warnings"] == []


def test_objections_that_protect_nobody_stop_the_run(brand: BrandFolder) -> None:
    objections(brand, 3)
    with (brand.data / "objections.csv").open("a") as file:
        file.write("geen nummer\n06-00\n")
    with pytest.raises(
        SourceError, match="rows that cannot be used, and protect nobody: 2 of 5 \\(rows 4, 5\\); at most 0 may"
    ):
        brand.run()
    brand.write_policy({"objections": [{
        "path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, "max_unreadable": 2,
    }], "guards": {"max_unreadable": None}})  # fmt: skip
    assert brand.run().manifest["sources"][1]["unreadable"] == 2


@pytest.mark.parametrize(("days", "fresh"), [(1, True), (2, False), (-1, True)])
def test_a_source_may_be_so_old(brand: BrandFolder, days: int, *, fresh: bool) -> None:
    objections(brand, 3, max_age="1 day", snapshot_on=AS_OF - timedelta(days=days))
    if fresh:
        assert brand.run().manifest["valid_until"] == str(AS_OF + timedelta(days=1 - days))
    else:
        with pytest.raises(SourceError, match="is of 2026-11-21, 2 days before 2026-11-23; it may be 1 day old"):
            brand.run()


def test_the_age_of_a_file_is_told_by_its_last_change(brand: BrandFolder) -> None:
    objections(brand, 3, max_age="1 day")
    noon = AS_OF.strftime("%Y-%m-%d 12:00")
    for back, fresh in ((1, True), (2, False)):
        moment = time.mktime(time.strptime(noon, "%Y-%m-%d %H:%M")) - back * 86_400
        os.utime(brand.data / "objections.csv", (moment, moment))
        if fresh:
            brand.run()
        else:
            with pytest.raises(SourceError, match="it may be 1 day old"):
                brand.run()


def test_the_problems_of_all_sources_are_told_at_once(brand: BrandFolder) -> None:
    register = {"path": "data/{brand}/none.csv", "columns": {"phone": "nummer"}}
    brand.write_policy({
        "bel_me_niet": {"screen": "always", "register": register},
        "objections": [
            {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefoon"}, "min_rows": 9},
            {"path": "data/{brand}/objections.csv", "columns": {"phone": "telefon"}},
        ],
    })  # fmt: skip
    before = brand.current.readlink()
    with pytest.raises(SourceError) as told:
        brand.run()
    assert {problem.path for problem in told.value.problems} == {"objections[0]", "objections[1]", "register"} or len(
        told.value.problems
    ) == 3
    assert "did you mean 'telefoon'?" in str(told.value)
    assert brand.current.readlink() == before


def test_a_policy_without_a_ground_is_refused_and_not_emptied(brand: BrandFolder) -> None:
    brand.write_policy({"sector": "commercial"})
    with pytest.raises(PolicyError, match="leaves this policy no ground to call on 2026-11-23"):
        brand.run()


def test_a_balanstest_that_was_changed_after_its_approval_is_refused(brand: BrandFolder) -> None:
    text = brand.policy_file.read_text()
    brand.policy_file.write_text(text.replace("24 months", "30 months"))
    with pytest.raises(PolicyError, match="was changed after it was approved on 2000-01-01"):
        brand.run()


# --- what nobody foresaw ----------------------------------------------------------------------------------------------


class Failing(Silence):
    """A watcher that fails at a step."""

    def __init__(self, step: str, error: BaseException) -> None:
        self.at, self.error = step, error

    def step(self, name: str) -> None:
        if name == self.at:
            raise self.error


@pytest.mark.parametrize("step", [step for step in STEPS if step not in ("locked", "published")])
def test_a_bug_at_any_step_leaves_the_last_list_and_is_recorded_without_its_text(brand: BrandFolder, step: str) -> None:
    brand.write_policy({"guards": {"max_unreadable": None}})
    before, lists = brand.current.readlink(), snapshot(brand.out)
    with pytest.raises(ValueError, match="0612345678"):
        brand.run(Failing(step, ValueError("0612345678")))
    assert brand.current.readlink() == before
    assert snapshot(brand.out) == lists
    last = brand.events()[-1]
    assert (last["event"], last["body"]["code"], last["body"]["exit"]) == ("run.failed", "bug", 70)
    assert last["body"]["message"] == "ValueError"
    assert "0612345678" not in brand.ledger.read_text()


def test_a_failure_on_the_first_night_leaves_no_list(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        brand.run(Failing("swapped", KeyboardInterrupt()))
    assert not brand.current.is_symlink()
    assert list((brand.out / "runs").iterdir()) == []
    assert brand.run().previous is None


# --- the lock ---------------------------------------------------------------------------------------------------------

HOLDER = """
import sys
from pathlib import Path
from balansfilter.publish.lock import brand_lock
with brand_lock(Path(sys.argv[1]), "courant", "20261123T020000Z-abcdef", "2026-11-23T02:00:00.000Z", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(brand: BrandFolder) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of the brand until its standard input ends."""
    brand.write_policy({"guards": {"max_unreadable": None}})
    command = [sys.executable, "-c", HOLDER, str(brand.out / ".lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_held_lock_is_told_with_its_holder(brand: BrandFolder, holder: subprocess.Popen[str]) -> None:
    before, events = brand.current.readlink(), brand.events()
    with pytest.raises(LockError) as held:
        brand.run()
    assert held.value.exit_code == 8
    assert f"process {holder.pid} on " in str(held.value)
    assert "run 20261123T020000Z-abcdef, since 2026-11-23T02:00:00.000Z" in str(held.value)
    with pytest.raises(LockError):
        brand.run(lock_wait=0.2)
    assert (brand.current.readlink(), brand.events()) == (before, events)
    assert brand.run(dry_run=True).manifest["rows"] == 5


def test_a_run_can_wait_for_the_lock(brand: BrandFolder, holder: subprocess.Popen[str]) -> None:
    night = ["run", "--brand", "courant", "--as-of", str(AS_OF), "--lock-wait", "60", "--quiet"]
    command = [sys.executable, "-m", "balansfilter", "--configs", str(brand.configs), *night]
    waiting = subprocess.Popen(command, cwd=ROOT)
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(1.5)
    assert holder.stdin
    holder.stdin.close()
    assert waiting.wait(60) == 0
    assert len(brand.callable_rows()) == 2


def test_a_lock_whose_holder_was_killed_is_free(brand: BrandFolder, holder: subprocess.Popen[str]) -> None:
    holder.kill()
    holder.wait()
    brand.run()
    assert not (brand.out / ".lock.holder").exists()
