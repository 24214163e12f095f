"""A process that dies at any moment of any command on the audit log: no event is lost or invented, and the next run mends.

Death is a call to the disk that is not made, and after which none is made any more: whatever handlers and `finally` do
then does not reach the disk either, as when the process is killed.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

from balansfilter.audit.find import Identity
from balansfilter.audit.ledger import read_chain
from balansfilter.commands.audit.export.bundle import BundleOrder, export
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import prune
from balansfilter.commands.audit.recall import recall_run
from balansfilter.commands.audit.rekey import rekey
from balansfilter.commands.audit.timeline import timeline
from balansfilter.commands.balanstest.approve import approve_balanstest
from balansfilter.policy.loading import load_site
from tests.audit.story import FIRST_DAY, audited, held, make_folder, names, past, run_days, verified
from tests.brandfolder import BrandFolder

CALLS = ("open", "rename", "replace", "unlink", "rmdir", "link", "mkdir", "fsync", "truncate", "ftruncate", "write")
WHO = Identity(None, "K001")


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


def expect_approved(folder, done):
    assert ("Directie" not in folder.policy_file.read_text()) == done


def expect_pruned(folder, done):
    assert len(list((folder.audit / "decisions").iterdir())) == (1 if done else 2) + 1


def expect_forgotten(folder, done):
    assert len(held(folder, customer_id="K001")) == (0 if done else 2) + 1


def expect_rekeyed(folder, done):
    assert len({run.key_id for run in past(folder).runs.values()}) == (2 if done else 1)
    assert len(held(folder, customer_id="K001")) == 3


def expect_recalled(folder, done):
    assert bool(next(iter(past(folder).runs.values())).recalled) == done


def expect_exported(folder, done):
    if (folder.root / "bundle.zip").exists():
        assert done


COMMANDS = {
    "audit.pruned": (do_prune, expect_pruned),
    "audit.forgotten": (do_forget, expect_forgotten),
    "audit.rekeyed": (do_rekey, expect_rekeyed),
    "run.recalled": (do_recall, expect_recalled),
    "audit.exported": (do_export, expect_exported),
    "balanstest.approved": (do_approve, expect_approved),
}


@pytest.mark.parametrize("event", COMMANDS)
def test_a_command_that_dies_is_mended_by_the_next_run(tmp_path, event):
    die_everywhere(tmp_path, event, step=3)


@pytest.mark.slow
@pytest.mark.parametrize("event", COMMANDS)
def test_a_command_that_dies_at_any_moment_is_mended_by_the_next_run(tmp_path, event):
    die_everywhere(tmp_path, event, step=1)


def die_everywhere(tmp_path, event, step):
    """Let a command die at every call to the disk, or at some of them, until it comes to its end."""
    do, expect = COMMANDS[event]
    points = 0
    for calls in range(0, 200, step):
        folder = make_folder(tmp_path / str(calls), count=4)
        run_days(folder, 0, 1)
        if event != "audit.exported":
            held(folder, customer_id="K001")
        before = names(folder)
        with dying_after(calls):
            try:
                do(folder)
                died = False
            except Killed:
                died = True
        run_days(folder, 2)
        check(folder, before, event, expect)
        if not died:
            break
        points += 1
    assert not died, "every point of the command was tried"
    assert points > 0
    assert names(folder).count(event) == 1


def check(folder: BrandFolder, before: list[str], event: str, expect) -> None:
    assert verified(folder).problems == ()
    chain = read_chain(folder.ledger)
    assert not chain.torn
    now = [one.event for one in chain.events]
    assert now[: len(before)] == before
    between = [name for name in now[len(before) :] if name not in ("run.prepared", "run.published")]
    intended = [name for name in between if name not in ("approval.prepared", "approval.abandoned")]
    assert intended in ([], [event])
    assert left_behind(folder) == set()
    assert now[-2:] == ["run.prepared", "run.published"]
    assert not (folder.audit / ".pending").exists()
    expect(folder, event in between)


def left_behind(folder):
    """Return what is hidden in any folder of the site, but for the lock and the folder for what is staged."""
    hidden = {path for path in folder.root.rglob(".*") if path.name not in (".lock", ".staging")}
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
