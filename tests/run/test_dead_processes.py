"""A run whose process dies below Python: it is told all the same, people hear of it at once, and the other brands go on."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from balansfilter.publish.ending import last_ending
from balansfilter.publish.folders import BrandFolders
from balansfilter.publish.lock import lock_holder
from tests.brandfolder import AS_OF, CALLS, ROOT, BrandFolder, make_brand, write_rows
from tests.run.test_kill import audit_verifies, left_over, stands_whole

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a run works in a child on Linux only")

SCRIPT = """
import os, resource, signal, sys, time
from pathlib import Path
import balansfilter.cli.run as night
from balansfilter.cli.main import main

resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
points = dict(word.split("=") for word in sys.argv.pop(1).split(","))
begin = night._begin

def happens(what):
    if what.startswith("SIG"):
        os.kill(os.getpid(), getattr(signal, what))
    Path(what + ".new").write_text(str(os.getpid()))
    os.replace(what + ".new", what)
    for _ in range(600):
        time.sleep(0.05)

def begin_and_wait_for_it(**how):
    if "start" in points:
        happens(points["start"])
    if "again" in points:
        if Path(points["again"]).exists():
            happens("SIGILL")
        Path(points["again"]).touch()
    begin(**how)
    if "notice" in points:
        from balansfilter.nightly import attempt
        attempt.tell_killed = lambda *_, **__: happens(points["notice"])
    from balansfilter.cli.shared.progress import Progress
    step = Progress.step
    def stepped(self, name):
        step(self, name)
        what = points.get(f"{self._brand}@{name}")
        if what:
            happens(what)
    Progress.step = stepped

night._begin = begin_and_wait_for_it
main()
"""
"""The command line, in whose child a signal comes at a step of a brand, or which says there that it waits."""
TAKES = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write(sys.stdin.read() + chr(10))"
KILLED = (
    "the process of run {} was killed, as happens where the machine is short of memory; give it more, or a smaller list"
)
ENDED = (
    "the process of run {} was ended by {}, as happens where a file is damaged so that no library can read it; "
    "have the files delivered again, and report it if that does not help"
)
BEHIND = "the process of run {} was ended by {} once its list was published"


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """The second of three brands, each with a published list; people are told of all that ends, and a monitor looks."""
    folders = [make_brand(tmp_path, brand=name) for name in ("avondblad", "courant", "weekblad")]
    for folder in folders:
        folder.run()
        write_rows(folder.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    site = {
        "notify": {
            "on": ["failed", "killed", "not_handed_over", "published"],
            "command": [sys.executable, "-c", TAKES, str(tmp_path / "heard.jsonl")],
        },
        "metrics": {"file": str(tmp_path / "figures.prom")},
    }
    (tmp_path / "configs" / "balansfilter.yaml").write_text(yaml.dump(site))
    return folders[1]


def command(brand: BrandFolder, points: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", SCRIPT, points, "--configs", str(brand.configs), *arguments, "--as-of", str(AS_OF)]


def night(brand: BrandFolder, points: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    words = command(brand, points, *(arguments or ("run", "--all", "--quiet")))
    return subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60, **options)


def heard(brand: BrandFolder) -> list[dict[str, Any]]:
    path = brand.root / "heard.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines() if line] if path.exists() else []


def kept(brand: BrandFolder) -> Any:
    return last_ending(BrandFolders(brand.out))


def other(brand: BrandFolder, name: str) -> BrandFolder:
    return BrandFolder(brand.root, name)


def is_new(brand: BrandFolder) -> bool:
    return len(brand.callable_rows()) == 3


# --- it dies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sign", "sentence"), [("SIGKILL", KILLED), ("SIGABRT", ENDED)])
def test_it_is_told_at_once_and_once_and_the_brands_behind_it_go_on(
    brand: BrandFolder, sign: str, sentence: str
) -> None:
    before = stands_whole(brand)
    done = night(brand, f"courant@decided={sign}")
    told = kept(brand)
    why = sentence.format(told.run_id, sign)
    stands = f"Nothing was published; the list for {AS_OF} of run {before} stands."
    assert (done.returncode, done.stdout, done.stderr) == (5, "", f"balansfilter: courant: {why}\n{stands}\n")
    assert stands_whole(brand) == before
    assert (is_new(other(brand, "avondblad")), is_new(brand), is_new(other(brand, "weekblad"))) == (True, False, True)
    assert [(one["brand"], one["event"]) for one in heard(brand)] == [
        ("avondblad", "published"), ("courant", "killed"), ("weekblad", "published"),
    ]  # fmt: skip
    notice = heard(brand)[1]
    assert (notice["run_id"], notice["exit"], notice["sentence"], notice["standing"]) == (told.run_id, 137, why, stands)
    assert (told.result, told.exit, told.code, told.sentence) == ("killed", 137, "killed", why)
    assert f'code="killed",run_id="{told.run_id}"' in (brand.root / "figures.prom").read_text()
    status = brand.cli("status", "--exit-code")
    assert (status.returncode, f"courant: {why}" in status.stdout) == (137, True)

    again = brand.cli_run("--quiet")
    assert (again.returncode, again.stderr, is_new(brand), left_over(brand)) == (0, "", True, set())
    assert [(one["brand"], one["event"]) for one in heard(brand)[3:]] == [("courant", "published")]
    assert [e["event"] for e in brand.events() if e["body"].get("run_id") == told.run_id] == ["run.abandoned"]
    assert audit_verifies(brand)


def test_a_parquet_file_that_ends_the_library_that_reads_it_is_told(brand: BrandFolder) -> None:
    brand.write_policy({"call_list": {"path": "data/{brand}/calls.parquet"}})
    rows = [(f"K{n}", f"06{12_000_000 + n}", "2026-02-01") for n in range(300)]
    file = brand.data / "calls.parquet"
    pl.DataFrame(rows, schema=list(CALLS[0]), orient="row").write_parquet(
        file, compression="uncompressed", statistics=False
    )
    whole, (values, none) = file.read_bytes(), (b"\x2c\x15\xd8\x04", b"\x2c\x15\xd9\x04")
    assert values in whole, "the header of a page says that it has 300 values"
    file.write_bytes(whole.replace(values, none, 1))  # and now that it has 301 less than none
    before = stands_whole(brand)
    done = brand.cli("run", "--all", "--quiet", "--as-of", str(AS_OF))
    assert done.returncode == 5
    assert done.stderr.startswith(f"balansfilter: courant: {ENDED.format(kept(brand).run_id, 'SIGABRT')}\n")
    assert (stands_whole(brand), is_new(other(brand, "weekblad"))) == (before, True)
    file.write_bytes(whole)
    assert brand.cli("run", "--all", "--quiet", "--as-of", str(AS_OF)).returncode == 0
    published = pl.read_parquet(brand.current / "callable.parquet")
    assert (len(published), left_over(brand)) == (299, set()), "all but K9, who objects"


@pytest.mark.parametrize("point", ["swapped", "published"])
def test_a_list_that_was_published_is_told_as_published(brand: BrandFolder, point: str) -> None:
    done = night(brand, f"courant@{point}=SIGSEGV", "--log-format", "json", "run", "--all", "--quiet")
    told = kept(brand)
    why = BEHIND.format(told.run_id, "SIGSEGV")
    assert done.returncode == 9
    assert f"balansfilter: courant: {why}; the next run or `balansfilter deliver` tries again\n" in done.stderr
    assert (stands_whole(brand), is_new(brand), is_new(other(brand, "weekblad"))) == (told.run_id, True, True)
    assert (told.result, told.not_handed_over) == ("published", why)
    assert [one["event"] for one in heard(brand)] == ["published", "not_handed_over", "published"]
    assert heard(brand)[1].items() >= {"run_id": told.run_id, "callable": 3, "not_handed_over": why}.items()
    again = brand.cli_run("--quiet")
    assert (again.returncode, again.stderr, left_over(brand)) == (0, "", set())
    assert audit_verifies(brand)


def test_two_deaths_in_a_night_and_what_is_left_is_told_in_json(brand: BrandFolder) -> None:
    before = stands_whole(brand)
    points = "avondblad@swapped=SIGKILL,courant@evidence=SIGBUS"
    done = night(brand, points, "--lang", "nl", "run", "--all", "--json")
    first, second, third = json.loads(done.stdout)
    runs = [kept(other(brand, name)).run_id for name in ("avondblad", "courant")]
    assert done.returncode == 5
    assert first == {
        "brand": "avondblad",
        "error": {"code": "killed", "exit": 9, "message": BEHIND.format(runs[0], "SIGKILL"), "problems": []},
    }
    stands = f"Nothing was published; the list for {AS_OF} of run {before} stands."
    message = ENDED.format(runs[1], "SIGBUS")
    error = {"code": "killed", "exit": 5, "message": message, "problems": [], "standing": stands}
    assert second == {"brand": "courant", "error": error}
    assert third["run_id"] == stands_whole(other(brand, "weekblad"))
    assert f"het proces van run {runs[0]} is beëindigd door SIGKILL toen zijn lijst al was gepubliceerd" in done.stderr


def test_of_one_brand_and_in_dutch(brand: BrandFolder) -> None:
    done = night(brand, "courant@decided=SIGKILL", "--lang", "nl", "run", "--brand", "courant")
    assert done.returncode == 5
    assert "courant: het proces van run " in done.stderr
    assert "is afgebroken, zoals gebeurt als de machine geheugen tekortkomt; geef haar meer" in done.stderr
    assert "Er is niets gepubliceerd; de lijst voor 2026-11-23 van run" in done.stderr
    asked = night(brand, "courant@decided=SIGABRT", "run", "--brand", "courant", "--json", "--dry-run")
    assert (asked.returncode, json.loads(asked.stdout)["error"]["code"]) == (5, "killed")
    assert [one["event"] for one in heard(brand)] == ["killed"], "a dry run is nobody's business"


def test_a_process_that_dies_before_any_brand_is_not_tried_again(brand: BrandFolder) -> None:
    done = night(brand, "start=SIGILL")
    sentence = "the process was ended by SIGILL before it could begin with a brand"
    nothing = "nothing was published, and the last published list stands"
    assert (done.returncode, done.stderr) == (5, f"balansfilter: {sentence}; {nothing}\n")
    asked = night(brand, "start=SIGILL", "--lang", "nl", "run", "--all", "--json")
    assert (asked.returncode, json.loads(asked.stdout)["error"]["message"]) == (5, f"{sentence}; {nothing}")
    dutch = night(brand, "start=SIGILL", "--lang", "nl", "run", "--all")
    assert "het proces is beëindigd door SIGILL voordat het aan een merk kon beginnen; er is niets" in dutch.stderr


def test_where_the_one_that_tells_dies_too_another_goes_on_and_the_next_run_sends_the_notice(
    brand: BrandFolder,
) -> None:
    done = night(brand, "courant@decided=SIGABRT,notice=SIGKILL")
    sentence, _standing, behind = done.stderr.splitlines()
    assert (done.returncode, is_new(other(brand, "weekblad"))) == (5, True)
    assert "courant: the process of run" in sentence
    assert behind.endswith("the process was ended by SIGKILL between two brands; another one goes on")
    assert [one["event"] for one in heard(brand)] == ["published", "published"]
    assert brand.cli_run("--quiet").returncode == 0
    assert [one["event"] for one in heard(brand)[2:]] == ["killed", "published"]


def test_where_the_next_process_cannot_even_begin_nothing_is_tried_again(brand: BrandFolder) -> None:
    done = night(brand, f"courant@decided=SIGABRT,again={brand.root / 'begun'}")
    lines = done.stderr.splitlines()
    told = "the process was ended by SIGILL before it could begin with a brand; published before that: avondblad"
    assert (done.returncode, lines[0]) == (5, f"balansfilter: {told}")
    assert lines[1].startswith("  courant: the process of run ")
    assert len(lines) == 2
    (brand.root / "begun").unlink()
    alone = night(brand, f"courant@swapped=SIGABRT,again={brand.root / 'begun'}", "run", "--brand", "courant")
    assert "with a brand; `balansfilter status` tells what stands\n  courant: the process" in alone.stderr


def test_a_list_on_standard_input_is_read_by_the_child(brand: BrandFolder) -> None:
    rows = "\n".join(",".join(row) for row in [*CALLS, ("K7", "0612345677", "2026-02-01")]) + "\n"
    words = ("run", "--brand", "courant", "--input", "-", "--quiet")
    assert night(brand, "courant@decided=SIGKILL", *words, input=rows).returncode == 5
    done = night(brand, "courant@never=SIGKILL", *words, input=rows)
    assert (done.returncode, done.stderr) == (0, "")
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K1", "K2", "K7"]


# --- it is told to end ----------------------------------------------------------------------------------------------


@contextmanager
def waiting(brand: BrandFolder, point: str, **options: Any) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Begin a night that waits at a point in its child; give the process that was started, and the child."""
    place = brand.root / "waits"
    words = command(brand, f"{point}={place}", "run", "--all", "--quiet")
    settings: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(words, cwd=ROOT, **(settings | options)) as process:
        until(place.exists)
        child = int(place.read_text())
        assert child != process.pid
        try:
            yield process, child
        finally:
            process.kill()


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


INTERRUPTED = "\nbalansfilter: interrupted; published before that: avondblad\n"


@pytest.mark.parametrize(
    "tell",
    [
        lambda process: process.terminate(),
        lambda process: process.send_signal(signal.SIGINT),
        lambda process: os.killpg(process.pid, signal.SIGTERM),
        lambda process: os.killpg(process.pid, signal.SIGINT),
    ],
    ids=["SIGTERM", "SIGINT", "SIGTERM to all", "SIGINT to all"],
)
def test_a_signal_to_the_first_process_or_to_all_is_one_interruption(brand: BrandFolder, tell: Any) -> None:
    before = stands_whole(brand)
    with waiting(brand, "courant@decided") as (process, child):
        tell(process)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", INTERRUPTED)
    assert (is_gone(child), stands_whole(brand), left_over(brand)) == (True, before, set())
    last = brand.events()[-1]
    assert (last["event"], last["body"]["code"]) == ("run.failed", "interrupted")


def test_a_signal_before_anything_is_read_is_an_interruption_too(brand: BrandFolder) -> None:
    with waiting(brand, "start") as (process, _child):
        process.terminate()
        _, err = process.communicate(timeout=30)
    nothing = "\nbalansfilter: interrupted; nothing was published, and the last published list stands\n"
    assert (process.returncode, err) == (130, nothing)


def test_what_a_terminal_interrupts_is_told_once(brand: BrandFolder) -> None:
    ours, theirs = pty.openpty()

    def take_the_terminal() -> None:
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    options = {"stdin": theirs, "stderr": theirs, "preexec_fn": take_the_terminal}
    with waiting(brand, "courant@decided", **options) as (process, _child):
        os.write(ours, b"\x03")
        assert process.wait(timeout=30) == 130
    shown = ""
    while not shown.endswith("avondblad\r\n"):
        shown += os.read(ours, 4096).decode()
    assert shown.replace("\r\n", "\n").removeprefix("^C") == INTERRUPTED
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGHUP, signal.SIGQUIT])
def test_where_the_first_process_is_killed_the_other_goes_with_it_and_publishes_nothing(
    brand: BrandFolder, sign: signal.Signals
) -> None:
    before = stands_whole(brand)
    with waiting(brand, "courant@prepared") as (process, child):
        process.send_signal(sign)
        assert process.wait(timeout=30) == -sign
        until(lambda: is_gone(child))
        assert process.communicate(timeout=30) == ("", "")
    assert stands_whole(brand) == before
    status = brand.cli("status", "--exit-code")
    assert (status.returncode, "was killed before it ended" in status.stdout) == (137, True)
    again = brand.cli_run("--quiet")
    assert (again.returncode, again.stderr, left_over(brand)) == (0, "", set())
    assert "killed" in [one["event"] for one in heard(brand)]


def test_both_stop_and_go_on_where_a_terminal_stops_them(brand: BrandFolder) -> None:
    with waiting(brand, "weekblad@prepared") as (process, child):
        os.killpg(process.pid, signal.SIGSTOP)
        until(lambda: state(process.pid) == state(child) == "T")
        os.killpg(process.pid, signal.SIGCONT)
        process.terminate()
        assert process.wait(timeout=30) == 130
    assert is_new(brand)


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_the_process_that_waits_is_small_and_holds_no_lock(brand: BrandFolder) -> None:
    with waiting(brand, "courant@decided") as (process, _child):
        status = Path(f"/proc/{process.pid}/status").read_text()
        (size,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:")]
        assert size < 30_000
        assert "polars" not in Path(f"/proc/{process.pid}/maps").read_text()
        held = {str(one.readlink()) for one in Path(f"/proc/{process.pid}/fd").iterdir()}
        assert not any(name.startswith(str(brand.root)) for name in held)


def test_who_ended_holds_no_lock_though_nobody_asked_how(brand: BrandFolder) -> None:
    """As in a container whose first process never asks."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    lock = BrandFolders(brand.out).lock
    who = {"pid": ended.pid, "host": socket.gethostname(), "run_id": "20261123T020000Z-abcdef", "since": "now"}
    lock.with_name(".lock.holder").write_text(json.dumps(who))
    until(lambda: is_gone(ended.pid))
    assert lock_holder(lock) is None
    ended.wait()
    lock.with_name(".lock.holder").write_text(json.dumps(who | {"pid": os.getpid()}))
    assert lock_holder(lock) == who["run_id"]


# --- where there is no child ----------------------------------------------------------------------------------------

IN_THREADS = """
import sys, threading, time
threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
"""


def test_a_process_with_threads_works_itself(brand: BrandFolder) -> None:
    words = command(brand, "courant@decided=SIGKILL", "run", "--brand", "courant", "--quiet")
    words[2] = IN_THREADS + SCRIPT
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")


def test_a_command_that_is_called_works_where_it_was_called(brand: BrandFolder) -> None:
    words = command(brand, "courant@decided=SIGKILL", "run", "--brand", "courant", "--quiet")
    words[2] = SCRIPT.replace("\nmain()\n", "\nmain(sys.argv[1:])\n")
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGKILL, "")


# --- what is handed on ----------------------------------------------------------------------------------------------


NOTES = """
import os, signal
from balansfilter.cli.shared.brands_so_far import BrandsSoFar, EndedBrand

much = {"much": "é" * 100_000, "surrogate": chr(0xdcff)}
ours = BrandsSoFar()
ours.keep()
for half in (b"", b'\\n["ended", "b", 0, {"much'):
    theirs = os.fork()
    if not theirs:
        ours.begin("a", "run", "now")
        ours.end("a", EndedBrand(9, much, published=True))
        ours.begin("b", "other", "now")
        os.write(ours._kept, half)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(theirs, 0)
    print(ours.catch_up(), ours.catch_up(), ours.worst, list(ours.forsaken), ours.left_with, ours.ended["a"] == (9, much, True))
"""


def test_what_a_process_noted_is_known_and_what_it_was_writing_as_it_died_is_not() -> None:
    done = subprocess.run([sys.executable, "-c", NOTES], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr) == (2 * "True False 9 ['b'] None True\n", "")
