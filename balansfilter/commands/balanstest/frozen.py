"""The dossier of an approval: what was signed, as it was signed, kept beside the ledger and named after its digest.

`dossier.json` names every other file with its digest, so that the one digest in the policy stands for all of them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from balansfilter.audit.folder import BrandAudit, as_audit_error
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder, sha256_file, sync, write_private
from balansfilter.fs.scratch import scratch

INDEX = "dossier.json"
SIGNATURE, PUBLIC_KEY = "dossier.sig", "dossier.pub"


@dataclass(frozen=True)
class Dossier:
    """What is frozen of an approval."""

    files: Mapping[str, bytes]
    """The files, by name."""
    about: Mapping[str, Any]
    """What is told of them in `dossier.json`: who signed what, and what they were shown."""

    def index(self) -> bytes:
        """Return `dossier.json`."""
        files = [
            {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for name, data in sorted(self.files.items())
        ]
        told = {"dossier": 1, **self.about, "files": files}
        return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode()


def digest_of(index: bytes) -> str:
    """Return the digest by which a policy names a dossier."""
    return f"sha256:{hashlib.sha256(index).hexdigest()}"


def keep(audit: BrandAudit, dossier: Dossier, signed: Mapping[str, bytes] | None = None) -> str:
    """Keep a dossier beside the ledger, whole and on disk; returns its digest.

    :param signed: the signature of the officer and the key that checks it, which are about `dossier.json`.
    :raises AuditError: it cannot be written.
    """
    index = dossier.index()
    digest = digest_of(index)
    place = audit.dossier(digest)
    with as_audit_error(audit.dossiers):
        if not place.exists():
            make_private_folder(audit.dossiers)
            with scratch(audit.temporary) as folder:
                fresh = folder / "dossier"
                make_private_folder(fresh)
                for name, data in {**dossier.files, **(signed or {}), INDEX: index}.items():
                    write_private(fresh / name, data)
                sync(fresh)
                fresh.replace(place)
            sync(audit.dossiers)
    return digest


def files_of(audit: BrandAudit, digest: str) -> list[dict[str, str]]:
    """Return name and SHA-256 of every file of a dossier, for the ledger."""
    place = audit.dossier(digest)
    names = sorted(path.name for path in place.iterdir())
    return [{"name": name, "sha256": sha256_file(place / name)} for name in names]


def is_kept(audit: BrandAudit, digest: str) -> bool:
    """Whether a dossier stands beside the ledger."""
    return audit.dossier(digest).is_dir()


def frozen_file(audit: BrandAudit, digest: str, name: str) -> bytes | None:
    """Return a file of a dossier, as it was signed; None where the dossier has no such file.

    :raises AuditError: the dossier is not what was signed, or cannot be read.
    """
    place = audit.dossier(digest)
    index = _read(place / INDEX)
    if digest_of(index) != digest:
        raise AuditError(f"{place / INDEX} is not the dossier that was signed; put it back from your backup")
    known = {file["name"]: file["sha256"] for file in json.loads(index)["files"]}
    if name not in known:
        return None
    data = _read(place / name)
    if hashlib.sha256(data).hexdigest() != known[name]:
        raise AuditError(f"{place / name} is not the file that was signed; put it back from your backup")
    return data


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        told = f"cannot read {path}, which was signed: {error.strerror}; put it back from your backup"
        raise AuditError(told) from error
