"""`balanstest overview` and `balanstest simulate`, as a process: what people read, what programs read, and exit codes.

The golden files are what the commands show of the committed fixture; `UPDATE_GOLDEN=1` writes them anew, to be read
before they are committed.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from balansfilter.balanstest.overview import SCHEMA
from balansfilter.balanstest.simulated import SCHEMA as SIMULATED
from tests.balanstest.generated import BALANSTESTS, COLUMNS, HEADER, brand_of, history
from tests.brandfolder import ROOT, BrandFolder, cli, make_brand, write_rows

GOLDEN = Path(__file__).parent / "golden"
DAY = ("--as-of", "2026-11-23")
GOEDGELUK = ("--brand", "goedgeluk", *DAY)


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("overview.txt", ("overview", *GOEDGELUK)),
        ("overview_few.txt", ("overview", *GOEDGELUK, "--since", "2026-09-01", "--bands", "1,2,12,24")),
        ("simulate.txt", ("simulate", *GOEDGELUK)),
        ("simulate_few.txt", ("simulate", *GOEDGELUK, "--since", "2026-06-01", "--terms", "90 days,6,1 year",
                              "--start-after", "none,14 days", "--max-attempts", "2/6 months,none")),
    ],
)  # fmt: skip
def test_what_people_read(name: str, arguments: tuple[str, ...]) -> None:
    done = cli("balanstest", *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    golden(name, done.stdout)


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    return brand_of(tmp_path, history(6, 400))


@pytest.mark.slow
def test_products_and_balanstests_on_the_terminal(brand: BrandFolder) -> None:
    without = brand.cli("balanstest", "overview", "--brand", brand.brand, *DAY).stdout
    with_products = brand.cli("balanstest", "overview", "--brand", brand.brand, *DAY, "--by-product").stdout
    assert "Balanstest dag" in without
    assert "Product" not in without
    assert "Product krant" in with_products
    assert "Product (no name)" in with_products


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "schema", "key"), [("overview", SCHEMA, "overview"), ("simulate", SIMULATED, "simulation")]
)
def test_every_format_says_the_same(brand: BrandFolder, tmp_path: Path, command, schema, key) -> None:
    policy = {"contacts": {"path": "data/{brand}/contacts.csv", "columns": COLUMNS, "max_unreadable": "100%"}}
    brand.write_policy({"balanstests": BALANSTESTS, **policy, "call_list": {"columns": {"product": "product"}}})
    ask = ("balanstest", command, "--brand", brand.brand, *DAY)
    told = json.loads(brand.cli(*ask, "--format", "json").stdout)
    assert told[key] == 1
    printed = brand.cli(*ask, "--format", "csv").stdout
    for form in ("csv", "parquet", "json"):
        done = brand.cli(*ask, "--to", str(tmp_path / f"made.{form}"))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "made.csv").read_text(encoding="utf-8") == printed
    parquet = pl.read_parquet(tmp_path / "made.parquet")
    assert parquet.schema == schema
    assert json.loads((tmp_path / "made.json").read_text(encoding="utf-8")) == told
    plain = parquet.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()
    assert plain == told["figures"]
    assert pl.read_csv(io.StringIO(printed), schema=schema).height == len(plain)
    assert printed.splitlines()[0] == ",".join(schema)


def test_a_table_can_go_to_a_file(brand: BrandFolder, tmp_path: Path) -> None:
    ask = ("balanstest", "overview", "--brand", brand.brand, *DAY)
    brand.cli(*ask, "--to", str(tmp_path / "made.txt"))
    assert (tmp_path / "made.txt").read_text(encoding="utf-8") == brand.cli(*ask).stdout


# --- what is wrong ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["overview", "simulate"])
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--format", "parquet"), "parquet is no text: name a file with --to"),
        (("--format", "xlsx"), "'xlsx' is not one of"),
        (("--as-of", "23-11-2026"), "is not a day"),
        (("--objection-window", "lang"), "`lang` is no span of time"),
        (("--since", "morgen"), "is not a day"),
    ],
)
def test_a_wrong_command_is_told(brand: BrandFolder, command: str, arguments, told: str) -> None:
    done = brand.cli("balanstest", command, "--brand", brand.brand, *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("overview", "--bands", "12,6"), "the ends of the bands must grow, but 6 months is not longer than 12 months"),
        (("overview", "--bands", "12,"), "--bands: `` is no span of time"),
        (("simulate", "--terms", "0"), "--terms: `0` is no span of time" ),
        (("simulate", "--terms", "12,12"), "must grow"),
        (("simulate", "--max-attempts", "3"), "--max-attempts: `3` is no limit; write 3/6 months, or none"),
        (("simulate", "--max-attempts", "3/ooit"), "--max-attempts: `ooit` is no span of time"),
        (("simulate", "--start-after", "soon"), "--start-after: `soon` is no span of time"),
        (("simulate", "--calls-per-year", "0"), "0"),
        (("overview", "--brand", "nobody"), "this command is about one brand, and 2 were named"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(brand: BrandFolder, arguments, told: str) -> None:
    done = brand.cli("balanstest", arguments[0], "--brand", brand.brand, *arguments[1:])
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


@pytest.mark.parametrize("command", ["overview", "simulate"])
def test_a_policy_without_contacts(tmp_path: Path, command: str) -> None:
    folder = make_brand(tmp_path)
    done = folder.cli("balanstest", command, "--brand", folder.brand)
    assert (done.returncode, done.stdout) == (3, "")
    assert "there is no call history" in done.stderr
    assert "courant.yaml: contacts: is missing" in done.stderr


@pytest.mark.parametrize("command", ["overview", "simulate"])
@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (None, "contacts.csv: contacts: does not exist"),
        ([HEADER], "contacts.csv: contacts: has 0 rows"),
        ([tuple(name for name in HEADER if name not in ("gebeld", "klacht"))], "gebeld"),
        ([HEADER, ("K1", "0612345678", "01-05-2026", "", "", "", "", "2026-01-01", "")], "1 call_date_unreadable"),
    ],
)
def test_a_history_that_is_no_use(brand: BrandFolder, command: str, rows, told: str) -> None:
    path = brand.data / "contacts.csv"
    path.unlink()
    if rows is not None:
        write_rows(path, rows)
    done = brand.cli("balanstest", command, "--brand", brand.brand, *DAY)
    assert (done.returncode, done.stdout) == (4, "")
    if command == "simulate":  # holds the call list against the calls first, as a run does
        told = told.replace("1 call_date_unreadable", "1 of 1 (row 1)")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "0612345678" not in done.stderr


def test_a_file_that_cannot_be_written(brand: BrandFolder, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = brand.cli(
        "balanstest", "overview", "--brand", brand.brand, *DAY, "--to", str(tmp_path / "file" / "made.csv")
    )
    assert done.returncode == 6
    assert "cannot write" in done.stderr


@pytest.mark.parametrize("command", ["overview", "simulate"])
def test_help_imports_nothing_heavy(command: str) -> None:
    code = (
        "import sys\n"
        "from balansfilter.cli.main import balansfilter\n"
        f"balansfilter.main(['balanstest', '{command}', '--help'], standalone_mode=False)\n"
        "print(sorted({'polars', 'numpy', 'rich', 'pydantic'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "--objection-window" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"
