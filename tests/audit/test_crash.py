"""A process that dies at any moment of any command on the audit log: no event is lost or invented, and the next run mends.

Death is a call to the disk that is not made, and after which none is made any more: whatever handlers and `finally` do
then does not reach the disk either, as when the process is killed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.find import Identity
from balansfilter.audit.handing_over import hand_over
from balansfilter.audit.index import make_index
from balansfilter.audit.ledger import read_chain
from balansfilter.commands.audit.export.bundle import BundleOrder, export
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import prune
from balansfilter.commands.audit.recall import recall_run
from balansfilter.commands.audit.rekey import rekey
from balansfilter.commands.audit.reopen import reopen
from balansfilter.commands.audit.timeline import timeline
from balansfilter.commands.balanstest.approve import approve_balanstest
from balansfilter.commands.objections.confirm import confirm_objections
from balansfilter.commands.recheck import recheck
from balansfilter.commands.verify import verify_list
from balansfilter.fs.outputs import files_of
from balansfilter.fs.private import sha256_file
from balansfilter.policy.loading import load_site
from tests.audit.story import FIRST_DAY, POLICY, audited, held, make_folder, names, past, run_days, verified
from tests.brandfolder import OBJECTIONS, BrandFolder, merged, write_rows

CALLS = ("open", "rename", "replace", "unlink", "rmdir", "link", "mkdir", "fsync", "truncate", "ftruncate", "write")
WHO = Identity(None, "K001")
TODAY = FIRST_DAY + timedelta(days=1)
EVERY = int(os.environ.get("BALANSFILTER_KILLS_EVERY", "1"))
"""At which calls the slow campaign of two deaths kills: at every one, unless a larger step is asked for."""


class Killed(BaseException):
    """The process is dead."""


class Disk:
    """Lets a number of calls that change the disk through, and none after them."""

    def __init__(self, calls, monkeypatch):
        self.left = calls
        for name in CALLS:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name, call):
        def wrapped(target, *arguments, **options):
            lock = isinstance(target, str | Path) and ".lock" in str(target)
            reading = name == "open" and not (arguments and arguments[0] & os.O_CREAT)
            if not lock and not reading:
                self.left -= 1
                if self.left < 0:
                    if self.left == -1 and name == "write":
                        call(target, arguments[0][: len(arguments[0]) // 2])
                    raise Killed
            return call(target, *arguments, **options)

        return wrapped


@contextmanager
def dying_after(calls):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Disk(calls, monkeypatch)


# --- the commands -------------------------------------------------------------------------------------------------


def do_run(folder):
    run_days(folder, 2)


def do_recheck(folder):
    recheck(folder.configs, load_site(folder.configs), folder.brand, TODAY)


def do_verify(folder):
    current = folder.current.resolve()
    verify_list(folder.configs, current / "manifest.json", load_site(folder.configs), TODAY, current / "withdrawn.csv")


def do_confirm(folder):
    confirm_objections(folder.configs, load_site(folder.configs), folder.brand, by="B", on=TODAY)


def do_deliver(folder):
    with audited(folder).locked("deliver", 0) as ledger:
        hand_over(load_site(folder.configs).audit.checkpoint, ledger)


def do_reopen(folder):
    reopen(audited(folder), "a disk was lost", 0)


def do_index(folder):
    brand = audited(folder)
    for run in brand.history().runs.values():
        make_index(RunDecisions.of(brand.audit, run), brand.indexes)


def do_prune(folder):
    prune(audited(folder), FIRST_DAY, FIRST_DAY.replace(year=2099), 0)


def do_forget(folder):
    forget(audited(folder), WHO, lists=True, lock_wait=0)


def do_rekey(folder):
    rekey(folder.configs, load_site(folder.configs), lost=False, lock_wait=0)


def do_recall(folder):
    recall_run(audited(folder), next(iter(past(folder).runs)), "wrong file", 0)


def do_export(folder):
    brand = audited(folder)
    found = timeline(brand, brand.history(), WHO, brand.history().runs.values())
    export(brand, found, WHO, folder.root / "bundle.zip", BundleOrder("nl", pdf=False, key_file=None, lock_wait=0))


def do_approve(folder):
    approve_balanstest(
        folder.configs, load_site(folder.configs), folder.brand, "kranten", by="B", role="FG", on=FIRST_DAY,
        review_by=None, opinion=None,
    )  # fmt: skip


# --- what there is before -----------------------------------------------------------------------------------------


def somebody_objects(folder):
    write_rows(folder.data / "objections.csv", [*OBJECTIONS, ("", "K002")])


def a_recheck(folder):
    somebody_objects(folder)
    do_recheck(folder)


def somebody_is_forgotten(folder):
    """Somebody in the same part as the one who is forgotten next, and in the other one."""
    for customer in ("K000", "K003"):
        forget(audited(folder), Identity(None, customer), lists=False, lock_wait=0)


def heads_leave_the_house(folder):
    (folder.root / "kept").mkdir()
    folder.configs.joinpath("balansfilter.yaml").write_text("audit: {checkpoint: {to: kept}}\n")


def a_ledger_that_was_changed(folder):
    folder.ledger.write_bytes(folder.ledger.read_bytes().replace(b'"rows":4', b'"rows":5'))


def an_index_of_nothing(folder):
    shutil.rmtree(folder.root / "cache", ignore_errors=True)


# --- what there is after ------------------------------------------------------------------------------------------


def fresh(folder):
    """Return how many runs were published after the two that there were before."""
    return names(folder).count("run.published") - 2


def expect_approved(folder, done):
    assert ("Directie" not in folder.policy_file.read_text()) == done


def expect_pruned(folder, done):
    assert len(list((folder.audit / "decisions").iterdir())) == (1 if done else 2) + fresh(folder)


def expect_forgotten(folder, done):
    assert len(held(folder, customer_id="K001")) == (0 if done else 2) + fresh(folder)


def expect_rekeyed(folder, done):
    assert len({run.key_id for run in past(folder).runs.values()}) == (2 if done else 1)
    assert len(held(folder, customer_id="K001")) == 2 + fresh(folder)


def expect_recalled(folder, done):
    assert bool(next(iter(past(folder).runs.values())).recalled) == done


def expect_exported(folder, done):
    if (folder.root / "bundle.zip").exists():
        assert done


def expect_rechecked(folder, done):
    """The run that comes after leaves out who objected, whether a recheck was recorded or not."""
    assert "K002" not in {row["klantnummer"] for row in folder.callable_rows()}


def expect_delivered(folder, done):
    assert {path.suffix for path in (folder.root / "kept").iterdir()} == {".checkpoint"}


def expect_indexed(folder, done):
    assert len(held(folder, customer_id="K001")) == 2 + fresh(folder)


def expect_a_list(folder, done):
    manifest = json.loads((folder.current / "manifest.json").read_text())
    for name in ("callable", "dropped"):
        for path, sha256 in files_of(manifest["outputs"][name]).items():
            assert sha256_file(folder.current / path) == sha256


def nothing(folder):
    """What was run stands."""


@dataclass(frozen=True)
class Command:
    """A command that writes, and what must be true of it wherever it dies."""

    do: Callable
    event: str
    expect: Callable = expect_a_list
    before: Callable = nothing
    also: tuple = ()
    """Events that may be recorded beside its own."""
    rows_per_part: int | None = None
    """How many rows a part of the lists and of the decisions holds; None where they are files."""


RUN = ("run.prepared", "run.published", "run.abandoned", "run.failed")
COMMANDS = {
    "run": Command(do_run, "run.published", also=RUN),
    "recheck": Command(do_recheck, "list.rechecked", expect_rechecked, somebody_objects),
    "verify": Command(do_verify, "list.without", expect_rechecked, a_recheck),
    "objections confirm": Command(do_confirm, "objections.confirmed"),
    "deliver": Command(do_deliver, "checkpoint.kept", expect_delivered, heads_leave_the_house, ("checkpoint.kept",)),
    "balanstest approve": Command(
        do_approve, "balanstest.approved", expect_approved, also=("approval.prepared", "approval.abandoned")
    ),
    "audit prune": Command(do_prune, "audit.pruned", expect_pruned),
    "audit forget": Command(do_forget, "audit.forgotten", expect_forgotten),
    "audit rekey": Command(do_rekey, "audit.rekeyed", expect_rekeyed),
    "audit recall": Command(do_recall, "run.recalled", expect_recalled),
    "audit export": Command(do_export, "audit.exported", expect_exported),
    "audit index": Command(do_index, "", expect_indexed, an_index_of_nothing),
    "run, in parts": Command(do_run, "run.published", also=RUN, rows_per_part=3),
    "audit prune, in parts": Command(do_prune, "audit.pruned", expect_pruned, rows_per_part=3),
    "audit forget, in parts": Command(do_forget, "audit.forgotten", expect_forgotten, rows_per_part=3),
    "audit forget, of a second one, in parts": Command(
        do_forget, "audit.forgotten", expect_forgotten, somebody_is_forgotten, rows_per_part=3
    ),
    "audit index, in parts": Command(do_index, "", expect_indexed, an_index_of_nothing, rows_per_part=3),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_dies_is_mended_by_the_next_run(tmp_path, name):
    die_everywhere(tmp_path, COMMANDS[name], step=7)


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_that_dies_at_any_moment_is_mended_by_the_next_run(tmp_path, name):
    die_everywhere(tmp_path, COMMANDS[name], step=1)


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("name", COMMANDS)
def test_where_the_run_that_mends_dies_too_the_one_after_it_mends(tmp_path, name):
    die_everywhere(tmp_path, COMMANDS[name], step=EVERY, then=random.Random(name))


def site_before(root, command):
    """Make a site with a past, and a copy to put back."""
    folder = make_folder(root / "site", count=4)
    if command.rows_per_part is not None:
        folder.write_policy(merged(POLICY, {"output": {"rows_per_part": command.rows_per_part}}))
    run_days(folder, 0, 1)
    if command.event != "audit.exported":
        held(folder, customer_id="K001")
    command.before(folder)
    shutil.copytree(folder.root, root / "whole", symlinks=True)
    return folder


def die_everywhere(tmp_path, command, step, then=None):
    """Let a command die at every call to the disk, or at some of them, until it comes to its end.

    :param then: says at which call the run after it dies; it comes to its end unless this is given.
    """
    folder = site_before(tmp_path, command)
    before = names(folder)
    deaths = 0
    for calls in range(0, 400, step):
        with dying_after(calls):
            try:
                command.do(folder)
                died = False
            except Killed:
                died = True
        if then is not None:
            try:
                with dying_after(then.randrange(60)):
                    run_days(folder, 2)
            except Killed:
                deaths += 1
        run_days(folder, 2)
        check(folder, before, command)
        if not died:
            break
        deaths += 1
        shutil.rmtree(folder.root)
        shutil.copytree(tmp_path / "whole", folder.root, symlinks=True)
    assert not died, "every point of the command was tried"
    assert deaths > 0
    assert not command.event or command.event in names(folder)[len(before) :]
    print(f"{deaths} kills")


def check(folder: BrandFolder, before: list[str], command: Command) -> None:
    assert verified(folder).problems == ()
    chain = read_chain(folder.ledger)
    assert not chain.torn
    now = [one.event for one in chain.events]
    assert now[: len(before)] == before
    between = [name for name in now[len(before) :] if name not in ("run.prepared", "run.published", "run.abandoned")]
    assert [name for name in between if name not in command.also] in ([], [command.event])
    assert left_behind(folder) == set()
    assert [name for name in now if name != "checkpoint.kept"][-2:] == ["run.prepared", "run.published"]
    assert not (folder.audit / ".pending").exists()
    expect_a_list(folder, done=True)
    command.expect(folder, command.event in between)


def test_a_reopening_that_dies_at_any_moment_is_done_by_the_next(tmp_path):
    """A broken ledger takes no run, so that the next command is the reopening itself."""
    command = Command(do_reopen, "audit.reopened", before=a_ledger_that_was_changed)
    folder = site_before(tmp_path, command)
    for calls in range(100):
        with dying_after(calls):
            try:
                do_reopen(folder)
                died = False
            except Killed:
                died = True
        assert list(folder.audit.glob("ledger-*.jsonl")) or folder.ledger.exists()
        if not folder.ledger.exists() or "audit.reopened" not in [
            one.event for one in read_chain(folder.ledger).events
        ]:
            do_reopen(folder)
        run_days(folder, 2)
        assert names(folder).count("audit.reopened") == 1
        assert not read_chain(folder.ledger).problems
        assert left_behind(folder) == set()
        expect_a_list(folder, done=True)
        if not died:
            break
        shutil.rmtree(folder.root)
        shutil.copytree(tmp_path / "whole", folder.root, symlinks=True)
    assert not died
    assert calls > 2


def left_behind(folder):
    """Return what is hidden in any folder of the site, but for the lock and the folder for what is staged."""
    hidden = {path for path in folder.root.rglob(".*") if path.name not in (".lock", ".staging", ".last.json")}
    return hidden | set((folder.out / ".staging").iterdir()) | set(folder.root.glob("audit/key.rotation"))


def test_a_run_that_was_killed_is_recorded_once_though_its_clearing_dies_too(tmp_path):
    run_id = "20261123T000000Z-abcdef"
    for calls in range(60):
        folder = make_folder(tmp_path / str(calls), count=4)
        run_days(folder, 0)
        staged = folder.out / ".staging" / run_id
        staged.mkdir(mode=0o700)
        (staged / "callable.csv").write_text("half")
        decisions = folder.audit / "decisions" / f"{run_id}.parquet"
        decisions.write_bytes(b"half")
        brand = audited(folder)
        died = True
        with dying_after(calls):
            try:
                with brand.locked("test", 0):
                    died = False
            except Killed:
                pass
        run_days(folder, 1)
        abandoned = [one["body"] for one in folder.events() if one["event"] == "run.abandoned"]
        assert abandoned == [{"run_id": run_id, "prepared": False}]
        assert not decisions.exists()
        assert verified(folder).problems == ()
        if not died:
            break
    assert not died
    assert calls > 2
