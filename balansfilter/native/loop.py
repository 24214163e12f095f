"""What makes a loop out of a function: numba, and a cache of machine code that is never more than a cache."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import FunctionCache, IndexDataCacheFile

from balansfilter.native import ON_COMPILING

_UNREADABLE = (
    OSError,
    EOFError,
    pickle.UnpicklingError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ImportError,
)
"""What reading a file raises that was cut off, or that another version wrote."""


@cache
def _sources() -> str:
    """Return a digest of this package: a loop has parts of other modules in it, of which numba would know nothing."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()


class _Cache(FunctionCache):
    """Machine code on disk. What cannot be read is made anew; what cannot be written is made again the next time."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = IndexDataCacheFile(self._cache_path, self._impl.filename_base, _sources())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled; None where it is not there, or cannot be read."""
        found = None
        try:
            found = super().load_overload(sig, target_context)
        except _UNREADABLE:
            with suppress(OSError):
                self.flush()
        if found is None:
            for tell in ON_COMPILING:
                tell()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, if that is possible."""
        with suppress(*_UNREADABLE):
            super().save_overload(sig, data)


def loop(function: Callable[..., Any]) -> Any:
    """Make a function a loop that is compiled when it is first called, and runs beside other threads.

    :raises RuntimeError: there is no folder in which to keep what is compiled.
    """
    dispatcher: Any = njit(nogil=True, error_model="numpy")(function)
    dispatcher._cache = _Cache(function)  # noqa: SLF001 - as numba's own `enable_caching` does
    return dispatcher


inlined = njit(forceinline=True, error_model="numpy")
"""Makes a function a part of the loops that call it."""
