"""Which column holds what: told by what its cells are, and by the words that people put above such a column. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Literal

from balansfilter.frozen import dataclass

Kind = Literal["phone", "country", "date", "flag", "text"]
Role = Literal["call_list", "objections", "register", "contacts"]

_NOT_AN_ID = r"naam|name|mail|adres|address|post|plaats|city|straat|street"
_PHONE = r"tel|phone|mobi|gsm|\bvast|landline|msisdn|\bnummer$|^number$"
_PURCHASE = r"laatst|\blast\b|aankoop|bestel|lever|order|purchase|factuur|gift|donatie|deelname|aankoopdatum"
_CONSENT = r"toestem|consent|opt ?in|akkoord|permission"
_OBJECTION = r"bezwaar|verzet|object|opt ?out|blok"
_ID = (
    r"(klant|relatie|deelnemer|abonnee|donateur|debiteur|lid|customer|client|member|donor) ?(nr|nummer|id|number)?$",
    r"\bid$|\bnr$|nummer$|number$|code$|kenmerk|reference",
)


@dataclass(frozen=True)
class ColumnFacts:
    """What the cells of one column are like in the sample."""

    name: str
    filled: int
    """Cells that are not empty."""
    distinct: int
    """Different ones among them."""
    phones: int
    """Cells that are a valid phone number."""
    dates: int
    """Cells that are a date in the format of the file."""
    flags: int
    """Cells that say yes or no."""
    sentences: int = 0
    """Cells that hold several words."""
    countries: int = 0
    """Cells that name a country, in any way in which people do."""
    values: tuple[str, ...] = ()
    """The values that occur most, where they are few and so name nobody."""
    sample: str = ""
    """A cell or two that may be shown."""

    @property
    def may_be_id(self) -> bool:
        """Whether the cells can be ids of customers: most of them are no sentences."""
        return self.sentences * 2 <= self.filled

    def is_of(self, kind: Kind) -> bool:
        """Whether the cells can be of a kind; an empty column can be of any but phone numbers."""
        if kind == "phone":
            return self.phones * 2 >= self.filled > 0
        if kind == "country":
            return self.countries == self.filled > 0
        if kind == "date":
            return self.dates * 2 >= self.filled
        if kind == "flag":
            return self.flags == self.filled
        return self.dates * 2 < self.filled or not self.filled


@dataclass(frozen=True)
class Wanted:
    """What is looked for: the key in a policy, the kind of its cells, and the words in its name, the best first."""

    key: str
    kind: Kind
    names: tuple[str, ...]
    never: str = ""
    """Words that a column of this key does not have in its name."""
    only_one_left: bool = False
    """Whether the only column of the kind that is left is taken, whatever its name."""


_COMMON = (
    Wanted("phone", "phone", (_PHONE,), only_one_left=True),
    Wanted("consent_on", "date", (_CONSENT,)),
)
_COUNTRY = Wanted("phone_country", "country", (r"\bland(en)?( ?code)?$|landcode|country",))
_CUSTOMER = Wanted("customer_id", "text", _ID, never=_NOT_AN_ID)
_PRODUCT = Wanted("product", "text", (r"product|artikel|article|pakket|package", r"abonnement|titel|dienst|service"))

WANTED: Mapping[Role, tuple[Wanted, ...]] = {
    "call_list": (
        *_COMMON,
        _COUNTRY,
        Wanted("consent_for", "text", (rf"({_CONSENT}).*\b(voor|for|product|dienst|service)",)),
        Wanted("consent_proof", "text", (r"bewijs|proof|evidence",)),
        Wanted("relation_began_on", "date", (r"vrijwillig|volunteer|evenement|\bevent|bezoek|visit",)),
        Wanted("contract_ended_on", "date", (r"eind|opzeg|afloop|\bend(s|ed)?\b|cancel|terminat|expir",)),
        Wanted("first_payment_on", "date", (r"eerste|first|ingang|\bstart|\bsinds|\bsince",)),
        Wanted("last_purchase_on", "date", (_PURCHASE,), only_one_left=True),
        Wanted("active", "flag", (r"actief|active|lopend|huidig|current",)),
        _PRODUCT,
        _CUSTOMER,
    ),
    "objections": (
        _COMMON[0],
        _COUNTRY,
        Wanted("withdrawn_on", "date", (r"intrek|ingetrok|withdr|herroep|revoke",)),
        Wanted("objected_on", "date", (_OBJECTION, r"datum|date"), only_one_left=True),
        Wanted("brand", "text", (r"\bmerk|brand|label",)),
        _CUSTOMER,
    ),
    "register": (_COMMON[0], _COUNTRY),
    "contacts": (
        _COMMON[0],
        _COUNTRY,
        Wanted("called_on", "date", (r"gebeld|beld|belm|\bcall", r"gesprek|datum|date"), never=_PURCHASE),
        Wanted("last_purchase_on", "date", (_PURCHASE,)),
        Wanted("reached", "flag", (r"bereikt|gesproken|opgenomen|reached|answered|spoke|contact ?gehad",)),
        Wanted("converted", "flag", (r"conver|verkoop|verkocht|\bsale|\bsold",)),
        Wanted("objected", "flag", (_OBJECTION,)),
        Wanted("complained", "flag", (r"klacht|complain",)),
        _PRODUCT,
        _CUSTOMER,
    ),
}
"""What each file may hold, in the order in which columns are given away."""


_SHEETS: Mapping[Role, str] = {
    "call_list": r"klant|customer|bel(lijst|bestand)|call ?list|lijst|export",
    "objections": rf"{_OBJECTION}|niet bellen|do not",
    "register": r"register|nummer|number",
    "contacts": r"gesprek|contact|gebeld|histor|calls",
}


def likely_sheet(role: Role, sheets: Sequence[str]) -> str | None:
    """Return the sheet whose name fits a role best, else the first; None where there is none."""
    named = (sheet for sheet in sheets if re.search(_SHEETS[role], plain_name(sheet)))
    return next(named, sheets[0] if sheets else None)


def propose(role: Role, columns: Sequence[ColumnFacts]) -> dict[str, tuple[str, ...]]:
    """Propose the column, or for phone numbers the columns, of each key; a key without one is left out."""
    found: dict[str, tuple[str, ...]] = {}
    taken: set[str] = set()
    for wanted in WANTED[role]:
        free = [column for column in columns if column.name not in taken and column.is_of(wanted.kind)]
        free = [column for column in free if column.may_be_id or wanted is not _CUSTOMER]
        if chosen := _chosen(wanted, free):
            found[wanted.key] = chosen
            taken.update(chosen)
    return found


def _chosen(wanted: Wanted, free: Sequence[ColumnFacts]) -> tuple[str, ...]:
    ranked = [(rank, column) for column in free if (rank := _rank(wanted, column.name)) is not None]
    if wanted.kind == "phone" and ranked:
        return tuple(column.name for _, column in ranked)
    if ranked:
        return (min(ranked, key=lambda found: (found[0], -found[1].filled, -found[1].distinct))[1].name,)
    if not wanted.only_one_left:
        return ()
    left = [column for column in free if column.filled and _rank(_CUSTOMER, column.name) is None]
    if wanted.kind == "phone":
        return tuple(column.name for column in left if column.phones * 5 >= column.filled * 4)
    return (left[0].name,) if len(left) == 1 else ()


def _rank(wanted: Wanted, name: str) -> int | None:
    """Return the place of the first words that a name has, None where it has none."""
    plain = plain_name(name)
    if wanted.never and re.search(wanted.never, plain):
        return None
    return next((n for n, words in enumerate(wanted.names) if re.search(words, plain)), None)


def plain_name(name: str) -> str:
    """Return a column's name in small letters without accents, its words apart: `eindDatum_2` is `eind datum 2`."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", parted) if not unicodedata.combining(mark))
    return re.sub(r"[\W_]+", " ", bare).strip().casefold()
