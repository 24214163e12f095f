"""Every example of the book and of the README is used as it stands there; those that no machine can try say why."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from balansfilter.policy.loading import load_site
from balansfilter.policy.model import Policy
from balansfilter.policy.yaml_file import parse_yaml
from tests.book.examples import Example, doing, examples, new_reader, pages, with_fixtures
from tests.brandfolder import BASE, ROOT, approved, cli, merged

PAGES = pages()
OF_SERVERS = ROOT / "docs" / "where-the-data-lives.md"
OWN_LISTS = [ROOT / "docs" / f"own-list.{language}.md" for language in ("nl", "en")]
"""What these do is in test_own_list.py."""
USED = [page for page in PAGES if page not in (OF_SERVERS, *OWN_LISTS)]
EVERY_TIME = (ROOT / "README.md",)


@pytest.mark.parametrize(
    "page",
    [pytest.param(one, marks=() if one in EVERY_TIME else pytest.mark.slow) for one in USED if doing(one)],
    ids=lambda page: page.name,
)
def test_what_a_page_has_a_reader_do_does_what_it_says(page: Path, tmp_path: Path) -> None:
    reader = with_fixtures(new_reader(tmp_path))
    for example in doing(page):
        reader.does(example)


SETTINGS = [one for page in PAGES for one in examples(page) if one.kind == "yaml"]


@pytest.mark.parametrize("example", SETTINGS, ids=str)
def test_every_policy_and_every_setting_in_the_book_is_one(example: Example, tmp_path: Path) -> None:
    told = parse_yaml(example.text, str(example)).values
    if "site" in example.told:
        (tmp_path / "configs").mkdir()
        (tmp_path / "configs" / "balansfilter.yaml").write_text(example.text, encoding="utf-8")
        assert set(told) <= set(type(load_site(tmp_path / "configs")).model_fields)
    else:
        as_policy({"call_list": told} if "source" in example.told else told)


def as_policy(told: Mapping[str, Any]) -> Policy:
    """Read a policy of which the book tells a part, laid over a small one."""
    tree = dict(told) if "policy" in told else merged(BASE, told)
    return Policy.model_validate_json(json.dumps(approved(tree), default=str))


def test_what_is_not_tried_says_why_and_is_little() -> None:
    passed_over = [one for page in PAGES for one in examples(page) if one.told.startswith("not run")]
    assert [str(one) for one in passed_over if len(one.said("not run")) < 20] == []
    assert len(passed_over) <= 8


def test_every_block_is_of_a_kind_that_is_tried() -> None:
    kinds = {one.kind for page in PAGES for one in examples(page)}
    assert kinds <= {"sh", "python", "yaml", "text"}


def test_the_book_has_examples() -> None:
    counts = {page.name: len(doing(page)) for page in PAGES}
    assert sum(counts.values()) > 50
    for name in (
        "README.md",
        "operations.md",
        "officer.nl.md",
        "officer.en.md",
        "pipeline.md",
        "proof.md",
        "own-list.nl.md",
    ):
        assert counts[name] > 0


def test_the_variables_of_the_day_reach_a_program(tmp_path: Path) -> None:
    """The reader's programs are ours, not those that another installation left on the path."""
    reader = new_reader(tmp_path)
    assert shutil.which("balansfilter", path=reader.environment["PATH"]) == str(tmp_path / "programs" / "balansfilter")
    assert os.access(tmp_path / "programs" / "balansfilter", os.X_OK)


def test_the_readme_shows_the_whole_of_help() -> None:
    (example,) = [one for one in examples(ROOT / "README.md") if "--help" in one.text]
    told = cli("--lang", "en", "--help").stdout
    assert list(example.prints) == [line.rstrip() for line in told.splitlines()]


@pytest.mark.parametrize(
    "page", [*PAGES, *sorted((ROOT / "docs" / "reference").glob("*.md"))], ids=lambda page: page.name
)
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)(?:#[^)\s]*)?\)", page.read_text(encoding="utf-8"))
    dead = [link for link in links if not re.match(r"[a-z]+:", link) and not (page.parent / link).exists()]
    assert dead == []
