"""What every part of a policy is made of: the frozen ground, and the small texts."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

BRAND_PATTERN = r"^[a-z0-9][a-z0-9-]{0,62}$"
BALANSTEST_PATTERN = r"^[a-z0-9][a-z0-9_-]{0,62}$"
COUNTRY_PATTERN = r"^[A-Z]{2}$"
DIGEST_PATTERN = r"^sha256:[0-9a-f]{64}$"
SHA256_PATTERN = r"^[0-9a-f]{64}$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
BrandId = Annotated[str, StringConstraints(pattern=BRAND_PATTERN)]
BalanstestId = Annotated[str, StringConstraints(pattern=BALANSTEST_PATTERN)]
CountryCode = Annotated[str, StringConstraints(pattern=COUNTRY_PATTERN)]
Sha256 = Annotated[str, StringConstraints(pattern=SHA256_PATTERN)]
Digest = Annotated[str, StringConstraints(pattern=DIGEST_PATTERN)]
Sector = Literal["commercial", "charity", "charity_lottery", "press", "idealistic"]


_NO_PLACES = ("localtime", "Factory")
"""Zones of Python that no other library knows: whatever the machine's is, and none at all."""


def _known_zone(name: str) -> str:
    if name not in _NO_PLACES:
        with suppress(KeyError, ValueError, OSError):
            ZoneInfo(name)
            return name
    raise ValueError("is no time zone; write one such as Europe/Amsterdam")


TimeZone = Annotated[Text, AfterValidator(_known_zone)]


class Frozen(BaseModel):
    """The ground of every part of a policy: unknown keys are refused, values never change type in silence.

    What checks a part is made when it is first used: that of a whole policy has those of its parts in it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True, defer_build=True)

    @classmethod
    def usual(cls) -> Self:
        """Return the part as it is where a policy says nothing of it; what would check it is not made for that."""
        return cls.model_construct()


def _plain_int(value: object) -> object:
    """Refuse a value that only equals 1, such as true or 1.0: a literal compares, and asks no type."""
    if type(value) is not int:
        raise ValueError("should be 1")
    return value


Version = Annotated[Literal[1], BeforeValidator(_plain_int)]


def is_brand_id(text: str) -> bool:
    """Whether a text may be the id of a brand."""
    return re.fullmatch(BRAND_PATTERN[1:-1], text) is not None


def json_value(model: BaseModel) -> Any:
    """Return a part of a policy as plain JSON values, without what was left out."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)
