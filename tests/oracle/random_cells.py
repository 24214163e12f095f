"""Cells at random: numbers of many countries, ids, words and dates, in every way of writing and with every damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from random import Random
from zoneinfo import ZoneInfo

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from balansfilter.policy.values import Span
from tests.oracle.cells import end_of, start_of
from tests.oracle.writing import COUNTRIES

_TYPES = (
    PhoneNumberType.MOBILE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.MOBILE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.FIXED_LINE,
    PhoneNumberType.VOIP,
    PhoneNumberType.UAN,
    PhoneNumberType.TOLL_FREE,
    PhoneNumberType.PREMIUM_RATE,
)
_SPACES = (" ", " ", "\u00a0", "\u2009", "\u202f", "\u3000", "  ")


# --- numbers ----------------------------------------------------------------------------------------------------


def valid_number(rng: Random, country: str) -> PhoneNumber:
    """Return a valid number of a country, of any type that it has."""
    while True:
        example = _example(country, rng.choice(_TYPES))
        if example is None:
            continue
        digits = phonenumbers.national_significant_number(example)
        kept = rng.randint(1, max(1, len(digits) - 4))
        text = digits[:kept] + "".join(rng.choices("0123456789", k=len(digits) - kept))
        try:
            number = phonenumbers.parse(f"+{example.country_code}{text}", None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return number


@lru_cache(maxsize=1000)
def _example(country: str, kind: int) -> PhoneNumber | None:
    return phonenumbers.example_number_for_type(country, kind)


def written_number(rng: Random, number: PhoneNumber) -> str:
    """Write a number in one of the ways of people, programs and spreadsheets."""
    text = rng.choice(_WAYS_WITH_ZERO if _has_trunk_zero(number.country_code) else _WAYS)(rng, number)
    if rng.random() < 0.1:
        text = "".join(rng.choice(_SPACES) if sign == " " else sign for sign in text)
    if rng.random() < 0.03:
        place = rng.randrange(len(text) + 1)
        text = text[:place] + rng.choice((" ", "-", ".", "\u00a0", "(", ")")) + text[place:]
    return text


def _nsn(number: PhoneNumber) -> str:
    return phonenumbers.national_significant_number(number)


def _national(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)


def _only_digits(text: str) -> str:
    return "".join(sign for sign in text if sign.isdigit())


_Way = Callable[[Random, PhoneNumber], str]

_WAYS: tuple[_Way, ...] = (
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _only_digits(_national(n)),
    lambda rng, n: _national(n),
    lambda rng, n: _national(n).replace(" ", "-"),
    lambda rng, n: _national(n).replace(" ", ""),
    lambda rng, n: "({}){}".format(*_national(n).split(" ", 1)) if " " in _national(n) else _national(n),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL).replace(" ", "."),
    lambda rng, n: f"(+{n.country_code}){_nsn(n)}",
    lambda rng, n: f"+{n.country_code}0{_nsn(n)}",
    lambda rng, n: f"00{n.country_code}{_nsn(n)}",
    lambda rng, n: f"00 {n.country_code} {_nsn(n)}",
    lambda rng, n: f"{n.country_code}{_nsn(n)}",
    lambda rng, n: f"{n.country_code}{_nsn(n)}.0",
    lambda rng, n: _nsn(n),
    lambda rng, n: _nsn(n),
    lambda rng, n: f"{_nsn(n)}.0",
    lambda rng, n: f"0{_nsn(n)}",
    lambda rng, n: f"0{_nsn(n)[:1]}-{_nsn(n)[1:]}",
    lambda rng, n: ".".join(_only_digits(_national(n))),
    lambda rng, n: f"0{_nsn(n)[:2]}/{_nsn(n)[2:]}",
    lambda rng, n: f"+{n.country_code} {_nsn(n)[:1]} / {_nsn(n)[1:]}",
    lambda rng, n: _national(n).replace(" ", "/"),
    lambda rng, n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL).replace(" ", rng.choice(DASHES)),
)


_WAYS_WITH_ZERO: tuple[_Way, ...] = (
    *_WAYS,
    lambda rng, n: f"+{n.country_code} (0){_nsn(n)}",
    lambda rng, n: f"+{n.country_code} (0) {_nsn(n)}",
    lambda rng, n: f"00{n.country_code}(0){_nsn(n)}",
)


@lru_cache(maxsize=1000)
def _has_trunk_zero(country_code: int) -> bool:
    """Whether the countries with a calling code dial a zero first, which people then write as (0)."""
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code]
    return bool(phonenumbers.ndd_prefix_for_region(regions[0], strip_non_digits=False) == "0")


DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
_INVISIBLE = "\u200b\u200c\u200e\u200f\u202a\u202c\u2060\u2066\u2069\u00ad"
NULLS = (
    "NULL", "null", "\\N", "N/A", "n/a", "NA", "none", "NaN", "-", "\u2013", "n.v.t.", "N.V.T.", "leeg", "onbekend", "Onbekend",
    "geen", " - ", "(null)", "'-",
)  # fmt: skip
"""Words for nothing, as people and programs write them."""
ONE_DIGIT = ("0", "0000000000", "9999999999", "000 000", "00-00000000", "0.0", "'0", "1111111", "11.11")


def laid_out(rng: Random, text: str) -> str:
    """Write a text with layout that says nothing: spaces, marks that nobody sees, a guard of an export."""
    roll = rng.random()
    place = rng.randint(1, max(1, len(text)))
    if roll < 0.25:
        return f"'{text}" + rng.choice(("", "", "'"))
    if roll < 0.35:
        return f'="{text}"'
    if roll < 0.6:
        return text[:place] + "".join(rng.choices(_INVISIBLE, k=rng.randint(1, 2))) + text[place:]
    if roll < 0.7:
        return "".join(
            chr(0xFF10 + int(sign)) if sign in "0123456789" and rng.random() < 0.5 else sign for sign in text
        )
    if roll < 0.8:
        return text.replace("-", rng.choice(DASHES))
    return text[:place] + rng.choice((*_SPACES, "\t", "\u2028")) + text[place:]


def damaged_number(rng: Random, number: PhoneNumber) -> str:
    """Write a number such that it cannot be read, or such that it becomes another, or a doubtful one."""
    text = written_number(rng, number)
    place = rng.randrange(len(text) + 1)
    other = rng.choice("0123456789")
    return rng.choice(
        (
            "",
            "0",
            "-",
            "onbekend",
            "n.v.t.",
            "geen 06",
            f"{text} (na 18u)",
            f"{text} / {text}",
            f"{text},{text}",
            f"{text};{text}",
            f"{text} of {text[:-1]}{other}",
            f"bel {text}",
            f"{text} {text}",
            text.replace("0", "O", 1),
            text.replace("1", "l", 1),
            text[:-1],
            text[:-3],
            text[1:],
            text + other,
            text + other + other,
            text[:place] + other + text[place:],
            text[:place] + rng.choice("abcxyz*#/,:;?_~'") + text[place:],
            text[:place] + rng.choice("\u200b\u00ad\u2013\u2060\ufeff\t\u0660\uff10") + text[place:],
            text[:place] + "+" + text[place:],
            f"+{text}",
            f"++{text.lstrip('+')}",
            f"{text}+",
            f"tel:{text}",
            f"{text} x12",
            f"{text}.0",
            f"{text}.00",
            f"{_nsn(number)},0",
            f"{_nsn(number)[:1]}.{_nsn(number)[1:]}E+{len(_nsn(number)) - 1:02d}",
            f"00{text}",
            f"0{text}",
            "".join(chr(0xFF10 + int(sign)) if sign.isdigit() else sign for sign in text),
            "".join(rng.choices("0123456789", k=rng.randint(1, 16))),
            "".join(rng.choices("0123456789+-.() ", k=rng.randint(1, 16))),
        )
    )


def spaced(rng: Random, cell: str) -> str:
    """Put white space around a cell now and then."""
    if rng.random() < 0.95:
        return cell
    return rng.choice((" ", "  ", "\u00a0", "\t", "")) + cell + rng.choice((" ", "\u00a0", "\u2009", "\t"))


# --- ids, countries and words ---------------------------------------------------------------------------------


def some_id(rng: Random, n: int) -> str:
    """Return the id of a person, of any of the forms that ids have."""
    tail = "".join(rng.choices("0123456789ABCDEFGHJKabcdefghjk", k=4))
    return rng.choice(
        (
            f"K{n}",
            f"k{n}",
            f"00{n}",
            f"{n}",
            f"{n + 100_000}",
            f"N-{n}/a",
            f"KL {n}",
            f"Gérard-{n}",
            f"001{n:03}000003{tail[:2]}{rng.choice('aB')}",
            f"003Xx{n:04}Y0{tail}",
            f"003XX{n:04}00{tail.upper()}",
            f"{n:08x}-4F89-11d3-9a0c-0305e82c3301",
        )
    )


def id_cell(rng: Random, text: str) -> str:
    """Write an id in one of the ways in which exports change it."""
    if rng.random() < 0.3:
        text = rng.choice(_ID_WAYS)(text)
    return spaced(rng, laid_out(rng, text) if rng.random() < 0.1 else text)


def cell_of_several_ids(rng: Random, ids: Sequence[str], number: str) -> str:
    """Write more in the cell of an id than one plain id, as people do: several, words beside it, a number, a sentence."""
    first, second, *_ = rng.choices(ids, k=2)
    label = rng.choice(("klant ", "Klantnr. ", "klantnummer: ", "#", "nr", "nr. #", "id=", "No.", "customer number "))
    points = rng.choice((".", ",", "'"))
    in_thousands = f"{int(first):,}".replace(",", points) if first.isascii() and first.isdigit() else first
    between = rng.choice((", ", ",", ";", " ; ", "|", "/", " / ", " ", " en ", "\n", " & ", "\\", "+", " + "))
    words = rng.choice(("Jansen ", "wil niet meer gebeld worden ", "graag niet bellen ", "(niet bellen) ", "en "))
    return rng.choice((
        f"{first}{between}{second}",
        f"{first}{between}{number}",
        f"{label}{first}",
        f"{label}{first}{between}{label}{second}",
        in_thousands,
        f"{in_thousands}{between}{second}",
        f"{in_thousands}{rng.choice((',00', '.00', ',0'))}",
        f"{words}{first}",
        f"{words}{number}",
        f"{words}{number}{between}{first}",
        f"({first})",
        words,
        number,
        f"{rng.randint(1, 9)},{rng.randint(0, 999)}E+0{rng.randint(3, 9)}",
    ))  # fmt: skip


def with_check_signs(text: str) -> str:
    """Write the eighteen characters of a Salesforce id of fifteen."""
    if len(text) != 15 or not text.isalnum():
        return text
    bits = [sum(sign.isupper() << n for n, sign in enumerate(text[at : at + 5])) for at in (0, 5, 10)]
    return text + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[one] for one in bits)


_ID_WAYS: tuple[Callable[[str], str], ...] = (
    str.upper,
    str.lower,
    str.swapcase,
    lambda text: f"000{text}",
    lambda text: text.lstrip("0"),
    lambda text: f"{text}.0",
    lambda text: f"{text}.00",
    lambda text: f"{{{text}}}",
    lambda text: text.replace("-", ""),
    lambda text: text.replace(" ", ""),
    lambda text: text.replace("é", "e\u0301"),
    with_check_signs,
    with_check_signs,
    lambda text: with_check_signs(text).upper(),
    lambda text: text[:-1],
)


def country_cell(rng: Random, country: str) -> str:
    """Write the country of a number; now and then nothing, another one, or what nobody knows."""
    roll = rng.random()
    if roll < 0.15:
        return rng.choice(("", "", " ", "-", "onbekend", "NULL"))
    if roll < 0.22:
        return rng.choice(("NA", "na", "Utopia", "XX", "3", "+", "999", "??"))
    named = country if roll < 0.95 else rng.choice(list(COUNTRIES))
    text = rng.choice(COUNTRIES.get(named, (named,)))
    if text.isdigit():
        return rng.choice((text, f"+{text}", f"00{text}", f"{text}.0", f" {text} "))
    return spaced(rng, rng.choice((text, text, text.lower(), text.upper())))


def yes_or_no(rng: Random, yes: float) -> str:
    """Write yes or no, or now and then a word that is neither."""
    roll = rng.random()
    if roll < yes:
        text = rng.choice(("ja", "J", "yes", "Y", "1", "1.0", "true", "WAAR", "T", "x", "Aan", "j\u200ba"))
    elif roll < 0.93:
        text = rng.choice(("nee", "N", "no", "0", "0.0", "false", "ONWAAR", "F", "uit", "", "", "n.v.t.", "-", "NULL"))
    else:
        text = rng.choice(("misschien", "2", "ja!", "neen", "1,0"))
    return spaced(rng, text)


# --- dates ------------------------------------------------------------------------------------------------------


def day_near(rng: Random, as_of: date, spans: Sequence[Span]) -> date:
    """Return a day: mostly within two days of a cut-off of one of the spans, at a month's end, or anywhere."""
    roll = rng.random()
    if roll < 0.45 and spans:
        return start_of(rng.choice(spans), as_of) + timedelta(days=rng.randint(-4, 4))
    if roll < 0.55:
        return as_of + timedelta(days=rng.randint(-3, 3))
    day = as_of - timedelta(days=rng.randint(0, 2000))
    if roll < 0.65 and spans:
        span = rng.choice(spans)
        month_end = start_of(span, as_of).replace(day=1) + timedelta(days=31)
        day = month_end.replace(day=1) - timedelta(days=rng.choice((1, 2, 3)))
    return day


NO_DAYS = ("0000-00-00", "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01")


@dataclass(frozen=True)
class DateStyle:
    """How the dates of a column are written, and where a moment becomes a day."""

    formats: tuple[str, ...]
    zone: str

    @property
    def tree(self) -> str | list[str]:
        """Return the formats as a policy writes them."""
        return self.formats[0] if len(self.formats) == 1 else list(self.formats)


def date_cell(rng: Random, as_of: date, spans: Sequence[Span], style: DateStyle) -> str:
    """Write a day as a cell; a few are empty, and a few cannot be read."""
    roll = rng.random()
    if roll < 0.06:
        return ""
    day = day_near(rng, as_of, spans)
    if roll < 0.10:
        return _unreadable_date(rng, day, style)
    if roll < 0.12:
        day = rng.choice((date(1969, 12, 31), date(2099, 12, 31), end_of(Span("2 years"), as_of)))
    if roll < 0.14:
        return _no_day(rng, style)
    if roll < 0.15:
        return rng.choice(NULLS)
    return spaced(rng, written_day(rng, day, style))


def written_day(rng: Random, day: date, style: DateStyle) -> str:
    """Write a day in one of its formats, at any time and with any offset where the format tells one."""
    date_format = rng.choice(style.formats)
    if date_format == "iso8601":
        time_of_day = rng.choice(("", "", "%H:%M", "%H:%M:%S", "%H:%M:%S%.f"))
        offset = rng.choice(("", "%z", " %z")) if time_of_day else ""
        date_format = f"%Y-%m-%d{rng.choice('T ') if time_of_day else ''}{time_of_day}{offset}"
    moment = datetime.combine(day, time(rng.randrange(24), rng.randrange(60), rng.randrange(60)))
    written_offset = ""
    if "%z" in date_format:
        offset = timedelta(minutes=rng.choice((0, 0, 60, 120, -300, 330, 765, rng.randrange(-840, 841))))
        moment = moment.replace(tzinfo=ZoneInfo(style.zone)).astimezone(timezone(offset))
        written_offset = moment.strftime("%z")
        if rng.random() < 0.5:
            written_offset = f"{written_offset[:3]}:{written_offset[3:]}"
        if not offset and rng.random() < 0.7:
            written_offset = "Z"
    fraction = "".join(rng.choices("0123456789", k=rng.randint(1, 9)))
    for part in ("%-d", "%-m"):
        date_format = date_format.replace(part, rng.choice((part, part, part.replace("-", ""))))
    for part, text in (("%z", written_offset), ("%.f", rng.choice(("", f".{fraction}"))), ("%f", fraction)):
        date_format = date_format.replace(part, text)
    return moment.strftime(date_format)


def _no_day(rng: Random, style: DateStyle) -> str:
    """Write a day that stands for none, as a format says or as another program would."""
    if rng.random() < 0.3:
        return rng.choice(("NULL", "\\N", "n.v.t.", "-", "Onbekend", "geen"))
    day = rng.choice(NO_DAYS)
    year, month, of_month = day.split("-")
    if day[0] != "0" and rng.random() < 0.4:
        return datetime.fromisoformat(day).strftime(
            style.formats[0].replace("iso8601", "%Y-%m-%d").replace("%.f", "").replace("%f", "0").replace("%z", "Z")
        )
    text = rng.choice(
        (day, f"{of_month}-{month}-{year}", f"{int(month)}/{int(of_month)}/{year}", year + month + of_month)
    )
    return text + rng.choice(("", "", " 00:00:00", " 00:00:00.000", "T00:00:00Z", " 0:00", " 12:00:00 AM"))


def _unreadable_date(rng: Random, day: date, style: DateStyle) -> str:
    date_format = style.formats[0].replace("iso8601", "%Y-%m-%d").replace("%.f", "").replace("%z", "Z")
    return rng.choice(
        (
            f"{day.year}-{day.month}-{day.day}",
            f"{day.day}-{day.month}-{day.year}",
            f"{day.year}-02-30",
            f"{day.year}-13-01",
            "niet bekend",
            f"{day:%Y-%m-%d} 24:00",
            f"{day:%Y-%m-%d}T12:00:00+1",
            f"{day.strftime(date_format)} 00:00:00",
            f"{day.strftime(date_format)}x",
            day.strftime(date_format)[:-1],
            day.strftime("%d %B %Y"),
            day.strftime("%y-%m-%d"),
            day.strftime("%Y/%m/%d"),
            "44927",
        )
    )
