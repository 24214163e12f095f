"""Whole runs on files as people deliver them: what is published of them, what is told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import polars as pl
import pytest

from balansfilter.errors import SourceError
from balansfilter.pipeline.deciding import EngineName
from tests.brandfolder import BASE, BrandFolder, Tree, make_brand

HEAD = "klantnummer,naam,telefoon,laatste_aankoop\n"


def brand_of(root: Path, calls: str | bytes, csv: Tree | None = None, **call_list: object) -> BrandFolder:
    brand = make_brand(root, {"call_list": {"csv": csv or {}, **call_list}, "guards": {"max_unreadable": "100%"}})
    brand.calls.write_bytes(calls if isinstance(calls, bytes) else calls.encode())
    return brand


def published(brand: BrandFolder) -> bytes:
    brand.run()
    return (brand.current / "callable.csv").read_bytes()


def test_somebody_who_objected_is_found_behind_a_byte_order_mark(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, HEAD + "K1,Jan,0612345678,2026-01-15\n\ufeffK9,Piet,0612345679,2026-01-15\n")
    assert published(brand).decode() == (
        HEAD[:-1] + ",basis,callable_until\nK1,Jan,0612345678,2026-01-15,customer,2028-01-15\n"
    )
    assert brand.reasons() == {"K9": "objected"}
    objections = brand.data / "objections.csv"
    objections.write_bytes("telefoon,klantnummer\n\ufeff,K1\n".encode())
    assert b"K1" not in published(brand)
    warnings = brand.run().manifest["warnings"]
    assert [warning.split(": ")[1] for warning in warnings] == ["call_list", "objections[0]"]
    assert all("begins with a byte order mark" in warning for warning in warnings)


def test_titles_and_totals_are_not_published(tmp_path: Path) -> None:
    text = f"Oud-abonnees,,,\nsep=,\n{HEAD}K1,Jan,0612345678,2026-01-15\nTotaal: 1 rij,,,\n"
    brand = brand_of(tmp_path, text, {"skip_lines": 1, "trailer_lines": 1})
    wanted = HEAD[:-1] + ",basis,callable_until\nK1,Jan,0612345678,2026-01-15,customer,2028-01-15\n"
    assert published(brand).decode() == wanted


def test_lines_that_end_in_carriage_returns_go_out_so(tmp_path: Path) -> None:
    text = HEAD + 'K1,"Jan\nen Piet",0612345678,2026-01-15\nK2,An,0612345679,2026-01-15\n'
    brand = brand_of(tmp_path, text.replace("\n", "\r").replace("Jan\r", "Jan\n"), {"line_end": "cr"})
    assert published(brand).decode() == (
        HEAD[:-1] + ",basis,callable_until\r"
        'K1,"Jan\nen Piet",0612345678,2026-01-15,customer,2028-01-15\r'
        "K2,An,0612345679,2026-01-15,customer,2028-01-15\r"
    )


@pytest.mark.parametrize("quote", ['"', None])
def test_cells_with_escapes_go_out_as_they_came_also_where_a_number_is_blanked(
    quote: str | None, tmp_path: Path
) -> None:
    columns = {"customer_id": "klantnummer", "phone": ["mobiel", "vast"], "last_purchase_on": "laatste_aankoop"}
    head = "klantnummer,naam,mobiel,vast,laatste_aankoop"
    rows = [r"K1,d\,Ancona \"x\" \N,0612345678,+442079460018,2026-01-15", r"K2,\N,0612345679,0201234567,2026-01-15"]
    brand = brand_of(tmp_path, "\n".join([head, *rows, ""]), {"escape": "\\", "quote": quote}, columns=columns)
    assert published(brand).decode().splitlines()[1:] == [
        r"K1,d\,Ancona \"x\" \N,0612345678,,2026-01-15,customer,2028-01-15",
        r"K2,\N,0612345679,0201234567,2026-01-15,customer,2028-01-15",
    ]


def test_a_space_may_separate(tmp_path: Path) -> None:
    text = HEAD.replace(",", " ") + 'K1 "Jan de Boer" 0612345678 2026-01-15\n'
    brand = brand_of(tmp_path, text, {"separator": " "})
    assert published(brand).decode().splitlines()[1] == 'K1 "Jan de Boer" 0612345678 2026-01-15 customer 2028-01-15'


def test_a_file_that_may_be_cut_off_is_told_on_the_screen_and_in_the_manifest(tmp_path: Path) -> None:
    brand = brand_of(tmp_path, HEAD + "K1,Jan,0612345678,2026-01-15\n")
    (brand.data / "objections.csv").write_text("telefoon,klantnummer\n0687654321,K8")
    told = brand.cli_run()
    assert told.returncode == 0
    assert "objections.csv:2: objections[0]: is the last line, and has no line feed behind it" in " ".join(
        told.stderr.split()
    ).replace("- ", "-")
    assert "K8" not in told.stderr
    (warning,) = json.loads((brand.current / "manifest.json").read_text())["warnings"]
    assert "no line feed" in warning
    assert brand.cli_run("--quiet").stderr == ""
    checked = brand.cli("check", "--brand", brand.brand, "--as-of", "2026-11-23")
    assert "no line feed" in checked.stderr


@pytest.mark.parametrize(
    ("ids", "rows", "warns"), [(20, 20, True), (19, 20, False), (20, 19, False)], ids=["many", "few ids", "few rows"]
)
def test_ids_of_which_none_is_on_the_list_are_told_where_there_are_enough(
    ids: int, rows: int, warns: bool, tmp_path: Path
) -> None:
    """A handful of people who objected may well be customers no more; a whole file of them is the wrong column."""
    calls = "".join(f"K{n},Jan,06{12345600 + n},2026-01-15\n" for n in range(rows))
    brand = brand_of(tmp_path, HEAD + calls)
    objections = "".join(f"06{87654300 + n},A-{n}\n" for n in range(ids))
    (brand.data / "objections.csv").write_text("telefoon,klantnummer\n" + objections)
    brand.run()
    told = [f"objections[0]: no customer id of the {ids} in it occurs in the call list"] if warns else []
    warnings = json.loads((brand.current / "manifest.json").read_text())["warnings"]
    assert [warning.partition(":")[0] + ":" + warning.split(":")[1] for warning in warnings] == told


@pytest.mark.parametrize(
    ("rows", "told", "line"),
    [
        ('K1"Boer, J. de",0612345678,2026-01-15\n', "a separator seems to be lost", 2),
        ('K1,Jan,0612345678,2026-01-15\nK2"Boer, J. de",0612345678,2026-01-15\n', "a separator seems to be lost", 3),
        (
            'K1,"Jan,0612345678,2026-01-15\nK9,Piet,0612345679,2026-01-15\nK3,Klaas",0612345670,2026-01-15\n',
            "over several lines",
            2,
        ),
    ],
)
def test_quotes_where_none_belongs_are_refused_with_their_line(rows: str, told: str, line: int, tmp_path: Path) -> None:
    brand = brand_of(tmp_path, HEAD + rows)
    with pytest.raises(SourceError) as caught:
        brand.run()
    assert [problem.line for problem in caught.value.problems] == [line]
    assert told in caught.value.problems[0].message
    assert not brand.current.exists()


def test_a_row_that_lost_a_separator_is_dropped_where_bad_rows_are(tmp_path: Path) -> None:
    rows = 'K1"Boer, J. de",0612345678,2026-01-15\nK2,5" pijp,0612345679,2026-01-15\n'
    brand = brand_of(tmp_path, HEAD + rows, on_bad_row="drop")
    brand.run()
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K2"]
    assert [(row["row"], row["reason"]) for row in brand.dropped_rows()] == [("1", "unreadable_row")]


UUIDS = [f"0000000{n}-90ab-cdef-1234-567890abcdef" for n in range(3)]


def write(query: str, writer: str, path: Path) -> None:
    """Write a Parquet file as DuckDB does, or as pyarrow, which notes the types of Arrow in it as well."""
    with duckdb.connect() as connection:
        connection.execute("SET arrow_lossless_conversion = true")
        if writer == "pyarrow":
            pytest.importorskip("pyarrow.parquet").write_table(connection.sql(query).to_arrow_table(), path)
        else:
            connection.execute(f"COPY ({query}) TO '{path}'")


@pytest.mark.parametrize("writer", ["duckdb", "pyarrow"])
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_an_objection_finds_an_id_that_a_parquet_file_holds_as_a_uuid_or_as_json(
    engine: EngineName, writer: str, tmp_path: Path
) -> None:
    (objections,) = BASE["objections"]
    sources = {name: f"data/{{brand}}/{name}.parquet" for name in ("calls", "objections")}
    changes = {"objections": [{**objections, "path": sources["objections"]}], "call_list": {"path": sources["calls"]}}
    brand = make_brand(tmp_path, changes)
    ids = ", ".join(f"({n}, '{one}'::UUID)" for n, one in enumerate(UUIDS))
    columns = (
        "id AS klantnummer, '061234567' || n AS telefoon, '2026-01-15' AS laatste_aankoop, to_json({n: n}) AS naast"
    )
    write(f"SELECT {columns} FROM (VALUES {ids}) AS list(n, id)", writer, brand.data / "calls.parquet")
    objected = f"SELECT NULL::VARCHAR AS telefoon, to_json('{UUIDS[1].upper()}') AS klantnummer"
    write(objected, writer, brand.data / "objections.parquet")
    assert brand.run(engine=engine).manifest["reasons"] == {"objected": 1}
    published = pl.read_parquet(brand.current / "callable.parquet")
    assert published["klantnummer"].to_list() == [UUIDS[0], UUIDS[2]]
    assert published["naast"].to_list() == ['{"n":0}', '{"n":2}']
