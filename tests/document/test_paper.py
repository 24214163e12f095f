"""The pages of the PDF as they come out on paper: none half empty, and nothing broken from what it belongs to."""

from __future__ import annotations

import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from balansfilter.document.blocks import Document, Picture, Table
from balansfilter.document.typesetting import pdf
from balansfilter.wording.formats import LANGUAGES
from tests.document.samples import NAMES, sample
from tests.document.test_forms import needs_pdf, pdf_pages

pytestmark = [
    needs_pdf,
    pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler is not installed (apt-get install poppler-utils)"),
]  # fmt: skip
SHOWING = {"ordinary", "long", "several products", "one call"}
"""What is looked at each time; the other samples are slow together."""
PAPERS = [
    pytest.param(language, name, marks=() if name in SHOWING else pytest.mark.slow)
    for language in LANGUAGES
    for name in NAMES
]
every_paper = pytest.mark.parametrize(("language", "name"), PAPERS)

WITHIN, AT_THE_END = 0.3, 0.46
"""How much of a page may be empty at its bottom: of one within the document, and of the last."""
_HEIGHT, _MARGIN = 297, 20
_PALE = 215
"""Lighter than this are only backgrounds, and the mark of a draft behind the text."""


@cache
def made(language: str, name: str) -> bytes:
    return pdf(sample(name, language))


def empty_bottoms(data: bytes) -> list[float]:
    """Return how much of each page, within its margins, is empty at the bottom."""
    with TemporaryDirectory(prefix="balansfilter-") as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(data)
        subprocess.run(["pdftoppm", "-r", "20", "-gray", path, path.with_suffix("")], check=True, timeout=60)
        return [_empty_bottom(page.read_bytes()) for page in sorted(Path(folder).glob("*.pgm"))]


def _empty_bottom(picture: bytes) -> float:
    kind, width, height, depth = picture.split(maxsplit=4)[:4]
    assert (kind, depth) == (b"P5", b"255")
    dots = np.frombuffer(picture[-int(width) * int(height) :], dtype=np.uint8).reshape(int(height), int(width))
    edge = int(height) * _MARGIN // _HEIGHT
    inked = np.flatnonzero((dots[edge:-edge] < _PALE).any(axis=1))
    return 1 - (inked[-1] + 1 if len(inked) else 0) / (int(height) - 2 * edge)


@every_paper
def test_no_page_is_half_empty_and_nothing_is_broken_from_what_it_belongs_to(language, name):
    """Both in one, since making a paper takes longer than looking at it."""
    paper = made(language, name)
    *within, last = empty_bottoms(paper)
    assert max(within, default=0) <= WITHIN
    assert last <= AT_THE_END
    nothing_is_broken(sample(name, language), paper)


def lines(page: str, document: Document) -> list[str]:
    """Return the lines of a page without its head, foot and the mark behind the text."""
    body = page[: page.rindex(document.running)] if document.running in page else page
    return [line.strip() for line in body.split("\n") if line.strip() and line.strip() != document.draft]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def nothing_is_broken(document: Document, paper: bytes) -> None:
    pages = [lines(page, document) for page in pdf_pages(paper)]
    blocks = [block for section in document.sections for block in section.blocks]
    notes = {block.about.text for block in blocks if isinstance(block, Table) and block.about}
    captions = {squeezed(block.caption) for block in blocks if isinstance(block, Table)}
    headings = {squeezed(section.heading) for section in document.sections}
    for page in pages:
        assert not page[0].startswith("*"), "a note on the marks of a table, and not the table"
        assert page[0] not in notes
        assert squeezed(page[-1]) not in captions | headings


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["ordinary", "several products", "one call"])
def test_a_picture_is_with_the_words_on_how_to_read_it(language, name):
    document = sample(name, language)
    pages = [squeezed("".join(lines(page, document))) for page in pdf_pages(made(language, name))]
    (section,) = (one for one in document.sections if one.name == "substantiation")
    at = next(at for at, block in enumerate(section.blocks) if isinstance(block, Picture))
    picture, told = section.blocks[at : at + 2]
    start = squeezed(told.text if not isinstance(told, Picture) else picture.title)[:40]
    (found,) = (page for page in pages if squeezed(picture.title) in page)
    assert start in found
