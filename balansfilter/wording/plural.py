"""A sentence that counts, in its form for one or for several. Pure."""

from __future__ import annotations


def counted(count: float, one: str, several: str, **values: object) -> str:
    """Return the form of a sentence for a number, which is filled in as `count`; other values by their names."""
    return (one if count == 1 else several).format(count=f"{count:,}", **values)
