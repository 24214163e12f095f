"""The lists beside a manifest, wherever it is: on disk, or in an object store that a run was copied to."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from pathlib import Path

from balansfilter.errors import OutputError
from balansfilter.fs.private import sha256_file
from balansfilter.remote import RemoteError, is_object, wrong_with

_MANIFEST = "manifest.json"


class Lists(ABC):
    """A manifest and what lies beside it."""

    name: str
    """The manifest, as somebody named it."""
    manifest_name: str
    """Its name alone."""

    @abstractmethod
    def manifest(self) -> bytes:
        """Return the bytes of the manifest; OSError or RemoteError where it cannot be read."""

    @abstractmethod
    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of a file beside it; None where it is gone."""

    @abstractmethod
    def inside(self, folder: str) -> set[str]:
        """Return the names of the files in a folder beside it; OSError or RemoteError where it cannot be looked at."""

    @abstractmethod
    def address(self, name: str) -> str:
        """Return how a file beside it is told of."""


class ListsOnDisk(Lists):
    """Lists in a folder."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.manifest_name = path.name
        self._path = path

    def manifest(self) -> bytes:
        """Read the manifest."""
        return self._path.read_bytes()

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of a file; None where it is gone."""
        path = self._path.parent / name
        return sha256_file(path) if path.exists() else None

    def inside(self, folder: str) -> set[str]:
        """Return the names of the files in a folder."""
        return {f"{folder}/{path.name}" for path in (self._path.parent / folder).iterdir()}

    def address(self, name: str) -> str:
        """Return the path of a file."""
        return str(self._path.parent / name)


class ListsInStore(Lists):
    """Lists in an object store."""

    def __init__(self, url: str) -> None:
        from balansfilter.remote.object_store import Bucket, split

        base, key = split(url)
        self.name = url
        self._folder, _, self.manifest_name = key.rpartition("/")
        self._bucket = Bucket(base)

    def manifest(self) -> bytes:
        """Read the manifest."""
        found = self._bucket.look(self._key(self.manifest_name))
        if found is None:
            raise FileNotFoundError(2, "does not exist")
        return b"".join(self._bucket.pieces(found))

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of an object; None where it is gone."""
        found = self._bucket.look(self._key(name))
        if found is None:
            return None
        digest = hashlib.sha256()
        for piece in self._bucket.pieces(found):
            digest.update(piece)
        return digest.hexdigest()

    def inside(self, folder: str) -> set[str]:
        """Return the names of the objects under a prefix."""
        prefix = self._key(f"{folder}/")
        return {f"{folder}/{found.key.removeprefix(prefix)}" for found in self._bucket.below(prefix)}

    def address(self, name: str) -> str:
        """Return the address of an object."""
        return self._bucket.address(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._folder else name


def lists_beside(manifest: str) -> Lists:
    """Return the lists beside a manifest; a folder on disk stands for the manifest in it.

    :raises OutputError: its address holds a secret, or is none; or the store cannot be used.
    """
    if not is_object(manifest):
        given = Path(manifest)
        return ListsOnDisk(given / _MANIFEST if given.is_dir() else given)
    if wrong := wrong_with(manifest):
        raise OutputError(f"the address of the manifest {wrong[0]}: {wrong[1]}")
    try:
        return ListsInStore(manifest)
    except RemoteError as error:
        raise OutputError(f"cannot read the manifest {manifest}: {error}") from error
