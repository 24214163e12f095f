"""What goes wrong with a database or an object store."""

from __future__ import annotations


class RemoteError(Exception):
    """Something elsewhere cannot be reached, read or written, told in words that hold nothing of what lies there."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        """What to do about it."""

    def __str__(self) -> str:
        return f"{self.message} — {self.hint}" if self.hint else self.message


def needs_extra(extra: str) -> RemoteError:
    """Return the error for a library that was not installed with the program."""
    return RemoteError(f"needs the extra `{extra}`", f"install it: pip install 'balansfilter[{extra}]'")
