"""Paths as text: what a log or an error can tell of them."""

from __future__ import annotations

from pathlib import Path


def path_text(path: Path | str) -> str:
    r"""Return a path as it can be told: where a name in it is no UTF-8, as older systems wrote, with `\xe9` for a byte.

    It is another text than the path itself then, by which whoever may not use such a name knows it.
    """
    return str(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
