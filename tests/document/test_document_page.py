"""The form of the page: well-formed, self-contained, without scripts; and in a real browser on a phone and on paper."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from balansfilter.document.web_page import web_page
from balansfilter.wording.formats import LANGUAGES
from tests.document.samples import NAMES, sample
from tests.document.test_forms import needs_pdf, pdf_pages
from tests.report import test_pages_form as form
from tests.report.browser import CHROMIUM, Browser
from tests.report.page_reader import headings, read, said
from tests.report.test_in_browser import OVERLAPPING, STICKING_OUT

PAGES = [(language, name) for language in LANGUAGES for name in NAMES]
every_page = pytest.mark.parametrize(("language", "name"), PAGES)
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="chromium is not installed (Debian: apt-get install chromium)"
)


@every_page
def test_the_form_of_a_page(language, name):
    page = web_page(sample(name, language)).decode()
    for check in (
        form.test_a_page_is_well_formed_and_says_its_language,
        form.test_a_page_asks_nothing_of_a_network_and_runs_nothing,
        form.test_the_policy_of_a_page_allows_its_own_style_sheet_and_nothing_else,
        form.test_headings_are_in_order_and_landmarks_are_there,
        form.test_tables_have_captions_and_headings_and_charts_have_words,
    ):
        check(language, page)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_open_and_no_other_language_comes_in(language):
    told = said(read(web_page(sample("ordinary", language)).decode()).find("body"))
    assert not re.search(r"\bNone\b|[{}]", told)
    other = {"nl": ("Approved", "maximum term"), "en": ("Goedgekeurd", "maanden)", "februari")}[language]
    assert not [word for word in other if word in told]


def test_every_section_and_question_has_its_heading():
    found = headings(read(web_page(sample("ordinary", "en")).decode()))
    numbers = [text.split(".")[0] for level, text in found if level == 3]
    assert numbers[0].startswith("Scope")
    assert numbers[1:13] == ["1a", "1b", "1c", "1d", "2a", "2b", "2c", "3a", "3b", "3c", "3d", "4"]
    assert [text for level, text in found if level == 2] == [
        "Scope of the term", "1. Customer relation", "2. Impact of the calls", "3. Weighing", "4. Substantiation of the term", "Approval",
        "Other terms worked out", "What the figures are", "Wider assessment of interests", "Rules on this day",
    ]  # fmt: skip


def test_bars_and_their_intervals_stay_in_the_chart():
    for name in ("ordinary", "one call"):
        root = read(web_page(sample(name)).decode())
        for chart in (one for one in root.iter("svg") if one.get("class") == "chart"):
            for bar in (one for one in chart.iter("rect") if one.get("class") != "track"):
                assert 0 < float(bar.get("width")[:-1]) <= 100
            for line in chart.iter("line"):
                ends = [float(line.get(end)[:-1]) for end in ("x1", "x2")]
                assert all(0 <= one <= two <= 100 for one, two in pairwise(ends))


# --- in a browser -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    with Browser() as made:
        yield made


@pytest.mark.slow
@in_a_browser
@every_page
def test_a_page_is_whole_and_quiet(browser, tmp_path, language, name):
    path = tmp_path / "document.html"
    path.write_bytes(web_page(sample(name, language)))
    for width in (360, 1200):
        seen = browser.open(path, width)
        assert [address for address in seen.requests if address != "data:,"] == [path.as_uri()]
        assert seen.console == []
        assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
        sticking_out = STICKING_OUT.replace(".skip, .scroll", ".skip, .scroll, .watermark, .drawn")
        assert browser.evaluate(sticking_out) == []
        assert browser.evaluate(OVERLAPPING) == []


@pytest.mark.slow
@in_a_browser
@needs_pdf
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_printed_page_of_a_draft_is_marked(browser, tmp_path, language):
    document = sample("unapproved", language)
    path, paper = tmp_path / "document.html", tmp_path / "document.pdf"
    path.write_bytes(web_page(document))
    browser.open(path)
    browser.pdf(paper)
    pages = pdf_pages(paper.read_bytes())
    assert len(pages) > 1
    assert all(document.draft in page for page in pages)
