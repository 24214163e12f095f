"""How far a run is: a moving line on a terminal, the log for everybody else."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

import click

from balansfilter import native
from balansfilter.logs import log
from balansfilter.wording.speaking import told

_STEPS = {
    "evidence": "deciding",
    "decided": "writing the lists",
    "written": "publishing",
}


def clear_forsaken() -> None:
    """Clear the line that a process was moving on a terminal when it died, and show the cursor again."""
    if sys.stderr.isatty():
        click.echo("\r\x1b[2K\x1b[?25h", nl=False, err=True)


class Progress:
    """A watcher that shows progress on stderr when that is a terminal, and logs."""

    def __init__(self, brand: str, *, shown: bool, expected: int | None = None) -> None:
        """Watch a run of a brand.

        :param expected: how many rows there were the last time, by which the time left is told.
        """
        self._brand = brand
        self._expected = expected
        self._shown = shown
        self._bar: Any = None
        self._task: Any = None

    def __enter__(self) -> Self:
        if not self._shown:
            return self
        from rich.console import Console

        console = Console(stderr=True)
        if console.is_terminal:
            from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                SpinnerColumn(),
                TextColumn("{task.fields[brand]}: {task.description}"),
                TextColumn("{task.completed:,.0f} rows"),
                TimeElapsedColumn(),
                *((BarColumn(bar_width=20), TimeRemainingColumn()) if self._expected else ()),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task(told("reading the objections"), brand=self._brand, total=self._expected)
            self._bar.start()
            native.ON_COMPILING.append(self._compiling)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            native.ON_COMPILING.remove(self._compiling)
            self._bar.stop()

    def _compiling(self) -> None:
        description = told("compiling for this machine, once (see `balansfilter warm`)")
        self._bar.update(self._task, description=description)

    def step(self, name: str) -> None:
        """Show what the run does next."""
        log("DEBUG", "{}: {}", self._brand, name, brand=self._brand)
        if self._bar is not None and name in _STEPS:
            self._bar.update(self._task, description=told(_STEPS[name]))

    def rows(self, done: int) -> None:
        """Count rows."""
        if self._bar is not None:
            self._bar.advance(self._task, done)

    def warn(self, message: str) -> None:
        """Log what is worth a look."""
        log("WARNING", "{}: {}", self._brand, told(message), brand=self._brand)
