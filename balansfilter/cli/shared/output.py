"""Standard output and standard error that go on though nobody can be told.

What a command does counts for more than what it says: a reader that left, or a disk that is full, stops nothing. That
data was lost is told once, and is a failure of a command that was asked for data.
"""

from __future__ import annotations

import io
import sys
from typing import Any, TextIO

import click


class _Patient(io.FileIO):
    """A stream that lets go of what cannot be written."""

    lost = False
    """Whether something could not be written, though its reader was there."""
    quiet = False
    """Whether nobody is told, since this is where people are told."""
    beneath: TextIO | None = None
    """The stream whose descriptor it writes to, which would be closed with it."""

    def write(self, data: Any) -> int | None:  # type: ignore[override]
        """Write; or let it go where the reader has left, or the disk is full."""
        try:
            return super().write(data)
        except OSError as error:
            if not isinstance(error, BrokenPipeError) and not self.lost:
                self.lost = True
                if not self.quiet:
                    click.echo(f"balansfilter: cannot write to standard output: {error.strerror}", err=True)
            return len(data)


def keep_output_patient() -> None:
    """Let standard output and standard error go on though they cannot be written; not where a test has its own."""
    stdout = sys.__stdout__
    if stdout is not None and sys.stdout is stdout:
        sys.stdout = _patient(stdout, quiet=False)
    if type(sys.stderr) is io.TextIOWrapper:
        sys.stderr = _patient(sys.stderr, quiet=True)


def _patient(stream: TextIO, *, quiet: bool) -> TextIO:
    raw = _Patient(stream.fileno(), "w", closefd=False)
    raw.quiet, raw.beneath = quiet, stream
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, stream.encoding, stream.errors, line_buffering=quiet or stream.isatty())


def is_lost() -> bool:
    """Say whether data could not be written to standard output; what was not written yet is written first."""
    sys.stdout.flush()
    raw = _raw()
    return raw is not None and raw.lost


def forgive() -> None:
    """Let what was lost until now be no failure: a table for people, beside what the command did."""
    raw = _raw()
    if is_lost() and raw is not None:
        raw.lost = False


def _raw() -> _Patient | None:
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw if isinstance(raw, _Patient) else None
