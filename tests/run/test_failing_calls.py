"""Every call to the disk fails once, or from some moment on: the old list or the new one stands whole, and the code is true."""

from __future__ import annotations

import errno
import json
import os
import signal
from contextlib import contextmanager

import pytest

from balansfilter.audit.verify import verify
from balansfilter.cli.main import main
from balansfilter.fs.private import sha256_file
from tests.audit.story import audited
from tests.brandfolder import AS_OF, CALLS, make_brand, write_rows

CALLS_TO_THE_DISK = (
    "open", "write", "fsync", "fdatasync", "rename", "replace", "link", "symlink", "unlink", "rmdir", "mkdir", "truncate",
)  # fmt: skip
REFUSALS = (errno.EIO, errno.ENOSPC, errno.EROFS)


class Failing:
    """Lets some calls that change the disk through, and fails the next one, or all that follow."""

    def __init__(self, monkeypatch, through, refusal, *, lasting):
        self.left, self.refusal, self.lasting, self.failed = through, refusal, lasting, 0
        for name in CALLS_TO_THE_DISK:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name, call):
        def wrapped(target, *arguments, **options):
            reading = name == "open" and not (arguments and arguments[0] & os.O_CREAT)
            if not reading and ".lock" not in str(target) and target not in (1, 2):
                self.left -= 1
                if self.left == -1 or (self.lasting and self.left < 0):
                    self.failed += 1
                    raise OSError(self.refusal, os.strerror(self.refusal), *([target] if name != "write" else []))
            return call(target, *arguments, **options)

        return wrapped


@contextmanager
def failing_after(through, refusal, *, lasting):
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Failing(monkeypatch, through, refusal, lasting=lasting)


def run_cli(folder):
    before = signal.getsignal(signal.SIGTERM)
    try:
        main(["--configs", str(folder.configs), "run", "--brand", "courant", "--as-of", str(AS_OF), "--quiet"])
    except SystemExit as ended:
        return ended.code
    finally:
        signal.signal(signal.SIGTERM, before)


def stands_whole(folder):
    manifest = json.loads((folder.current / "manifest.json").read_text())
    for name in ("callable", "dropped"):
        assert sha256_file(folder.current / manifest["outputs"][name]["name"]) == manifest["outputs"][name]["sha256"]
    return manifest["run_id"]


def fail_everywhere(tmp_path, capsys, refusal, *, step, first=0, lasting=False):
    """Let each call fail, or some of them, until the run needs no more."""
    for through in range(first, 400, step):
        folder = make_brand(tmp_path / f"{refusal}-{through}")
        folder.run()
        write_rows(folder.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
        old = stands_whole(folder)
        capsys.readouterr()
        with failing_after(through, refusal, lasting=lasting) as disk:
            code = run_cli(folder)
        told = capsys.readouterr().err
        now = stands_whole(folder)
        assert code in (0, 6, 7, 9), told
        assert "bug" not in told
        assert (now == old) == (code in (6, 7)), (through, code, told)
        if code in (6, 7):
            assert os.strerror(refusal) in told
            assert f"of run {old} stands" in told
        after = folder.run()
        assert stands_whole(folder) == after.run_id
        assert verify(audited(folder).place).problems == ()
        assert {path.name for path in folder.root.rglob(".*")} <= {".lock", ".staging", ".last.json"}
        if not disk.failed:
            return
    raise AssertionError("every call was tried")


def test_a_call_that_fails_once_leaves_a_whole_list(tmp_path, capsys):
    fail_everywhere(tmp_path, capsys, errno.ENOSPC, step=11)


def test_a_disk_that_goes_read_only_in_the_middle_leaves_a_whole_list(tmp_path, capsys):
    fail_everywhere(tmp_path, capsys, errno.EROFS, step=13, first=3, lasting=True)


@pytest.mark.slow
@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("lasting", [False, True])
def test_every_call_that_fails_leaves_a_whole_list(tmp_path, capsys, refusal, lasting):
    fail_everywhere(tmp_path, capsys, refusal, step=1, lasting=lasting)
