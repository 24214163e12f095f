"""What people see. The files in `golden` are renewed by running these tests with UPDATE_GOLDEN=1; read the difference."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from balansfilter.cli import main as top
from tests.brandfolder import AS_OF, CALLS, ROOT, BrandFolder, make_brand, write_rows

GOLDEN = Path(__file__).parent / "golden"
POLICY = {
    "balanstests": [
        {"id": "kranten", "products": "*", "max_term": "24 months", "start_after": "14 days"},
    ],
    "guards": {"max_unreadable": None},
    "bel_me_niet": {
        "screen": "always",
        "register": {
            "path": "data/{brand}/register.csv",
            "columns": {"phone": "nummer"},
            "snapshot_on": AS_OF,
            "max_age": "28 days",
        },
    },
}
ROWS = (
    *CALLS,
    ("K3", "0612345678", "2025-01-15"),
    ("K4", "0612345670", "2024-11-22"),
    ("K5", "0612345671", "2026-11-20"),
    ("K6", "0201234567", "2026-01-01"),
    ("K7", "onbekend", "2026-01-01"),
    ("K9", "0612345672", "2026-01-01"),
)


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """A brand whose list meets some reasons."""
    return make_brand(tmp_path, POLICY, calls=ROWS, register=[("nummer",), ("020 123 4567",)])


@pytest.fixture
def shown(brand: BrandFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Run a command, and give what it printed, with what differs from run to run made alike."""
    monkeypatch.setattr(top.signal, "signal", lambda *_: None)

    def run(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            top.main(["--configs", str(brand.configs), *arguments])
        out, err = capsys.readouterr()
        assert (ended.value.code, err) == (0, "")
        return alike(out, brand)

    return run


def alike(text: str, brand: BrandFolder) -> str:
    for pattern, same in (
        (re.escape(str(brand.root)), "ROOT"),
        (r"\d{8}T\d{6}Z-[0-9a-f]{6}", "20261123T020000Z-abcdef"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d CES?T", "2026-11-23 03:00:00 CET"),
        (r"\d\d KB", "14 KB"),
        (r"[\d.]+ [KMGT]B free", "9 GB free"),
    ):
        text = re.sub(pattern, same, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def golden(name: str, text: str) -> None:
    path = GOLDEN / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_the_table_of_a_run_and_of_the_next(brand: BrandFolder, shown) -> None:
    night = ("run", "--brand", "courant", "--as-of", str(AS_OF))
    golden("run", shown(*night))
    write_rows(brand.calls, [*ROWS, ("K10", "0612345673", "2026-01-01"), ("K11", "0612345674", "2020-01-01")])
    golden("dry_run", shown(*night, "--dry-run"))
    golden("run_again", shown(*night))


def test_an_explanation(shown) -> None:
    asked = ("explain", "--brand", "courant", "--as-of", str(AS_OF))
    golden("explain_callable", shown(*asked, "--customer", "K1"))
    golden("explain_expired", shown(*asked, "--phone", "+31 6 12345670"))
    golden("explain_stranger", shown(*asked, "--customer", "K999"))
    golden("explain_objected_stranger", shown(*asked, "--phone", "06-87654321"))
    found = json.loads(shown(*asked, "--phone", "0612345678", "--json"))
    assert [(row["row"], row["reason"], row["basis"]) for row in found["rows"]] == [
        (1, None, "customer"), (3, "duplicate", None),
    ]  # fmt: skip


def test_the_status_of_the_brands(brand: BrandFolder, shown, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("balansfilter.pipeline.run.today", lambda _site: AS_OF)
    make_brand(brand.root, brand="weekblad")
    shown("run", "--brand", "courant", "--as-of", str(AS_OF))
    golden("status", shown("status"))
    monkeypatch.setattr("balansfilter.pipeline.run.today", lambda _site: AS_OF - timedelta(2))
    assert "in 2 days" in shown("status")


def test_the_ledger_of_a_brand(brand: BrandFolder, shown) -> None:
    shown("run", "--brand", "courant", "--as-of", str(AS_OF))
    golden("audit_log", shown("audit", "log", "--brand", "courant"))


# --- as a process -----------------------------------------------------------------------------------------------------

HEAVY = ("polars", "duckdb", "pydantic", "numpy", "phonenumbers", "rich", "yaml")
HELP = f"""
import sys
from balansfilter.cli.main import main
for arguments in (["--help"], ["run", "--help"], ["explain", "--help"], ["audit", "--help"], ["--version"]):
    try:
        main(arguments)
    except SystemExit as ended:
        assert ended.code == 0, arguments
print("heavy:", [name for name in {HEAVY!r} if name in sys.modules])
"""


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.splitlines()[-1] == "heavy: []"
    assert "Exit codes:" in done.stdout


def test_a_reader_that_leaves_early_changes_nothing(brand: BrandFolder) -> None:
    for arguments in (("schema",), ("run", "--brand", "courant", "--as-of", str(AS_OF))):
        command = [sys.executable, "-m", "balansfilter", "--configs", str(brand.configs), *arguments]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            assert process.stderr.read() == ""
        assert process.returncode == 0
    assert brand.current.exists()


def test_a_reader_that_leaves_early_stops_no_brand_and_hides_no_failure(brand: BrandFolder) -> None:
    for name in ("aaa", "zzz"):
        make_brand(brand.root, brand=name)
    brand.calls.unlink()
    command = [sys.executable, "-m", "balansfilter", "--configs", str(brand.configs)]
    command += ["run", "--all", "--as-of", str(AS_OF)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert "Traceback" not in process.stderr.read()
    assert process.returncode == 4
    assert (brand.root / "out" / "zzz" / "current").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_what_cannot_be_shown_stops_no_brand_and_is_told(brand: BrandFolder) -> None:
    make_brand(brand.root, brand="zzz")
    command = [sys.executable, "-m", "balansfilter", "--configs", str(brand.configs)]
    command += ["run", "--all", "--as-of", str(AS_OF)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0
    told = [line for line in done.stderr.splitlines() if " WARNING " not in line]
    assert told == ["balansfilter: cannot write to standard output: No space left on device"]
    assert (brand.root / "out" / "zzz" / "current").exists()


def test_stdout_holds_data_and_stderr_the_log(brand: BrandFolder) -> None:
    command = ("--log-level", "DEBUG", "--log-format", "json", "run", "--brand", "courant", "--as-of", str(AS_OF))
    done = brand.cli(*command, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["brand"] == "courant"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert {line["brand"] for line in lines} == {"courant"}
    assert lines[-1]["message"].startswith("courant: published run ")
