"""Folders named `day=2026-11-26` are a column of a Parquet source, and belong to what was read."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from specs import cells_of, opened_list

from balansfilter.commands.verify import verify_list
from balansfilter.errors import SourceError
from balansfilter.policy.loading import load_site
from balansfilter.policy.model import SourceFile
from balansfilter.sources import open_source, resolve_paths
from balansfilter.sources.freshness import snapshot_day
from balansfilter.sources.partitions import partition_of
from tests.brandfolder import AS_OF, BrandFolder, make_brand

CALLS = pl.DataFrame(
    {
        "klantnummer": ["K1", "K2", "K3"],
        "telefoon": ["0612345678", "0612345679", "0612345670"],
        "laatste_aankoop": [date(2026, 1, 15), date(2025, 12, 1), date(2026, 2, 1)],
        "dag": ["2026-11-20", "2026-11-20", "2026-11-21"],
    }
)


@pytest.mark.parametrize(
    ("path", "columns"),
    [
        ("lists/day=2026-11-26/part.parquet", {"day": "2026-11-26"}),
        ("/data/land=NL/merk=x/part.parquet", {"land": "NL", "merk": "x"}),
        ("s3://bucket/lists/a=1/b=/part.parquet", {"a": "1", "b": ""}),
        ("a=1/lists/part.parquet", {}),
        ("lists/=1/part=2.parquet", {}),
        ("lists/naam=De%20Courant%3D1/x", {"naam": "De Courant=1"}),
        ("lists/day=__HIVE_DEFAULT_PARTITION__/x", {"day": None}),
        ("lists/a=1/a=2/x", {"a": "2"}),
    ],
)
def test_the_folders_right_above_a_file_are_columns(path: str, columns: dict[str, str | None]) -> None:
    assert partition_of(path) == columns


def table(folder: Path) -> Path:
    duckdb.sql("SELECT * FROM CALLS")  # the frame above, by its name
    duckdb.sql(f"COPY (FROM CALLS) TO '{folder}' (FORMAT parquet, PARTITION_BY dag)")
    return folder


@pytest.mark.parametrize(
    "pattern", ["lists", "lists/", "lists/*/*.parquet", "lists/dag=2026-11-*/*", "lists/**/*.parquet"]
)
def test_a_folder_or_a_glob_is_read_as_duckdb_reads_it(pattern: str, tmp_path: Path) -> None:
    table(tmp_path / "lists")
    (tmp_path / "lists" / "_SUCCESS").touch()
    paths = resolve_paths(pattern, base=tmp_path, brand="courant", as_of=AS_OF)
    spec = SourceFile(path=pattern)
    with open_source(
        spec, role="list", paths=paths, columns=None, keep_records=True, time_zone=ZoneInfo("UTC"), as_of=AS_OF
    ) as source:
        chunks = list(source.chunks())
        found = source.fingerprint
    read = duckdb.sql(
        f"FROM read_parquet('{tmp_path}/lists/*/*.parquet', hive_partitioning=true, hive_types_autocast=false) ORDER BY ALL"
    ).pl()
    assert pl.concat([chunk.frame for chunk in chunks]).sort("klantnummer").equals(read.sort("klantnummer"))
    assert [chunk.cells["dag"].to_list() for chunk in chunks] == [["2026-11-20"] * 2, ["2026-11-21"]]
    assert source.schema == CALLS.schema
    assert [file.rows for file in found.files] == [2, 1]
    lines = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(tmp_path / 'lists')}\n" for path in paths
    )
    assert found.sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_a_column_of_the_file_itself_stands_and_only_the_folder_may_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "dag=2026-01-01" / "tel=0612345678" / "a.parquet"
    path.parent.mkdir(parents=True)
    pl.DataFrame({"id": ["K1"], "dag": ["2026-03-01"]}).write_parquet(path)
    assert cells_of(opened_list(path)) == {"tel": ["0612345678"], "id": ["K1"], "dag": ["2026-03-01"]}
    only = opened_list(path, columns={"customer_id": "tel", "phone": "tel"})
    assert cells_of(only) == {"tel": ["0612345678"]}


def test_a_null_of_the_folders_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "tel=__HIVE_DEFAULT_PARTITION__" / "a.parquet"
    path.parent.mkdir()
    pl.DataFrame({"id": ["K1"], "dag": ["2026-03-01"]}).write_parquet(path)
    source = opened_list(path)
    assert cells_of(source)["tel"] == [""]


def test_parts_with_other_folders_are_no_one_list(tmp_path: Path) -> None:
    table(tmp_path / "lists")
    CALLS.drop("dag").write_parquet(tmp_path / "lists" / "los.parquet")
    brand = partitioned(tmp_path, "lists")
    with pytest.raises(SourceError, match="has other columns or types"):
        brand.run()


def test_the_folder_of_a_delta_table_is_refused(tmp_path: Path) -> None:
    table(tmp_path / "lists")
    (tmp_path / "lists" / "_delta_log").mkdir()
    with pytest.raises(
        SourceError, match="is a Delta table, whose folder also holds rows that were changed or removed"
    ):
        resolve_paths("lists", base=tmp_path, brand="courant", as_of=AS_OF)


def test_something_else_within_the_folders_is_refused(tmp_path: Path) -> None:
    table(tmp_path / "lists")
    (tmp_path / "lists" / "dag=2026-11-21" / "oud").mkdir()
    with pytest.raises(SourceError, match="no data file: oud"):
        resolve_paths("lists", base=tmp_path, brand="courant", as_of=AS_OF)


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("lists/dag=2026-11-26/part-0.parquet", date(2026, 11, 26)),
        ("lists/dag=20261126/20261127-0.parquet", date(2026, 11, 26)),
        ("lists/land=NL/20261127-0.parquet", date(2026, 11, 27)),
    ],
)
def test_the_folders_may_tell_the_day_of_a_source(path: str, day: date) -> None:
    assert snapshot_day(path, 0.0, "filename", ZoneInfo("UTC")) == day


def partitioned(root: Path, path: str) -> BrandFolder:
    changes = {"call_list": {"path": str(root / path)}, "output": {"format": "parquet"}}
    return make_brand(root, changes)


def test_a_partitioned_list_and_partitioned_objections_from_end_to_end(tmp_path: Path) -> None:
    table(tmp_path / "lists")
    brand = partitioned(tmp_path, "lists")
    objections = tmp_path / "bezwaren" / "merk=De Courant" / "jaar=2026"
    objections.mkdir(parents=True)
    pl.DataFrame({"telefoon": ["0612345679"]}).write_parquet(objections / "a.parquet")
    (tmp_path / "bezwaren" / "merk=De Ander" / "jaar=2026").mkdir(parents=True)
    pl.DataFrame({"telefoon": ["0612345678"]}).write_parquet(
        tmp_path / "bezwaren" / "merk=De Ander" / "jaar=2026" / "a.parquet"
    )
    (brand.configs / "balansfilter.yaml").write_text("brands_elsewhere: [De Ander]\n", encoding="utf-8")
    brand.write_policy(
        {
            "call_list": {"path": str(tmp_path / "lists" / "dag=*" / "*.parquet")},
            "objections": [{"path": str(tmp_path / "bezwaren"), "columns": {"phone": "telefoon", "brand": "merk"}}],
        }
    )
    manifest = brand.run().manifest
    made = pl.read_parquet(brand.current / "callable.parquet")
    assert made.drop("basis", "callable_until").sort("klantnummer").equals(CALLS[[0, 2]])
    assert brand.reasons() == {"K2": "objected"}
    files = [Path(file["path"]) for file in manifest["sources"][1]["files"]]
    assert [file.parent.parent.name for file in files] == ["merk=De Ander", "merk=De Courant"]
    assert verify_list(brand.configs, brand.current / "manifest.json", load_site(brand.configs), AS_OF).callable == 2
    # Moved into another folder the same bytes are another source.
    (tmp_path / "bezwaren" / "merk=De Ander").rename(tmp_path / "bezwaren" / "merk=alle")
    moved = brand.run().manifest
    assert moved["sources"][1]["sha256"] != manifest["sources"][1]["sha256"]
    assert brand.reasons() == {"K1": "objected", "K2": "objected"}
