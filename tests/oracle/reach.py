"""How far an objection reaches beyond the rows that it hits: to the person, in one step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tests.oracle.evidence import Facts

MOST_ROWS = 20
"""What more rows than this have in common tells no person from another."""


class Identity(NamedTuple):
    """By what a row of the call list is known."""

    row: int
    key: str
    numbers: frozenset[str]
    """All of its numbers."""
    callable_numbers: frozenset[str]
    """Those on which a person can be called."""


def is_hit(one: Identity, facts: Facts) -> bool:
    """Whether an objection names a row, by its id or by a number."""
    return one.key in facts.objected_keys or bool(one.numbers & facts.objected_numbers)


def reached(rows: Sequence[Identity], facts: Facts) -> set[int]:
    """Return the rows that no objection names, and that are of a person who objected."""
    with_key = Counter(one.key for one in rows if one.key)
    with_number = Counter(number for one in rows for number in one.numbers)
    hits = [one for one in rows if is_hit(one, facts)]
    persons = [one for one in hits if _names_a_person(one, facts, with_key, with_number)]
    keys = {one.key for one in persons if one.key and with_key[one.key] <= MOST_ROWS}
    same_id = [one for one in rows if one.key in keys]
    numbers = {number for one in [*persons, *same_id] for number in one.callable_numbers}
    objected_here = {key for key in facts.objected_keys if with_key[key] <= MOST_ROWS}
    called = called_numbers(facts)
    numbers |= {number for key in keys | objected_here for number in called.get(key, ())}
    numbers = {number for number in numbers if with_number[number] <= MOST_ROWS}
    found = {one.row for one in same_id} | {one.row for one in rows if one.callable_numbers & numbers}
    return found - {one.row for one in hits}


def _names_a_person(one: Identity, facts: Facts, with_key: Mapping[str, int], with_number: Mapping[str, int]) -> bool:
    """Whether the id or a number for which a row is hit is of so few rows that they are one person's."""
    by_number = one.callable_numbers & facts.objected_numbers
    few: Iterable[int] = [with_number[number] for number in by_number]
    few = [*few, *([with_key[one.key]] if one.key in facts.objected_keys else [])]
    return any(count <= MOST_ROWS for count in few)


def called_numbers(facts: Facts) -> dict[str, set[str]]:
    """Return the numbers on which each id was called, but for ids called on more numbers than one person has."""
    called: dict[str, set[str]] = {}
    for call in facts.calls:
        if call.key:
            called.setdefault(call.key, set()).update(call.numbers)
    return {key: numbers for key, numbers in called.items() if len(numbers) <= MOST_ROWS}
