"""Whether the disks have room for a run, looked at before a row is read."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from balansfilter.errors import OutputError, Problem
from balansfilter.policy.site import Site

_SLACK = 16_000_000
"""For what does not grow with the list: the page, the ledger, the manifest."""
_MARGIN = 1.25
"""How much more a list may take than one of the same size took before."""
_LISTS, _AUDIT = 2.0, 1.0
"""How much a first list takes for each byte that is read."""
_IN_LISTS, _IN_AUDIT = ("callable", "dropped", "delta"), ("decisions",)


def refuse_full_disk(site: Site, brand: str, reads: int | None, previous: Mapping[str, Any] | None) -> None:
    """Make sure that the lists and the decisions will fit, and that what is to stay free stays free.

    :param reads: the size of the call list in bytes; None where it is not known, and is taken to be as before.
    :param previous: the manifest of the last published run.
    :raises OutputError: they will not.
    """
    wanted = {
        site.output.dir / brand: _needed(reads, previous, _IN_LISTS, _LISTS),
        site.audit.dir / brand: _needed(reads, previous, _IN_AUDIT, _AUDIT),
    }
    kept_free = site.output.keep_free.bytes if site.output.keep_free is not None else 0
    disks: dict[int, tuple[Path, int]] = {}
    for folder, needed in wanted.items():
        there = _nearest(folder)
        device = there.stat().st_dev
        disks[device] = (folder, disks.get(device, (folder, 0))[1] + needed)
    problems = []
    for folder, needed in disks.values():
        disk = shutil.disk_usage(_nearest(folder))
        free = disk.free
        # A file system that knows no size, such as one of a bucket, tells nothing.
        if disk.total and free < needed + kept_free:
            told = f"has {_mb(free)} free, and a run needs about {_mb(needed)}"
            told += f" and leaves {_mb(kept_free)}" if kept_free else ""
            hint = "make room, such as with `balansfilter audit prune`, or set output.dir and audit.dir elsewhere"
            problems.append(Problem(str(folder), message=told, hint=hint))
    if problems:
        raise OutputError("there is not enough room on the disk:", problems)


def has_room_beside(site: Site, reads: int | None, previous: Mapping[str, Any] | None, folder: Path, size: int) -> bool:
    """Return whether a folder has room for so many bytes beside all that a run takes, wherever that goes."""
    kept_free = site.output.keep_free.bytes if site.output.keep_free is not None else 0
    needed = _needed(reads, previous, _IN_LISTS, _LISTS) + _needed(reads, previous, _IN_AUDIT, _AUDIT)
    disk = shutil.disk_usage(_nearest(folder))
    return not disk.total or disk.free >= needed + kept_free + size


def _needed(reads: int | None, previous: Mapping[str, Any] | None, outputs: tuple[str, ...], share: float) -> int:
    """Return how many bytes a run will take, by what the last one took of each byte that it read."""
    before = took = 0
    if previous is not None:
        before = previous["sources"][0]["bytes"]
        took = sum(file["bytes"] for name, file in previous["outputs"].items() if name in outputs)
    if not before or not took:
        return _SLACK + int((reads or 0) * share)
    return _SLACK + int(took * _MARGIN * max(1.0, (reads or before) / before))


def _nearest(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _mb(count: int) -> str:
    return f"{count / 1_000_000:,.0f} MB"
