"""Measure the whole run against three peers and a floor: ``python -m tests.benchmarks.bench [--rows N] [--rounds N]``.

Every contestant runs as a process of its own, in turns, so that whatever slows the machine for a while slows all of
them. The table gives medians. Data that is not there yet is generated first.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from fixtures import bench as data
from fixtures import bench_forms as forms
from tests.benchmarks.contestants import AS_OF, CONTESTANTS, ENGINES, ROOT, Contestant, FailedError, Run, run

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Results = dict[Contestant, list[Run]]
Cells = list[list[str]]

HEADER = ["program", "seconds", "× balansfilter", "rows/s", "CPU seconds", "peak memory"]
FORMS_HEADER = ["form", "seconds", "× plain", "CPU seconds", "× plain", "peak memory"]
BASE_OF_GROWTH = 2_000_000
"""The rows whose peak memory others are compared with; the least rows where that size was not measured."""


def main() -> int:
    """Read the command line, measure, and show the tables."""
    options = _options()
    console = Console(width=max(100, Console().width), stderr=False)
    all_of_them = (*CONTESTANTS, *(ENGINES if options.engines else ()))
    wanted = [one for one in all_of_them if not options.only or _is_named(one, options.only)]
    try:
        results = measure(folder_for(options.data, options.rows, options.rows), wanted, options.rounds, console)
        ours = next((one for one in wanted if one == CONTESTANTS[0]), None)
        in_forms = _in_forms(options, console) if ours and options.forms else {}
        sizes = [rows for rows in options.growth if rows < options.rows] if ours else []
        growth = {rows: _growth(options, rows, console) for rows in sizes}
    except FailedError as error:
        console.print(str(error), style="red", markup=False)
        return 1
    tables = [Report(f"{options.rows:,} rows, {options.rounds} rounds", HEADER, result_cells(results, options.rows))]
    if ours and growth:
        tables.append(growth_report(growth | {options.rows: results[ours]}))
    if in_forms:
        tables.append(forms_report(in_forms))
    for table in tables:
        console.print(table.rich())
    for line in verdict(results):
        console.print(line)
    console.print(machine())
    if options.markdown:
        text = "\n\n".join([*(table.markdown() for table in tables), *verdict(results), machine()])
        options.markdown.write_text(text + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.bench", description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000_000, help="rows of the call list (default: 10 million)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contestant runs (default: 5)")
    parser.add_argument("--only", action="append", metavar="NAME", help="only contestants whose name begins so")
    parser.add_argument(
        "--growth", type=int, nargs="*", default=[], metavar="ROWS", help="ours on lists of these sizes too"
    )
    parser.add_argument("--engines", action="store_true", help="ours with the second engine too")
    parser.add_argument("--forms", action="store_true", help="ours on the list in other forms too: quoted, Parquet")
    parser.add_argument("--data", type=Path, default=ROOT / "bench-data", help="folder of the generated data")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables to a file as well")
    return parser.parse_args()


def _is_named(contestant: Contestant, names: Iterable[str]) -> bool:
    return any(contestant.name.lower().startswith(name.lower()) for name in names)


# --- measuring --------------------------------------------------------------------------------------------------


def folder_for(data_folder: Path, rows: int, largest: int) -> Path:
    """Return the folder with a call list of so many rows, generated if it is not there.

    Objections and register have the size that suits the largest list, so that growth is that of the list alone.
    """
    folder = data_folder.resolve() / f"{rows}" if rows == largest else data_folder.resolve() / f"{rows}-of-{largest}"
    done = folder / "complete"
    if not done.exists():
        data.make(folder, 1, date.fromisoformat(AS_OF), data.Sizes(rows, largest // 20, largest * 4 // 5))
        done.touch()
    return folder


def measure(folder: Path, wanted: Sequence[Contestant], rounds: int, console: Console) -> Results:
    """Run every contestant so many times, in turns, and check that all that make lists make the same."""
    results: Results = {one: [] for one in wanted}
    digests: dict[str, str] = {}
    for path in folder.glob("*.*"):
        _warm(path)
    for turn in range(1, rounds + 1):
        for one in wanted:
            results[one].append(run(one, folder))
            console.print(f"{folder.name} rows, round {turn}: {one.name} {results[one][-1].seconds:.2f} s", style="dim")
            if turn == 1 and (one.is_ours or one.is_peer):
                digests[one.name] = one.digest(folder)
            one.clear(folder)
    if len(set(digests.values())) > 1:
        raise FailedError("the lists differ: " + ", ".join(f"{name} {text[:12]}" for name, text in digests.items()))
    return results


def _warm(path: Path) -> None:
    """Read a file once, so that the first contestant does not pay for the disk."""
    with path.open("rb") as file:
        while file.read(1 << 24):
            pass


def _growth(options: argparse.Namespace, rows: int, console: Console) -> list[Run]:
    ours = CONTESTANTS[0]
    return measure(folder_for(options.data, rows, options.rows), [ours], options.rounds, console)[ours]


def _in_forms(options: argparse.Namespace, console: Console) -> dict[str, list[Run]]:
    """Measure ours on the list in every form, in turns."""
    source = folder_for(options.data, options.rows, options.rows)
    folders = {"plain CSV": source, **{form.title: _in_form(source, name) for name, form in forms.FORMS.items()}}
    for folder in folders.values():
        for path in folder.glob("call_list.*"):
            _warm(path)
    results: dict[str, list[Run]] = {form: [] for form in folders}
    for turn in range(1, options.rounds + 1):
        for form, folder in folders.items():
            results[form].append(run(CONTESTANTS[0], folder))
            console.print(f"round {turn}: {form} {results[form][-1].seconds:.2f} s", style="dim")
            CONTESTANTS[0].clear(folder)
    return results


def _in_form(source: Path, name: str) -> Path:
    folder = source.with_name(f"{source.name}-{name}")
    done = folder / "complete"
    if not done.exists():
        forms.make(source, folder, forms.FORMS[name])
        done.touch()
    return folder


# --- telling ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """A table, for the terminal or for a Markdown file."""

    title: str
    header: Sequence[str]
    cells: Cells

    def rich(self) -> Table:
        """Return it for the terminal."""
        table = Table(title=self.title, title_justify="left")
        for n, name in enumerate(self.header):
            table.add_column(name, justify="right" if n else "left")
        for row in self.cells:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        """Return it as Markdown."""
        marks = ["---", *["---:"] * (len(self.header) - 1)]
        lines = [" | ".join(row) for row in (self.header, marks, *self.cells)]
        return f"**{self.title}**\n\n" + "\n".join(f"| {line} |" for line in lines)


def result_cells(results: Results, rows: int) -> Cells:
    """Return a line for each contestant; ratios are against our run without a cache."""
    ours = next((seconds(runs) for one, runs in results.items() if one.is_ours), None)
    return [
        [
            one.name,
            f"{seconds(runs):.2f}",
            f"{seconds(runs) / ours:.2f}" if ours else "",
            f"{rows / seconds(runs):,.0f}",
            f"{cpu_seconds(runs):.1f}",
            _gigabytes(peak(runs)),
        ]
        for one, runs in results.items()
    ]


def growth_report(growth: dict[int, list[Run]]) -> Report:
    """Return a line for each number of rows."""
    base = BASE_OF_GROWTH if BASE_OF_GROWTH in growth else min(growth)
    cells = [
        [
            f"{rows:,}",
            f"{seconds(runs):.2f}",
            f"{rows / seconds(runs):,.0f}",
            _gigabytes(peak(runs)),
            f"{peak(runs) / peak(growth[base]):.2f}",
        ]
        for rows, runs in sorted(growth.items())
    ]
    header = ["rows", "seconds", "rows/s", "peak memory", f"× memory at {base:,} rows"]
    return Report("growth of balansfilter", header, cells)


def forms_report(in_forms: dict[str, list[Run]]) -> Report:
    """Return a line for each form of the list; the first is what the others are compared with."""
    usual, *_ = in_forms.values()
    cells = [
        [
            form,
            f"{seconds(runs):.2f}",
            f"{seconds(runs) / seconds(usual):.2f}",
            f"{cpu_seconds(runs):.1f}",
            f"{cpu_seconds(runs) / cpu_seconds(usual):.2f}",
            _gigabytes(peak(runs)),
        ]
        for form, runs in in_forms.items()
    ]
    return Report("balansfilter by the form of the list", FORMS_HEADER, cells)


def verdict(results: Results) -> list[str]:
    """Say how our whole run, without a cache, compares with the fastest peer and with the floor."""
    ours = next((seconds(runs) for one, runs in results.items() if one == CONTESTANTS[0]), None)
    peers = {one.name: seconds(runs) for one, runs in results.items() if one.is_peer}
    floors = [seconds(runs) for one, runs in results.items() if not one.is_peer and not one.is_ours]
    if ours is None:
        return []
    lines = []
    if peers:
        fastest = min(peers, key=peers.__getitem__)
        lines.append(f"Against the fastest peer ({fastest}): {ours / peers[fastest]:.2f}.")
    duckdb = peers.get("DuckDB")
    for one, runs in results.items():
        if duckdb and one in ENGINES:
            beside = ours if "--verify-with" in one.options else 0.0
            lines.append(
                f"{one.name}: {(seconds(runs) - beside) / duckdb:.2f} of the DuckDB script"
                f"{', beside the run' if beside else ''}."
            )
    return lines + [f"Against the floor: {ours / floor:.2f}." for floor in floors]


def seconds(runs: Iterable[Run]) -> float:
    """Return the median time."""
    return median(run.seconds for run in runs)


def cpu_seconds(runs: Iterable[Run]) -> float:
    """Return the median of the CPU seconds."""
    return median(run.cpu_seconds for run in runs)


def peak(runs: Iterable[Run]) -> float:
    """Return the median of the peaks of memory."""
    return median(run.peak_bytes for run in runs)


def _gigabytes(size: float) -> str:
    return f"{size / 1e9:.2f} GB"


def machine() -> str:
    """Name the machine by its cores and memory only."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count()} cores, {memory / 1e9:.0f} GB of memory."


if __name__ == "__main__":
    raise SystemExit(main())
