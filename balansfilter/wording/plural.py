"""A sentence that counts, in its form for one or for several. Pure."""

from __future__ import annotations


def counted(count: float, one: str, several: str, **values: object) -> str:
    """Return the form of a sentence for a number, which is filled in as `count`; other values by their names."""
    return (one if count == 1 else several).format(count=f"{count:,}", **values)


def rows_told(rows: int) -> str:
    """Return a number of rows: 1 row, 2 rows."""
    return counted(rows, "{count} row", "{count} rows")


def runs_told(runs: int) -> str:
    """Return a number of runs: 1 run, 2 runs."""
    return counted(runs, "{count} run", "{count} runs")
