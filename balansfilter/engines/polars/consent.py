"""The facts of a row's consent: what it was for, whether it can be proved, and whether anybody used it in time."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import polars as pl

from balansfilter.decision.plan import Plan
from balansfilter.engines.polars.days import ends
from balansfilter.evidence.flags import different
from balansfilter.evidence.held import Evidence
from balansfilter.identity.numbers import Rows
from balansfilter.native.text_loops import trimmed
from balansfilter.policy.model import CallList
from balansfilter.wording.spelling import without_layout

_BETWEEN = re.compile(r"\s*[;|,]\s*")


def consent_cells(plan: Plan, spec: CallList, rows: Rows, product: pl.Series) -> list[pl.Series]:
    """Return what the cells of a consent say; nothing where the policy accepts none.

    `consent_names_product`: the row's product is among those that the consent names. `consent_proven`: there is a
    reference to a proof. `consent_proof`: the reference, where it is kept.
    """
    if plan.earliest_consent is None:
        return []
    always = pl.repeat(True, len(rows.row), dtype=pl.Boolean, eager=True)
    named = always
    if spec.columns.consent_for is not None:
        named = names_product(plan, product, rows.column(spec.columns.consent_for))
    proof = proof_of_consent(plan, spec, rows)
    return [
        named.alias("consent_names_product"),
        (always if proof is None else proof != "").alias("consent_proven"),
        *([] if proof is None else [proof]),
    ]


def proof_of_consent(plan: Plan, spec: CallList, rows: Rows) -> pl.Series | None:
    """Return the reference to the proof of each consent, empty for none; None where the list has no such column."""
    if spec.columns.consent_proof is None or plan.earliest_consent is None:
        return None
    proof = trimmed(rows.column(spec.columns.consent_proof))
    return proof.set(plan.null_words.are_in(without_layout(proof)), "").alias("consent_proof")


def consent_use(
    plan: Plan, evidence: Evidence, cells: pl.DataFrame, numbers: Sequence[pl.Series], keys: pl.Series
) -> Iterator[pl.Series]:
    """Return whether anybody used a consent in time; nothing where the policy accepts none.

    `consent_used_by`: the last day for a first call; null where the law sets none. `first_call_on`: the first call that
    is known after the consent.
    """
    if plan.earliest_consent is None:
        return
    given, within = cells["consent_on"], plan.first_call_within
    nothing = pl.repeat(None, cells.height, dtype=pl.Date, eager=True)
    yield (nothing if within is None else ends(given, within)).alias("consent_used_by")
    calls = evidence.calls.first if evidence.calls is not None else None
    if calls is None:
        yield nothing.alias("first_call_on")
        return
    asked = np.flatnonzero(given.is_not_null().to_numpy())
    found = calls.after(given.gather(asked), [n.gather(asked) for n in numbers], keys.gather(asked))
    yield nothing.scatter(asked, found).alias("first_call_on")


def names_product(plan: Plan, product: pl.Series, cells: pl.Series) -> pl.Series:
    """Say of each row whether the consent names its product. Each different pair of the two is looked at once."""
    texts, places = different(cells)
    products = product.dtype.categories  # type: ignore[attr-defined]
    pairs = product.to_physical().to_numpy().astype(np.int64) * len(texts) + places.to_numpy()
    asked, back = np.unique(pairs, return_inverse=True)
    answers = [
        product in products_named(texts[int(place)], {*plan.products, product})
        for product, place in zip(products[asked // len(texts)], asked % len(texts), strict=True)
    ]
    return pl.Series(np.array(answers, dtype=np.bool_)[back])


def products_named(cell: str, known: Collection[str]) -> set[str]:
    """Return the products that a consent names: the cell as a whole where it is a product, else its parts.

    A code that holds a separator itself is found among the parts as well, as one product and not as two: a consent for
    «Stroom; groen» is none for «Stroom».
    """
    if cell and cell in known:
        return {cell}
    parts = _BETWEEN.split(cell)
    compound = sorted((_BETWEEN.split(code) for code in known if _BETWEEN.search(code)), key=len, reverse=True)
    named: set[str] = set()
    at = 0
    while at < len(parts):
        code = next((code for code in compound if parts[at : at + len(code)] == code), None)
        named |= {parts[at]} if code is None else {one for one in known if _BETWEEN.split(one) == code}
        at += 1 if code is None else len(code)
    return named - {""}
