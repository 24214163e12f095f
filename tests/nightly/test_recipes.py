"""The recipes: units that systemd takes, a crontab whose lines run, a container file that is in order, settings that read."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.brandfolder import ROOT, make_brand

RECIPES = ROOT / "docs" / "recipes"
UNITS = ("balansfilter.service", "balansfilter.timer", "balansfilter-watch.service")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder with a `balansfilter` that is the one of this house."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "balansfilter"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m balansfilter "$@"\n')
    program.chmod(0o755)
    return folder


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path: Path, programs: Path) -> None:
    for name in UNITS:
        text = (RECIPES / name).read_text().replace("/opt/balansfilter/bin", str(programs))
        (tmp_path / name).write_text(re.sub(r"(User|Group)=balansfilter", r"\1=root", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in UNITS)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "balansfilter" in line]
    assert (done.returncode, ours) == (0, [])


def words_of(unit: str) -> list[str]:
    found = re.search(
        r"^ExecStart=/opt/balansfilter/bin/balansfilter (.+)$", (RECIPES / unit).read_text(), re.MULTILINE
    )
    assert found is not None
    return shlex.split(found.group(1))


def test_what_the_units_start_runs(tmp_path: Path, programs: Path) -> None:
    brand = make_brand(tmp_path)
    environment = {**os.environ, "BALANSFILTER_CONFIGS": str(brand.configs), "PYTHONPATH": str(ROOT)}
    watch = [str(programs / "balansfilter"), *words_of("balansfilter-watch.service")]
    before = subprocess.run(watch, env=environment, capture_output=True, text=True, check=False)
    assert (before.returncode, "courant: no run has gone well yet" in before.stdout) == (1, True)
    night = [str(programs / "balansfilter"), *words_of("balansfilter.service")]
    done = subprocess.run(night, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    after = subprocess.run(watch, env=environment, capture_output=True, text=True, check=False)
    assert after.returncode == 0, after.stdout


def test_the_lines_of_the_crontab_run_in_a_shell(tmp_path: Path, programs: Path) -> None:
    brand = make_brand(tmp_path)
    lines = [line for line in (RECIPES / "crontab").read_text().splitlines() if re.match(r"[0-9*]", line)]
    assert len(lines) == 2
    path = f"{programs}:{os.environ['PATH']}"
    environment = {
        "PATH": path,
        "BALANSFILTER_CONFIGS": str(brand.configs),
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
    }
    for line in lines:
        command = line.split(maxsplit=5)[5]
        assert "%" not in command, "cron takes % for the end of a line"
        done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_container_file_is_in_order(tmp_path: Path, programs: Path) -> None:
    """What it names is there, its commands are those of a shell, and what it starts runs."""
    joined = re.sub(r"\\\n", " ", (RECIPES / "Containerfile").read_text())
    lines = [line.split(maxsplit=1) for line in joined.splitlines() if line and not line.startswith("#")]
    known = {"ARG", "FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "ENTRYPOINT", "CMD"}
    assert {name for name, _ in lines} <= known
    assert [rest.split()[0] for name, rest in lines if name == "FROM"] == ["${BASE}"] * 2
    assert dict(lines)["ARG"] == "BASE=docker.io/library/python:3.13-slim"
    for name, rest in lines:
        if name == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / one).exists() for one in rest.split()[:-1]), rest
        if name == "RUN":
            assert subprocess.run(["sh", "-n", "-c", rest], check=False).returncode == 0, rest
    told = dict(lines)
    assert told["USER"] == "10001:10001", "it does not run as root, and every engine can tell who it is"
    extras = re.search(r"'\.\[([a-z,]+)\]'", joined)
    assert extras is not None
    assert all(f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text() for extra in extras.group(1).split(","))
    command = [*json.loads(told["ENTRYPOINT"]), *json.loads(told["CMD"])]
    brand = make_brand(tmp_path)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "BALANSFILTER_CONFIGS": str(brand.configs)}
    done = subprocess.run(
        command, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_linter_of_container_files_has_nothing_to_say() -> None:
    hadolint = shutil.which("hadolint", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if hadolint is None:
        pytest.skip("hadolint is not installed: pip install '.[dev]'")
    done = subprocess.run([hadolint, RECIPES / "Containerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
