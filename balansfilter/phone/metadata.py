"""What libphonenumber knows of a region's numbering plan, as sets of digits. No other module speaks to that library."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from balansfilter.errors import UsageError
from balansfilter.frozen import dataclass
from balansfilter.phone import libphonenumber
from balansfilter.phone.digits import NOTHING, DigitSet, Spans
from balansfilter.phone.patterns import Rewrite, digit_set, rewrites

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from phonenumbers import PhoneMetadata, PhoneNumberDesc

NO_REGION = "001"
"""Stands for a calling code that belongs to no country, such as +800."""

_TYPES = (
    "premium_rate",
    "toll_free",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
    "fixed_line",
    "mobile",
)
"""In the order in which libphonenumber tells the type of a number that fits several."""
_PERSONS = frozenset({"voip", "personal_number", "uan", "fixed_line", "mobile"})
"""The types behind which a person may answer, who can be called without paying more or being paged."""
_FEWEST_DIGITS_OF_UAN = 7
"""A company's number with fewer digits, such as the Dutch 14020, is a short one, of an authority or a service."""


@dataclass(frozen=True)
class Region:
    """The numbering plan of one region; its numbers are national significant ones."""

    code: str
    """ISO alpha-2, or 001."""
    calling_code: int
    general: DigitSet
    """What looks like a number of this region, whatever its length."""
    valid: DigitSet
    """The numbers of some type."""
    callable: DigitSet
    """The valid numbers of a type behind which a person may answer; no short ones."""
    claims: DigitSet | None
    """Beginnings that decide that a number is of this region rather than of one it shares its calling code with."""
    lengths: tuple[int, ...]
    """Possible lengths, ascending."""
    local_lengths: tuple[int, ...]
    """Lengths that reach someone only from nearby."""
    international_prefix: str
    """A pattern: what is dialled before a calling code."""
    international: tuple[Rewrite, ...]
    trunk: tuple[Rewrite, ...]
    """What becomes of the national (trunk) prefix, carrier codes and local numbers."""

    def is_too_long(self, digits: int) -> bool:
        """Whether no number of the region has so many digits or more."""
        return digits not in self.local_lengths and digits > self.lengths[-1]

    def may_be_stripped_to(self, digits: int) -> bool:
        """Whether a number of so many digits may be left after a trunk prefix is taken off."""
        return digits in self.lengths or self.is_too_long(digits)


@cache
def known_countries() -> frozenset[str]:
    """The ISO alpha-2 codes of the countries whose numbers can be read."""
    return frozenset(code for codes in regions_by_calling_code().values() for code in codes if code != NO_REGION)


@cache
def regions_by_calling_code() -> dict[int, tuple[str, ...]]:
    """Every calling code, with its regions: the main one first."""
    return {code: tuple(regions) for code, regions in _library()[1].items()}


@cache
def _library() -> tuple[type[PhoneMetadata], Mapping[int, Iterable[str]]]:
    """Return what gives the metadata of a region, and the regions of each calling code.

    Those alone have no public name, so that they may have another one some day: then the whole package is loaded.
    """
    with suppress(ImportError, AttributeError):
        data, metadata = (import_module(f"{libphonenumber.__name__}.{name}") for name in ("data", "phonemetadata"))
        return metadata.PhoneMetadata, data._COUNTRY_CODE_TO_REGION_CODE  # noqa: SLF001
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    return PhoneMetadata, COUNTRY_CODE_TO_REGION_CODE


def regions_of(calling_code: int) -> tuple[Region, ...]:
    """The regions that share a calling code, the main one first, in the order in which they claim a number."""
    return tuple(_region(code, calling_code) for code in regions_by_calling_code()[calling_code])


def country(code: str) -> Region:
    """The region of an ISO alpha-2 code.

    :raises UsageError: there is no metadata for it.
    """
    if code not in known_countries():
        raise UsageError(f"{code!r} is not a country whose numbers are known; write its ISO code, such as NL")
    return _region(code, 0)


@cache
def _region(code: str, calling_code: int) -> Region:
    metadata = _metadata(code, calling_code)
    general = metadata.general_desc
    if general is None or metadata.country_code is None:
        raise LookupError(f"libphonenumber's metadata for {code} is empty")
    return Region(
        code=code,
        calling_code=metadata.country_code,
        general=_pattern(general),
        valid=_valid(metadata),
        callable=_callable(metadata),
        claims=digit_set(metadata.leading_digits) if metadata.leading_digits else None,
        lengths=tuple(general.possible_length),
        local_lengths=tuple(general.possible_length_local_only),
        international_prefix=metadata.international_prefix or "",
        international=rewrites(metadata.international_prefix) if metadata.international_prefix else (),
        trunk=rewrites(metadata.national_prefix_for_parsing, metadata.national_prefix_transform_rule or "")
        if metadata.national_prefix_for_parsing
        else (),
    )


def _metadata(code: str, calling_code: int) -> PhoneMetadata:
    every, _ = _library()
    known = every.metadata_for_nongeo_region(calling_code) if code == NO_REGION else every.metadata_for_region(code)
    if known is None:
        raise LookupError(f"libphonenumber lists {code} and has no metadata for it")
    return known


def _valid(metadata: PhoneMetadata) -> DigitSet:
    """The numbers of the general shape and of at least one type, each of a length that is possible for it."""
    of_some_type = NOTHING
    for name in _TYPES:
        of_some_type |= _possible(getattr(metadata, name))
    return of_some_type & _possible(metadata.general_desc)


def _callable(metadata: PhoneMetadata) -> DigitSet:
    """Return the numbers whose first type, in libphonenumber's order, is one of a person."""
    taken, of_persons = NOTHING, NOTHING
    for name in _TYPES:
        numbers = _possible(getattr(metadata, name))
        if name in _PERSONS:
            free = numbers - taken
            long = (length for length in free.by_length if length >= _FEWEST_DIGITS_OF_UAN)
            of_persons |= free.only_lengths(long) if name == "uan" else free
        taken |= numbers
    return of_persons & _possible(metadata.general_desc)


def _possible(desc: PhoneNumberDesc | None) -> DigitSet:
    numbers = _pattern(desc)
    return numbers.only_lengths(desc.possible_length) if desc and desc.possible_length else numbers


def _pattern(desc: PhoneNumberDesc | None) -> DigitSet:
    return digit_set(desc.national_number_pattern) if desc and desc.national_number_pattern else NOTHING


@cache
def valid_by_region(calling_code: int) -> tuple[tuple[str, DigitSet], ...]:
    """The valid national significant numbers under a calling code, for each of its regions."""
    regions = regions_of(calling_code)
    if len(regions) == 1:
        return ((regions[0].code, regions[0].valid),)
    taken, found = NOTHING, []
    for region in regions:
        claimed = _claimed(region) - taken
        taken |= claimed
        found.append((region.code, claimed & region.valid))
    return tuple(found)


def _claimed(region: Region) -> DigitSet:
    if region.claims is None:
        return region.valid
    by_length: dict[int, Spans] = {n: region.claims.extended_to(n) for n in range(1, 18)}
    return DigitSet(by_length)


@cache
def valid_numbers(calling_code: int) -> DigitSet:
    """The valid national significant numbers under a calling code, whatever their region."""
    union = NOTHING
    for _, numbers in valid_by_region(calling_code):
        union |= numbers
    return union
