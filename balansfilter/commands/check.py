"""The check of a brand before the night: its policy, its approvals and its sources, without deciding anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.audit.confirmations import confirmed_lists
from balansfilter.errors import BalansfilterError, ClosedDayError, Problem, SourceError
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.ruling import Ruling, rule
from balansfilter.pipeline.samples import Sample, Sampler
from balansfilter.pipeline.taken import Taken, call_list_columns
from balansfilter.policy.calling import refuse_closed_day
from balansfilter.policy.findings import placed
from balansfilter.policy.loading import base_folder
from balansfilter.policy.model import Contacts, Objections, Register
from balansfilter.policy.sign_off_checks import incomplete_approvals
from balansfilter.policy.site import Site, work_folder
from balansfilter.publish.layout import refuse_hidden_columns
from balansfilter.sources import Chunk

_BEGINNING = 1 << 16
"""Bytes of a source that are looked at for samples."""


@dataclass(frozen=True)
class Checked:
    """What a check of one brand found."""

    brand: str
    errors: tuple[BalansfilterError, ...]
    """What would stop a run: of the policy, or of the sources."""
    warnings: tuple[str, ...]
    """What is worth a look, such as an approval that is about to lapse."""
    sources: tuple[Taken, ...]
    """The sources that could be read."""
    samples: Mapping[str, tuple[Sample, ...]] = field(default_factory=dict)
    """The first rows of each of them, by its role, and what was read as what."""


def check(configs: Path, site: Site, brand: str, as_of: date) -> Checked:
    """Read a policy and all its sources as a run on a day would.

    :raises BalansfilterError: the brand does not exist.
    """
    try:
        ruling = rule(configs, brand, as_of)
    except BalansfilterError as error:
        return Checked(brand, (error,), (), ())
    return check_sources(configs, site, ruling)


def check_sources(configs: Path, site: Site, ruling: Ruling) -> Checked:
    """Read all the sources of a policy as a run would, whether or not its approvals hold."""
    brand = ruling.loaded.policy.brand
    with work_folder(site) as folder, ThreadPoolExecutor(WORKERS) as pool:
        zone = ZoneInfo(site.timezone)
        intake = Intake(ruling.sources, ruling.plan, base_folder(configs), zone, folder, {}, pool)
        intake.confirmed = lambda: confirmed_lists(site, brand)
        errors = _read_all(intake, ruling, pool)
        samples = {taken.fingerprint.role: _samples(intake, taken) for taken in intake.taken}
    loaded = ruling.loaded
    incomplete = placed(loaded.document, incomplete_approvals(loaded.policy, ruling.plan.as_of))
    warnings = (
        *ruling.warnings,
        *map(str, incomplete),
        *_closed(ruling, site),
        *(one for taken in intake.taken for one in taken.warnings),
    )
    return Checked(brand, errors, warnings, tuple(intake.taken), samples)


def _closed(ruling: Ruling, site: Site) -> Iterator[str]:
    try:
        refuse_closed_day(ruling.loaded.policy, ruling.law, ruling.calling_day(site), ZoneInfo(site.timezone))
    except ClosedDayError as closed:
        yield closed.message


def _samples(intake: Intake, taken: Taken) -> tuple[Sample, ...]:
    """Read the beginning of a source once more; it was read to its end just now."""
    spec, plan = taken.spec, intake.plan
    numbers = plan.numbers
    if isinstance(spec, Objections | Register | Contacts):
        numbers = replace(plan.numbers_of(spec), others=())  # how a number is read first, of several ways
    sampler = Sampler(plan, spec, intake.dates_of(spec), numbers)
    with intake.open(spec, taken.fingerprint.role, sampler.names, block_bytes=_BEGINNING, on_bad_row="drop") as source:
        first = next(iter(source.blocks()), None)
        return sampler.samples(first.parse()) if first else ()


def _read_all(intake: Intake, ruling: Ruling, pool: ThreadPoolExecutor) -> tuple[BalansfilterError, ...]:
    spec = ruling.loaded.policy.call_list
    problems: list[Problem] = []
    try:
        intake.evidence()
    except SourceError as error:
        problems += error.as_problems()
        intake.problems.clear()
    try:
        columns = call_list_columns(spec, ruling.plan)
        with intake.open(spec, "call_list", columns, on_bad_row=spec.on_bad_row) as source:
            refuse_hidden_columns(ruling.loaded.policy.output, source.header, spec.path)
            for _ in source.parts(pool, _rows):
                pass
            intake.check(Taken(source.fingerprint, spec, warnings=source.warnings))
        intake.refuse()
    except SourceError as error:
        problems += error.as_problems()
    return (SourceError("the sources cannot be used:", problems),) if problems else ()


def _rows(chunk: Chunk) -> int:
    return len(chunk.row)
