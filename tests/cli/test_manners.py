"""Completion, what was perhaps meant, global options behind the command, several brands, versions, no colours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from balansfilter.cli.shared.global_options import hoisted
from tests.brandfolder import AS_OF, ROOT, cli, make_brand, write_rows


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    for name in ("avondblad", "courant", "weekblad"):
        make_brand(tmp_path, brand=name)
    return tmp_path / "configs"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_what_the_shell_reads(shell: str) -> None:
    done = cli("completion", shell)
    assert done.returncode == 0
    assert f"_BALANSFILTER_COMPLETE={shell}_complete" in done.stdout


def completed(configs: Path, words: str) -> list[str]:
    told = {
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
        "_BALANSFILTER_COMPLETE": "bash_complete",
    }
    environment = {**os.environ, **told, "BALANSFILTER_CONFIGS": str(configs)}
    command = [sys.executable, "-m", "balansfilter"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    return [line.partition(",")[2] for line in done.stdout.splitlines()]


def test_brands_commands_and_options_are_completed(configs: Path) -> None:
    assert completed(configs, "balansfilter run --brand ") == ["avondblad", "courant", "weekblad"]
    assert completed(configs, "balansfilter audit log --brand c") == ["courant"]
    assert completed(configs, "balansfilter sta") == ["status"]
    assert "--max-age" in completed(configs, "balansfilter status --m")


def test_what_was_perhaps_meant_is_said() -> None:
    for words, meant in ((("rnu",), "'run'"), (("audit", "verfy"), "'verify'"), (("run", "--brnd", "x"), "--brand")):
        done = cli(*words)
        assert done.returncode == 2
        assert "Did you mean" in done.stderr
        assert meant in done.stderr


def test_global_options_may_stand_behind_the_command(configs: Path) -> None:
    assert hoisted(["run", "--configs", "c", "--brand", "b"]) == ["--configs", "c", "run", "--brand", "b"]
    assert hoisted(["run", "--log-level=DEBUG", "--no-color"]) == ["--log-level=DEBUG", "--no-color", "run"]
    assert hoisted(["verify", "--", "--configs", "x"]) == ["verify", "--", "--configs", "x"]
    assert hoisted(["run", "--configs"]) == ["--configs", "run"]
    done = cli("run", "--brand", "courant", "--as-of", str(AS_OF), "--quiet", "--configs", str(configs))
    assert (done.returncode, done.stderr) == (0, "")


def test_several_brands_are_all_run_and_one_of_many_is_refused_elsewhere(configs: Path, tmp_path: Path) -> None:
    words = ("--brand", "courant", "--brand", "weekblad", "--brand", "courant")
    done = cli("--configs", str(configs), "run", *words, "--as-of", str(AS_OF), "--quiet")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["courant", "weekblad"]
    wrong = cli("--configs", str(configs), "audit", "log", *words[:4])
    assert wrong.returncode == 2
    assert "this command is about one brand, and 2 were named" in wrong.stderr
    unknown = cli("--configs", str(configs), "run", *words[:3], "nergens", "--as-of", str(AS_OF))
    assert unknown.returncode == 2
    assert len(list((tmp_path / "out" / "courant" / "runs").iterdir())) == 1, "nothing runs of a list with a stranger"


def test_the_version_names_what_decides() -> None:
    lines = cli("--version").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["balansfilter", "Python", "polars", "duckdb", "narwhals", "numba"]


def test_no_color_keeps_escapes_out(configs: Path) -> None:
    from balansfilter.cli.main import balansfilter

    before = os.environ.pop("NO_COLOR", None)
    try:
        balansfilter.main(["--configs", str(configs), "--no-color", "status"], standalone_mode=False)
        assert os.environ["NO_COLOR"] == "1"
    finally:
        os.environ.pop("NO_COLOR", None)
        if before is not None:
            os.environ["NO_COLOR"] = before


def test_a_file_address_and_parquet_on_standard_input(configs: Path, tmp_path: Path) -> None:
    import polars as pl

    rows = [("klantnummer", "telefoon", "laatste_aankoop"), ("K1", "0612345678", "2026-01-15")]
    csv = write_rows(tmp_path / "other list.csv", rows)
    night = ("--configs", str(configs), "run", "--brand", "courant", "--as-of", str(AS_OF), "--quiet", "--input")
    done = cli(*night, csv.as_uri())
    assert (done.returncode, done.stderr) == (0, "")
    assert cli(*night, "file://elders/list.csv").returncode == 4
    pl.DataFrame(rows[1:], schema=list(rows[0]), orient="row").write_parquet(tmp_path / "list")
    command = [sys.executable, "-m", "balansfilter", *night, "-"]
    with (tmp_path / "list").open("rb") as stdin:
        piped = subprocess.run(command, stdin=stdin, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (piped.returncode, piped.stderr) == (0, "")
    assert (tmp_path / "out" / "courant" / "current" / "callable.parquet").is_file()


def test_words_that_belong_to_nothing_are_not_repeated(configs: Path) -> None:
    done = cli("--configs", str(configs), "explain", "--brand", "courant", "--phone", "06", "46481591")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: there are words that belong to no option; put a value with spaces in it between quotes"
    )
    assert "46481591" not in done.stderr + done.stdout


def test_a_site_in_a_folder_whose_name_is_no_text_is_refused_in_a_sentence(configs: Path) -> None:
    moved = configs.parent.rename(configs.parent.with_name("d\udce9"))
    for words in (("run", "--all", "--as-of", str(AS_OF)), ("check",), ("status",)):
        done = cli("--configs", str(moved / "configs"), *words)
        assert done.returncode == 2
        assert done.stderr.startswith("balansfilter: the folder ")
        assert done.stderr.endswith("d\\xe9/configs has a name that is no text in UTF-8; give it another name\n")
