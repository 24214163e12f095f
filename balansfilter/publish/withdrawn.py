"""The list of withdrawn rows beside a published list: whole on disk before it is recorded, and in its place after that.

Between the two it waits in a folder of its own. Whatever of that is not done, because the process was killed, the next
command that holds the brand's lock does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from balansfilter.errors import OutputError
from balansfilter.fs.private import make_private_folder, sha256_file, sync, write_private
from balansfilter.publish.folders import BrandFolders, as_output_error

WITHDRAWN = "withdrawn.csv"


def prepare_withdrawn(folders: BrandFolders, run_id: str, data: bytes) -> None:
    """Write the list of withdrawn rows of a run where it waits until it is recorded.

    :raises OutputError: it cannot be written.
    """
    path = folders.waiting / f"{run_id}.csv"
    with as_output_error("write", path):
        make_private_folder(folders.waiting)
        path.unlink(missing_ok=True)
        write_private(path, data, os.O_EXCL)
        sync(path.parent)


def place_withdrawn(folders: BrandFolders, recorded: Mapping[str, str]) -> None:
    """Move what waits to its place, if it is what was recorded, and remove it if it is not.

    :param recorded: of each run the digest of its last list of withdrawn rows.
    :raises OutputError: it cannot be moved or removed.
    """
    if not folders.waiting.is_dir():
        return
    with as_output_error("place what waits in", folders.waiting):
        for path in sorted(folders.waiting.iterdir()):
            run = folders.runs / path.stem
            if recorded.get(path.stem) == sha256_file(path) and run.is_dir():
                path.replace(run / WITHDRAWN)
                sync(run)
        shutil.rmtree(folders.waiting)


def rows_in(data: bytes, path: Path) -> frozenset[int]:
    """Return the rows of the call list that a list of withdrawn rows names.

    :param data: what stands in its file.
    :raises OutputError: it is no such list.
    """
    import polars as pl

    try:
        return frozenset(pl.read_csv(data, columns=["row"], schema_overrides={"row": pl.UInt64})["row"])
    except pl.exceptions.PolarsError as error:
        raise OutputError(f"{path} is no list of withdrawn rows, as `balansfilter recheck` writes it") from error
