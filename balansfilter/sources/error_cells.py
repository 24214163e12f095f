"""Cells of a spreadsheet that hold an error, or a formula that was never worked out.

The reader of spreadsheets gives them as empty, and empty is not what they are: a number or a day that a formula could
not find is unknown.
"""

from __future__ import annotations

from balansfilter.frozen import dataclass


@dataclass(frozen=True)
class CellError:
    """What stands in a cell in place of a value."""

    told: str

    def __str__(self) -> str:
        """Return a text that nobody takes for nothing, a number, an id or a day."""
        return f"error: {self.told}"


NO_VALUE = CellError("formula without a value")
