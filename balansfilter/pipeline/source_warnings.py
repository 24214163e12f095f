"""What of the sources is worth a look, though it is no reason to stop: told after the list was held against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl

from balansfilter.engines.polars.reach import MOST_ROWS, ReachedRows
from balansfilter.evidence.held import Evidence
from balansfilter.evidence.remarks import SomeRows
from balansfilter.frozen import dataclass
from balansfilter.pipeline.taken import InCallList, Taken
from balansfilter.policy.law import Law
from balansfilter.policy.model import Objections
from balansfilter.sources import age_warning, describe_cells

_ENOUGH = 20
"""Of fewer ids, or in a list of fewer rows, it says little that none occurs: those few may be customers no more."""


@dataclass(frozen=True)
class EvidenceSeen:
    """What of the evidence was seen in the call list; small, where the evidence itself is large."""

    in_call_list: dict[str, InCallList]
    """By role of the source."""
    remarks: tuple[str, ...]
    unread: str | None
    """What the numbers of the call list that cannot be read look like; None where that says nothing."""


def seen_of(evidence: Evidence) -> EvidenceSeen:
    """Return what of the evidence was seen in the call list."""
    seen = evidence.seen
    found = {
        source.role: InCallList(
            ids=int(np.count_nonzero(seen.ids[source.ids])), numbers=int(np.count_nonzero(seen.numbers[source.numbers]))
        )
        for source in evidence.objected.sources
    }
    if evidence.register is not None:
        found["register"] = InCallList(ids=None, numbers=seen.listed)
    unread = pl.concat([pl.Series(dtype=pl.String), *evidence.unread])
    return EvidenceSeen(found, tuple(evidence.remarks.sentences()), describe_cells(unread))


def source_warnings(
    sources: Sequence[Taken], seen: EvidenceSeen, reached: ReachedRows, shared_keys: SomeRows
) -> Iterator[str]:
    """Yield a sentence for each thing that is worth a look.

    :param shared_keys: the rows whose customer id is that of another row, written otherwise.
    """
    listed = max((source.fingerprint.rows for source in sources if source.tally is None), default=0)
    for source in sources:
        yield from source.warnings
        yield from _of_source(source, seen.in_call_list.get(source.fingerprint.role), listed)
    yield from seen.remarks
    if shared_keys.count:
        yield (
            f"{shared_keys.count} row{'s have' if shared_keys.count > 1 else ' has'} a customer id that another row "
            f"writes otherwise, with other zeros in front, case or `.0` ({shared_keys}): taken for one person; if they "
            "are not, set `id_match: exact`"
        )
    for what, rows in (("customer id", reached.shared_ids), ("phone number", reached.shared_numbers)):
        if rows.count:
            yield (
                f"rows of the call list with a {what} of somebody who objected that more than {MOST_ROWS} rows share: "
                f"{rows.count:,}; the objection holds for the rows that it names, and reaches no further"
            )


def age_warnings(sources: Iterable[Taken], law: Law, as_of: date) -> Iterator[str]:
    """Return which lists of objections are older than the law says that they should be, though not too old."""
    rule = law.objections_age(as_of)
    if rule is None or rule.warn_after is None:
        return
    for source in sources:
        if isinstance(source.spec, Objections) and source.spec.closed is None:
            warning = age_warning(source.fingerprint, rule.warn_after, source.spec.max_age, as_of)
            yield from [warning] if warning else []


def _of_source(source: Taken, found: InCallList | None, listed: int) -> Iterator[str]:
    tally, role = source.tally, source.fingerprint.role
    if tally is None:
        return
    if tally.unknown_brand.count:
        rows = tally.unknown_brand
        yield (
            f"{role}: {rows.count} row{'s name' if rows.count > 1 else ' names'} a brand without a policy here, and is "
            f"none of `brands_elsewhere` ({rows}): in force for every brand"
        )
    if found is not None and found.ids == 0 and min(tally.ids, listed) >= _ENOUGH and tally.in_force:
        yield (
            f"{role}: no customer id of the {tally.ids:,} in it occurs in the call list: see if the column holds the "
            "ids that the list has"
        )
