"""The floor: read the call list and write it again, ``python floor.py FOLDER OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import polars as pl


def main(folder: Path, out: Path) -> None:
    """Copy the call list through Polars' reader and writer."""
    out.mkdir(parents=True, exist_ok=True)
    pl.scan_csv(folder / "call_list.csv", infer_schema=False).sink_csv(out / "callable.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
