"""Who is named by the objections of a policy: read again, beside any run, to tell whose an objection is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import polars as pl

from balansfilter.evidence.contacts import calls_made
from balansfilter.evidence.objection_lines import CALLS, LINES, ObjectionLines, objection_lines
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.taken import contact_columns, objection_columns


def objections_named(intake: Intake) -> ObjectionLines:
    """Read who is named in every objection, in its files or at the end of a call.

    :raises SourceError: one of the sources cannot be read. How old it is does not matter here.
    """
    return ObjectionLines(pl.concat([LINES.to_frame(), *_in_files(intake)]), _at_the_end_of_calls(intake))


def _in_files(intake: Intake) -> Iterator[pl.DataFrame]:
    for index, spec in enumerate(intake.policy.objections):
        how = intake.objection_reading(spec)
        with intake.open(spec, f"objections[{index}]", objection_columns(spec, how)) as source:
            yield from source.parts(intake.pool, partial(objection_lines, how=how))


def _at_the_end_of_calls(intake: Intake) -> pl.DataFrame:
    spec = intake.policy.contacts
    if spec is None or not spec.columns.objected:
        return CALLS.to_frame()
    how = replace(intake.contact_reading(spec), plan=intake.plan.of_objections_alone())
    with intake.open(spec, "contacts", contact_columns(spec, how)) as source:
        return calls_made(source.parts(intake.pool, lambda rows: rows), how, None).objections
