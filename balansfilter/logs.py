"""The only place where logging is set up: to stderr for people or as JSON lines, and to a file if wanted."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from loguru import logger

from balansfilter.errors import OutputError
from balansfilter.fs.private import make_private_folder, open_private

if TYPE_CHECKING:
    from loguru import Message, Record

    from balansfilter.policy.site import SiteLog

_HUMAN = "<dim>{time:HH:mm:ss}</dim> <level>{level: <7}</level> {message}"
_FILE = "{time:YYYY-MM-DDTHH:mm:ss.SSSZ} {level: <7} {message}"


def log_to_stderr(level: str, form: Literal["human", "json"]) -> None:
    """Let the log go to stderr, and nowhere else. Values of variables never get into it."""
    logger.remove()
    if form == "json":
        logger.add(_json_to_stderr, level=level, filter=_is_untold, backtrace=False, diagnose=False)
    else:
        logger.add(sys.stderr, level=level, filter=_is_untold, format=_HUMAN, backtrace=False, diagnose=False)


def log_to_file(settings: SiteLog) -> None:
    """Let the log go to the site's log file as well, if it has one; only its owner may read it."""
    if settings.file is None:
        return
    retention = settings.retention
    try:
        make_private_folder(settings.file.parent)
        logger.add(
            settings.file,
            level=settings.level,
            format=_json_line if settings.as_json else _FILE,
            rotation=str(settings.rotation) if settings.rotation else None,
            retention=(retention.count or str(retention)) if retention else None,
            backtrace=False,
            diagnose=False,
            encoding="utf-8",
            opener=lambda path, flags: open_private(Path(path), flags),
        )
    except OSError as error:
        raise OutputError(f"cannot write the log {settings.file}: {error.strerror}") from error


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
