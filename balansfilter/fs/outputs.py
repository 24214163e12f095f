"""An output of a run as the manifest and the ledger tell it: one file, or a folder of parts, each with its digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any


def files_of(output: Mapping[str, Any]) -> dict[str, str]:
    """Return the digest of each file of an output, in the order of its rows, by the name from the folder of the run."""
    if "parts" not in output:
        return {str(output["name"]): str(output["sha256"])}
    return {f"{output['name']}/{part['name']}": str(part["sha256"]) for part in output["parts"]}


def digest_of_files(parts: Iterable[tuple[str, str]]) -> str:
    """Return the digest of the lines that ``sha256sum`` prints for some files, each with its name and digest."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in parts)
    return hashlib.sha256(lines.encode()).hexdigest()
