"""Whom a question is about: a phone number, a customer id, or both."""

from __future__ import annotations

import polars as pl

from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass
from balansfilter.identity.ids import id_keys
from balansfilter.phone import read_numbers
from balansfilter.wording.spelling import without_layout


@dataclass(frozen=True)
class Person:
    """Whom a question is about."""

    number: int | None
    """E.164 as an integer."""
    customer_id: str | None
    """Without layout; never empty."""

    @property
    def key(self) -> str | None:
        """The key of the customer id, by which other ways of writing it are the same."""
        return None if self.customer_id is None else str(id_keys(pl.Series([self.customer_id]))[0])

    def __repr__(self) -> str:
        return "Person(…)"


def read_person(phone: str | None, customer_id: str | None, default_country: str) -> Person:
    """Read whom a question is about.

    :raises UsageError: nobody was named, or the number is not valid; the text of it is not repeated.
    """
    named = str(without_layout(pl.Series([customer_id or ""]))[0]) or None
    if phone is None and named is None:
        raise UsageError("name a person with --phone or --customer")
    number = read_numbers(pl.Series([phone], dtype=pl.String), default_country)[0] if phone is not None else None
    if phone is not None and number is None:
        raise UsageError(f"that is not a valid phone number, read as one of {default_country}")
    return Person(number, named)
