"""The alert rules and the board rest on figures that the program writes, and the rules say what they are meant to."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest
import yaml

from balansfilter.nightly.metrics import GAUGES
from tests.brandfolder import ROOT

MONITORING = ROOT / "docs" / "monitoring"
FIGURE = re.compile(r"\bbalansfilter_([a-z_]+)")
WRITTEN = {re.sub(r"_(count|sum|total)$", "", name) for name in GAUGES}


def expressions(told: object) -> list[str]:
    """Return every expression in rules or in a board, however deep it stands."""
    if isinstance(told, dict):
        own = [told["expr"]] if isinstance(told.get("expr"), str) else []
        return own + [found for value in told.values() for found in expressions(value)]
    return [found for value in told for found in expressions(value)] if isinstance(told, list) else []


@pytest.mark.parametrize("name", ["alerts.yml", "grafana.json"])
def test_every_figure_that_is_asked_for_is_written(name: str) -> None:
    text = (MONITORING / name).read_text(encoding="utf-8")
    found = expressions(yaml.safe_load(text) if name.endswith(".yml") else json.loads(text))
    assert len(found) >= 11
    asked = {figure for expression in found for figure in FIGURE.findall(expression)}
    assert asked
    assert asked <= WRITTEN


def test_the_figures_are_all_in_the_table_of_the_docs() -> None:
    told = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert {name for name in GAUGES if f"`balansfilter_{name}`" not in told} == set()


@pytest.mark.parametrize("words", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts_test.yml")])
def test_promtool_takes_the_rules(words: tuple[str, ...]) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed; it comes with Prometheus")
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, cwd=MONITORING)
    assert done.returncode == 0, done.stdout + done.stderr
