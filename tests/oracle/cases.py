"""A random case: a policy and the files that it names, on disk, and the rows as they were written."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

import phonenumbers
import yaml
from phonenumbers import PhoneNumber

from balansfilter.policy.values import Span
from tests.oracle.cells import AMSTERDAM, number_in, trimmed
from tests.oracle.random_cells import (
    DateStyle,
    damaged_number,
    date_cell,
    day_near,
    spaced,
    valid_number,
    written_day,
    written_number,
)
from tests.oracle.random_policy import COUNTRIES, Setting, Tree, approved, random_setting
from tests.oracle.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from balansfilter.policy.model import Policy
    from tests.oracle.oracle import Cells

DATE_FORMATS = (
    ("%Y-%m-%d",), ("%Y-%m-%d",), ("%Y-%m-%d",), ("%Y-%m-%d",), ("%d-%m-%Y",), ("%d-%m-%Y",), ("%d/%m/%Y",),
    ("%Y%m%d",), ("%d.%m.%Y",), ("%m/%d/%Y",), ("%Y-%m-%d %H:%M:%S",), ("%d-%m-%Y %H:%M",), ("%-d-%-m-%Y",),
    ("%-m/%-d/%Y %-H:%M",), ("iso8601",), ("iso8601",), ("%Y-%m-%dT%H:%M:%S%.f%z",), ("%d-%m-%Y %H:%M:%S,%f",),
    ("%-d-%-m-%Y", "iso8601"), ("%Y-%m-%d", "%d-%m-%Y"), ("%Y%m%d", "%d%m%Y", "%d-%m-%Y %H:%M"),
)  # fmt: skip
_ZONES = (AMSTERDAM, AMSTERDAM, AMSTERDAM, "America/New_York", "Pacific/Auckland")
_EXTRAS = ("naam", "row", "index", "count", "anchor", "number", "e-mail", "Straat, nr.", "opmerking")


@dataclass
class Case:
    """What was written, and what the program and the oracle need to decide it."""

    configs: Path
    brand: str
    as_of: date
    grounds: frozenset[str]
    call_list: Table
    policy: Policy = field(init=False)
    call_rows: list[Cells | None] = field(default_factory=list)
    objection_rows: list[list[Cells]] = field(default_factory=list)
    register_rows: list[Cells] = field(default_factory=list)
    register_snapshot: date | None = None
    zone: str = AMSTERDAM
    contact_rows: list[Cells] = field(default_factory=list)


@dataclass(frozen=True)
class _Person:
    customer_id: str
    numbers: tuple[PhoneNumber, ...]


class _World:
    """The people of one case, and the dice."""

    def __init__(self, rng: Random, setting: Setting, rows: int) -> None:
        self.rng, self.setting, self.rows = rng, setting, rows
        self.country = rng.choice(COUNTRIES)
        self.zone = rng.choice(_ZONES)
        self.dates = self.date_style()
        self.own_dates: dict[str, DateStyle] = {}
        numbers = [valid_number(rng, self._number_country()) for _ in range(max(4, rows * 2 // 3))]
        self.people = [
            _Person(f"{rng.choice(('K', 'k', '00', ''))}{n + 1}", tuple(rng.choices(numbers, k=rng.choice((1, 1, 2)))))
            for n in range(max(4, rows * 3 // 4))
        ]

    def _number_country(self) -> str:
        return self.country if self.rng.random() < 0.88 else self.rng.choice(("NL", "BE", "DE", "GB", "CA", "LU", "GG"))

    def date_style(self) -> DateStyle:
        """Say how the dates of a file or a column are written."""
        return DateStyle(self.rng.choice(DATE_FORMATS), self.zone)

    def dates_of(self, role: str) -> DateStyle:
        """Give how the dates of a column of the call list are written."""
        return self.own_dates.get(role, self.dates)

    def chance(self, share: float) -> bool:
        """Say yes in that share of the cases."""
        return self.rng.random() < share

    def phone_cell(self, number: PhoneNumber, damage: float = 0.08) -> str:
        """Write a number as a cell, damaged now and then."""
        write = damaged_number if self.chance(damage) else written_number
        return spaced(self.rng, write(self.rng, number))

    def table(self, columns: Sequence[str]) -> Table:
        """Give a file with these columns, or with numbers for columns where it has no header."""
        rng = self.rng
        header = self.chance(0.9)
        separator = rng.choice((",", ",", ";", ";", "\t", "|"))
        bare = len(columns) > 1 and not any(separator in column for column in columns)
        return Table(
            columns=tuple(columns) if header else tuple(str(n + 1) for n in range(len(columns))),
            separator=separator,
            quote=rng.choice(('"', '"', '"', '"', "'", None)) if bare else '"',
            encoding=rng.choice(("utf-8", "utf-8", "utf-8", "utf-8-sig", "windows-1252", "iso-8859-1", "utf-16")),
            header=header,
            line_end=rng.choice(("\n", "\n", "\r\n")),
        )


def random_case(seed: int, rows: int, folder: Path) -> Case:
    """Make a case: the same seed and rows always make the same files."""
    rng = Random(f"case/{seed}/{rows}")
    setting = random_setting(rng)
    world = _World(rng, setting, rows)
    case = _call_list(world, folder)
    _objections(world, folder, case)
    _register(world, folder, case)
    _contacts(world, folder, case)
    case.policy = approved(setting.tree, setting.as_of)
    path = case.configs / "brands" / f"{case.brand}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(setting.tree, sort_keys=False, allow_unicode=True), encoding="utf-8")
    case.zone = world.zone
    (case.configs / "balansfilter.yaml").write_text(f"timezone: {world.zone}\n", encoding="utf-8")
    return case


# --- the call list ----------------------------------------------------------------------------------------------


def _call_list(world: _World, folder: Path) -> Case:
    rng, setting = world.rng, world.setting
    roles = _roles(world)
    rng.shuffle(roles)
    table = world.table([name for _, name in roles])
    names = [role for role, _ in roles]
    columns = {role: column for role, column in zip(names, table.columns, strict=True) if not role.startswith("extra")}
    phones = [columns.pop(role) for role in sorted(columns) if role.startswith("phone")]
    for role, column in list(columns.items()):
        if role.endswith("_on") and world.chance(0.2):
            world.own_dates[role] = world.date_style()
            columns[role] = {"column": column, "date_format": world.own_dates[role].tree}
    tree: Tree = {
        "path": "data/calls-*.csv",
        "csv": table.tree,
        "date_format": world.dates.tree,
        "columns": {**columns, "phone": phones[0] if len(phones) == 1 and world.chance(0.7) else phones},
        "default_country": world.country,
        "allow_countries": [world.country, *rng.choice(([], [], ["BE"], ["LU", "GB"]))],
        "on_bad_row": "drop" if world.chance(0.3) else "stop",
    }
    tree["allow_countries"] = list(dict.fromkeys(tree["allow_countries"]))
    setting.tree["call_list"] = tree
    case = Case(folder / "configs", setting.tree["brand"], setting.as_of, setting.grounds, table)
    ragged = 0.01 if tree["on_bad_row"] == "drop" and table.header else 0.0
    written = [_call_row(world, table, names) for _ in range(world.rows)]
    lines = [_torn(world, row) if world.chance(ragged) else row for row in written]
    case.call_rows = [
        dict(zip(table.columns, line, strict=True)) if len(line) == len(names) else None for line in lines
    ]
    half = len(lines) // 2 if world.chance(0.15) else len(lines)
    for n, part in enumerate((lines[:half], lines[half:])):
        if part:
            table.write(folder / "data" / f"calls-{n}.csv", part)
    return case


def _roles(world: _World) -> list[tuple[str, str]]:
    """Give which roles the call list has a column for, and the columns' names."""
    rng, tree = world.rng, world.setting.tree
    roles = [("customer_id", rng.choice(("klantnummer", "Klant-ID", "id")))]
    phones = rng.choice((["telefoon"], ["telefoon"], ["mobiel", "vast"], ["Tel. privé", "tel 2", "phone"]))
    roles += [(f"phone{n}", name) for n, name in enumerate(phones)]
    tests = tree.get("balanstests", [])
    if any(test["products"] != "*" for test in tests) or world.chance(0.7):
        roles.append(("product", "product"))
    dates = rng.choice((["last_purchase_on"], ["contract_ended_on"], ["last_purchase_on", "contract_ended_on"]))
    roles += [(role, role.removesuffix("_on")) for role in dates]
    if world.chance(0.5):
        roles.append(("active", "actief?"))
    if world.chance(0.4):
        roles.append(("first_payment_on", "eerste betaling"))
    if world.chance(0.3):
        roles.append(("relation_began_on", "relatie sinds"))
    if "consent" in tree:
        roles.append(("consent_on", "toestemming"))
        if any(role == "product" for role, _ in roles) and world.chance(0.5):
            roles.append(("consent_for", "waarvoor"))
        if world.chance(0.4):
            roles.append(("consent_proof", "bewijs"))
    return roles + [(f"extra{n}", name) for n, name in enumerate(rng.sample(_EXTRAS, rng.randint(0, 3)))]


def _call_row(world: _World, table: Table, roles: Sequence[str]) -> list[str]:
    person = world.rng.choice(world.people)
    return [table.writable(_call_cell(world, person, role)) for role in roles]


def _call_cell(world: _World, person: _Person, role: str) -> str:
    rng, setting = world.rng, world.setting
    if role == "customer_id":
        return "" if world.chance(0.02) else spaced(rng, person.customer_id)
    if role.startswith("phone"):
        if role != "phone0" and world.chance(0.4):
            return rng.choice(("", "", " "))
        return world.phone_cell(rng.choice(person.numbers))
    if role == "product":
        return spaced(rng, rng.choice((*setting.products * 4, "", "onbekend", "Dagblad")))
    if role == "active":
        return spaced(
            rng, rng.choice(("", "", "", "nee", "nee", "0", "false", "no", "ja", "JA", "1", "True", "yes", "x"))
        )
    if role == "first_payment_on" and world.chance(0.8):
        return written_day(rng, setting.as_of - timedelta(days=rng.randint(0, 3000)), world.dates_of(role))
    if role == "contract_ended_on" and world.chance(0.3):
        return ""
    if role == "relation_began_on" and world.chance(0.5):
        return ""
    if role == "consent_for":
        return _consent_for(world)
    if role == "consent_proof":
        return rng.choice(("F-2026-17", "opname 12", "", " "))
    if role.endswith("_on"):
        return date_cell(rng, setting.as_of, setting.spans, world.dates_of(role))
    return rng.choice(
        ("", "x", "Fam. Müller", 'de "Oude" Molen', "a, b; c|d\te", " spatie ", "regel\ntwee", "0612345678")
    )


def _consent_for(world: _World) -> str:
    """Name a few products, or something else."""
    rng = world.rng
    named = rng.sample((*world.setting.products, "onbekend", "extra"), rng.choice((0, 1, 1, 2, 3)))
    return spaced(rng, rng.choice((";", "; ", " | ", ",")).join(named))


def _torn(world: _World, row: list[str]) -> list[str]:
    """Give a row with too few or too many cells."""
    return row[: world.rng.randint(2, len(row) - 1)] if world.chance(0.5) else [*row, "te veel"]


# --- the other files --------------------------------------------------------------------------------------------


def _objections(world: _World, folder: Path, case: Case) -> None:
    rng = world.rng
    world.setting.tree["objections"] = []
    for n in range(rng.choice((1, 1, 1, 2, 3))):
        roles = rng.choice(
            (["phone0"], ["customer_id"], ["phone0", "customer_id"], ["phone0", "phone1", "customer_id"])
        )
        roles = roles + [role for role in ("objected_on", "withdrawn_on", "brand") if world.chance(0.6)]
        dates = world.date_style()
        table = world.table(roles)
        rows = [_objection_row(world, table, roles, dates) for _ in range(max(2, world.rows // 12))]
        tree = _source(f"data/objections-{n}.csv", table, dates)
        tree["columns"] = _mapping(table, roles)
        country = rng.choice(COUNTRIES) if world.chance(0.1) else None
        if country:
            tree["country"] = country
        world.setting.tree["objections"].append(tree)
        case.objection_rows.append(_written(table, folder / tree["path"], rows))
        _allow_unreadable(world, tree, case.objection_rows[-1])


def _objection_row(world: _World, table: Table, roles: Sequence[str], dates: DateStyle) -> list[str]:
    rng, person = world.rng, world.rng.choice(world.people)
    as_of = world.setting.as_of
    by = rng.choice(("phone", "customer_id", "both", "both"))
    cells = {
        "phone0": "" if by == "customer_id" else world.phone_cell(rng.choice(person.numbers), 0.05),
        "phone1": "" if world.chance(0.6) else world.phone_cell(rng.choice(person.numbers)),
        "customer_id": "" if by == "phone" else spaced(rng, person.customer_id),
        "objected_on": date_cell(rng, as_of, (), dates),
        "withdrawn_on": "" if world.chance(0.7) else date_cell(rng, as_of, (), dates),
        "brand": spaced(
            rng, rng.choice(("", "*", "proef", "PROEF", "De Proef & Zn", "de proef & zn", "ander", "proe"))
        ),
    }
    return [table.writable(cells[role]) for role in roles]


def _register(world: _World, folder: Path, case: Case) -> None:
    rng, tree = world.rng, world.setting.tree["bel_me_niet"]
    if tree["screen"] == "never":
        return
    shape = rng.choice(("lines", "lines", "joined", "messy"))
    table = world.table(["area", "number"] if shape == "joined" else ["nummer"])
    numbers = [number for person in world.people for number in person.numbers if world.chance(0.3)]
    numbers.append(rng.choice(world.people[0].numbers))
    if shape == "messy":
        rows = [[table.writable(world.phone_cell(number))] for number in numbers]
    else:
        cut = 3 if shape == "joined" else None
        rows = [[text] if cut is None else [text[:cut], text[cut:]] for text in _readable(world, numbers)]
    register = _source("data/register.txt", table)
    register["format"] = "csv"
    register["columns"] = {"phone": {"join": list(table.columns)} if shape == "joined" else table.columns[0]}
    case.register_snapshot = world.setting.as_of - timedelta(days=rng.randint(0, 20))
    register["snapshot_on"] = case.register_snapshot
    if world.chance(0.7):
        register["max_age"] = rng.choice(("28 days", "1 month", "4 weeks"))
    if shape == "messy":
        register["max_unreadable"] = "90%"
    tree["register"] = register
    case.register_rows = _written(table, folder / register["path"], rows)


def _readable(world: _World, numbers: Sequence[PhoneNumber]) -> list[str]:
    """Write each number once, in a way that a reader of the list's country finds it again."""
    texts = {}
    for number in numbers:
        e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        short = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL).replace(" ", "")
        texts[e164] = short if number_in(short, world.country) else e164
    return list(texts.values())


def _contacts(world: _World, folder: Path, case: Case) -> None:
    rng, setting = world.rng, world.setting
    limited = [test["max_attempts"] for test in setting.tree.get("balanstests", []) if "max_attempts" in test]
    if not limited and world.chance(0.5 if "consent" in setting.tree else 0.9):
        return
    roles = rng.choice((["phone0"], ["customer_id"], ["phone0", "customer_id"], ["phone0", "phone1", "customer_id"]))
    roles = [*roles, "called_on", "converted"]
    dates = world.date_style()
    table = world.table(roles)
    windows = [Span(limit["within"]) for limit in limited] or [Span("12 months")]
    busy = rng.sample(world.people, max(2, len(world.people) // 3))
    rows = []
    for _ in range(world.rows):
        person = rng.choice(busy if world.chance(0.6) else world.people)
        cells = {
            "phone0": world.phone_cell(rng.choice(person.numbers), 0.03),
            "phone1": "" if world.chance(0.5) else world.phone_cell(rng.choice(person.numbers), 0.03),
            "customer_id": "" if world.chance(0.1) else spaced(rng, person.customer_id),
            "called_on": _called_on(world, windows, dates),
            "converted": rng.choice(("ja", "nee")),
        }
        rows.append([table.writable(cells[role]) for role in roles])
    tree = _source("data/contacts.csv", table, dates)
    tree["columns"] = _mapping(table, roles)
    tree["max_unreadable"] = "90%"
    setting.tree["contacts"] = tree
    case.contact_rows = _written(table, folder / tree["path"], rows)


def _called_on(world: _World, windows: Sequence[Span], dates: DateStyle) -> str:
    if world.chance(0.03):
        return world.rng.choice(("", "onbekend"))
    return written_day(world.rng, day_near(world.rng, world.setting.as_of, windows), dates)


# --- shared -----------------------------------------------------------------------------------------------------


def _source(path: str, table: Table, dates: DateStyle | None = None) -> Tree:
    tree: Tree = {"path": path, "csv": table.tree}
    if dates and dates.formats != ("%Y-%m-%d",):
        tree["date_format"] = dates.tree
    return tree


def _mapping(table: Table, roles: Sequence[str]) -> dict[str, Any]:
    columns: dict[str, Any] = dict(zip(roles, table.columns, strict=True))
    phones = [columns.pop(role) for role in sorted(columns) if role.startswith("phone")]
    if phones:
        columns["phone"] = phones[0] if len(phones) == 1 else phones
    return columns


def _written(table: Table, path: Path, rows: Sequence[Sequence[str]]) -> list[Cells]:
    table.write(path, rows)
    return [dict(zip(table.columns, row, strict=True)) for row in rows]


def _allow_unreadable(world: _World, tree: Tree, rows: Sequence[Cells]) -> None:
    """Let rows that protect nobody pass, where there are any."""
    columns, country = tree["columns"], tree.get("country", world.country)
    phones = columns.get("phone", [])
    for cells in rows:
        ids = [trimmed(cells[columns["customer_id"]])] if "customer_id" in columns else []
        numbers = [number_in(cells[name] or "", country) for name in ([phones] if isinstance(phones, str) else phones)]
        if not any((*ids, *numbers)):
            tree["max_unreadable"] = "95%"
