"""Pages to disk: each whole or not at all, and for its owner alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from balansfilter.audit.ledger import Event
from balansfilter.fs.private import make_private_folder, sync
from balansfilter.fs.scratch import NAME, put, sweep
from balansfilter.publish.folders import BrandFolders, as_output_error
from balansfilter.report.beside import page_beside
from balansfilter.report.runs import PAGE_NAME, Manifest, before
from balansfilter.report.runs_on_disk import checkpoint_of
from balansfilter.wording.formats import Language

_RUN_PAGE = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}\.html")


def load_page(language: Language) -> None:
    """Load what the page of a run is made with, so that it need not be waited for in the end; in any thread."""
    from balansfilter.report.rendering import load_templates

    load_templates(language)


def add_page(  # noqa: PLR0913 - where, what, and how it is told
    staged: Path, manifest: Manifest, prepared: Event, folders: BrandFolders, language: Language, zone: str
) -> None:
    """Write the page of a run beside its lists, before they are published.

    :param prepared: the run's `run.prepared` in the ledger.
    :param language: that of the site.
    :param zone: the time zone in which moments are told.
    :raises OutputError: it cannot be written.
    """
    previous, place = before(manifest, folders.manifest), checkpoint_of(prepared)
    page = page_beside(manifest, previous, place, language, zone)
    if page is None:
        from balansfilter.report.page import run_page

        page = run_page(manifest, previous, place, language, zone=zone)
    write_page(staged / PAGE_NAME, page)
    with as_output_error("write in", staged):
        sync(staged)


def page_name(language: Language, of_site: Language) -> str:
    """Return the name of a run's page in its folder: `report.html`, or `report.en.html` for one in another language.

    :param of_site: the language of the site, in which the run itself wrote its page.
    """
    return PAGE_NAME if language == of_site else f"report.{language}.html"


def write_page(path: Path, page: str) -> None:
    """Write a page in the place of the one that may be there.

    :raises OutputError: it cannot be written; the old one then stands.
    """
    with as_output_error("write", path):
        make_private_folder(path.parent)
        sweep(_place(path))
        put(_place(path), path, page.encode())


def _place(path: Path) -> Path:
    """Return the place for an unfinished page: not in the folder of a run, which holds only what the ledger knows."""
    folder = path.parent
    return (folder.parents[1] if folder.parent.name == "runs" else folder) / NAME


def write_site(folder: Path, pages: Iterable[tuple[str, str]]) -> int:
    """Write the pages of the site in a folder, remove those of runs that are no longer kept, and give their number.

    :raises OutputError: one cannot be written.
    """
    written = set()
    for name, page in pages:
        write_page(folder / name, page)
        written.add(folder / name)
    with as_output_error("remove old pages from", folder):
        for brand in {path.parent for path in written} - {folder}:
            for path in brand.iterdir():
                if _RUN_PAGE.fullmatch(path.name) and path not in written:
                    path.unlink()
    return len(written)
