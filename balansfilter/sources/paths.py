"""From the path in a policy to the files on disk.

A path is a file, a glob or a folder. Of a folder, every file is read, in the order of their names: those named .csv,
.tsv or .txt (also with .gz or .zst behind it), .parquet or .pq, and .xlsx, .xlsm, .xls or .ods. Hidden and temporary
files are passed over (of a glob, folders too); anything else stops the run, since a forgotten archive of objections
must not be missed in silence. The folders of a partitioned table (``day=2026-11-26``) are gone through.
"""

from __future__ import annotations

import glob
import re
import string
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from balansfilter.sources.disk import nearest_folder, unreadable
from balansfilter.sources.origin import Origin
from balansfilter.sources.partitions import is_partition
from balansfilter.sources.registry import DATA_NAMES
from balansfilter.wording.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

_FILE_SCHEME = "file://"
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_TEMPORARY_NAMES = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".swp", "~")
_HIDDEN_NAMES = (".", "~$")
DELTA = "_delta_log"
"""The folder by which a Delta table is known."""
OF_DELTA = (
    "is a Delta table, whose folder also holds rows that were changed or removed since",
    "let the program that keeps the table write its rows to Parquet or CSV files, and name those",
)
"""What is wrong with the folder of such a table, and what to do."""


def resolve_paths(pattern: str, *, base: Path, brand: str, as_of: date, role: str = "source") -> tuple[Path, ...]:
    """Return the files that a path in a policy means, sorted by name; there is at least one, and each existed just now.

    `{brand}`, `{as_of}` and `{as_of:%Y%m%d}` (any strftime format) are filled in; the path counts from `base`.
    SourceError says what is missing, and which folder above it does exist.
    """
    written = local_name(filled_in(pattern, brand, as_of, role), role)
    path = base / written
    origin = Origin(role, str(path))
    try:
        if path.is_dir():
            return _files_in(path, origin)
        if not path.exists() and glob.has_magic(written):
            return _matches(written, base, origin)
        path.stat()
    except OSError as error:
        raise unreadable(path, origin, error) from None
    return (path,)


def local_name(told: str, role: str = "call_list") -> str:
    """Return the path that an address such as `file:///data/list.csv` means; a path is its own.

    SourceError says of an address that it names no file of this machine.
    """
    if not told.startswith(_FILE_SCHEME):
        if address := _ADDRESS.match(told):  # the rest may hold a password
            hint = "deliver a file, or name an address of s3://, gs://, az://, postgresql:// or spark://"
            raise Origin(role, f"{address[1]}://…").error("is an address of a kind that is not read", hint)
        return told
    host, slash, rest = told.removeprefix(_FILE_SCHEME).partition("/")
    if host not in ("", "localhost") or not slash:
        problem = "is a file on another machine, or names none"
        raise Origin(role, told).error(problem, "write file:///folder/file, or the path alone")
    return "/" + unquote(rest)


def filled_in(pattern: str, brand: str, as_of: date, role: str = "source") -> str:
    """Fill in the placeholders of a path; SourceError on one that is not known."""
    origin = Origin(role, pattern)
    hint = "use {brand}, {as_of} or {as_of:%Y%m%d}"
    written = ""
    try:
        for text, name, form, conversion in string.Formatter().parse(pattern):
            written += text
            if name is None:
                continue
            if conversion or name not in ("brand", "as_of") or (name == "brand" and form):
                raise origin.error(f"has an unknown placeholder {{{name}{':' if form else ''}{form or ''}}}", hint)
            written += brand if name == "brand" else as_of.strftime(form or "%Y-%m-%d")
    except ValueError:
        raise origin.error("has a brace that is not closed", hint) from None
    return written


def _files_in(folder: Path, origin: Origin) -> tuple[Path, ...]:
    return _at_least_one(list(_data_in(folder, origin)), origin, "has no data files in it")


def _data_in(folder: Path, origin: Origin) -> Iterator[Path]:
    """Yield the files of a folder, and of the folders in it that are parts of a table."""
    if (folder / DELTA).is_dir():
        raise origin.error(*OF_DELTA)
    present = [path for path in folder.iterdir() if not is_passed_over(path)]
    parts = [path for path in present if is_partition(path.name) and path.is_dir()]
    files = [path for path in present if path not in parts]
    strange = sorted(path.name for path in files if not path.is_file() or not is_data(path))
    if strange:
        raise origin.error(
            strange_files(strange), f"move them, or name the data files with a glob such as {folder.name}/*.csv"
        )
    yield from files
    for part in parts:
        yield from _data_in(part, origin)


def _matches(written: str, base: Path, origin: Origin) -> tuple[Path, ...]:
    names = glob.glob(written, root_dir=base, recursive=True)  # noqa: PTH207 - a policy's path may be absolute
    found = [base / name for name in names]
    return _at_least_one(
        [path for path in found if not path.is_dir() and not is_passed_over(path)], origin, "matches no file"
    )


def _at_least_one(paths: Sequence[Path], origin: Origin, message: str) -> tuple[Path, ...]:
    if paths:
        return tuple(sorted(paths))
    hint = f"deliver the file; the nearest folder that exists is {nearest_folder(Path(origin.path) / '*')}"
    raise origin.error(f"{message} (hidden and temporary files are passed over)", hint)


def is_data(path: PurePath) -> bool:
    """Return whether a name is that of a file with rows."""
    return path.name.lower().endswith(DATA_NAMES)


def is_passed_over(path: PurePath) -> bool:
    """Return whether a file is hidden, is still being written, or is a note of the program that wrote the others."""
    name = path.name.lower()
    if name.startswith(_HIDDEN_NAMES) or name.endswith(_TEMPORARY_NAMES):
        return True
    return name.startswith("_") and not is_data(path)


def strange_files(names: Sequence[str]) -> str:
    """Return what is wrong with a folder that holds files that are no data."""
    return counted(
        len(names),
        "holds {count} thing that is no data file: {names}",
        "holds {count} things that are no data files: {names}",
        names=", ".join(names[:5]),
    )
