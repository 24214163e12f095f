"""The Python examples of the README run as they stand there, in a copy of what they name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(
    r"^```python\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)
SAYS = {"run_brand": r"^\d+ \{'", "decide": r"│ expired +┆ +\d+ +│", "explain_person": r"(?m)^\d+ (True|False) \w+ \['"}
"""What an example prints, by what it shows."""


@pytest.mark.parametrize("shows", SAYS)
def test_an_example_runs_as_it_stands(shows: str, tmp_path: Path) -> None:
    (example,) = [one for one in EXAMPLES if re.search(rf"\b{shows}\(", one)]
    for folder in ("configs", "fixtures"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert re.search(SAYS[shows], done.stdout), done.stdout


def test_every_python_example_is_run() -> None:
    assert len(EXAMPLES) == len(SAYS)
