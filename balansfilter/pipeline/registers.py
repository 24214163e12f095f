"""Registers that were read before: each is read once, for every brand, engine and process, and kept in the cache.

The file of a register is hashed in every run, and an index is used only where its digest and the way in which it is
read are those of which the index was made. So a run with an index tells and decides what one without it does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from balansfilter.evidence.register import Registered
from balansfilter.evidence.register_index import (
    FORM,
    Indexed,
    Layout,
    ReadSource,
    UnusableError,
    layout_of,
    read_head,
    read_index,
    write_index,
)
from balansfilter.frozen import dataclass
from balansfilter.identity.numbers import NumberColumns
from balansfilter.policy.loading import unchecked_values
from balansfilter.policy.model import Register
from balansfilter.policy.site import base_folder
from balansfilter.remote import is_remote
from balansfilter.sources import Source
from balansfilter.sources.partitions import partition_of
from balansfilter.version import VERSION

WORTH = 1 << 20
"""Bytes of a register from which reading it takes longer than finding its index."""
_FOLDER, _ENDING = "registers", ".index"
_NO_READING = {"path", "query", "table", "key", "max_age", "snapshot_on", "min_rows", "max_unreadable"}
"""What a policy says of a register that makes no difference to what is read of a file."""
_READERS = ("evidence", "identity", "native", "phone", "sources", "wording")
_LIBRARIES = ("phonenumbers", "polars")


@dataclass(frozen=True)
class RegisterReading:
    """How a register is read."""

    spec: Register
    numbers: NumberColumns
    time_zone: str
    source: str
    """The path in the policies that it is found by."""

    def of(self, source: Source) -> str:
        """Return the digest of how a file is read, whatever is in it."""
        told = {
            "form": FORM,
            "version": VERSION,
            "readers": _readers(),
            "spec": self.spec.model_dump(mode="json", exclude=_NO_READING),
            "dates": self.spec.formats,
            "format": source.format,
            "time_zone": self.time_zone,
            "phones": self.numbers.phones,
            "countries": self.numbers.countries,
            "default_country": self.numbers.default_country,
            "others": self.numbers.others,
            "mixed": sorted(self.numbers.mixed),
            "partitions": [dict(partition_of(path)) for path in source.paths],
            "bytes": source.bytes,
        }
        return sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class IndexUsed:
    """What a register was held against: what it was made of, and the digest of its numbers as they lie in an index."""

    made_of: str
    sha256: Callable[[], str]
    """Gives the digest; that of a register that was just read is made while the list is decided."""

    def as_json(self) -> dict[str, str]:
        """Return it as it stands in the manifest and the ledger."""
        return {"made_of": self.made_of, "sha256": self.sha256()}


@dataclass(frozen=True)
class Registers:
    """The indexes in the cache."""

    folder: Path
    tell: Callable[[str], None]
    """Is told what is worth a look, and is no reason to stop."""
    has_room: Callable[[Path, int], bool] | None = None
    """Whether so many bytes may be kept in a folder; None where nothing is to be kept."""

    @classmethod
    def of(
        cls, cache_folder: Path, tell: Callable[[str], None], has_room: Callable[[Path, int], bool] | None = None
    ) -> Registers:
        """Return those in the folder of a site's cache."""
        return cls(registers_folder(cache_folder), tell, has_room)

    def take(  # noqa: PLR0913 - a run reads, stops and waits in its own ways
        self,
        source: Source,
        reading: RegisterReading,
        until_stopped: Callable[[Iterable[Any]], Iterator[Any]],
        make: Callable[[], Registered],
        before: Mapping[str, Any],
        later: Callable[[Callable[[], Layout]], Future[Layout]],
    ) -> tuple[Registered, IndexUsed | None]:
        """Return a register, read or out of its index, and what the ledger keeps of it; None where it is small.

        :param before: what the last published run told of its register.
        :param later: takes what may be done while the run goes on: the digest of what was read, and the index of it.
        """
        if source.bytes < WORTH:
            return make(), None
        how = reading.of(source)
        known = before.get("index") or {}
        if self._may_hold(how):
            for _ in until_stopped(source.hashing()):
                pass
            found = self._held(self._path(how, source.digests), _made_of(how, source.digests), known)
            if found is not None and _speaks_of(found.read, source):
                source.take_as_read(found.read.rows, found.read.warnings)
                held = found.layout
                return found.registered, IndexUsed(found.read.made_of, lambda: held.sha256)
        registered = make()
        read = _read_of(source, _made_of(how, source.digests), reading.source)
        layout = later(partial(self._laid_out, self._path(how, source.digests), read, registered, known))
        return registered, IndexUsed(read.made_of, lambda: layout.result().sha256)

    def _may_hold(self, how: str) -> bool:
        return any(True for _ in self.folder.glob(f"{how[:16]}-*{_ENDING}"))

    def _path(self, how: str, digests: tuple[str, ...]) -> Path:
        return self.folder / f"{how[:16]}-{_made_of(how, digests)[:32]}{_ENDING}"

    def _held(self, path: Path, made_of: str, known: Mapping[str, Any]) -> Indexed | None:
        """Return what an index holds; None where there is none, or none that can be used."""
        if not path.is_symlink() and not path.exists():
            return None
        try:
            return read_index(path, made_of, known.get("sha256") if known.get("made_of") == made_of else None)
        except UnusableError as error:
            self.tell(f"the index {path} of the register cannot be used, and is made again: {error}")
            return None

    def _laid_out(self, path: Path, read: ReadSource, registered: Registered, known: Mapping[str, Any]) -> Layout:
        """Return how the numbers of a register that was read lie in its index, which is kept if that is wanted."""
        layout = layout_of(registered.numbers)
        if known.get("made_of") == read.made_of and known.get("sha256") != layout.sha256:
            self.tell(
                "the register: its numbers are others than those that the last list was held against, though the file"
                " is the same: make that list again, and find out who writes in the cache"
            )
        if self.has_room is not None:
            self._keep(path, read, registered, layout)
        return layout

    def _keep(self, path: Path, read: ReadSource, registered: Registered, layout: Layout) -> None:
        """Keep a register that was read, where there is room; if that fails the run goes on without."""
        try:
            if self.has_room is not None and not self.has_room(self.folder, layout.bytes):
                self.tell("the register is not kept in the cache, for want of room on the disk: every run reads it")
                return
            write_index(path, read, layout, registered)
        except OSError as error:
            self.tell(f"the register cannot be kept in the cache: {error.strerror or error}; every run reads it")
            return
        self._drop_older(read)

    def _drop_older(self, read: ReadSource) -> None:
        """Remove the indexes of what the same source was before."""
        for path in indexes_in(self.folder):
            with suppress(UnusableError, OSError):
                other = read_head(path)
                if other.source == read.source and other.files != read.files:
                    path.unlink(missing_ok=True)


def registers_folder(cache_folder: Path) -> Path:
    """Return the folder with the indexes in a site's cache."""
    return cache_folder / _FOLDER


def indexes_in(folder: Path) -> list[Path]:
    """Return the indexes in a folder."""
    return sorted(folder.glob(f"*{_ENDING}"))


def source_named(path: str, base: Path, brand: str) -> str:
    """Return what a register is found by, day after day: the path in the policy, for this brand."""
    named = path.replace("{brand}", brand)
    return named if is_remote(named) else str(base / named)


def sweep_registers(folder: Path, configs: Path, own: str | None) -> None:
    """Remove the indexes of registers that no policy names any more, and what is no index.

    While a policy cannot be read all stay: it may be the one that names them.

    :param own: what the register of the brand is found by whose run this is; the other policies are looked at only
        where there are indexes of others.
    """
    others = {path: source for path in indexes_in(folder) if (source := _source_of(path)) is None or source != own}
    named = _named_sources(configs) if others else None
    if named is None:
        return
    for path, source in others.items():
        if source not in named:
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _source_of(path: Path) -> str | None:
    try:
        return read_head(path).source
    except UnusableError:
        return None


def _named_sources(configs: Path) -> set[str | None] | None:
    """Return what the registers of all policies are found by; None where a policy cannot be read."""
    named, base = set[str | None](), base_folder(configs)
    for path in sorted((configs / "brands").glob("*.yaml")):
        try:
            values: Any = unchecked_values(path)
            register = (values.get("bel_me_niet") or {}).get("register") or {}
            if "path" in register:
                named.add(source_named(register["path"].strip(), base, path.stem))
        except (AttributeError, TypeError):  # it cannot be read, or has another form
            return None
    return named


def _read_of(source: Source, made_of: str, found_by: str) -> ReadSource:
    files = source.fingerprint.files
    return ReadSource(
        made_of=made_of,
        files=source.digests,
        source=found_by,
        paths=tuple(file.path for file in files),
        rows=tuple(file.rows for file in files),
        warnings=source.warnings,
    )


def _made_of(how: str, digests: tuple[str, ...]) -> str:
    return sha256("\n".join((how, *digests)).encode()).hexdigest()


def _speaks_of(read: ReadSource, source: Source) -> bool:
    """Return whether the warnings that an index holds name the files as this source does."""
    return not read.warnings or read.paths == source.paths


@cache
def _readers() -> str:
    """Return a digest of the program that reads a register: a correction of it reads the register anew."""
    root = Path(__file__).parents[1]
    files = [path for part in _READERS for path in _modules_in(root / part)]
    files += [Path(found.origin) for found in map(find_spec, _LIBRARIES) if found and found.origin]
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _modules_in(folder: Path) -> list[Path]:
    """Return the modules in a folder, in order, without a look at what is kept of them there."""
    found: list[Path] = []
    for at, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [Path(at, name) for name in names if name.endswith(".py")]
    return sorted(found)
