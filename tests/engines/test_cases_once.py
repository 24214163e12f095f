"""Each different case is decided once: every row is told what it is told where rows are decided one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from balansfilter.engines.polars import case_texts
from balansfilter.engines.polars.case_book import CaseBook, DecidedCases
from balansfilter.native.case_loops import CaseNumbers
from tests.engines.made import decisions_of, lenient_case, published, ran
from tests.loops import loops_for

TOLD = ("rows", "callable", "dropped", "reasons", "bases", "balanstests", "reached", "sources", "warnings", "guards")
Found = tuple[dict[str, bytes], pl.DataFrame, str]


def found(seed: int, folder: Path) -> Found:
    """Run a random list, with every loop, and return all that it says of the rows."""
    case = lenient_case(seed, 300, folder)
    with loops_for(compiled=True):
        outcome = ran(case)
    told = str({name: outcome.manifest[name] for name in TOLD}).replace(str(folder), "")
    return published(outcome), decisions_of(case, outcome), told


def same(one: Found, other: Found) -> None:
    assert one[0] == other[0]
    assert one[1].equals(other[1])
    assert one[2] == other[2]


@contextmanager
def one_by_one() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaseNumbers, "can_number", staticmethod(lambda _: False))
        yield


@contextmanager
def told_by_case(told: list[int]) -> Iterator[None]:
    """Keep the number of rows that are told by their case."""
    decided: Callable[..., Any] = CaseBook.decided

    def kept(book: CaseBook, *asked: Any) -> DecidedCases | None:
        found: DecidedCases | None = decided(book, *asked)
        told.append(0 if found is None else len(found.cases))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CaseBook, "decided", kept)
        yield


@pytest.mark.parametrize("seed", range(20, 28))
def test_rows_are_told_the_same_by_case_and_one_by_one(seed: int, tmp_path: Path) -> None:
    told: list[int] = []
    with told_by_case(told):
        by_case = found(seed, tmp_path / "by_case")
    assert sum(told) > 200
    with one_by_one():
        same(by_case, found(seed, tmp_path / "one_by_one"))


def test_a_list_with_too_many_texts_is_decided_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = found(21, tmp_path / "usual")
    monkeypatch.setattr(case_texts, "_MOST_TEXTS", 3)
    told: list[int] = []
    with told_by_case(told):
        same(usual, found(21, tmp_path / "too_many"))
    assert told == []


@pytest.mark.parametrize("seed", [20, 23, 25])
def test_what_is_seen_in_a_list_with_too_many_cases_is_noted_once(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = found(seed, tmp_path / "usual")
    monkeypatch.setattr(CaseNumbers, "of", lambda *_: None)
    told: list[int] = []
    with told_by_case(told):
        same(usual, found(seed, tmp_path / "too_many"))
    assert set(told) == {0}
