"""Every exit code, as a process: what the night's scheduler and the people who are woken by it rely on."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from balansfilter.publish.lock import brand_lock
from tests.brandfolder import AS_OF, CALLS, ROOT, BrandFolder, cli, make_brand, write_rows

RAISES = """
import sys
import balansfilter.pipeline.run
from balansfilter.errors import EngineError
def run(*_):
    raise {error}
balansfilter.pipeline.run.run = run
from balansfilter.cli.main import main
main(sys.argv[1:])
"""


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    folder = make_brand(tmp_path)
    folder.run()
    return folder


def told(done: subprocess.CompletedProcess[str], brand: BrandFolder, exit_code: int, sentence: str) -> None:
    """The code, a sentence that says what to do, which list stands, and no traceback."""
    assert done.returncode == exit_code, done.stderr
    assert done.stdout == ""
    assert sentence in done.stderr
    assert f"Nothing was published; the list for {AS_OF} of run {brand.current.readlink().name} stands." in done.stderr
    assert "Traceback" not in done.stderr


def test_0_done(brand: BrandFolder) -> None:
    quiet = brand.cli_run("--quiet")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_1_a_guard_tripped(brand: BrandFolder) -> None:
    brand.write_policy({"guards": {"min_rows": 3}})
    told(brand.cli_run("--quiet"), brand, 1, "guards.min_rows: rows on the call list: 2; wanted: at least 3")


def test_3_a_policy_is_wrong(brand: BrandFolder) -> None:
    text = brand.policy_file.read_text()
    brand.policy_file.write_text(text.replace("max_term", "max_trem"))
    done = brand.cli_run()
    told(done, brand, 3, "balanstests[0].max_trem: ")
    line = text[: text.index("max_term")].count("\n") + 1
    assert f"{brand.policy_file}:{line}:3: " in done.stderr
    assert "did you mean `max_term`?" in done.stderr


def test_4_a_source_is_missing(brand: BrandFolder) -> None:
    brand.calls.unlink()
    told(brand.cli_run(), brand, 4, str(brand.calls))


def test_6_the_output_cannot_be_written(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.out.parent.mkdir()
    brand.out.write_text("a file where a folder belongs")
    done = brand.cli_run()
    assert done.returncode == 6, done.stderr
    assert str(brand.out) in done.stderr
    assert "Traceback" not in done.stderr


def test_7_the_ledger_was_changed(brand: BrandFolder) -> None:
    brand.ledger.write_text(brand.ledger.read_text().replace('"callable":2', '"callable":1'))
    done = brand.cli_run()
    told(done, brand, 7, "does not verify; nothing is published on top of it")
    assert "does not match its hash" in done.stderr


def test_8_another_run_is_busy(brand: BrandFolder) -> None:
    with brand_lock(brand.out / ".lock", "courant", "20261123T020000Z-abcdef", "2026-11-23T02:00:00.000Z", 0):
        told(brand.cli_run(), brand, 8, "another run of courant is busy (process ")


def run_by(program: str, brand: BrandFolder, *asked: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program, "--configs", str(brand.configs), "run", *asked, "--as-of", str(AS_OF)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


def raising(brand: BrandFolder, error: str) -> subprocess.CompletedProcess[str]:
    return run_by(RAISES.format(error=error), brand, "--brand", "courant")


def test_5_the_engine_could_not_decide(brand: BrandFolder) -> None:
    done = raising(brand, "EngineError('rows went in: 3; came out: 2; nothing is published')")
    told(done, brand, 5, "balansfilter: courant: rows went in: 3; came out: 2; nothing is published")


def test_70_a_bug_is_told_with_its_place_and_without_its_text(brand: BrandFolder) -> None:
    done = raising(brand, "ValueError('0612345678 of K1')")
    assert (done.returncode, done.stdout) == (70, "")
    assert "balansfilter: this is a bug; nothing was published, and the last published list stands" in done.stderr
    assert "ValueError; please report it" in done.stderr
    assert "0612345678" not in done.stderr
    assert "K1" not in done.stderr


FAILS_AFTERWARDS = """
import sys
import {module}
def fails(*_, **__):
    raise {error}
{module}.{place} = fails
from balansfilter.cli.main import main
main(sys.argv[1:])
"""
"""What fails once the list is published: what is kept, what the night is told, what is told on the terminal."""


def failing_afterwards(brand: BrandFolder, place: str, error: str, *asked: str) -> subprocess.CompletedProcess[str]:
    module, _, name = place.rpartition(".")
    program = FAILS_AFTERWARDS.format(module=f"balansfilter.{module}", place=name, error=error)
    return run_by(program, brand, *(asked or ("--brand", "courant")))


@pytest.mark.parametrize(
    ("place", "error", "sentence"),
    [
        ("pipeline.housekeeping.sweep_registers", "ValueError('0612345678')", "courant: this is a bug: ValueError in "),
        ("pipeline.housekeeping.sweep_registers", "OSError(5, 'broken', '/a/disk')", "cannot read or write /a/disk: "),
        ("nightly.attempt.keep_ending", "ValueError('0612345678')", "this is a bug; published before it: courant"),
        ("nightly.attempt.keep_ending", "MemoryError()", "courant: the machine has not enough memory for this"),
        ("cli.shared.told_runs._tell", "ValueError('0612345678')", "this is a bug; published before it: courant"),
    ],
)
def test_9_what_fails_behind_the_publishing_is_told_as_such(
    brand: BrandFolder, place: str, error: str, sentence: str
) -> None:
    before = brand.current.readlink().name
    done = failing_afterwards(brand, place, error)
    assert done.returncode == 9, done.stderr
    assert sentence in done.stderr
    assert "othing was published" not in done.stderr
    assert "0612345678" not in done.stderr + done.stdout
    assert brand.current.readlink().name != before
    assert "Traceback" not in done.stderr


def test_9_it_is_told_as_data_too_and_keeps_no_other_brand_waiting(brand: BrandFolder, tmp_path: Path) -> None:
    other = make_brand(tmp_path, brand="zondag")
    done = failing_afterwards(brand, "nightly.attempt.keep_ending", "ValueError('0612345678')", "--all", "--json")
    told = [one["error"] for one in json.loads(done.stdout)]
    assert (done.returncode, [(error["exit"], error["code"]) for error in told]) == (9, [(9, "bug"), (9, "bug")])
    assert other.current.exists()


# --- 2: usage -----------------------------------------------------------------------------------------------------

USAGE: list[tuple[list[str], str]] = [
    (["run"], "name one brand with --brand, or take every brand with --all"),
    (["run", "--brand", "courant", "--all"], "name one brand with --brand, or take every brand with --all"),
    (["run", "--brand", "courantt"], "there is no brand `courantt`"),
    (["run", "--brand", "courantt"], "did you mean `courant`"),
    (["run", "--brand", "../courant"], "there is no brand"),
    (["run", "--brand", "courant", "--as-of", "23-11-2026"], "is not a day; write it as 2026-03-01"),
    (["run", "--brand", "courant", "--as-of", "2026-11-3"], "is not a day; write it as 2026-03-01"),
    (["run", "--brand", "courant", "--lock-wait", "-1"], "--lock-wait"),
    (["run", "--all", "--input", "x.csv"], "--input goes with --brand"),
    (["run", "--brand", "courant", "--nonsense"], "No such option"),
    (["rum"], "No such command 'rum'"),
    (["explain", "--brand", "courant"], "name a person with --phone or --customer"),
    (["explain", "--brand", "courant", "--phone", "0612"], "that is not a valid phone number, read as one of NL"),
]


def test_2_what_the_command_cannot_take(
    brand: BrandFolder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, events = brand.current.readlink(), brand.events()
    for arguments, sentence in USAGE:
        assert in_process(monkeypatch, "--configs", str(brand.configs), *arguments) == 2, arguments
        shown = capsys.readouterr()
        assert shown.out == "", arguments
        assert sentence in " ".join(shown.err.split()), arguments
    assert (brand.current.readlink(), brand.events()) == (before, events)


def test_2_as_a_process(brand: BrandFolder) -> None:
    done = brand.cli("run")
    assert (done.returncode, done.stdout) == (2, "")


def in_process(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    from balansfilter.cli import main as top

    monkeypatch.setattr(top.signal, "signal", lambda *_: None)
    with pytest.raises(SystemExit) as ended:
        top.main(arguments)
    return ended.value.code


# --- several brands, and JSON ---------------------------------------------------------------------------------------


def test_one_bad_brand_does_not_stop_the_others_and_the_worst_code_wins(tmp_path: Path) -> None:
    brands = {name: make_brand(tmp_path, brand=name) for name in ("aaa", "bbb", "ccc", "ddd")}
    brands["bbb"].calls.unlink()
    brands["ccc"].write_policy({"guards": {"min_rows": 3}})
    done = cli("--configs", str(tmp_path / "configs"), "run", "--all", "--as-of", str(AS_OF), "--json")
    assert done.returncode == 4
    found = json.loads(done.stdout)
    assert [one["brand"] for one in found] == ["aaa", "bbb", "ccc", "ddd"]
    assert [one.get("error", {}).get("exit", 0) for one in found] == [0, 4, 1, 0]
    assert [brand.current.exists() for brand in brands.values()] == [True, False, False, True]


def test_a_brand_whose_later_list_stands_does_not_stop_the_others_either(tmp_path: Path) -> None:
    brands = {name: make_brand(tmp_path, brand=name) for name in ("aaa", "bbb", "ccc")}
    later = AS_OF + timedelta(days=1)
    assert brands["bbb"].cli_run("--as-of", str(later)).returncode == 0
    done = cli("--configs", str(tmp_path / "configs"), "run", "--all", "--as-of", str(AS_OF), "--json")
    assert done.returncode == 2
    assert [one.get("error", {}).get("exit", 0) for one in json.loads(done.stdout)] == [0, 2, 0]
    assert [brand.current.exists() for brand in brands.values()] == [True, True, True]


MANIFEST = (
    "manifest version run_id made_at brand name controller sector as_of valid_until law policy sources rows callable"
    " dropped reasons bases balanstests guards outputs key_id previous warnings"
)
SOURCE = "role files sha256 bytes rows unreadable snapshot_on valid_until"


def test_json_has_the_same_keys_every_night(brand: BrandFolder) -> None:
    done = brand.cli_run("--json")
    assert done.returncode == 0
    manifest: dict[str, Any] = json.loads(done.stdout)
    assert set(MANIFEST.split()) <= set(manifest)
    assert all(set(SOURCE.split()) <= set(source) for source in manifest["sources"])
    assert set(manifest["outputs"]) == {"callable", "dropped", "decisions"}
    assert manifest == json.loads((brand.current / "manifest.json").read_text())

    write_rows(brand.calls, [("klantnr", *CALLS[0][1:]), *CALLS[1:]])
    failed = brand.cli_run("--json")
    assert failed.returncode == 4
    assert failed.stderr == ""
    error = json.loads(failed.stdout)["error"]
    assert {"code", "exit", "message", "problems"} <= set(error)
    assert (error["code"], error["exit"]) == ("source", 4)
    assert set(error["problems"][0]) == {"file", "line", "column", "path", "message", "hint"}
    assert "did you mean 'klantnr'?" in error["problems"][0]["hint"]
