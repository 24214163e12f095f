"""Kinds of sources and of lists: each that a policy may name is in its registry, and each in there has a module of its own."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import get_args

import pytest

from balansfilter.policy.model import InputFormat, OutputFormat
from balansfilter.publish import registry as outputs
from balansfilter.sources import registry as inputs


def test_every_format_that_a_policy_may_name_is_registered() -> None:
    assert set(inputs.KINDS) == set(get_args(InputFormat))
    assert set(outputs.KINDS) == set(get_args(OutputFormat))


def test_every_kind_has_a_module_of_its_own() -> None:
    looks = [kind.reader.look.__module__ for kind in inputs.KINDS.values()]
    begins = [begin.__module__ for begin in outputs.KINDS.values()]
    assert len({*looks, *begins}) == len(inputs.KINDS) + len(outputs.KINDS)


def test_a_list_of_every_kind_goes_out_in_a_format_that_can_be_written() -> None:
    assert set(outputs.AS_IT_CAME) == set(inputs.KINDS)
    assert set(outputs.AS_IT_CAME.values()) <= set(outputs.KINDS)


def test_no_two_kinds_of_files_have_one_ending() -> None:
    endings = [ending for kind in inputs.KINDS.values() for ending in kind.endings]
    assert sorted(set(endings)) == sorted(endings) == sorted(inputs.DATA_NAMES)


@pytest.mark.parametrize(
    ("name", "format_"),
    [("a.CSV.gz", "csv"), ("a.tsv", "csv"), ("a.pq", "parquet"), ("a.XLSX", "excel"), ("a.ods", "excel"), ("a", "csv")],
)
def test_a_name_tells_the_kind(name: str, format_: InputFormat) -> None:
    assert inputs.format_named(PurePath(name)) == format_


def test_no_other_module_of_sources_knows_two_kinds() -> None:
    """Whoever asks what kind a file is would have to be told of a new one."""
    folder = Path(inputs.__file__).parent
    named = {
        path.name: sum(f"sources.{kind} import" in path.read_text(encoding="utf-8") for kind in _MODULES)
        for path in folder.glob("*.py")
        if path.name != "registry.py"
    }
    assert {name for name, kinds in named.items() if kinds > 1} == set()


_MODULES = ("csv_file", "excel_file", "parquet_file")
