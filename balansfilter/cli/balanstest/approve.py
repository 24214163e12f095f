"""`balansfilter balanstest approve`: the sign-off of a balanstest."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from balansfilter.cli.shared.balanstest_options import since_option
from balansfilter.cli.shared.context import Day, Settings, brand_option
from balansfilter.cli.shared.spoken_help import SpokenCommand

if TYPE_CHECKING:
    from balansfilter.commands.balanstest.act import Shown
    from balansfilter.document.told_figures import Difference
    from balansfilter.wording.catalogue import Wording


@click.command("approve", cls=SpokenCommand)
@brand_option
@click.option("--id", "balanstest_id", required=True, metavar="ID", help="The balanstest.")
@click.option("--by", required=True, metavar="NAME", help="Who approves it.")
@click.option("--role", required=True, metavar="ROLE", help="The role of who approves it.")
@click.option("--on", type=Day(), help="The day of the approval; today unless given.")
@click.option(
    "--review-by", type=Day(), help="The last day on which it holds, within 36 months; a year later unless given."
)
@click.option("--opinion", metavar="REF", help="A positive opinion of the committee, for a term over the ceiling.")
@click.option("--replace", "replaces", is_flag=True, help="Replace an approval that still holds.")
@click.option("--bands", metavar="ENDS", help="Where the bands end, in months; as the answers name them unless given.")
@since_option
@click.option("--without-overview", is_flag=True, help="Leave the call history alone: no figures from it.")
@click.option(
    "--sign",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="KEY",
    help="Sign the dossier with this Ed25519 key (PEM) of the officer.",
)
@click.option("--yes", is_flag=True, help="Sign without questions; what blocks an approval still does.")
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    balanstest_id: str,
    by: str,
    role: str,
    on: date | None,
    review_by: date | None,
    opinion: str | None,
    replaces: bool,
    bands: str | None,
    since: date | None,
    without_overview: bool,
    sign: Path | None,
    yes: bool,
) -> None:
    """Sign a balanstest: look at all of it, confirm, and freeze what was signed.

    Shown are the answers, what changed since the last approval, the figures of 3b-3d and where they differ from the
    text, what the approval would change on the call list, and what keeps it from being signed. Then the document and
    its figures are frozen in a dossier beside the ledger, and the approval is written into the policy, of which nothing
    else changes. A balanstest that is changed afterwards must be approved again.
    """
    from balansfilter.cli.shared.balanstest_options import asked_figures
    from balansfilter.cli.shared.context import chosen_brands
    from balansfilter.commands.balanstest.act import ApprovalRequest, look_at, refuse
    from balansfilter.commands.balanstest.act import sign as signed
    from balansfilter.pipeline.run import today

    site = settings.site()
    (name,) = chosen_brands(settings, brand, False)
    asking = ApprovalRequest(
        settings.configs,
        site,
        name,
        balanstest_id,
        by,
        role,
        on or today(site),
        review_by,
        opinion,
        not without_overview,
        asked_figures(bands, since),
        sign,
    )
    shown = look_at(asking)
    _show(shown)
    refuse(shown, replaces=replaces)
    confirmed = _confirmed(shown, yes=yes)
    approval = signed(shown, confirmed=confirmed, replaces=replaces)
    _done(shown, approval.dossier)


def _show(shown: Shown) -> None:
    from balansfilter.cli.shared.approval_shown import lines

    for line in lines(shown):
        click.echo(line)


def _confirmed(shown: Shown, *, yes: bool) -> tuple[Difference, ...]:
    """Have every difference confirmed by itself, and then the whole; with `yes` nobody is asked."""
    from balansfilter.cli.shared.approval_shown import difference_line
    from balansfilter.wording.speaking import words

    say = words()
    if yes:
        return shown.differences
    if not sys.stdin.isatty():
        raise click.UsageError(say("approve.nobody"))
    for one in shown.differences:
        click.echo(difference_line(one, say))
        if not _agreed(say("approve.confirm_difference"), say):
            click.echo(say("approve.mend"))
            raise click.exceptions.Exit(3)
    if not _agreed(say("approve.confirm", by=shown.approval.by, role=shown.approval.role), say):
        click.echo(say("approve.not_signed"))
        raise click.exceptions.Exit(3)
    return shown.differences


def _agreed(question: str, say: Wording) -> bool:
    """Ask for yes or no; nothing is no."""
    from balansfilter.interview.replies import UnclearError, YesNo

    yes, no = say("init.yes"), say("init.no")
    while True:
        # Written here: the C library would prompt on standard error, which is nobody's once panics are kept quiet.
        click.echo(f"{question} [{yes}/{no}] ", nl=False)
        typed = sys.stdin.readline()
        if not typed.strip():
            return False
        try:
            return bool(YesNo().read(typed, say))
        except UnclearError as error:
            click.echo(str(error))


def _done(shown: Shown, dossier: str | None) -> None:
    from balansfilter.audit.folder import BrandAudit
    from balansfilter.commands.balanstest.act import possible_forms
    from balansfilter.document.document_files import FORMS
    from balansfilter.wording.speaking import words

    say, asking, approval = words(), shown.asking, shown.approval
    day = say.formats.day
    told = {"on": day(approval.on), "until": day(approval.review_by), "digest": approval.digest}
    click.echo(say("approve.done", brand=asking.brand, id=asking.balanstest, **told))
    if dossier:
        folder = BrandAudit(asking.site.audit.dir / asking.brand).dossier(dossier)
        files = say.formats.listed(sorted(path.name for path in folder.iterdir()))
        click.echo(say("approve.dossier", folder=folder, files=files))
    for form in FORMS:
        if form not in possible_forms():
            click.echo(say("approve.form_missing", form=form))
    if asking.sign:
        click.echo(say("approve.signature", key=asking.sign))
