"""Closed and full standard streams, a full log and an audit log that takes nothing: the exit code is the right one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.brandfolder import AS_OF, ROOT, BrandFolder, make_brand

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")

RUN = f"run --brand courant --as-of {AS_OF}"
LOST = "balansfilter: cannot write to standard output: No space left on device\n"
CASES = [
    (f"{RUN} --quiet 2>&-", 0, ""),
    (f"{RUN} >&-", 0, ""),
    (f"{RUN} --quiet", 0, ""),
    (f"{RUN} --json >/dev/full", 9, LOST),
    (f"{RUN} --dry-run --json >/dev/full", 6, LOST),
    ("status --json >/dev/full", 6, LOST),
    ("schema >/dev/full", 6, LOST),
    (f"{RUN} --input nowhere.csv 2>/dev/full", 4, ""),
    (f"{RUN} --input nowhere.csv 2>&-", 4, ""),
    (f"--log-format json {RUN} --input nowhere.csv 2>/dev/full", 4, ""),
    (f"{RUN} --nonsense 2>/dev/full", 2, ""),
    (f"{RUN} --input - --quiet --json <&- >/dev/null", 4, ""),
    ("explain --brand courant --phone - <&- 2>/dev/null", 2, ""),
    (f"{RUN} --input nowhere.csv --json >/dev/full", 4, LOST),
]


def in_shell(brand: BrandFolder, words: str) -> subprocess.CompletedProcess[str]:
    command = f'exec "{sys.executable}" -m balansfilter --configs "{brand.configs}" {words}'
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)


def test_what_cannot_be_said_changes_no_exit_code_but_where_data_was_asked_for(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, objections=[("telefoon", "klantnummer"), ("0687654321", "K1")])
    for words, code, told in CASES:
        done = in_shell(brand, words)
        assert (done.returncode, done.stderr) == (code, told), words


def test_a_log_that_takes_nothing_is_told_once_and_stops_no_run(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    (brand.configs / "balansfilter.yaml").write_text("log: {file: /dev/full}\n")
    done = in_shell(brand, f"{RUN} --quiet")
    assert (done.returncode, done.stderr) == (0, "balansfilter: cannot write to the log: No space left on device\n")
    assert brand.current.exists()


def test_an_audit_log_in_a_place_that_takes_nothing_is_7(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    (brand.configs / "balansfilter.yaml").write_text("audit: {dir: /proc/audit, key_file: key}\n")
    done = in_shell(brand, RUN)
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
    assert "/proc/audit" in done.stderr
