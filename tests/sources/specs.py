"""Sources as a policy names them, with columns of every role."""

from pathlib import Path
from zoneinfo import ZoneInfo

from source_opening import AS_OF

from balansfilter.policy.model import CallList, CallListColumns, ObjectionColumns, Objections
from balansfilter.sources import Chunk, open_source

ROLES = {"customer_id": "id", "phone": "tel", "last_purchase_on": "dag"}


def opened_list(path: Path, on_bad_row: str = "stop", columns: dict | None = None, **options):
    """Open a call list with the columns id, tel and dag, or others."""
    roles = CallListColumns(**(columns or ROLES))
    how = {name: options.pop(name) for name in {"block_bytes"} & options.keys()}
    spec = CallList(path="x", columns=roles, on_bad_row=on_bad_row, **options)
    return _opened(spec, path, "call_list", on_bad_row=on_bad_row, keep_records=True, **how)


def opened_objections(path: Path, columns: dict, **options):
    """Open objections with columns of these roles."""
    how = {name: options.pop(name) for name in {"sheets_read"} & options.keys()}
    spec = Objections(path="x", columns=ObjectionColumns(**columns), **options)
    return _opened(spec, path, "objections[0]", **how)


def _opened(spec, path: Path, role: str, **options):
    names = [name for _, name in spec.columns if name]
    return open_source(
        spec, role=role, paths=[path], columns=names, time_zone=ZoneInfo("Europe/Amsterdam"), as_of=AS_OF, **options
    )


def cells_of(source) -> dict[str, list[str]]:
    """Read a source whole, and give its cells by column."""
    with source:
        chunks: list[Chunk] = list(source.chunks())
    read: dict[str, list[str]] = {}
    for chunk in chunks:
        for name, cells in chunk.cells.to_dict(as_series=False).items():
            read.setdefault(name, []).extend(cells)
    return read
