"""The list of rows that somebody has to mend: left whole, in one step, for its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from balansfilter.errors import GuardError, OutputError, SourceError
from tests.brandfolder import CALLS, BrandFolder, make_brand, write_rows


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    made = make_brand(tmp_path, calls=[*CALLS, ("K3", "06-12", "2026-02-01")])
    with pytest.raises(GuardError):
        made.run()
    return made


def test_a_tripped_guard_leaves_the_rows_that_cannot_be_read(brand: BrandFolder) -> None:
    left = brand.out / "fixes.csv"
    assert stat.S_IMODE(left.stat().st_mode) == 0o600
    (line,) = left.read_text(encoding="utf-8-sig").splitlines()[1:]
    assert line.startswith(("3;K3;invalid_phone;", "3,K3,invalid_phone,"))


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_they_are_the_same_whatever_the_format_of_the_dropped_list(form: str, brand: BrandFolder) -> None:
    left = brand.out / "fixes.csv"
    before = left.read_bytes()
    left.unlink()
    brand.write_policy({"output": {"dropped_format": form}})
    with pytest.raises(GuardError):
        brand.run()
    assert left.read_bytes() == before


def test_where_it_cannot_be_put_in_place_the_one_before_stands(
    brand: BrandFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = brand.out / "fixes.csv"
    before = left.read_bytes()
    write_rows(brand.calls, [*CALLS, ("K4", "06-13", "2026-02-01")])
    replace = os.replace

    def refused(source: str | Path, target: str | Path, **options: int) -> None:
        if Path(target) == left:
            raise OSError(28, "No space left on device")
        replace(source, target, **options)

    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(OutputError, match=r"cannot write .*fixes\.csv: No space left on device"):
        brand.run()
    assert left.read_bytes() == before
    assert not list(brand.out.rglob(".tmp"))


def test_a_published_list_that_is_fed_back_is_told_apart(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run()
    brand.calls.write_bytes((brand.current / "callable.csv").read_bytes())
    with pytest.raises(SourceError, match="seems to be one — name the list that it was made of"):
        brand.run()
