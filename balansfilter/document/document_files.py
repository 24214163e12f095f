"""The documents of a brand: composed, set in the forms that were asked for, and written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from balansfilter.document.blocks import Document
from balansfilter.document.content import compose
from balansfilter.document.measured import measure
from balansfilter.document.typesetting import need_typst, pdf
from balansfilter.document.web_page import web_page
from balansfilter.document.word_file import need_docx, word_file
from balansfilter.errors import PolicyError, UsageError
from balansfilter.fs.private import make_private_folder
from balansfilter.fs.scratch import NAME, put, sweep
from balansfilter.phone import known_countries
from balansfilter.policy.findings import nearest
from balansfilter.policy.law import load_law
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


def documents(order: DocumentOrder) -> tuple[tuple[str, Document], ...]:
    """Compose the documents of a brand, each with the id of its balanstest.

    No approval is asked for: what is not approved says so on every page.

    :raises UsageError: there is no such brand or balanstest.
    :raises PolicyError: the policy is wrong or has no balanstest, or the law knows no rules for the day.
    :raises SourceError: the call history or the call list cannot be used.
    """
    loaded = read_policy(brand_file(order.configs, order.brand), countries=known_countries())
    policy = loaded.policy
    tests = _chosen(policy, order.balanstest, loaded.file)
    law = load_law(policy.law, order.configs)
    law.on(order.as_of)
    measured = measure(order.configs, order.site, policy, order.as_of, law, wanted=order.overview)
    return tuple((test.id, compose(policy, test, order.as_of, law, measured, order.language)) for test in tests)


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


def set_in(form: Form, document: Document) -> bytes:
    """Set a document in a form."""
    return {"html": web_page, "pdf": pdf, "docx": word_file}[form](document)


def file_name(balanstest: str, language: Language, form: Form) -> str:
    """Return the name of a document's file: `abonnementen.pdf`, or `abonnementen.en.pdf` for one in English."""
    return f"{balanstest}.{form}" if language == DEFAULT_LANGUAGE else f"{balanstest}.{language}.{form}"


def write_documents(order: DocumentOrder, forms: Sequence[Form], folder: Path) -> Iterator[Path]:
    """Write the documents of a brand in a folder, and give each file as it is there.

    :raises OutputError: one cannot be written; the old one then stands.
    """
    for balanstest, document in documents(order):
        for form in forms:
            path = folder / file_name(balanstest, order.language, form)
            write_document(path, set_in(form, document))
            yield path


def write_document(path: Path, data: bytes) -> None:
    """Write a document in the place of the one that may be there.

    :raises OutputError: it cannot be written; the old one then stands.
    """
    with as_output_error("write", path):
        make_private_folder(path.parent)
        sweep(path.parent / NAME)
        put(path.parent / NAME, path, data)
