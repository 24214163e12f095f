"""The only place that logs: to stderr for people or as JSON lines, and to a file if wanted.

What writes the log is loaded with the first line that somebody wants to have: most runs of a night write none.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from balansfilter.errors import OutputError

if TYPE_CHECKING:
    from loguru import Message, Record

    from balansfilter.policy.site import SiteLog

_HUMAN = "<dim>{time:HH:mm:ss}</dim> <level>{level: <7}</level> {message}"
_FILE = "{time:YYYY-MM-DDTHH:mm:ss.SSSZ} {level: <7} {message}"


Level = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
_LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass
class _Log:
    """Where lines go, and the least of them that goes anywhere."""

    least: Level = "DEBUG"
    to_stderr: Callable[[Any], None] | None = None
    """Sets up what goes to stderr, once there is something."""

    def ready(self) -> Any:
        """Return what writes lines."""
        from loguru import logger

        if self.to_stderr is not None:
            logger.remove()
            self.to_stderr(logger)
            self.to_stderr = None
        return logger


_log = _Log()


def log(level: Level, message: str, *values: object, **about: object) -> None:
    """Write a line to the log, if somebody wants to have it.

    :param about: what stands beside the line in JSON.
    """
    if _LEVELS.index(level) >= _LEVELS.index(_log.least):
        _log.ready().bind(**about).log(level, message, *values)


def log_to_stderr(level: Level, form: Literal["human", "json"]) -> None:
    """Let the log go to stderr, and nowhere else. Values of variables never get into it."""
    how: dict[str, Any] = {"level": level, "filter": _is_untold, "backtrace": False, "diagnose": False}
    sink: Any = _json_to_stderr
    if form == "human":
        sink = sys.stderr
        how |= {"format": _HUMAN, "colorize": False if os.environ.get("NO_COLOR") else None}
    _log.least, _log.to_stderr = level, lambda logger: logger.add(sink, **how)


def log_to_file(settings: SiteLog) -> None:
    """Let the log go to the site's log file as well, if it has one; only its owner may read it."""
    if settings.file is None:
        return
    from loguru._file_sink import FileSink

    from balansfilter.fs.private import make_private_folder, open_private

    retention, logger = settings.retention, _log.ready()
    _log.least = min(_log.least, settings.level, key=_LEVELS.index)
    try:
        make_private_folder(settings.file.parent)
        file: Any = FileSink(  # type: ignore[no-untyped-call]  # loguru tells no types of it
            str(settings.file),
            rotation=str(settings.rotation) if settings.rotation else None,
            retention=(retention.count or str(retention)) if retention else None,
            encoding="utf-8",
            opener=lambda path, flags: open_private(Path(path), flags),
        )
        form = _json_line if settings.as_json else _FILE
        logger.add(_PatientFile(file), level=settings.level, format=form, backtrace=False, diagnose=False)
    except OSError as error:
        raise OutputError(f"cannot write the log {settings.file}: {error.strerror}") from error


class _PatientFile:
    """A log file on a disk that may be full: what cannot be written is told once, and stops nothing."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._told = False

    def write(self, message: str) -> None:
        """Write a line."""
        try:
            self._file.write(message)
        except OSError as error:
            self._tell(error)

    def stop(self) -> None:
        """Close the file, and do not leave that to whatever takes it away later, which would tell of it once more."""
        try:
            self._file.stop()
        except OSError as error:
            self._tell(error)
            with suppress(OSError):
                self._file._file.close()  # noqa: SLF001 - the sink does not get to it where the last line fails

    def _tell(self, error: OSError) -> None:
        if not self._told:
            self._told = True
            sys.stderr.write(f"balansfilter: cannot write to the log: {error.strerror}\n")


def _is_untold(record: Record) -> bool:
    """Say whether people have not been told already, in better words than those of a log."""
    return not record["extra"].get("told")


def as_json(record: Record) -> str:
    """Return one record of the log as a line of JSON."""
    values = {
        "at": record["time"].isoformat(timespec="milliseconds"),
        "level": record["level"].name,
        "message": record["message"],
        **record["extra"],
    }
    return json.dumps(values, ensure_ascii=False, default=str)


def _json_line(record: Record) -> str:
    record["extra"]["line"] = as_json(record)
    return "{extra[line]}\n"


def _json_to_stderr(message: Message) -> None:
    sys.stderr.write(as_json(message.record) + "\n")
