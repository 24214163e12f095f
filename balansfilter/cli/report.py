"""`balansfilter report`: the page of a run, or a site over all brands and runs."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from balansfilter.cli.shared.context import Settings, brand_option, written_language_option
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import UsageError
from balansfilter.wording.plural import counted
from balansfilter.wording.speaking import told

if TYPE_CHECKING:
    from balansfilter.policy.site import Site
    from balansfilter.report.runs import KeptRun

SITE_FOLDER = "_site"
"""The site's folder among those of the brands; no brand can be named so."""


@click.command("report", cls=SpokenCommand)
@brand_option
@click.option("--run", "run_id", metavar="ID", help="The run; the published one of the brand unless given.")
@click.option(
    "--site", "whole_site", is_flag=True, help="A site instead: an index of all brands, and every run's page."
)
@written_language_option("The language of the page; that of the site, or Dutch, unless given.")
@click.option("--to", metavar="PATH", help="The file, or with --site the folder, to write to; - for stdout.")
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    run_id: str | None,
    whole_site: bool,
    language: Literal["nl", "en"],
    to: str | None,
) -> None:
    """Make the page of a run, out of its manifest and the ledger: one HTML file to read, print or send on.

    It goes beside the lists of the run unless --to says otherwise. A manifest that is not the one that the ledger
    recorded is refused.
    """
    site = settings.site()
    if whole_site:
        if brand is not None or run_id is not None or to == "-":
            raise click.UsageError("--site is about all brands and goes to a folder")
        _site(settings, site, language, to)
    elif brand is None:
        raise click.UsageError("name one brand with --brand, or take all with --site")
    else:
        _page(site, brand, run_id, language, to)


def _page(site: Site, brand: str, run_id: str | None, language: Literal["nl", "en"], to: str | None) -> None:
    from balansfilter.publish.folders import BrandFolders
    from balansfilter.report.page import run_page
    from balansfilter.report.page_files import page_name, write_page
    from balansfilter.report.runs import before

    runs = _runs(site, brand)
    folders = BrandFolders(site.output.dir / brand)
    wanted = run_id or folders.current_run()
    if wanted not in runs:
        raise UsageError(_unknown(brand, run_id))
    run = runs[wanted]
    manifests = {name: other.manifest for name, other in runs.items()}
    earlier = before(run.manifest, manifests.get)
    page = run_page(run.manifest, earlier, run.checkpoint, language, zone=site.timezone, standing=run.standing)
    if to == "-":
        click.echo(page, nl=False)
        return
    path = Path(to) if to else folders.runs / wanted / page_name(language, site.lang)
    write_page(path, page)
    click.echo(path)


def _unknown(brand: str, run_id: str | None) -> str:
    if run_id is None:
        return f"there is no published run of `{brand}` yet — make one: balansfilter run --brand {brand}"
    return f"there is no published run `{run_id}` of `{brand}` — see the runs: balansfilter audit log --brand {brand}"


def _site(settings: Settings, site: Site, language: Literal["nl", "en"], to: str | None) -> None:
    from balansfilter.audit.folder import BrandAudit
    from balansfilter.audit.ledger import read_chain
    from balansfilter.commands.status import brand_status, failed_runs
    from balansfilter.pipeline.run import today
    from balansfilter.policy.loading import find_brands
    from balansfilter.publish.folders import BrandFolders
    from balansfilter.report.page_files import write_site
    from balansfilter.report.runs_on_disk import brands_with_runs
    from balansfilter.report.site_pages import BrandHistory, site_pages

    day = today(site)
    brands = []
    for brand in sorted({*find_brands(settings.configs), *brands_with_runs(site.output.dir)}):
        status = brand_status(settings.configs, site, brand, day)
        review_by = date.fromisoformat(status.review_by) if status.review_by else None
        events = read_chain(BrandAudit(site.audit.dir / brand).ledger).events
        failed = failed_runs(BrandFolders(site.output.dir / brand), events)
        failing = status.failure.sentence if status.failure else None
        brands.append(BrandHistory(brand, tuple(_runs(site, brand).values()), review_by, failed, failing))
    folder = Path(to) if to else site.output.dir / SITE_FOLDER
    pages = write_site(folder, site_pages(brands, day, language, site.timezone))
    click.echo(f"{folder / 'index.html'} ({told(counted(pages, '{count} page', '{count} pages'))})")


def _runs(site: Site, brand: str) -> dict[str, KeptRun]:
    """Read the published runs of a brand, the newest first, by id."""
    from balansfilter.audit.folder import BrandAudit
    from balansfilter.policy.model import is_brand_id
    from balansfilter.publish.folders import BrandFolders
    from balansfilter.report.runs_on_disk import read_runs

    if not is_brand_id(brand):
        raise UsageError(f"`{brand}` is no brand: a brand is a-z, 0-9 and -, such as noorderpost")
    runs = read_runs(BrandFolders(site.output.dir / brand), BrandAudit(site.audit.dir / brand).ledger)
    return {run.run_id: run for run in runs}
