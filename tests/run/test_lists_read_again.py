"""A list whose rows are read again when they are published, and nobody sees a difference but who changed it meanwhile."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from balansfilter import native
from balansfilter.errors import SourceError
from balansfilter.pipeline.watch import Silence
from balansfilter.sources import lines
from tests.brandfolder import AS_OF, BrandFolder, make_brand, write_rows
from tests.loops import loops_for

NAMES = ("Zoë", "Jansen, A.", "de Vries", "")
ROWS = [
    (f"K{n % 500}", NAMES[n % 4], f"0612{n % 450:06d}", "2026-01-15" if n % 3 else "2020-01-15") for n in range(600)
]
HEADER = ("klantnummer", "naam", "telefoon", "laatste_aankoop")


@pytest.fixture
def read_again(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Keep how many rows of each part are read again."""
    seen: list[int] = []
    chosen = lines.LinesInFile.chosen

    def noted(self: lines.LinesInFile, which: Any) -> Any:
        seen.append(int(which.sum()))
        return chosen(self, which)

    monkeypatch.setattr(lines.LinesInFile, "chosen", noted)
    return seen


def made(tmp_path: Path, policy: dict[str, Any], *, compiled: bool, encoding: str, end: str) -> BrandFolder:
    folder = tmp_path / ("compiled" if compiled else "plain")
    brand = make_brand(folder, policy, objections=(("telefoon", "klantnummer"), ("0612000007", "K9")))
    write_rows(brand.calls, [HEADER, *ROWS], encoding=encoding, line_end=end)
    with loops_for(compiled=compiled):
        brand.run()
    return brand


@pytest.mark.parametrize("annotate", [[], ["basis"], ["callable_until", "phone_e164"]])
@pytest.mark.parametrize("reach", ["row", "person"])
@pytest.mark.parametrize("encoding", ["utf-8", "windows-1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_list_is_the_one_whose_rows_waited(
    tmp_path: Path, read_again: list[int], annotate: list[str], reach: str, encoding: str, end: str
) -> None:
    policy = {
        "objections_reach": reach,
        "call_list": {"csv": {"encoding": encoding}},
        "output": {"annotate": annotate, "rows_per_part": 70 if end == "\n" else None},
    }
    one, other = (made(tmp_path, policy, compiled=way, encoding=encoding, end=end) for way in (True, False))
    assert len(read_again) == 1
    lists = [{path.name: path.read_bytes() for path in sorted(brand.current.rglob("*.csv"))} for brand in (one, other)]
    assert lists[0] == lists[1]
    assert read_again[0] == sum(event["body"].get("callable", 0) for event in one.events())
    assert read_again[0] > 100


def test_a_row_with_a_number_that_is_blanked_waits_as_it_is_published(tmp_path: Path, read_again: list[int]) -> None:
    columns = {"phone": ["telefoon", "tweede"]}
    rows = [(*row[:3], "0687654399" if n == 7 else "", row[3]) for n, row in enumerate(ROWS[1:450])]
    screened = {
        "screen": "always",
        "register": {"path": "data/{brand}/register.csv", "columns": {"phone": "nummer"}, "snapshot_on": AS_OF},
    }
    policy = {"bel_me_niet": screened, "call_list": {"columns": columns}}
    brand = make_brand(tmp_path, policy, register=[("nummer",), ("0687654399",)])
    write_rows(brand.calls, [("klantnummer", "naam", "telefoon", "tweede", "laatste_aankoop"), *rows])
    with loops_for(compiled=True):
        brand.run()
    assert not read_again
    (row,) = (row for row in brand.callable_rows() if row["klantnummer"] == ROWS[8][0])
    assert (row["telefoon"], row["tweede"]) == (ROWS[8][2], "")


class Changing(Silence):
    """A watcher that changes the list at a step."""

    def __init__(self, at: str, change: Any) -> None:
        self.at, self.change = at, change

    def step(self, name: str) -> None:
        if name == self.at:
            self.change()


def test_a_list_that_is_changed_once_it_is_decided_is_not_published(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    write_rows(brand.calls, [HEADER, *ROWS])

    def change() -> None:
        text, times = brand.calls.read_bytes(), brand.calls.stat()
        with brand.calls.open("r+b") as file:
            file.write(text.replace(b"0612000001", b"0699999999"))
        os.utime(brand.calls, ns=(times.st_atime_ns, times.st_mtime_ns))

    with loops_for(compiled=True):
        first = brand.run()
        with pytest.raises(SourceError, match="was changed or replaced while it was read"):
            brand.run(Changing("decided", change))
    assert brand.current.readlink().name == first.run_id
    assert brand.events()[-1]["event"] == "run.failed"
    assert b"0699999999" not in (brand.current / "callable.csv").read_bytes()


@pytest.mark.parametrize("callable_rows", [0, 3, 60, 90])
def test_where_few_may_be_called_their_text_waits(tmp_path: Path, read_again: list[int], callable_rows: int) -> None:
    brand = make_brand(tmp_path, objections=(("telefoon", "klantnummer"), ("0687654321", "L9")))
    rows = [(*row[:3], "2026-01-15" if n < callable_rows else "2020-01-15") for n, row in enumerate(ROWS[:500])]
    write_rows(brand.calls, [HEADER, *rows])
    with loops_for(compiled=True):
        brand.run()
    assert len(brand.callable_rows()) == callable_rows
    assert bool(read_again) == (callable_rows * 8 >= len(rows))


def test_a_new_list_in_the_place_of_the_one_that_is_decided_is_left_for_the_next_night(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    write_rows(brand.calls, [HEADER, *ROWS])

    def change() -> None:
        brand.calls.rename(brand.calls.with_suffix(".old"))
        write_rows(brand.calls, [HEADER, *ROWS[::-1]])

    with loops_for(compiled=True):
        brand.run(Changing("decided", change))
    with loops_for(compiled=False):
        plain = make_brand(tmp_path / "plain")
        write_rows(plain.calls, [HEADER, *ROWS])
        plain.run()
    assert (brand.current / "callable.csv").read_bytes() == (plain.current / "callable.csv").read_bytes()


def test_a_list_from_standard_input_is_read_again_though_its_copy_is_gone(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    rows = [(f"K{n}", NAMES[n % 4], f"0612{n:06d}", "2026-01-15") for n in range(native.MANY + 1)]
    write_rows(brand.calls, [HEADER, *rows])
    text = brand.calls.read_text(encoding="utf-8")
    brand.calls.unlink()
    told = brand.cli_run("--input", "-", "--quiet", input=text)
    assert (told.returncode, told.stderr) == (0, "")
    assert (brand.current / "callable.csv").read_bytes().count(b"\n") == len(rows)  # one objected
