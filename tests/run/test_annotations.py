"""Every column that can be added stands in a list of every format."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import openpyxl
import polars as pl
import pytest

from balansfilter.policy.model import Annotation, OutputFormat
from tests.brandfolder import make_brand, read_rows

ADDED = get_args(Annotation)


def added_columns(path: Path) -> list[dict[str, str]]:
    if path.suffix == ".csv":
        rows = read_rows(path)
    elif path.suffix == ".parquet":
        rows = pl.read_parquet(path).to_dicts()
    else:
        names, *cells = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        rows = [dict(zip(names, one, strict=True)) for one in cells]
    return [{name: str(row[name] or "") for name in ADDED} for row in rows]


@pytest.mark.parametrize("format_", get_args(OutputFormat))
def test_every_annotation_stands_in_every_format(tmp_path: Path, format_: OutputFormat) -> None:
    brand = make_brand(tmp_path, {"output": {"format": format_, "annotate": list(ADDED)}})
    brand.run()
    rows = added_columns(brand.current / f"callable.{format_}")
    assert rows
    assert {row["call_window"] for row in rows} == {"09:00-22:00"}
    assert {row["basis"] for row in rows} == {"customer"}
    assert all(row["phone_e164"].startswith("+31") and row["callable_until"] > "2026-11-20" for row in rows)
