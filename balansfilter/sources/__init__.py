"""Sources: call lists, objections, registers and call histories, read in one way from CSV, Parquet or a spreadsheet.

paths = resolve_paths(policy.call_list.path, base=..., brand=policy.brand, as_of=as_of)
with open_source(policy.call_list, role="call_list", paths=paths, columns=["mobiel"], ...) as source:
    for chunk in source.chunks():
        ...
    source.fingerprint

Rule: one file a kind, and every kind is read by one loop.
"""

from balansfilter.sources.cell_kinds import describe_cells
from balansfilter.sources.freshness import (
    Lasting,
    age_warning,
    check_closed,
    check_freshness,
    check_min_rows,
    check_shrink,
    no_newest,
    snapshot_of,
)
from balansfilter.sources.interface import Block, Chunk, Dialect, FileFingerprint, Fingerprint, OnBadRow, Source
from balansfilter.sources.opening import open_source
from balansfilter.sources.paths import resolve_paths
from balansfilter.sources.registry import format_named
from balansfilter.sources.remote import Asking, Fetched, Remote, expected_sources, looked_at

__all__ = [
    "Asking",
    "Block",
    "Chunk",
    "Dialect",
    "Fetched",
    "FileFingerprint",
    "Fingerprint",
    "Lasting",
    "OnBadRow",
    "Remote",
    "Source",
    "age_warning",
    "check_closed",
    "check_freshness",
    "check_min_rows",
    "check_shrink",
    "describe_cells",
    "expected_sources",
    "format_named",
    "looked_at",
    "no_newest",
    "open_source",
    "resolve_paths",
    "snapshot_of",
]
