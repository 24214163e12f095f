"""A power cut at any moment of a run: whatever of the unsynced writes is lost, a whole list stands and the ledger is mended.

The order of writes, syncs and renames is recorded. After a cut a file system may show any subset of what was not synced:
a name that was given, moved or removed counts for sure only once its folder was synced, and bytes once their file was.
"""

from __future__ import annotations

import copy
import os
import random
import shutil
import threading
from pathlib import Path

import pytest

from balansfilter.audit.ledger import read_chain
from balansfilter.audit.verify import verify
from tests.audit.story import audited
from tests.brandfolder import CALLS, BrandFolder, make_brand, write_rows
from tests.run.test_failing_calls import stands_whole

STATES = int(os.environ.get("BALANSFILTER_POWER_CUTS", "300"))


class Disk:
    """What of a folder is on disk for sure, and what may be lost."""

    def __init__(self, root):
        self.root = root
        self.names = {}
        self.bytes = {}
        self.pending = []
        for path in sorted(path for top in ("out", "audit") for path in (root / top).rglob("*")):
            self.names[path] = self.entry(path)
            if self.names[path][0] == "file":
                self.bytes[self.names[path][1]] = path.read_bytes()
        for top in ("out", "audit"):
            self.names[root / top] = ("folder",)

    def entry(self, path):
        if path.is_symlink():
            return ("link", path.readlink())
        return ("folder",) if path.is_dir() else ("file", path.stat().st_ino)

    def synced(self, path):
        if path.is_dir():
            for moved in [op for op in self.pending if op[0] == "move" and op[-1][0].parent == path]:
                self.bring_along(moved[-1][1])
            self.pending = [op for op in self.pending if not self.settle(op, path)]
        elif path.is_file():
            self.bytes[path.stat().st_ino] = path.read_bytes()

    def bring_along(self, source):
        """Settle that something was made which was then moved into a folder that is synced: what stands there is sure."""
        made = [op for op in self.pending if op[0] == "set" and op[-1][0] == source]
        for op in made:
            self.apply(self.names, op)
        self.pending = [op for op in self.pending if op not in made]

    def settle(self, op, folder):
        if op[-1][0].parent != folder:
            return False
        self.apply(self.names, op)
        return True

    @staticmethod
    def apply(names, op):
        kind, (target, value) = op
        if kind == "set":
            names[target] = value
        elif kind == "remove":
            names.pop(target, None)
        else:
            for path in [path for path in names if path == value or value in path.parents]:
                names[target / path.relative_to(value)] = names.pop(path)

    def moment(self):
        """Return the state at this moment: what is sure, what is pending, and the bytes that are there now."""
        now = {}
        for path in self.root.rglob("*"):
            if path.is_file() and not path.is_symlink():
                now[path.stat().st_ino] = path.read_bytes()
        return dict(self.names), list(self.pending), dict(self.bytes), now


def recording(disk, moments, monkeypatch):
    """Record every call that changes the disk, and the moment before it."""
    inside = threading.local()
    one_at_a_time = threading.Lock()  # the lists are synced by threads of their own: none may go unrecorded

    def placed(name, options, key="dir_fd"):
        path = Path(os.fsdecode(name))
        if options.get(key) is not None:
            path = Path(f"/proc/self/fd/{options[key]}").readlink() / path
        return path

    def wrap(name, note):
        call = getattr(os, name)

        def wrapped(*arguments, **options):
            if getattr(inside, "one", False):
                return call(*arguments, **options)
            with one_at_a_time:
                inside.one = True
                try:
                    moments.append(copy.copy(disk.moment()))
                    told = note(arguments, options)
                    done = call(*arguments, **options)
                    if told is not None:
                        told()
                    return done
                finally:
                    inside.one = False

        monkeypatch.setattr(os, name, wrapped)

    def pend(*op):
        disk.pending.append(op)

    def opened(arguments, options):
        path = placed(arguments[0], options)
        if not arguments[1] & os.O_CREAT or path.exists():
            return None
        return lambda: pend("set", (path, ("file", path.stat().st_ino)))

    def synced(arguments, options):
        path = Path(f"/proc/self/fd/{arguments[0]}").readlink()
        return lambda: disk.synced(path)

    def moved(arguments, options):
        source, target = placed(arguments[0], options, "src_dir_fd"), placed(arguments[1], options, "dst_dir_fd")
        return lambda: pend("move", (target, source))

    def made(arguments, options):
        path = placed(arguments[0], options)
        return lambda: pend("set", (path, ("folder",)))

    def linked(arguments, options):
        path = placed(arguments[1], options)
        return lambda: pend("set", (path, disk.entry(path)))

    def removed(arguments, options):
        path = placed(arguments[0], options)
        return lambda: pend("remove", (path, None))

    for names, note in (
        (("open",), opened), (("fsync", "fdatasync"), synced), (("rename", "replace"), moved), (("mkdir",), made),
        (("link", "symlink"), linked), (("unlink", "rmdir"), removed), (("write", "truncate", "ftruncate"), lambda *_: None),
    ):  # fmt: skip
        for name in names:
            wrap(name, note)


def after_a_cut(moment, root, to, rng):
    """Make a folder as a file system may show it after a cut at a moment."""
    names, pending, sure, now = moment
    names = dict(names)
    for op in pending:
        if rng.random() < 0.5:
            Disk.apply(names, op)
    for path in sorted(names):
        target, entry = to / path.relative_to(root), names[path]
        if path != root / path.relative_to(root).parts[0] and not target.parent.is_dir():
            continue
        if entry[0] == "folder":
            target.mkdir(exist_ok=True, parents=True, mode=0o700)
        elif entry[0] == "link":
            target.symlink_to(entry[1])
        else:
            old, new = sure.get(entry[1], b""), now.get(entry[1], sure.get(entry[1], b""))
            target.write_bytes(
                rng.choice([old, new, new[: max(len(old), rng.randrange(len(new) + 1))]]) if new != old else new
            )
            target.chmod(0o600)
    for name in ("configs", "data"):
        shutil.copytree(root / name, to / name)


def cut_often(tmp_path, monkeypatch, states):
    folder = make_brand(tmp_path / "site")
    folder.run()
    write_rows(folder.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    old = stands_whole(folder)
    moments = []
    with monkeypatch.context() as patch:
        recording(Disk(folder.root), moments, patch)
        new = folder.run().run_id
    assert len(moments) > 60
    rng = random.Random(11)
    seen = set()
    for number in range(states):
        at = number * len(moments) // states
        cut = BrandFolder(tmp_path / f"cut-{number}")
        after_a_cut(moments[at], folder.root, cut.root, rng)
        seen.add(stands_whole(cut))
        assert not read_chain(cut.ledger).problems, f"cut {number} at {at}"
        last = cut.run()
        assert stands_whole(cut) == last.run_id
        assert verify(audited(cut).place).problems == (), f"cut {number} at {at}"
        shutil.rmtree(cut.root)
    assert seen <= {old, new}
    return seen, {old, new}


def test_a_power_cut_leaves_a_whole_list_and_a_ledger_that_is_mended(tmp_path, monkeypatch):
    cut_often(tmp_path, monkeypatch, 24)


@pytest.mark.slow
def test_power_cuts_at_every_moment_leave_a_whole_list(tmp_path, monkeypatch):
    seen, both = cut_often(tmp_path, monkeypatch, STATES)
    assert seen == both
