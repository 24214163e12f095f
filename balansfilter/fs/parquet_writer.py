"""A Parquet file written part by part, in bounded memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from io import FileIO
from pathlib import Path
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Self

import polars as pl
from polars.io.plugins import register_io_source

from balansfilter.fs.polars_writes import polars_writes
from balansfilter.fs.private import EarlySync, open_private
from balansfilter.native.fixed_widths import FixedWidths

_TICK = 0.1
_PIECE = 1 << 22
_PAGE_BYTES = 1 << 22


class ParquetWriter:
    """Writes frames of one schema into a Parquet file that only its owner may read.

    Polars pulls the frames out of a short queue in a thread of its own, and another thread hashes the file as it grows:
    Parquet is written from its beginning to its end. What goes wrong there is raised here, at the next write or at the
    end.
    """

    sha256: str
    """The digest of the file, once it is closed."""

    def __init__(
        self, path: Path, schema: pl.Schema, *, compressed: bool = True, widths: Mapping[str, int] | None = None
    ) -> None:
        """Start a file; an existing one is overwritten.

        :param compressed: whether its pages are compressed, and carry the smallest and largest value of each column.
        :param widths: the columns of bytes in which every value has one length, and that length: they take less room.
        :raises OSError: the file cannot be made.
        """
        os.close(open_private(path, os.O_WRONLY | os.O_TRUNC))
        self.path = path
        self._schema = schema
        self._compressed = compressed
        self._widths = widths or {}
        self._queue: Queue[pl.DataFrame | None] = Queue(maxsize=2)
        self._given_up = Event()
        self._ended = Event()
        """Set when nothing more is written; two threads that wait for one at once may trip over each other's lock."""
        self._error: BaseException | None = None
        self._taken = self._complete = False
        self._thread = Thread(target=self._sink, name=f"parquet:{path.name}", daemon=True)
        self._thread.start()
        self._hashing = ThreadPoolExecutor(1, thread_name_prefix=f"hash:{path.name}")
        self._digest = self._hashing.submit(self._hash)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self._given_up.set()
            self._thread.join()
            self._hashing.shutdown()

    def write(self, frame: pl.DataFrame) -> None:
        """Add a frame.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        other = {name: kind for name, kind in self._schema.items() if frame.schema[name] != kind}
        self._put((frame.cast(pl.Schema(other)) if other else frame).select(self._schema.names()))

    def close(self) -> None:
        """Write what is left and wait until the file is on disk.

        :raises OSError: the disk is full, or refuses otherwise.
        """
        self._put(None)
        self._thread.join()
        self._raise()
        with self._hashing:
            self.sha256 = self._digest.result()

    def _put(self, item: pl.DataFrame | None) -> None:
        while not self._ended.is_set():
            try:
                self._queue.put(item, timeout=_TICK)
            except Full:
                continue
            return
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            raise self._error
        if not self._complete:
            raise RuntimeError(f"the thread that writes {self.path.name} ended before the file was whole")

    def _sink(self) -> None:
        try:
            frames = register_io_source(self._frames, schema=self._schema)
            with polars_writes(self.path):
                frames.sink_parquet(
                    self.path,
                    compression="zstd" if self._compressed else "uncompressed",
                    compression_level=1 if self._compressed else None,
                    statistics=self._compressed,
                    data_page_size=_PAGE_BYTES,
                    maintain_order=True,
                    arrow_schema=FixedWidths(self._schema, self._widths) if self._widths else None,
                )
            self._complete = self._taken
        except (OSError, pl.exceptions.PanicException) as error:
            self._error = error
        finally:
            self._ended.set()

    def _hash(self) -> str:
        digest = hashlib.sha256()
        with FileIO(self.path) as file, closing(EarlySync(file.fileno(), self.path.name)) as early:
            ended = False
            while not ended:
                ended = self._ended.is_set()  # looked at before the reading: nothing comes after that
                while piece := file.read(_PIECE):
                    digest.update(piece)
                    early.written(len(piece))
                if not ended:
                    self._ended.wait(_TICK)
            early.finish()
        return digest.hexdigest()

    def _frames(self, *_: object) -> Iterator[pl.DataFrame]:
        while not self._given_up.is_set():
            try:
                frame = self._queue.get(timeout=_TICK)
            except Empty:
                continue
            if frame is None:
                self._taken = True
                return
            yield frame
