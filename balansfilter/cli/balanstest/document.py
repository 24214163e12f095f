"""`balansfilter balanstest document`: the whole balanstest, to sign and to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from balansfilter.cli.shared.balanstest_options import since_option
from balansfilter.cli.shared.context import Settings, as_of_option, brand_option, written_language_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import BalansfilterError
from balansfilter.wording.speaking import told_error, words

if TYPE_CHECKING:
    from balansfilter.commands.balanstest.shown_again import Signed
    from balansfilter.document.document_files import DocumentOrder, Form
    from balansfilter.policy.law import Law
    from balansfilter.policy.model import Policy

FORMS = ("html", "pdf", "docx")


@click.command("document", cls=SpokenCommand)
@brand_option
@click.option("--id", "balanstest_id", metavar="ID", help="The balanstest; every one of the brand unless given.")
@as_of_option
@click.option("--draft", is_flag=True, help="The document as it would be now, not the one that was signed.")
@click.option("--bands", metavar="ENDS", help="Where the bands end, in months; as the answers name them unless given.")
@since_option
@written_language_option("The language of the document; that of the site, or Dutch, unless given.")
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
    draft: bool,
    bands: str | None,
    since: date | None,
    language: Literal["nl", "en"],
    forms: tuple[Form, ...],
    to: str | None,
    without_overview: bool,
) -> None:
    """Show the document of a balanstest as it was signed; one that is not signed is made, and marked as a draft.

    What was signed is shown byte for byte, and what the figures of today would be is told beside it. With --draft, or
    other bands or days, the document is made anew.

    It holds the answers of the four sections; the overviews of conversion, objections and complaints, and what other
    terms would mean, out of the brand's call history; the approval; the wider assessment; and the rules of that day. A
    balanstest that is not approved on that day, or was changed afterwards, is marked as a draft on every page.
    """
    from balansfilter.cli.shared.balanstest_options import asked_figures
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.document.document_files import DocumentOrder, file_name, need, write_document
    from balansfilter.pipeline.run import today

    chosen, to_one_file = _chosen(forms, to)
    need(chosen)
    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    day = as_of or today(site)
    order = DocumentOrder(
        settings.configs, site, name, day, balanstest_id, language, not without_overview, asked_figures(bands, since)
    )
    anew = draft or bands is not None or since is not None or without_overview
    if to_one_file and to:
        _one(order, chosen[0], to, anew=anew)
        return
    folder = Path(to) if to else site.output.dir / name / "balanstest"
    for balanstest, form, data in _made(order, chosen, anew=anew):
        path = folder / file_name(balanstest, language, form)
        write_document(path, data)
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


def _one(order: DocumentOrder, form: Form, to: str, *, anew: bool) -> None:
    from balansfilter.document.document_files import wanted, write_document

    _, tests, _ = wanted(order)
    if len(tests) > 1:
        known = ", ".join(test.id for test in tests)
        raise click.UsageError(
            f"{order.brand} has several balanstests: choose one with --id ({known}), or name a folder"
        )
    ((_, _, data),) = _made(order, (form,), anew=anew)
    if to == "-":
        click.echo(data, nl=False)
        return
    write_document(Path(to), data)
    click.echo(to)


def _made(order: DocumentOrder, forms: Sequence[Form], *, anew: bool) -> Iterator[tuple[str, Form, bytes]]:
    """Yield each document in each form: as it was signed, or made now."""
    from balansfilter.commands.balanstest.shown_again import signed_dossier
    from balansfilter.document.document_files import documents, set_in, wanted

    policy, tests, law = wanted(order)
    for test in tests:
        signed = "anew" if anew else signed_dossier(order, policy, test, law)
        if isinstance(signed, str):
            if signed != "anew":
                click.echo(words()(f"approve.document.{signed}", id=test.id), err=True)
            ((_, document),) = documents(replace(order, balanstest=test.id))
            yield from ((test.id, form, set_in(form, document)) for form in forms)
        else:
            yield from ((test.id, form, signed.document(order, form)) for form in forms)
            _tell_today(order, policy, signed, law)


def _tell_today(order: DocumentOrder, policy: Policy, signed: Signed, law: Law) -> None:
    """Tell that it is the signed document, and what the figures of today would be."""
    from balansfilter.commands.balanstest.shown_again import others
    from balansfilter.document.saying import NOTHING, Saying

    say, name = words(), signed.test.id
    on = signed.test.approval.on if signed.test.approval else order.as_of
    click.echo(say("approve.document.signed", id=name, on=say.formats.day(on)), err=True)
    try:
        differing = others(order, policy, signed, law)
    except BalansfilterError as error:
        click.echo(say("approve.document.unknown", id=name, why=told_error(error)), err=True)
        return
    click.echo(say(f"approve.document.{'differ' if differing else 'same'}", id=name), err=True)
    for one in differing:
        shares = (NOTHING if share is None else Saying(say).share(share) for share in (one.now, one.then))
        told = dict(zip(("now", "then"), shares, strict=True))
        outcome = say(f"approve.outcomes.{one.outcome}")
        click.echo("  " + say("approve.document.band", band=one.band, outcome=outcome, **told), err=True)
