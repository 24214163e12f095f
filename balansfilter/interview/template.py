"""The questions of the balanstest in their order, and where their answers stand in a policy. Data."""

from __future__ import annotations

from balansfilter.policy.balanstest import Assessment

ANSWERS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("scope", "scope", ("scope",)),
    ("relation", "1a", ("customer_relation", "payment_obligation")),
    ("relation", "1b", ("customer_relation", "time_since_purchase")),
    ("relation", "1c", ("customer_relation", "product_type")),
    ("relation", "1d", ("customer_relation", "replacement_after")),
    ("impact", "2a", ("impact", "calls_begin")),
    ("impact", "2b", ("impact", "frequency")),
    ("impact", "2c", ("impact", "measures")),
    ("weighing", "3a", ("weighing", "interest")),
    ("weighing", "3b", ("weighing", "conversion")),
    ("weighing", "3c", ("weighing", "objections")),
    ("weighing", "3d", ("weighing", "complaints")),
    ("substantiation", "4", ("substantiation",)),
)
"""The questions of the four sections: section, number, and place in the answers of a balanstest."""

ASSESSMENT = tuple(Assessment.model_fields)
"""The questions of the wider assessment."""
