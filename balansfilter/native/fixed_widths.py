"""How a frame is written where columns of bytes have one width: its schema in the terms of Arrow's C data interface."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from typing import Any

import polars as pl

from balansfilter.native.lending import ArrowSchema, pointer_in


class FixedWidths:
    """The schema of a frame in Arrow's terms, with columns of bytes that have one width."""

    def __init__(self, schema: pl.Schema, widths: Mapping[str, int]) -> None:
        """Take Polars' own, and name the width of some of its columns.

        Whoever made a structure keeps its texts by itself, and frees them whatever the structure says.
        """
        self._capsule = schema.__arrow_c_schema__()
        whole = ArrowSchema.from_address(pointer_in(self._capsule, b"arrow_schema"))
        fields = ctypes.cast(whole.children, ctypes.POINTER(ctypes.POINTER(ArrowSchema)))
        self._forms = {name: b"w:%d" % width for name, width in widths.items()}  # kept, for a field only points to it
        for field in (fields[n].contents for n in range(whole.n_children)):
            if field.name.decode() in self._forms:
                field.format = self._forms[field.name.decode()]

    def __arrow_c_schema__(self) -> Any:
        """Return the capsule of the schema, which Polars copies."""
        return self._capsule
