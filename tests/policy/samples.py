"""A good policy to break, and how a test says where it broke."""

from __future__ import annotations

from datetime import date
from pathlib import Path

AS_OF = date(2026, 11, 23)
COUNTRIES = ("NL", "BE", "DE")
HERE = "«"
"""Stands in an edit before the place at which a problem is expected."""

ANSWERS = """\
    answers:
      customer_relation:
        payment_obligation: Op de dag van de eerste incasso.
        time_since_purchase: Hooguit twee jaar.
        product_type: Een krant.
        replacement_after: Na ongeveer een jaar.
      impact:
        calls_begin: Na twee weken.
        frequency: Eens per halfjaar.
        measures:
          - Zichtbaar nummer.
          - Geen zondagen.
      weighing:
        interest: Lezers terugwinnen.
        conversion: Daalt van 6% naar 3%.
        objections: Stijgen van 1% naar 2%.
        complaints: Onder een half procent.
      substantiation: |
        Tot twee jaar levert bellen meer op
        dan het aan rust kost.
"""

GOOD = f"""\
# Een beleid om te breken.
policy: 1
brand: courant
name: De Courant
controller: Courant B.V.
sector: press
law: nl
balanstests:
  - id: kranten
    products: [dagblad, weekend]
    max_term: 24 months
    start_after: 14 days
    max_attempts: {{count: 3, within: 6 months}}
{ANSWERS}\
  - id: rest
    products: "*"
    max_term: 12 months
{ANSWERS}\
bel_me_niet:
  screen: after_term
  register:
    path: data/register.txt
    csv: {{header: false, quote: null}}
    columns: {{phone: {{join: ["1", "2"]}}}}
    max_age: 28 days
consent: {{accept: true, valid_for: 24 months}}
call_list:
  path: data/{{brand}}/{{as_of:%Y%m%d}}.csv
  csv: {{separator: ";", encoding: windows-1252}}
  date_format: "%d-%m-%Y"
  columns:
    customer_id: klantnummer
    phone: [mobiel, vast]
    product: product
    last_purchase_on: laatste_aankoop
    contract_ended_on: einddatum
    active: actief
    first_payment_on: eerste_betaling
    consent_on: toestemming
  snapshot_on: 2026-11-23
objections:
  - path: data/bezwaren.csv
    columns: {{phone: telefoon, customer_id: klantnummer, objected_on: datum, withdrawn_on: ingetrokken}}
    max_shrink: 10%
    max_unreadable: 0
contacts:
  path: data/gesprekken.csv
  columns: {{customer_id: klantnummer, called_on: gebeld_op}}
guards: {{max_unreadable: 5%, max_dropped: null}}
output: {{annotate: [basis, callable_until]}}
"""


def broken(edits: list[tuple[str, str]], good: str = GOOD) -> tuple[str, list[tuple[int, int]]]:
    """Make the edits, each once; give the text, and the places of the marks, which are taken out."""
    text = good
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    places = []
    while HERE in text:
        before, text = text.split(HERE, 1)
        places.append((before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1))
        text = before + text
    return text, places


def write(folder: Path, text: str | bytes, name: str = "courant.yaml") -> Path:
    """Write a policy where a brand's policy stands."""
    path = folder / "configs" / "brands" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path
