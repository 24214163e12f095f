"""The first rows of a source as `check` and `init` show them: a line a row, and nobody can be known by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from balansfilter.wording.speaking import told, told_column

if TYPE_CHECKING:
    from balansfilter.pipeline.samples import Sample


def sample_line(sample: Sample) -> str:
    """Return a row as it was read; the name of a column that goes over several lines is told on one."""
    cells = (f"{' '.join(told_column(name).split())} {_said(name, text)}" for name, text in sample.cells)
    return f"{told(f'row {sample.row}')}: {' · '.join(cells)}"


def _said(role: str, text: str) -> str:
    """Return what a cell was read as; what the cell itself says stays."""
    from balansfilter.pipeline.samples import ANSWERED

    return told(text) if role in ANSWERED else text
