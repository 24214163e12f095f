"""Machine code that was compiled before, kept on disk, and never more than a cache.

It is looked for beside the package and in the user's cache folder, and kept in the first of them that can be written;
`NUMBA_CACHE_DIR` names another one. A file that cannot be read, or does not agree with its digest, is as good as none.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import llvmlite
from llvmlite import binding

_DIGEST = 32
_ENDING = ".code"
_lock = Lock()


class MachineCode(NamedTuple):
    """A loop as it is compiled for the kinds of its arguments."""

    symbol: str
    """What it is called in there."""
    returns: str | list[str] | None
    """The kind of its result, or of each of them; None for no result."""
    data: bytes
    """An object file."""


def kept_code(name: str, kinds: tuple[Any, ...]) -> MachineCode | None:
    """Return what was compiled of a loop for this machine; None where it is not there, or cannot be read."""
    file = _file(name, kinds)
    for folder in _folders():
        with suppress(OSError, ValueError, KeyError, TypeError):
            data = (folder / file).read_bytes()
            if hashlib.sha256(data[_DIGEST:]).digest() == data[:_DIGEST]:
                header, _, code = data[_DIGEST:].partition(b"\n")
                return MachineCode(**json.loads(header), data=code)
    return None


def keep_code(name: str, kinds: tuple[Any, ...], code: MachineCode) -> None:
    """Keep what was compiled, if that is possible."""
    header = json.dumps({"symbol": code.symbol, "returns": code.returns}).encode()
    data = header + b"\n" + code.data
    for folder in _folders():
        with suppress(OSError):
            _put(folder / _file(name, kinds), hashlib.sha256(data).digest() + data)
            return


def can_be_kept() -> bool:
    """Return whether there is a folder in which machine code is kept, or can be."""
    return any(_has_code(folder) or _can_be_written(folder) for folder in _folders())


def load(code: MachineCode) -> int:
    """Make machine code ready to run, and return the address of its function."""
    with _lock:
        engine = _engine()
        engine.add_object_file(binding.ObjectFileRef.from_data(code.data))
        engine.finalize_object()
        address: int = engine.get_function_address(code.symbol)
    return address


def assembled(text: str, *symbols: str) -> tuple[int, ...]:
    """Make functions that are written in LLVM's assembly ready to run, and return their addresses."""
    with _lock:
        engine = _engine()
        engine.add_module(binding.parse_assembly(text))
        engine.finalize_object()
        return tuple(engine.get_function_address(symbol) for symbol in symbols)


@cache
def _engine() -> Any:
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(jit=True)
    return binding.create_mcjit_compiler(binding.parse_assembly(""), machine)


@cache
def _folders() -> tuple[Path, ...]:
    named = os.environ.get("NUMBA_CACHE_DIR")
    if named:
        return (Path(named),)
    beside = Path(__file__).parent / "__pycache__"
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home, as in many containers
        return (beside,)
    return beside, home / "balansfilter"


@cache
def _context() -> str:
    """Return a digest of what the code is good for: the loops as they are written, this processor, and the compiler."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    sources = hashlib.sha256(b"".join(module.read_bytes() for module in modules)).hexdigest()
    features = binding.get_host_cpu_features().flatten()
    machine = (binding.get_process_triple(), binding.get_host_cpu_name(), features, llvmlite.__version__)
    return f"{sources} {' '.join(machine)}"


def _file(name: str, kinds: tuple[Any, ...]) -> str:
    digest = hashlib.sha256(f"{_context()}\n{kinds}".encode()).hexdigest()
    return f"{name}-{digest[:16]}{_ENDING}"


def _has_code(folder: Path) -> bool:
    with suppress(OSError):
        return any(path.suffix == _ENDING for path in folder.iterdir())
    return False


def _can_be_written(folder: Path) -> bool:
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.access(folder, os.W_OK)
    return False


def _put(path: Path, data: bytes) -> None:
    """Write a file in one step.

    :raises OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(fresh).replace(path)
    except OSError:
        Path(fresh).unlink(missing_ok=True)
        raise
