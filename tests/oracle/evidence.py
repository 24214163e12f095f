"""What the objections, the register and the call history say, row by row: whom they protect, and who was called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from balansfilter.policy.model import ContactColumns, JoinedColumns, as_columns
from tests.oracle.cells import AMSTERDAM, date_in, says_no_date
from tests.oracle.numbers import Number, contradicts, is_short, is_written, number_in
from tests.oracle.several_ids import (
    begins_as_number,
    has_lost_digits,
    ids_in_part,
    is_plain,
    is_sentence,
    numbers_amid,
    told,
)
from tests.oracle.writing import (
    Brands,
    bare,
    country_in,
    id_in,
    is_nothing,
    is_unclear,
    key_of,
    says_yes,
    trimmed,
    word,
)

if TYPE_CHECKING:
    from balansfilter.policy.model import Policy, SourceFile

Cells = Mapping[str, str | None]
Person = tuple[str, str]
"""The key of an id and a number, either of them empty."""


@dataclass(frozen=True)
class Call:
    """A call that was made."""

    key: str
    numbers: frozenset[str]
    day: date | None


class _More(NamedTuple):
    """Whom the cell with an id names besides."""

    keys: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    is_unclear: bool = False


class _Withdrawal(NamedTuple):
    person: Person
    day: date


@dataclass
class Facts:
    """What the other files say."""

    objected_numbers: set[str] = field(default_factory=set)
    objected_keys: set[str] = field(default_factory=set)
    withdrawals: list[_Withdrawal] = field(default_factory=list)
    listed: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)
    calls_by_key: dict[str, list[int]] = field(default_factory=dict)
    calls_by_number: dict[str, list[int]] = field(default_factory=dict)
    unreadable: dict[str, int] = field(default_factory=dict)
    """How many rows of each source cannot be used as they are, by its role."""


def facts_of(
    policy: Policy,
    as_of: date,
    objections: Sequence[Sequence[Cells]],
    register: Sequence[Cells] = (),
    contacts: Sequence[Cells] = (),
    zone: str = AMSTERDAM,
    brands: Iterable[str] = (),
) -> Facts:
    """Read the other files.

    :param brands: the ids and names of the other brands of the site, and elsewhere.
    """
    facts = Facts()
    for n, (source, rows) in enumerate(zip(policy.objections, objections, strict=True)):
        reader = _Reader(policy, source, zone)
        facts.unreadable[f"objections[{n}]"] = reader.unreadable(rows)
        _read_objections(reader, as_of, rows, facts, tuple(brands))
    if (listing := policy.bel_me_niet.register_file) is not None:
        reader = _Reader(policy, listing, zone)
        facts.unreadable["register"] = reader.unreadable(register)
        for cells in filter(reader.counts, register):
            facts.listed |= reader.protected(cells)
    if policy.contacts is not None:
        reader = _Reader(policy, policy.contacts, zone)
        facts.unreadable["contacts"] = reader.unreadable(contacts)
        _read_contacts(reader, contacts, facts)
    return facts


class _Reader:
    """Reads the cells of a source as the policy says that it is written."""

    def __init__(self, policy: Policy, source: SourceFile, zone: str) -> None:
        self.source, self.zone = source, zone
        self.columns = source.columns  # type: ignore[attr-defined]
        self.more = source.null_words
        self.own_names = (policy.brand, policy.name)
        self.exact = policy.id_match == "exact"
        own = getattr(source, "country", None) or policy.call_list.default_country
        self.countries = tuple(dict.fromkeys([own, *policy.call_list.allow_countries]))

    def counts(self, cells: Cells) -> bool:
        return is_chosen(self.source, cells) is not False

    def key(self, cells: Cells) -> str:
        column = getattr(self.columns, "customer_id", None)
        return self._key_of(cells[column]) if column else ""

    def _key_of(self, cell: str | None) -> str:
        text = id_in(cell, self.more)
        return text if self.exact else key_of(text)

    def more_named(self, cells: Cells) -> _More:
        """Return whom the cell with the id of somebody who objected names besides the id that it is."""
        column = getattr(self.columns, "customer_id", None)
        if not column or not self.key(cells) or is_plain(cells[column]):
            return _More()
        text = told(cells[column])
        if (begins_as_number(text) or self._is_mixed(column)) and (numbers := self._numbers_of(text)):
            return _More(numbers=numbers)
        amid = {part: numbers for part in numbers_amid(text) if (numbers := self._numbers_of(part))}
        left = text
        for part in amid:
            left = left.replace(part, ";")
        keys = frozenset(map(self._key_of, ids_in_part(left, exact=self.exact))) - {"", self.key(cells)}
        unclear = has_lost_digits(text) or (is_sentence(text) and not amid)
        return _More(keys, frozenset[str]().union(*amid.values()), unclear)

    def _is_mixed(self, column: str) -> bool:
        phone = self.columns.phone
        return not isinstance(phone, JoinedColumns) and column in as_columns(phone)

    def _numbers_of(self, text: str) -> frozenset[str]:
        return frozenset(number.e164 for number in self._readings(text, ""))

    def day(self, cells: Cells, column: str) -> date | None:
        return date_in(cells[column], self.source.formats_of(column), self.zone, self.more)

    def says_no_date(self, cells: Cells, column: str) -> bool:
        return says_no_date(cells[column], self.source.formats_of(column), self.zone, self.more)

    def protected(self, cells: Cells) -> set[str]:
        """Return every reading of every number of a row."""
        found = (self._readings(*cell) for cell in number_cells(self.columns, cells))
        return {number.e164 for readings in found for number in readings}

    def unreadable(self, rows: Sequence[Cells]) -> int:
        """Count the rows that name nobody, or that hold anything that is not understood."""
        return sum(self._is_unreadable(cells) for cells in rows if self.counts(cells))

    def _is_unreadable(self, cells: Cells) -> bool:
        columns = self.columns
        named = bool(self.protected(cells) or self.has_short_number(cells) or self.key(cells))
        return (
            not named
            or any(self._is_lost(*cell) for cell in number_cells(columns, cells))
            or (self._is_of_objector(cells) and self.more_named(cells).is_unclear)
            or (isinstance(columns, ContactColumns) and self.day(cells, columns.called_on) is None)
            or (bool(getattr(columns, "objected", None)) and is_unclear(cells[columns.objected], self.more))
        )

    def _is_of_objector(self, cells: Cells) -> bool:
        columns = self.columns
        if isinstance(columns, ContactColumns):
            return bool(columns.objected) and says_yes(cells[columns.objected])
        return True

    def has_short_number(self, cells: Cells) -> bool:
        """Whether any number of a row is a short one."""
        return any(is_short(cell, self.countries[0]) for cell, _ in number_cells(self.columns, cells))

    def _is_lost(self, cell: str, beside: str | None) -> bool:
        """Whether a number is written that cannot be read, and is no id either."""
        if not is_written(cell, self.more) or self._readings(cell, beside) or is_short(cell, self.countries[0]):
            return False
        return self.columns.phone != getattr(self.columns, "customer_id", None) or not _may_be_id(bare(cell))

    def _readings(self, cell: str, beside: str | None) -> list[Number]:
        if not is_written(cell, self.more):
            return []
        given = country_in(beside, self.more)
        if given:
            number = number_in(cell, given)
            return [number] if number and not contradicts(number, given) else []
        readings = [number_in(cell, country) for country in self.countries if given is not None]
        return [number for number in readings if number]


def _may_be_id(text: str) -> bool:
    """Whether a text in a column of ids and numbers may be an id: it is no international number, nor two numbers."""
    if text[:1] in tuple("+*#") or re.fullmatch("00[1-9][0-9]{8,}|[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+", text):
        return False
    return all(sign.isalpha() or sign in "0123456789._:#{}-" for sign in text)


def number_cells(columns: object, cells: Cells) -> list[tuple[str, str | None]]:
    """Return the cell of each number of a row, and the one with its country."""
    wanted, beside = columns.phone, as_columns(columns.phone_country)  # type: ignore[attr-defined]
    if isinstance(wanted, JoinedColumns):
        written = ["".join(trimmed(cells[column]) for column in wanted.join)]
    else:
        written = [cells[column] or "" for column in as_columns(wanted)]
    named = [cells[column] for column in (beside * len(written) if len(beside) == 1 else beside)]
    return list(zip(written, named or [""] * len(written), strict=True))


def is_chosen(source: SourceFile, cells: Cells) -> bool | None:
    """Whether `where` takes a row; None for a word that it neither takes nor leaves."""
    words = [(word(cells[column]), set(map(word, rule.take)), set(map(word, rule.leave)))
             for column, rule in source.where.items()]  # fmt: skip
    words = [("" if one not in take | leave and is_nothing(one) else one, take, leave) for one, take, leave in words]
    if any(one in leave for one, _, leave in words):
        return False
    return True if all(one in take for one, take, _ in words) else None


def _read_objections(
    reader: _Reader, as_of: date, rows: Sequence[Cells], facts: Facts, others: tuple[str, ...]
) -> None:
    columns = reader.columns
    rows = [cells for cells in rows if reader.counts(cells)]
    named = [cells[columns.brand] for cells in rows] if columns.brand else []
    brands = Brands(reader.own_names, others, named)
    for cells in rows:
        if columns.brand and not brands.is_made_to_us(cells[columns.brand], reader.more):
            continue
        key, numbers = reader.key(cells), reader.protected(cells)
        day = _withdrawn_on(reader, cells)
        if day is not None and day <= as_of:
            facts.withdrawals += [_Withdrawal((key, number), day) for number in numbers or {""}]
            continue
        facts.objected_numbers |= numbers
        more = reader.more_named(cells)
        facts.objected_numbers |= more.numbers
        facts.objected_keys |= ({key} - {""}) | more.keys


def _withdrawn_on(reader: _Reader, cells: Cells) -> date | None:
    """Return the day on which an objection was taken back, after it was made."""
    columns = reader.columns
    day = reader.day(cells, columns.withdrawn_on) if columns.withdrawn_on else None
    if day is None or day <= date(1970, 1, 1):
        return None
    if columns.objected_on is None or reader.says_no_date(cells, columns.objected_on):
        return day
    objected_on = reader.day(cells, columns.objected_on)
    return day if objected_on is not None and day > objected_on else None


def _read_contacts(reader: _Reader, rows: Sequence[Cells], facts: Facts) -> None:
    columns = reader.columns
    for cells in filter(reader.counts, rows):
        key, numbers = reader.key(cells), reader.protected(cells)
        call = Call(key, frozenset(numbers), reader.day(cells, columns.called_on))
        facts.calls.append(call)
        if key:
            facts.calls_by_key.setdefault(key, []).append(len(facts.calls) - 1)
        for number in numbers:
            facts.calls_by_number.setdefault(number, []).append(len(facts.calls) - 1)
        if columns.objected and says_yes(cells[columns.objected]):
            _object(call, facts)
            more = reader.more_named(cells)
            for one in more.keys:
                _object(Call(one, frozenset(), call.day), facts)
            if more.numbers:
                _object(Call("", more.numbers, call.day), facts)


def _object(call: Call, facts: Facts) -> None:
    """Let a call count as an objection, as far as nobody took it back later."""
    for number in call.numbers or {""}:
        if not any(_takes_back(withdrawal, (call.key, number), call.day) for withdrawal in facts.withdrawals):
            facts.objected_numbers |= {number} - {""}
            facts.objected_keys |= {call.key} - {""}


def _takes_back(withdrawal: _Withdrawal, person: Person, day: date | None) -> bool:
    """Whether a withdrawal is later, and speaks of the same id, or where one of them names none, the same number."""
    if day is None or withdrawal.day <= day:
        return False
    (key, number), (other, its_number) = person, withdrawal.person
    if key and other:
        return key == other
    return bool(number) and number == its_number
