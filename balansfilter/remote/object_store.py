"""An object store, through obstore: Amazon's S3 and what speaks like it, Google's and Azure's."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from balansfilter.frozen import dataclass
from balansfilter.remote.failures import RemoteError, needs_extra

if TYPE_CHECKING:
    from pathlib import Path

    from obstore import GetOptions

_PIECE = 16 << 20
_VARIABLES = {"s3": "AWS", "gs": "GOOGLE", "az": "AZURE"}
"""How the names of the variables begin that tell of a store."""
_CONNECT, _REQUEST, _RETRYING = timedelta(seconds=10), timedelta(minutes=2), timedelta(seconds=30)
_CHANGED = "was changed or replaced while it was read"
_WHEN_DONE = "write it under another name, and copy it to this one once it is complete"


@dataclass(frozen=True)
class Object:
    """An object as the store tells of it."""

    key: str
    size: int
    modified: datetime
    etag: str | None
    version: str | None

    @property
    def identity(self) -> dict[str, str]:
        """What tells that it is still the same one."""
        return {name: value for name, value in (("etag", self.etag), ("version", self.version)) if value}


class Bucket:
    """One bucket, or container. What goes wrong is raised as a RemoteError without a word of an answer."""

    def __init__(self, url: str) -> None:
        """Take the bucket of an address; nothing is asked of it yet."""
        self.scheme, _, rest = url.partition("://")
        self.name = rest.partition("/")[0]
        try:
            import obstore
            from obstore import store
        except ImportError:
            raise needs_extra("object-store") from None
        self._lib = obstore
        kinds: dict[str, Any] = {"s3": store.S3Store, "gs": store.GCSStore, "az": store.AzureStore}
        plain = os.environ.get(f"{_VARIABLES[self.scheme]}_ALLOW_HTTP", "").lower() in ("1", "true")
        client = {"connect_timeout": _CONNECT, "timeout": _REQUEST, "allow_http": plain}
        retry = {"max_retries": 3, "retry_timeout": _RETRYING}
        with _told():
            self._store = kinds[self.scheme](self.name, client_options=client, retry_config=retry)

    def address(self, key: str) -> str:
        """Return the address of an object."""
        return f"{self.scheme}://{self.name}/{key}"

    def look(self, key: str) -> Object | None:
        """Return an object as it is now; None where there is none."""
        with _told():
            try:
                return _object(self._lib.head(self._store, key))
            except FileNotFoundError:
                return None

    def below(self, prefix: str) -> Iterator[Object]:
        """Yield the objects in a folder, and in the folders in it."""
        with _told():
            for part in self._lib.list(self._store, prefix or None):
                yield from map(_object, part)

    def inside(self, prefix: str) -> tuple[Sequence[Object], Sequence[str]]:
        """Return the objects right in a folder, and the names of the folders there."""
        with _told():
            found = self._lib.list_with_delimiter(self._store, prefix or None)
            folders = [folder.rstrip("/").rpartition("/")[2] for folder in found["common_prefixes"]]
            return [_object(one) for one in found["objects"]], folders

    def pieces(self, found: Object) -> Iterator[bytes]:
        """Yield the bytes of an object, all of the one that was looked at; an error tells that it was replaced."""
        start = 0
        while start < found.size:
            end = min(start + _PIECE, found.size)
            wanted: GetOptions = {"range": (start, end)}
            if found.etag is not None:
                wanted["if_match"] = found.etag
            if found.version is not None:
                wanted["version"] = found.version
            with _told():
                piece = bytes(self._lib.get(self._store, found.key, options=wanted).bytes())
            if len(piece) != end - start:
                raise RemoteError(_CHANGED, _WHEN_DONE)
            yield piece
            start = end

    def check_unchanged(self, found: Object) -> None:
        """Raise RemoteError unless an object is still the one that was looked at."""
        if self.again(found) != found:
            raise RemoteError(_CHANGED, _WHEN_DONE)

    def again(self, found: Object) -> Object:
        """Return an object as it is now, with its version, which a listing does not tell."""
        now = self.look(found.key)
        if now is None:
            raise RemoteError("was removed while it was read", _WHEN_DONE)
        return now

    def put(self, key: str, data: bytes | Path) -> None:
        """Write an object whole, in one step, over what was there."""
        with _told():
            self._lib.put(self._store, key, data)


def split(url: str) -> tuple[str, str]:
    """Return the bucket's address and the key of an object's address."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    return f"{scheme.lower()}://{bucket}", key


def _object(meta: Any) -> Object:
    return Object(meta["path"], meta["size"], meta["last_modified"], meta["e_tag"], meta["version"])


# --- what went wrong ------------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Raise what the library raises as a RemoteError; an answer of a store may hold an account or a key."""
    from obstore import exceptions

    try:
        yield
    except FileNotFoundError:
        raise RemoteError("does not exist", "deliver it, or check bucket and key") from None
    except exceptions.PreconditionError:
        raise RemoteError(_CHANGED, _WHEN_DONE) from None
    except (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError, PermissionError):
        raise RemoteError(
            "the store refuses the credentials", "check those in the environment, and their rights"
        ) from None
    except exceptions.InvalidPathError:
        raise RemoteError(
            "is no key that a store can have", "leave out empty parts, . and .. between slashes"
        ) from None
    except (exceptions.BaseError, OSError, ValueError) as error:
        raise _by_text(str(error)) from None


def _by_text(text: str) -> RemoteError:
    """Return what went wrong where the library has no class for it."""
    lowered = text.lower()
    if any(word in lowered for word in ("missing", "must be specified", "not found in", "metadata service", "169.254")):
        return RemoteError(
            "no credentials, account or region are given",
            "set them in the environment; see docs/where-the-data-lives.md",
        )
    if "badscheme" in lowered:
        return RemoteError("the endpoint has no https", "use https, or set AWS_ALLOW_HTTP=true for a store of your own")
    if "error sending request" in lowered or "timed out" in lowered or "timeout" in lowered:
        return RemoteError("the store does not answer", "check the endpoint and the network, and try again")
    return RemoteError("the store cannot be used", "try again; if it goes on, look in the log of the store")
