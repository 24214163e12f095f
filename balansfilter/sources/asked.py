"""What a policy asks of the columns of a source, as far as the type of a cell matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from balansfilter.frozen import dataclass
from balansfilter.policy.date_format import day_format, is_padded

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from balansfilter.policy.model import SourceFile

_ID = "customer_id"
_WHO = (_ID, "phone")
_DAY = "_on"


@dataclass(frozen=True)
class Asked:
    """How typed cells of a source become text."""

    day_format: Callable[[str], str]
    """How days are written in a column, so that whoever reads the text takes them."""
    time_zone: ZoneInfo
    """The zone in which a moment belongs to a day."""
    ids: frozenset[str] = frozenset()
    """Columns with ids, any text of which is somebody."""
    who: frozenset[str] = frozenset()
    """Columns with ids and numbers: a digit that was lost or added there is another person."""
    days: frozenset[str] = frozenset()
    """Columns with days: a moment in one of them stands for its day."""
    named: frozenset[str] = frozenset()
    """All columns that the policy names."""

    @property
    def may_be_lost(self) -> dict[str, bool]:
        """The columns that the policy names, and whether each holds ids or numbers, which a header may be taken for."""
        return {name: name in self.who for name in self.named}


def asked_of(spec: SourceFile, time_zone: ZoneInfo) -> Asked:
    """Return what the policy asks of the columns of a source."""
    roles = [(role, frozenset(_names(value))) for role, value in getattr(spec, "columns", ())]
    return Asked(
        day_format=lambda column: _written_format(spec.formats_of(column)[0], time_zone),
        time_zone=time_zone,
        ids=frozenset().union(*(names for role, names in roles if role == _ID)),
        who=frozenset().union(*(names for role, names in roles if role in _WHO)),
        days=frozenset().union(*(names for role, names in roles if role.endswith(_DAY))),
        named=frozenset().union(*(names for _, names in roles)),
    )


def _written_format(date_format: str, time_zone: ZoneInfo) -> str:
    """Return a format in which a moment is written so that it is read as its day."""
    return date_format if is_padded(date_format) else day_format(date_format, time_zone)


def _names(value: object) -> Iterator[str]:
    """Yield the columns of a role: one, several, or several that are joined."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from _names(part)
    else:
        yield from _names(getattr(value, "join", ()))
