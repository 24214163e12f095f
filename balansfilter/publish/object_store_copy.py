"""A copy of a published run in an object store, laid out as it is on disk: the manifest last, then which run stands.

Whoever finds a manifest there finds every file of its run; `current` holds the id of the run that was copied last.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from balansfilter.remote.object_store import Bucket, split

MANIFEST = "manifest.json"


def copy_run(url: str, brand: str, run_id: str, folder: Path, names: Sequence[str]) -> dict[str, Any]:
    """Copy the files of a run to ``<url>/<brand>/runs/<run_id>/``.

    :param names: the files, of which the manifest is copied last.
    :raises RemoteError: the copy is not whole; it has no manifest then, unless it was whole before.
    """
    base, prefix = split(url)
    bucket = Bucket(base)
    place = "/".join(part for part in (prefix.strip("/"), brand) if part)
    target = f"{place}/runs/{run_id}"
    for name in (*(name for name in names if name != MANIFEST), MANIFEST):
        bucket.put(f"{target}/{name}", folder / name)
    bucket.put(f"{place}/current", f"{run_id}\n".encode())
    return {"files": len(names), "manifest": bucket.address(f"{target}/{MANIFEST}")}
