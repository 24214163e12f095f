"""The reference pages are what the program says of itself; `make reference` makes them again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from typing import Any

import click
import pytest

from balansfilter.cli.main import balansfilter
from balansfilter.decision.reasons import REASONS
from balansfilter.pipeline.manifest_schema import manifest_schema
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.schema import policy_schema
from balansfilter.policy.site import Site
from fixtures.reference.__main__ import main
from fixtures.reference.pages import FOLDER, pages
from tests.brandfolder import ROOT

PAGES = pages()


@pytest.mark.parametrize("name", PAGES)
def test_a_reference_page_is_what_the_program_says(name: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        (FOLDER / name).write_text(PAGES[name], encoding="utf-8")
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name], "make it again: make reference"


def test_there_is_no_other_page_among_them(tmp_path) -> None:
    main(["--to", str(tmp_path)])
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("policy.md", policy_schema()), ("manifest.md", manifest_schema()), ("site.md", Site.model_json_schema())],
)
def test_every_key_of_a_schema_has_its_row(name: str, schema: dict[str, Any]) -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", PAGES[name], re.MULTILINE)
    keys = [key for group in (schema, *schema["$defs"].values()) for key in group.get("properties", {})]
    assert sorted(rows) == sorted(keys)
    assert "that fits" not in PAGES[name], "a pattern that people would have to read has words of its own"


def commands(command: click.Command, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    yield context.command_path, command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, click.Context(below, info_name=name, parent=context))


COMMANDS = dict(commands(balansfilter, click.Context(balansfilter, info_name="balansfilter")))


def test_every_command_and_every_option_is_in_the_book() -> None:
    titles = re.findall(r"^## (balansfilter.*)$", PAGES["commands.md"], re.MULTILINE)
    assert titles == list(COMMANDS)
    for section in PAGES["commands.md"].split("\n## ")[1:]:
        command = COMMANDS[section.partition("\n")[0]]
        for parameter in command.params:
            for option in parameter.opts if isinstance(parameter, click.Option) and not parameter.hidden else ():
                assert re.search(rf"`[^`]*{re.escape(option)}\b[^`]*`", section), (command.name, option)


@pytest.mark.parametrize("path", COMMANDS)
def test_help_holds_no_mark_of_its_layout(path: str) -> None:
    command = COMMANDS[path]
    told = command.get_help(click.Context(command, info_name=path))
    assert "\\b" not in told
    assert "\b" not in told


def test_every_reason_and_ground_is_there_in_order() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|", PAGES["reasons.md"], re.MULTILINE)
    assert rows == [*REASONS, *GROUNDS]


def test_the_exit_codes_of_the_program_are_those_of_the_book_and_of_help() -> None:
    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGES["exit-codes.md"], re.MULTILINE)]
    assert list(dict.fromkeys(rows)) == [*range(10), 70, 130], "one code may have two names"
    told = balansfilter.get_help(click.Context(balansfilter, info_name="balansfilter"))
    shown = {int(number) for number in re.findall(r"(?:^|  )(\d+) +[a-z]", told, re.MULTILINE)}
    assert shown == set(rows) - {130}


def test_the_schema_that_editors_read_is_that_of_the_program() -> None:
    assert json.loads((ROOT / "configs" / "policy.schema.json").read_text(encoding="utf-8")) == policy_schema()
