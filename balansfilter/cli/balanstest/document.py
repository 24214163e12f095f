"""`balansfilter balanstest document`: the whole balanstest, to sign and to read."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from balansfilter.cli.shared.context import Settings, as_of_option, brand_option

if TYPE_CHECKING:
    from balansfilter.document.document_files import DocumentOrder, Form

FORMS = ("html", "pdf", "docx")


@click.command("document")
@brand_option
@click.option("--id", "balanstest_id", metavar="ID", help="The balanstest; every one of the brand unless given.")
@as_of_option
@click.option("--lang", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="The language.")
@click.option(
    "--format",
    "forms",
    type=click.Choice(FORMS),
    multiple=True,
    help="The form, or several; by the name of the file, or html, unless given.",
)
@click.option(
    "--to",
    metavar="PATH",
    help="A file that ends in .html, .pdf or .docx, a folder, or - for stdout; beside the brand's runs unless given.",
)
@click.option(
    "--without-overview", is_flag=True, help="Leave the call history and the call list alone: no figures from them."
)
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    balanstest_id: str | None,
    as_of: date | None,
    lang: Literal["nl", "en"],
    forms: tuple[Form, ...],
    to: str | None,
    without_overview: bool,
) -> None:
    """Make the document of a balanstest: what is signed, and what a committee reads.

    It holds the answers of the four sections; the overviews of conversion, objections and complaints, and what other
    terms would mean, out of the brand's call history; the approval; the wider assessment; and the rules of that day. A
    balanstest that is not approved on that day, or was changed afterwards, is marked as a draft on every page.
    """
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.document.document_files import DocumentOrder, need, write_documents
    from balansfilter.pipeline.run import today

    chosen, to_one_file = _chosen(forms, to)
    need(chosen)
    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    day = as_of or today(site)
    order = DocumentOrder(settings.configs, site, name, day, balanstest_id, lang, not without_overview)
    if to_one_file and to:
        _one(order, chosen[0], to)
        return
    folder = Path(to) if to else site.output.dir / name / "balanstest"
    for path in write_documents(order, chosen, folder):
        click.echo(path)


def _chosen(forms: tuple[Form, ...], to: str | None) -> tuple[tuple[Form, ...], bool]:
    """Return the forms, without doubles, and whether all goes to one file."""
    by_name = [form for form in FORMS if to and to.lower().endswith(f".{form}")]
    chosen = tuple(dict.fromkeys(forms or by_name or ("html",)))
    one = to == "-" or bool(by_name)
    if one and len(chosen) > 1:
        raise click.UsageError(f"{to} can hold one form; name a folder for several")
    if by_name and chosen[0] != by_name[0]:
        raise click.UsageError(f"{to} is named as {by_name[0]}, but {chosen[0]} was asked for")
    return chosen, one  # type: ignore[return-value]


def _one(order: DocumentOrder, form: Form, to: str) -> None:
    from balansfilter.document.document_files import documents, set_in, write_document

    made = documents(order)
    if len(made) > 1:
        known = ", ".join(name for name, _ in made)
        raise click.UsageError(
            f"{order.brand} has several balanstests: choose one with --id ({known}), or name a folder"
        )
    ((_, document),) = made
    if to == "-":
        click.echo(set_in(form, document), nl=False)
        return
    write_document(Path(to), set_in(form, document))
    click.echo(to)
