"""A run that is killed, interrupted or refused by the disk: the last list stands whole, and the next run clears up."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from balansfilter.audit.ledger import read_chain
from balansfilter.cli.main import main
from balansfilter.fs.outputs import files_of
from balansfilter.fs.private import sha256_file
from balansfilter.pipeline.watch import STEPS
from tests.brandfolder import AS_OF, CALLS, ROOT, BrandFolder, make_brand, write_rows

KILLED_RUN = "20261123T020000Z-killed"
CHILD = """
import os, signal, sys
from pathlib import Path
from datetime import date
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.run import run
from balansfilter.pipeline.watch import Silence
configs, point, run_id = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

class Killer(Silence):
    def step(self, name):
        if name == point:
            die()
    def rows(self, done):
        if point == "rows":
            die()

if point.startswith("append "):
    from balansfilter.audit import ledger
    whole = ledger._write_all
    def half(descriptor, data):
        if point.removeprefix("append ").encode() in data:
            whole(descriptor, data[: len(data) // 2])
            os.fsync(descriptor)
            die()
        whole(descriptor, data)
    ledger._write_all = half
elif point == "swapping":
    Path.replace = lambda self, target: die()
elif point == "manifest":
    import balansfilter.pipeline.run as steps
    steps.write_private = lambda path, data: (path.write_bytes(data[:40]), die())

run(Request(Path(configs), "courant", date(2026, 11, 23)), Killer(), run_id)
"""
NOTHING_YET = ("locked",)
"""Killed here, a run has left nothing that could be found."""
PUBLISHED = ("swapped", "published", "append run.published")
"""Killed here, the list of the run stands."""


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """A brand with a published list; tonight's list is longer."""
    folder = make_brand(tmp_path)
    folder.run()
    write_rows(folder.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    return folder


def kill_at(brand: BrandFolder, point: str) -> None:
    command = [sys.executable, "-c", CHILD, str(brand.configs), point, KILLED_RUN]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def audit_verifies(brand: BrandFolder) -> bool:
    before = signal.getsignal(signal.SIGTERM)
    try:
        main(["--configs", str(brand.configs), "audit", "verify", "--brand", brand.brand])
    except SystemExit as ended:
        return ended.code == 0
    finally:
        signal.signal(signal.SIGTERM, before)


def stands_whole(brand: BrandFolder) -> str:
    """Make sure that the published list is what its manifest says, and give its run."""
    manifest = json.loads((brand.current / "manifest.json").read_text(encoding="utf-8"))
    for name in ("callable", "dropped"):
        for path, sha256 in files_of(manifest["outputs"][name]).items():
            assert sha256_file(brand.current / path) == sha256
    return str(manifest["run_id"])


def left_over(brand: BrandFolder) -> set[str]:
    """Return what is there besides the lists and the decisions of published runs."""
    published = {event["body"]["run_id"] for event in brand.events() if event["event"] == "run.published"}
    runs = {path.name for path in (brand.out / "runs").iterdir()}
    decided = {path.stem for name in ("decisions", "secrets") for path in (brand.audit / name).iterdir()}
    scratch = {path.name for path in brand.out.rglob(".*")} - {".lock", ".staging", ".last.json"}
    return scratch | (runs - published) | (decided - published) | {p.name for p in (brand.out / ".staging").iterdir()}


def told_of(brand: BrandFolder, run_id: str) -> list[str]:
    return [event["event"] for event in brand.events() if event["body"].get("run_id") == run_id]


POINTS = (*STEPS, "rows", "manifest", "swapping", "append run.prepared", "append run.published")


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_moment_a_whole_list_stands_and_the_next_run_clears_up(brand: BrandFolder, point: str) -> None:
    killed_and_cleared(brand, point)


@pytest.mark.parametrize("point", ["rows", "manifest", "prepared", "append run.prepared", "swapped"])
def test_killed_while_it_writes_parts_a_whole_list_stands_and_the_next_run_clears_up(
    brand: BrandFolder, point: str
) -> None:
    brand.write_policy({"output": {"rows_per_part": 1}})
    brand.run()
    killed_and_cleared(brand, point)


def killed_and_cleared(brand: BrandFolder, point: str) -> None:
    """Kill a run, and make sure that the next one clears up."""
    before = stands_whole(brand)
    earlier = len([event for event in brand.events() if event["event"] == "run.published"])
    kill_at(brand, point)
    assert stands_whole(brand) == (KILLED_RUN if point in PUBLISHED else before)
    assert read_chain(brand.ledger).problems == ()

    after = brand.run()
    assert stands_whole(brand) == after.run_id
    assert after.manifest["callable"] == 3
    assert audit_verifies(brand)
    assert left_over(brand) == set()
    told = told_of(brand, KILLED_RUN)
    if point in NOTHING_YET:
        assert told == []
    elif point in PUBLISHED:
        assert told == ["run.prepared", "run.published"]
        published = [e["body"] for e in brand.events() if e["event"] == "run.published"][earlier]
        assert published.get("recovered", False) == (point != "published")
        assert after.manifest["previous"] == KILLED_RUN
    else:
        assert told[-1] == "run.abandoned"
        assert told[:-1] in ([], ["run.prepared"])
        assert after.manifest["previous"] == before


def test_killed_on_its_first_night_a_brand_has_no_list_and_the_next_run_makes_one(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    kill_at(brand, "placed")
    assert not brand.current.is_symlink()
    brand.run()
    assert told_of(brand, KILLED_RUN) == ["run.prepared", "run.abandoned"]
    assert left_over(brand) == set()


# --- interrupted --------------------------------------------------------------------------------------------------

INTERRUPTED = """
import os, signal, sys, time
from balansfilter.cli.shared import progress
from balansfilter.cli.main import main
point, number, nth = sys.argv[1], getattr(signal, sys.argv[2]), int(sys.argv[3])
step = progress.Progress.step
def interrupted(self, name):
    step(self, name)
    if name == point:
        os.kill(os.getpid(), number)
        time.sleep(5)
progress.Progress.step = interrupted
if point == "fsync":
    from balansfilter.audit import ledger
    fsync, appended = os.fsync, []
    class Os:
        def __getattr__(self, name):
            return getattr(os, name)
        def fsync(self, descriptor):
            fsync(descriptor)
            appended.append(descriptor)
            if len(appended) == nth:
                os.kill(os.getpid(), number)
                time.sleep(5)
    ledger.os = Os()
main(sys.argv[4:])
"""


def interrupt(
    brand: BrandFolder, point: str, sign: str, nth: int = 1, more: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", INTERRUPTED, point, sign, str(nth), "--configs", str(brand.configs)]
    command += ["run", "--brand", brand.brand, "--as-of", str(AS_OF), "--quiet", *more]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("point", "sign"),
    [
        ("decided", "SIGINT"),
        ("swapped", "SIGTERM"),
        pytest.param("decided", "SIGTERM", marks=pytest.mark.slow),
        pytest.param("swapped", "SIGINT", marks=pytest.mark.slow),
    ],
)
def test_an_interrupted_run_says_so_and_leaves_nothing(brand: BrandFolder, point: str, sign: str) -> None:
    before = stands_whole(brand)
    done = interrupt(brand, point, sign)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.strip() == "balansfilter: interrupted; nothing was published, and the last published list stands"
    assert stands_whole(brand) == before
    assert left_over(brand) == set()
    last = brand.events()[-1]
    assert (last["event"], last["body"]["code"], last["body"]["exit"]) == ("run.failed", "interrupted", 130)
    assert audit_verifies(brand)


def test_interrupted_while_the_ledger_says_that_it_is_prepared_the_chain_holds(brand: BrandFolder) -> None:
    before = stands_whole(brand)
    assert interrupt(brand, "fsync", "SIGTERM", 1).returncode == 130
    assert stands_whole(brand) == before
    assert audit_verifies(brand)
    assert brand.events()[-1]["event"] == "run.failed"


def test_interrupted_once_the_ledger_says_that_it_is_published_the_run_is_done(brand: BrandFolder) -> None:
    done = interrupt(brand, "fsync", "SIGTERM", 2)
    assert (done.returncode, done.stderr) == (0, "")
    assert brand.events()[-1]["event"] == "run.published"
    assert stands_whole(brand) == brand.events()[-1]["body"]["run_id"]
    assert audit_verifies(brand)


@pytest.mark.parametrize("sign", ["SIGINT", "SIGTERM"])
def test_interrupted_between_publishing_and_the_end_it_says_what_was_published(brand: BrandFolder, sign: str) -> None:
    done = interrupt(brand, "published", sign)
    assert (done.returncode, done.stdout) == (9, "")
    assert done.stderr.strip() == f"balansfilter: interrupted; published before that: {brand.brand}"
    assert brand.events()[-1]["event"] == "run.published"
    assert stands_whole(brand) == brand.events()[-1]["body"]["run_id"]
    assert audit_verifies(brand)
    ending = json.loads((brand.out / ".last.json").read_text())
    assert (ending["result"], ending["exit"], ending["not_handed_over"]) == ("published", 9, ending["sentence"])


def test_interrupted_behind_the_publishing_of_a_past_day_it_says_so_too(brand: BrandFolder) -> None:
    before = stands_whole(brand)
    done = interrupt(brand, "published", "SIGTERM", more=("--backfill",))
    assert done.returncode == 9
    assert done.stderr.strip() == f"balansfilter: interrupted; published before that: {brand.brand}"
    assert brand.events()[-1]["event"] == "run.published"
    assert stands_whole(brand) == before


# --- refused by the disk ------------------------------------------------------------------------------------------


def full_at(size: int) -> Callable[[], None]:
    """Make a process unable to write a file longer than so many bytes, as on a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("size", [20_000, *(pytest.param(size, marks=pytest.mark.slow) for size in (2_000, 80_000))])
def test_a_full_disk_is_an_error_of_the_output_and_the_last_list_stands(brand: BrandFolder, size: int) -> None:
    before = stands_whole(brand)
    many = [(f"K{n}", f"06{12_000_000 + n}", "2026-02-01") for n in range(3_000)]
    write_rows(brand.calls, [CALLS[0], *many])
    done = brand.cli_run(preexec_fn=full_at(size))
    assert done.returncode == 6, done.stderr
    assert f"balansfilter: courant: cannot write in {brand.root}" in done.stderr
    assert f"the list for {AS_OF} of run {before} stands" in done.stderr
    assert "Traceback" not in done.stderr
    assert stands_whole(brand) == before
    if size > 10_000:  # on a disk that takes no line of the ledger either, the next run finds what is left, and says so
        assert left_over(brand) == set()
    assert brand.cli_run().returncode == 0
    assert left_over(brand) == set()


@pytest.mark.parametrize("engine", ["--engine", "--verify-with"])
@pytest.mark.parametrize("size", [50_000, 150_000])
def test_a_disk_that_refuses_the_files_of_another_engine_is_an_error_of_the_output(
    brand: BrandFolder, engine: str, size: int
) -> None:
    before = stands_whole(brand)
    write_rows(brand.calls, [CALLS[0], *((f"K{n}", f"06{12_000_000 + n}", "2026-02-01") for n in range(3_000))])
    done = brand.cli_run(engine, "duckdb", preexec_fn=full_at(size))
    assert done.returncode == 6, done.stderr
    assert f"balansfilter: courant: cannot write in {brand.root}" in done.stderr
    assert "File too large" in done.stderr
    assert stands_whole(brand) == before
    assert brand.cli_run().returncode == 0
    assert left_over(brand) == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
@pytest.mark.parametrize(("where", "exit_code"), [("out/courant/.staging", 6), ("audit/courant/decisions", 7)])
def test_a_disk_without_room_is_told_as_what_it_is_and_the_last_list_stands(
    brand: BrandFolder, where: str, exit_code: int
) -> None:
    before = stands_whole(brand)
    many = [(f"K{n}", f"06{12_000_000 + n}", "2026-02-01") for n in range(9_000)]
    write_rows(brand.calls, [CALLS[0], *many])
    small = brand.root / where
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(small)], check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        done = brand.cli_run()
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert done.returncode == exit_code, done.stderr
    assert str(small) in done.stderr
    assert "No space left on device" in done.stderr
    assert stands_whole(brand) == before
    assert left_over(brand) == set()
    assert brand.events()[-1]["event"] == "run.failed"


# --- refused by the rights of a folder ------------------------------------------------------------------------------

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def bound_by_rights() -> None:
    """Take from root, for a new process, the right to write everywhere."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
            libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="root is bound by rights on Linux only")
@pytest.mark.parametrize("where", ["out", "audit"])
def test_a_folder_that_cannot_be_written_is_told_and_the_last_list_stands(brand: BrandFolder, where: str) -> None:
    before = stands_whole(brand)
    folder, exit_code = {"out": (brand.out, 6), "audit": (brand.audit, 7)}[where]
    folders = [folder, *(below for below in folder.rglob("*") if below.is_dir() and not below.is_symlink())]
    for one in folders:
        one.chmod(0o500)
    done = brand.cli_run(preexec_fn=bound_by_rights)
    for one in folders:
        one.chmod(0o700)
    assert done.returncode == exit_code, done.stderr
    assert str(folder) in done.stderr
    assert "Permission denied" in done.stderr
    assert "Traceback" not in done.stderr
    assert f"of run {before} stands" in done.stderr
    assert stands_whole(brand) == before
