"""What a program asks of a run: an argument of another kind is refused in a sentence before anything is read."""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

import pytest

from balansfilter import BalansfilterError, Request, explain_person, run_brand
from balansfilter.errors import OutputError, UsageError
from tests.brandfolder import AS_OF, BrandFolder, make_brand

NOWHERE = Path("/nowhere")
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"engine": "bogus"}, "`engine` is 'polars' or 'duckdb' or 'spark', and nothing else"),
    ({"engine": "DuckDB"}, "`engine` is 'polars'"),
    ({"engine": None}, "`engine` is 'polars'"),
    ({"verify_with": "bogus"}, "`verify_with` is 'polars'"),
    ({"verify_with": "DUCKDB", "dry_run": True}, "`verify_with` is 'polars'"),
    ({"configs": 1}, "`configs` is a path, and no int"),
    ({"brand": None}, "`brand` is a text, and no NoneType"),
    ({"input": [1]}, "`input` is a text, and no list"),
    ({"master": 1}, "`master` is a text, and no int"),
    ({"dry_run": "no"}, "`dry_run` is True or False, and no str"),
    ({"fixes": 1}, "`fixes` is True or False, and no int"),
    ({"backfill": None}, "`backfill` is True or False, and no NoneType"),
    ({"lock_wait": "1"}, "`lock_wait` is a number from 0 on, and no str"),
    ({"lock_wait": -1}, "`lock_wait` is a number from 0 on"),
    ({"lock_wait": float("nan")}, "`lock_wait` is a number from 0 on"),
]


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    return make_brand(tmp_path)


@pytest.mark.parametrize(("wrong", "sentence"), WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_what_is_no_request_is_refused_before_anything_is_read(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as found:
        Request(**{"configs": NOWHERE, "brand": "courant", "as_of": AS_OF, **wrong})
    assert sentence in found.value.message


def test_a_list_may_be_given_as_a_path(brand: BrandFolder) -> None:
    other = brand.calls.rename(brand.calls.with_name("other.csv"))
    assert run_brand(brand.request(input=other, dry_run=True)).manifest["rows"] == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"customer_id": 5}, "`customer_id` is a text, and no int"),
        ({"phone": 612345678}, "`phone` is a text, and no int"),
        ({"customer_id": 0}, "`customer_id` is a text, and no int"),
        ({"brand": 1, "customer_id": "K1"}, "`brand` is a text, and no int"),
        ({"configs": 1, "customer_id": "K1"}, "`configs` is a path, and no int"),
        ({"customer_id": "K1", "as_of": 1}, "a day is a date"),
    ],
)
def test_nor_is_a_person_explained_who_is_no_text(wrong: dict[str, Any], sentence: str, brand: BrandFolder) -> None:
    with pytest.raises(UsageError) as found:
        explain_person(**{"configs": brand.configs, "brand": "courant", "as_of": AS_OF, **wrong})
    assert sentence in found.value.message


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (OSError(28, "No space left on device", "/a/disk"), OutputError, "cannot read or write /a/disk: No space left"),
        (ValueError("0612345678 of K1"), BalansfilterError, "this is a bug: ValueError in test_requests.py:"),
    ],
)
def test_whatever_goes_wrong_is_an_error_of_ours_without_its_words(
    error: Exception, kind: type[BalansfilterError], sentence: str, brand: BrandFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("balansfilter.pipeline.run.make_lists", fails)
    with pytest.raises(kind) as found:
        run_brand(brand.request())
    assert sentence in found.value.message
    assert "0612345678" not in "".join(traceback.format_exception(found.value))
