"""Each different case is decided once: threads, and lists with more cases than there may be, change no decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from balansfilter.engines.polars.case_book import CaseBook
from balansfilter.engines.polars.row_answers import Question
from tests.oracle.cases import random_case
from tests.oracle.test_against_oracle import differences


def _new_book(asked: Question) -> CaseBook:
    return CaseBook(asked.plan, asked.spec, asked.dates, asked.evidence.register_until)


@pytest.mark.parametrize("seed", range(3000, 3003))
def test_a_part_is_decided_by_one_book_though_another_thread_makes_one_too(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Question, "_cases", property(_new_book))
    assert differences(random_case(seed, 250, tmp_path), compiled=True) == []
