"""The documents of a brand: composed, set in the forms that were asked for, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.sign_off import is_recorded
from balansfilter.balanstest import Bands
from balansfilter.document.blocks import Document
from balansfilter.document.content import compose
from balansfilter.document.measured import AS_USUAL, FiguresAsked, Measured, measure
from balansfilter.document.told_figures import bands_of
from balansfilter.document.typesetting import need_typst, pdf
from balansfilter.document.web_page import web_page
from balansfilter.document.word_file import need_docx, word_file
from balansfilter.errors import PolicyError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.fs.private import make_private_folder
from balansfilter.fs.scratch import NAME, put, sweep
from balansfilter.phone import known_countries
from balansfilter.policy.findings import nearest
from balansfilter.policy.law import Law, load_law
from balansfilter.policy.loading import brand_file, read_policy
from balansfilter.policy.model import Balanstest, Policy
from balansfilter.policy.site import Site
from balansfilter.publish.folders import as_output_error
from balansfilter.wording.formats import DEFAULT_LANGUAGE, Language

Form = Literal["html", "pdf", "docx"]
FORMS: tuple[Form, ...] = get_args(Form)


@dataclass(frozen=True)
class DocumentOrder:
    """Which documents are wanted."""

    configs: Path
    site: Site
    brand: str
    as_of: date
    balanstest: str | None = None
    """The id of one balanstest; every one of the brand if None."""
    language: Language = DEFAULT_LANGUAGE
    overview: bool = True
    """Whether the call history is read, for the overviews and the simulated terms."""
    asked: FiguresAsked = AS_USUAL
    """The bands and the days of the figures."""


def documents(order: DocumentOrder) -> tuple[tuple[str, Document], ...]:
    """Compose the documents of a brand, each with the id of its balanstest.

    No approval is asked for: what is not approved says so on every page.

    :raises UsageError: there is no such brand or balanstest.
    :raises PolicyError: the policy is wrong or has no balanstest, or the law knows no rules for the day.
    :raises SourceError: the call history or the call list cannot be used.
    :raises AuditError: the ledger, which tells whether an approval was recorded, cannot be read.
    """
    policy, tests, law = wanted(order)
    made: dict[Bands, Measured] = {}
    told = []
    for test in tests:
        bands = order.asked.bands or bands_of(test)
        if bands not in made:
            made[bands] = measured_for(order, policy, test, law)
        recorded = is_recorded(BrandAudit(order.site.audit.dir / policy.brand), test)
        document = compose(policy, test, order.as_of, law, made[bands], order.language, recorded=recorded)
        told.append((test.id, document))
    return tuple(told)


def wanted(order: DocumentOrder) -> tuple[Policy, tuple[Balanstest, ...], Law]:
    """Return the policy of an order, the balanstests that it is about, and the law.

    :raises UsageError: there is no such brand or balanstest.
    :raises PolicyError: the policy is wrong or has no balanstest, or the law knows no rules for the day.
    """
    loaded = read_policy(brand_file(order.configs, order.brand), countries=known_countries())
    law = load_law(loaded.policy.law, order.configs)
    law.on(order.as_of)
    return loaded.policy, _chosen(loaded.policy, order.balanstest, loaded.file), law


def measured_for(order: DocumentOrder, policy: Policy, test: Balanstest, law: Law) -> Measured:
    """Read the call history for a balanstest, in the bands that were asked for or that its answers name.

    :raises BalansfilterError: the history, or for the simulation the call list, cannot be used.
    """
    asked = FiguresAsked(order.asked.bands or bands_of(test), order.asked.since)
    return measure(order.configs, order.site, policy, order.as_of, law, wanted=order.overview, asked=asked)


def _chosen(policy: Policy, balanstest: str | None, file: str) -> tuple[Balanstest, ...]:
    if not policy.balanstests:
        raise PolicyError(f"{file} has no balanstest, so there is nothing to make a document of")
    chosen = tuple(test for test in policy.balanstests if balanstest in {None, test.id})
    if not chosen:
        hint = nearest(balanstest or "", [test.id for test in policy.balanstests])
        raise UsageError(f"{file} has no balanstest `{balanstest}`" + (f" — {hint}" if hint else ""))
    return chosen


def need(forms: Sequence[Form]) -> None:
    """Make sure that every form can be made, before anything is read.

    :raises UsageError: an extra is not installed.
    """
    if "pdf" in forms:
        need_typst("pdf")
    if "docx" in forms:
        need_docx()


def form_is_possible(form: Form) -> bool:
    """Whether what a form needs is installed."""
    try:
        need((form,))
    except UsageError:
        return False
    return True


def set_in(form: Form, document: Document) -> bytes:
    """Set a document in a form."""
    return {"html": web_page, "pdf": pdf, "docx": word_file}[form](document)


def file_name(balanstest: str, language: Language, form: Form) -> str:
    """Return the name of a document's file: `abonnementen.pdf`, or `abonnementen.en.pdf` for one in English."""
    return f"{balanstest}.{form}" if language == DEFAULT_LANGUAGE else f"{balanstest}.{language}.{form}"


def write_document(path: Path, data: bytes) -> None:
    """Write a document in the place of the one that may be there.

    :raises OutputError: it cannot be written; the old one then stands.
    """
    with as_output_error("write", path):
        make_private_folder(path.parent)
        sweep(path.parent / NAME)
        put(path.parent / NAME, path, data)
