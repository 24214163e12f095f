"""The grounds on which a person may be called."""

from __future__ import annotations

from typing import Literal

Ground = Literal["consent", "customer", "register"]

GROUNDS: tuple[Ground, ...] = ("consent", "customer", "register")
"""In the order in which they are tried."""
