"""How what went wrong is told: an error as JSON, and a bug without the data that brought it out."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any

import click

from balansfilter.errors import BalansfilterError
from balansfilter.wording.speaking import told

BUG = BalansfilterError.exit_code
"""The exit code of what nobody foresaw."""


def error_json(error: BalansfilterError) -> dict[str, Any]:
    """Return an error as plain JSON values."""
    problems = [problem.__dict__ for problem in error.problems]
    return {"code": error.code, "exit": error.exit_code, "message": error.message, "problems": problems}


def bug_json(error: BaseException) -> dict[str, Any]:
    """Return an unforeseen error as plain JSON values, without its text: that may hold a number or a name."""
    return {"code": BalansfilterError.code, "exit": BUG, "message": type(error).__name__, "problems": []}


def tell_bug(error: BaseException, published: Sequence[str]) -> None:
    """Tell where an unforeseen error came from, without its text.

    :param published: the brands that were published before it.
    """
    if published:
        click.echo(told(f"balansfilter: this is a bug; published before it: {', '.join(published)}"), err=True)
    else:
        nothing = "balansfilter: this is a bug; nothing was published, and the last published list stands"
        click.echo(told(nothing), err=True)
    for frame in traceback.extract_tb(error.__traceback__):
        click.echo(f"  {frame.filename}:{frame.lineno} in {frame.name}", err=True)
    click.echo(told(f"  {type(error).__name__}; please report it with these lines"), err=True)
