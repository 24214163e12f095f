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
from tests.oracle.cells import AMSTERDAM
from tests.oracle.evidence import facts_of
from tests.oracle.numbers import number_in
from tests.oracle.random_cells import (
    NULLS,
    ONE_DIGIT,
    DateStyle,
    cell_of_several_ids,
    country_cell,
    damaged_number,
    date_cell,
    day_near,
    id_cell,
    laid_out,
    some_id,
    spaced,
    valid_number,
    written_day,
    written_number,
    yes_or_no,
)
from tests.oracle.random_policy import COUNTRIES, Setting, Tree, approved, random_setting
from tests.oracle.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from balansfilter.policy.model import Policy
    from tests.oracle.evidence import Cells

DATE_FORMATS = (
    ("%Y-%m-%d",), ("%Y-%m-%d",), ("%Y-%m-%d",), ("%Y-%m-%d",), ("%d-%m-%Y",), ("%d-%m-%Y",), ("%d/%m/%Y",),
    ("%Y%m%d",), ("%d.%m.%Y",), ("%m/%d/%Y",), ("%Y-%m-%d %H:%M:%S",), ("%d-%m-%Y %H:%M",), ("%-d-%-m-%Y",),
    ("%-m/%-d/%Y %-H:%M",), ("iso8601",), ("iso8601",), ("%Y-%m-%dT%H:%M:%S%.f%z",), ("%d-%m-%Y %H:%M:%S,%f",),
    ("%-d-%-m-%Y", "iso8601"), ("%Y-%m-%d", "%d-%m-%Y"), ("%Y%m%d", "%d%m%Y", "%d-%m-%Y %H:%M"),
)  # fmt: skip
_ZONES = (AMSTERDAM, AMSTERDAM, AMSTERDAM, "America/New_York", "Pacific/Auckland")
_NULL_WORDS = (["geheim"], ["Geheim", "0600000000", "n t b"], ["niet bekend", "99"])
_CHOICE = {"take": ["actief", "Nieuw klant"], "leave": ["overleden", ""]}
_TAKEN = ("actief", "ACTIEF", " actief", "act\u200bief", "nieuw klant", "NieuwKlant")
_LEFT = ("overleden", "Overleden ", "", " ", "NULL", "n.v.t.")
_BRANDS = (
    "", "*", "proef", "PROEF", "De Proef & Zn", "de proef  & zn", "ander", "Ander", "het andere, blad", "Elders", "ander; elders",
    "elders|ANDER", "Alle merken", "alle", "all", "NULL", "n.v.t.", "proef;ander", "ander , proef", "nergens", "proe", "proeff",
    "vreemdkrant", "proef; vreemdkrant", "Het Andere, Blad; Elders", "het andere, blad|elders", "proef|proeff", "'elders",
)  # fmt: skip
OTHER_BRANDS = ("ander", "Het Andere, Blad", "Elders", "Elders & Co")
_EXTRAS = ("naam", "row", "index", "count", "anchor", "number", "e-mail", "Straat, nr.", "opmerking")


class _Plain(yaml.SafeDumper):
    """Writes every value out, where it is needed."""

    def ignore_aliases(self, data: object) -> bool:
        return True


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
    unreadable: dict[str, int] = field(default_factory=dict)
    """How many rows of each other source are not understood as they are."""


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
            _Person(some_id(rng, n + 1), tuple(rng.choices(numbers, k=rng.choice((1, 1, 2)))))
            for n in range(max(4, rows * 3 // 4))
        ]
        self.shared_id = rng.choice(("TEST", "", "")), rng.choice((0.03, 0.12))
        self.switchboard = rng.choice(numbers) if rng.random() < 0.3 else None

    def _number_country(self) -> str:
        return self.country if self.rng.random() < 0.88 else self.rng.choice(("NL", "BE", "DE", "GB", "CA", "LU", "GG"))

    def date_style(self) -> DateStyle:
        """Say how the dates of a file or a column are written."""
        return DateStyle(self.rng.choice(DATE_FORMATS), self.zone)

    def dates_of(self, role: str) -> DateStyle:
        """Return how the dates of a column of the call list are written."""
        return self.own_dates.get(role, self.dates)

    def chance(self, share: float) -> bool:
        """Say yes in that share of the cases."""
        return self.rng.random() < share

    def phone_cell(self, number: PhoneNumber, damage: float = 0.08) -> str:
        """Write a number as a cell, damaged now and then, or a word for nothing."""
        if self.chance(0.03):
            return self.rng.choice((*NULLS, *ONE_DIGIT, "geheim"))
        write = damaged_number if self.chance(damage) else written_number
        text = write(self.rng, number)
        return spaced(self.rng, laid_out(self.rng, text) if self.chance(0.05) else text)

    def number_of(self, person: _Person) -> PhoneNumber:
        """Return a number of a person, or now and then the one that many share."""
        return self.switchboard if self.switchboard and self.chance(0.08) else self.rng.choice(person.numbers)

    def customer_cell(self, person: _Person) -> str:
        """Write the id of a person, or now and then a word for nothing, or the id that many share."""
        shared, share = self.shared_id
        if self.chance(0.03):
            return self.rng.choice(("", "0", "000", "0.0", *NULLS))
        return id_cell(self.rng, shared if shared and self.chance(share) else person.customer_id)

    def objector_cell(self, person: _Person) -> str:
        """Write the id of somebody who objected, now and then with more in the cell than one id."""
        if not self.chance(0.15):
            return self.customer_cell(person)
        ids = [person.customer_id, self.rng.choice(self.people).customer_id]
        return cell_of_several_ids(self.rng, ids, self.phone_cell(self.number_of(person)))

    def country_cell(self, number: PhoneNumber) -> str:
        """Write the country of a number."""
        return country_cell(self.rng, str(phonenumbers.region_code_for_number(number)))

    def choice(self, table: Table, *, unknown: bool = False) -> str:
        """Write a word for `where`."""
        words = (*_TAKEN * 3, *_LEFT, *(("wie weet",) if unknown else ()))
        return self.rng.choice([one for one in words if table.writable(one) == one])

    def table(self, columns: Sequence[str]) -> Table:
        """Return a file with these columns, or with numbers for columns where it has no header."""
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
    case.zone = world.zone
    case.policy = approved(setting.tree, setting.as_of)
    _allow_unreadable(case, setting)
    path = case.configs / "brands" / f"{case.brand}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.dump(setting.tree, Dumper=_Plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
    site = {"timezone": world.zone, "brands_elsewhere": list(OTHER_BRANDS[2:])}
    (case.configs / "balansfilter.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    other = {"brand": OTHER_BRANDS[0], "name": OTHER_BRANDS[1]}
    (case.configs / "brands" / "ander.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    return case


# --- the call list ----------------------------------------------------------------------------------------------


def _call_list(world: _World, folder: Path) -> Case:
    rng, setting = world.rng, world.setting
    roles = _roles(world)
    rng.shuffle(roles)
    table = world.table([name for _, name in roles])
    names = [role for role, _ in roles]
    columns = {role: column for role, column in zip(names, table.columns, strict=True) if not role.startswith("extra")}
    phones = [columns.pop(role) for role in sorted(columns) if role[-1].isdigit()]
    for role, column in list(columns.items()):
        if role.endswith("_on") and world.chance(0.2):
            world.own_dates[role] = world.date_style()
            columns[role] = {"column": column, "date_format": world.own_dates[role].tree}
    chosen = columns.pop("choice", None)
    joined = len(phones) == 2 and "phone_country" not in columns and world.chance(0.1)
    numbers: Any = phones[0] if len(phones) == 1 and world.chance(0.7) else phones
    tree: Tree = {
        "path": "data/calls-*.csv",
        "csv": table.tree,
        "date_format": world.dates.tree,
        "columns": {**columns, "phone": {"join": phones} if joined else numbers},
        "default_country": world.country,
        "allow_countries": [world.country, *rng.choice(([], [], ["BE"], ["LU", "GB"]))],
        "on_bad_row": "drop" if world.chance(0.3) else "stop",
    }
    tree["allow_countries"] = list(dict.fromkeys(tree["allow_countries"]))
    if world.country == "NL" and world.chance(0.5):
        del tree["default_country"]
    if chosen:
        tree["where"] = {chosen: _CHOICE}
    if world.chance(0.25):
        tree["null_words"] = rng.choice(_NULL_WORDS)
    setting.tree["call_list"] = tree
    case = Case(folder / "configs", setting.tree["brand"], setting.as_of, setting.grounds, table)
    ragged = 0.01 if tree["on_bad_row"] == "drop" and table.header else 0.0
    written = [_call_row(world, table, names, joined=joined) for _ in range(world.rows)]
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
    """Return which roles the call list has a column for, and the columns' names."""
    rng, tree = world.rng, world.setting.tree
    roles = [("customer_id", rng.choice(("klantnummer", "Klant-ID", "id")))]
    phones = rng.choice((["telefoon"], ["telefoon"], ["mobiel", "vast"], ["Tel. privé", "tel 2", "phone"]))
    roles += [(f"phone{n}", name) for n, name in enumerate(phones)]
    tests = tree.get("balanstests", [])
    if any(test["products"] != "*" for test in tests) or world.chance(0.7):
        roles.append(("product", "product"))
    if world.chance(0.25):
        roles.append(("phone_country", "land"))
    if world.chance(0.2):
        roles.append(("choice", "status"))
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


def _call_row(world: _World, table: Table, roles: Sequence[str], *, joined: bool) -> list[str]:
    person = world.rng.choice(world.people)
    number = world.number_of(person)
    cells = {role: _call_cell(world, table, person, number, role) for role in roles}
    if joined:
        text = cells["phone0"]
        cells["phone0"], cells["phone1"] = text[:3], text[3:]
    return [table.writable(cells[role]) for role in roles]


def _call_cell(world: _World, table: Table, person: _Person, number: PhoneNumber, role: str) -> str:
    rng, setting = world.rng, world.setting
    if role == "customer_id":
        return world.customer_cell(person)
    if role.startswith("phone_"):
        return world.country_cell(number)
    if role.startswith("phone"):
        if role != "phone0" and world.chance(0.4):
            return rng.choice(("", "", " "))
        return world.phone_cell(number if role == "phone0" else rng.choice(person.numbers))
    if role == "choice":
        return world.choice(table, unknown=True)
    if role == "product":
        return spaced(rng, rng.choice((*setting.products * 4, "", "onbekend", "Dagblad")))
    if role == "active":
        return yes_or_no(rng, 0.3)
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
    """Return a row with too few or too many cells."""
    return row[: world.rng.randint(2, len(row) - 1)] if world.chance(0.5) else [*row, "te veel"]


# --- the other files --------------------------------------------------------------------------------------------


def _objections(world: _World, folder: Path, case: Case) -> None:
    rng = world.rng
    world.setting.tree["objections"] = []
    for n in range(rng.choice((1, 1, 1, 2, 3))):
        roles = rng.choice(
            (["phone0"], ["customer_id"], ["phone0", "customer_id"], ["phone0", "phone1", "customer_id"], ["mixed"])
        )
        roles = roles + [role for role in ("objected_on", "withdrawn_on", "brand") if world.chance(0.6)]
        roles += [
            role for role in ("phone_country", "choice") if role[0] == "c" or "phone0" in roles if world.chance(0.2)
        ]
        dates = world.date_style()
        table = world.table(roles)
        rows = [_objection_row(world, table, roles, dates) for _ in range(max(2, world.rows // 12))]
        tree = _other_source(world, f"data/objections-{n}.csv", table, roles, dates)
        country = rng.choice(COUNTRIES) if world.chance(0.1) else None
        if country:
            tree["country"] = country
        world.setting.tree["objections"].append(tree)
        case.objection_rows.append(_written(table, folder / tree["path"], rows))


def _objection_row(world: _World, table: Table, roles: Sequence[str], dates: DateStyle) -> list[str]:
    rng, person = world.rng, world.rng.choice(world.people)
    as_of = world.setting.as_of
    by = rng.choice(("phone", "customer_id", "both", "both"))
    number = world.number_of(person)
    number_cell, id_cell_ = world.phone_cell(number, 0.05), world.objector_cell(person)
    cells = {
        "phone0": "" if by == "customer_id" else number_cell,
        "phone1": "" if world.chance(0.6) else world.phone_cell(rng.choice(person.numbers)),
        "phone_country": world.country_cell(number),
        "customer_id": "" if by == "phone" else id_cell_,
        "mixed": rng.choice((number_cell, id_cell_)),
        "objected_on": date_cell(rng, as_of, (), dates),
        "withdrawn_on": "" if world.chance(0.7) else date_cell(rng, as_of, (), dates),
        "brand": spaced(rng, rng.choice(_BRANDS)),
        "choice": world.choice(table),
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
    register["max_unreadable"] = "100%"
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
    if not limited and world.chance(0.5):
        return
    roles = rng.choice((["phone0"], ["customer_id"], ["phone0", "customer_id"], ["phone0", "phone1", "customer_id"]))
    roles = [*roles, "called_on", "converted"]
    roles += [role for role, share in (("objected", 0.6), ("choice", 0.2)) if world.chance(share)]
    roles += ["phone_country"] if "phone0" in roles and world.chance(0.2) else []
    dates = world.date_style()
    table = world.table(roles)
    windows = [Span(limit["within"]) for limit in limited] or [Span("12 months")]
    busy = rng.sample(world.people, max(2, len(world.people) // 3))
    rows = []
    for _ in range(world.rows):
        person = rng.choice(busy if world.chance(0.6) else world.people)
        number = world.number_of(person)
        cells = {
            "phone0": world.phone_cell(number, 0.03),
            "phone1": "" if world.chance(0.5) else world.phone_cell(rng.choice(person.numbers), 0.03),
            "phone_country": world.country_cell(number),
            "customer_id": "" if world.chance(0.1) else world.objector_cell(person),
            "called_on": _called_on(world, windows, dates),
            "converted": rng.choice(("ja", "nee")),
            "objected": yes_or_no(rng, 0.04),
            "choice": world.choice(table),
        }
        rows.append([table.writable(cells[role]) for role in roles])
    tree = _other_source(world, "data/contacts.csv", table, roles, dates)
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


def _other_source(world: _World, path: str, table: Table, roles: Sequence[str], dates: DateStyle) -> Tree:
    """Return a source whose rows name people, and may be understood in part only."""
    tree = _source(path, table, dates)
    columns: dict[str, Any] = dict(zip(roles, table.columns, strict=True))
    if chosen := columns.pop("choice", None):
        tree["where"] = {chosen: _CHOICE}
    if mixed := columns.pop("mixed", None):
        columns |= {"phone": mixed, "customer_id": mixed}
    phones = [columns.pop(role) for role in sorted(columns) if role[-1].isdigit()]
    if phones:
        columns["phone"] = phones[0] if len(phones) == 1 else phones
    if world.chance(0.25):
        tree["null_words"] = world.rng.choice(_NULL_WORDS)
    return tree | {"columns": columns, "max_unreadable": "100%"}


def _written(table: Table, path: Path, rows: Sequence[Sequence[str]]) -> list[Cells]:
    table.write(path, rows)
    return [dict(zip(table.columns, row, strict=True)) for row in rows]


def _allow_unreadable(case: Case, setting: Setting) -> None:
    """Let rows that are not understood pass only where there are any."""
    tree = setting.tree
    sources = {f"objections[{n}]": source for n, source in enumerate(tree["objections"])}
    sources |= {"register": tree["bel_me_niet"].get("register"), "contacts": tree.get("contacts")}
    case.unreadable = facts_of(
        case.policy, case.as_of, case.objection_rows, case.register_rows, case.contact_rows, case.zone, OTHER_BRANDS
    ).unreadable
    for role, count in case.unreadable.items():
        if not count:
            del sources[role]["max_unreadable"]
    case.policy = approved(tree, setting.as_of)
