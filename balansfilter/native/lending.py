"""Arrow's C data interface: columns of text are lent to Polars, and those of Polars looked at, without a copy.

Polars may let go of what it was lent in any thread, and while an exception is under way: no Python may run then. So
what it calls is machine code that sets a flag, and what is flagged is forgotten when the next column is lent.
"""

from __future__ import annotations

import ctypes
from functools import cache
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

WORDS_OF_A_VIEW = 2
_BYTES_OF_A_VIEW = 16
_FLAG_NULLABLE = 2
_RELEASING = """
define void @release_array(ptr %array) {
  %flag.place = getelementptr i8, ptr %array, i64 72
  %flag = load ptr, ptr %flag.place
  %release = getelementptr i8, ptr %array, i64 64
  store ptr null, ptr %release
  store atomic i64 1, ptr %flag release, align 8
  ret void
}
define void @release_schema(ptr %schema) {
  %release = getelementptr i8, ptr %schema, i64 56
  store ptr null, ptr %release
  ret void
}
"""
"""Mark a structure as released, as Arrow wants it, and set the flag that the private data of an array point to."""


class ArrowSchema(ctypes.Structure):
    """The schema of a column, or of a frame with its columns as children."""

    _fields_ = (
        ("format", ctypes.c_char_p),
        ("name", ctypes.c_char_p),
        ("metadata", ctypes.c_char_p),
        ("flags", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Array(ctypes.Structure):
    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
        ("children", ctypes.c_void_p),
        ("dictionary", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Stream(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("get_schema", "get_next", "get_last_error", "release", "private_data")
    )


_RELEASE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_GET = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_new_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)(
    ("PyCapsule_New", ctypes.pythonapi)
)
pointer_in = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class _Lent:
    """Views that Polars is given, and what they are made of."""

    def __init__(self, form: bytes, length: int, buffers: list[int], owner: object) -> None:
        release_array, release_schema = _released_by()
        self._owner, self._flag = owner, ctypes.c_int64(0)
        self._places = (ctypes.c_void_p * (1 + len(buffers)))(None, *buffers)
        self._schema = ArrowSchema(form, b"", None, _FLAG_NULLABLE, 0, None, None, release_schema, None)
        self._array = _Array(
            length, 0, 0, len(self._places), 0, self._places, None, None, release_array, ctypes.addressof(self._flag)
        )

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[Any, Any]:
        """Return the capsules of the schema and of the array, out of which Polars moves them."""
        return (
            _new_capsule(ctypes.addressof(self._schema), b"arrow_schema", None),
            _new_capsule(ctypes.addressof(self._array), b"arrow_array", None),
        )

    @property
    def is_over(self) -> bool:
        """Whether nobody needs it: Polars has let go of it, or never taken it over."""
        return bool(self._flag.value or self._array.release)


_under_way: list[_Lent] = []
"""What Polars may be looking at."""
_lock = Lock()


@cache
def _released_by() -> tuple[int, ...]:
    from balansfilter.native.machine_code import assembled

    return assembled(_RELEASING, "release_array", "release_schema")


def lent(form: bytes, length: int, buffers: list[int], owner: object) -> pl.Series:
    """Lend an array without nulls to Polars.

    :param form: how Arrow calls its type.
    :param buffers: the addresses of its buffers, but for that of what is null.
    :param owner: keeps them alive; is let go of some time after Polars needs them no longer.
    """
    made = _Lent(form, length, buffers, owner)
    series = pl.Series(made)
    with _lock:
        _under_way[:] = [*(one for one in _under_way if not one.is_over), made]
    return series


def still_lent() -> int:
    """Return how many arrays Polars has, once what it has let go of is forgotten."""
    with _lock:
        _under_way[:] = [one for one in _under_way if not one.is_over]
        return len(_under_way)


class TakenOver:
    """An Arrow array of string views that is ours, as an array of numpy is; let go of once nobody looks at it."""

    def __init__(self) -> None:
        self.array = _Array()

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Where the views are."""
        address = self.array.buffers[1] + _BYTES_OF_A_VIEW * self.array.offset
        shape = (self.array.length, WORDS_OF_A_VIEW)
        return {"shape": shape, "typestr": "<u8", "data": (address, True), "version": 3}

    def buffers(self) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
        """Return the address and the size of each buffer that views point into."""
        last = self.array.n_buffers - 1
        addresses = [self.array.buffers[n] or 0 for n in range(2, last)]
        sizes: Any = (ctypes.c_int64 * len(addresses)).from_address(self.array.buffers[last]) if addresses else ()
        return np.array(addresses, np.uint64), np.array(sizes, np.int64)

    def known(self) -> tuple[int, int]:
        """Return the address of the bits that say which views are not null, and which of them is the first one's."""
        return self.array.buffers[0] or 0, self.array.offset

    def __del__(self, release: Any = _RELEASE, address_of: Any = ctypes.addressof) -> None:
        if self.array.release:
            release(self.array.release)(address_of(self.array))


_VIEWS = (b"vu", b"vz")
"""How Arrow calls the types of views of text, and of bytes."""


def taken_over(texts: pl.Series) -> TakenOver | None:
    """Take over the array of a column in one chunk; None where it has none, for want of rows.

    :raises TypeError: it is no column of text, or of bytes.
    """
    capsule = texts.__arrow_c_stream__()
    stream = _Stream.from_address(pointer_in(capsule, b"arrow_array_stream"))
    schema = ArrowSchema()
    if _GET(stream.get_schema)(ctypes.addressof(stream), ctypes.addressof(schema)):
        raise RuntimeError("Polars does not tell the type of a column")
    form = schema.format
    _RELEASE(schema.release)(ctypes.addressof(schema))
    if form not in _VIEWS:
        raise TypeError(f"a column of text or bytes is wanted, and not one of {texts.dtype}")
    taken = TakenOver()
    if _GET(stream.get_next)(ctypes.addressof(stream), ctypes.addressof(taken.array)):
        raise RuntimeError("Polars does not hand over a column")
    return taken if taken.array.release else None
