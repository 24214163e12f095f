"""Moments that stand in what the program tells, in UTC as the ledger writes them, by the clock of a time zone. Pure."""

from __future__ import annotations

import re

_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def local_moment(moment: str, zone: str) -> str:
    """Return a moment that is written in UTC, as the clock of a zone says it: 2026-11-23 03:00:08 CET."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return f"{datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S %Z}"


def with_local_moments(text: str, zone: str) -> str:
    """Return a text with every moment in it as the clock of a zone says it."""
    return _MOMENT.sub(lambda moment: local_moment(moment[0], zone), text)
