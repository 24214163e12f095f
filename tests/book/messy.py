"""An export as administrations make them: a title above the header, numbers written in ten ways, words for nothing."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

WAYS: tuple[Callable[[str], str], ...] = (
    lambda digits: f"06-{digits}",
    lambda digits: f"06 {digits[:2]} {digits[2:4]} {digits[4:6]} {digits[6:]}",
    lambda digits: f"+316{digits}",
    lambda digits: f'="06{digits}"',
    lambda digits: f"'06{digits}",
    lambda digits: f"00316{digits}",
    lambda digits: f"6{digits}",
    lambda digits: f"06.{digits[:4]}.{digits[4:]}",
)
PEOPLE = 400
OBJECTED = (5, 50, 77, 120, 333)


def messy_export(customers: Path, objections: Path) -> None:
    """Write an export of customers and one of objections, in windows-1252 with lines as Windows ends them."""
    chance = random.Random(7)
    rows = [
        "Export klanten 22-11-2026 om 23:10;;;;;;",
        "",
        "Klantnr.;Naam;Tel. mobiel;Tel. vast;Titel;Laatste nota;Opgezegd per",
    ]
    rows += [_customer(n, chance) for n in range(1, PEOPLE + 1)]
    _write(customers, [*rows, rows[12]])
    named = [f"{n};;1-{n % 12 + 1}-2026" for n in OBJECTED]
    _write(objections, ["Klantnr.;Telefoon;Datum bezwaar", *named, ";+31 6 87654321;3-3-2026"])


def _customer(n: int, chance: random.Random) -> str:
    digits = f"{10_000_000 + n * 7919:08d}"
    mobile = chance.choice(WAYS)(digits) if n % 31 else chance.choice(["geheim", "061234"])
    fixed = chance.choice(["", "", "NULL", "n.v.t.", f"0201234{n:03d}", "onbekend"])
    year = chance.choice([2024, 2025, 2026])
    day = f"{chance.randint(1, 28)}-{chance.randint(1, 10)}-{year}"
    ended = chance.choice(["", "0000-00-00", day])
    product = chance.choice(["Dagblad", "dagblad", "Zaterdag"])
    return f"{n:06d};J. Müller-{n};{mobile};{fixed};{product};{day};{ended}"


def _write(path: Path, lines: list[str]) -> None:
    path.write_bytes("".join(f"{line}\r\n" for line in lines).encode("cp1252"))
