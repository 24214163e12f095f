"""The form of every page: well-formed, self-contained, without scripts, in order, and legible."""

import base64
import hashlib
import re
from datetime import date
from itertools import pairwise

import pytest

from balansfilter.audit.list_standing import ListStanding, Recall, Withdrawal
from balansfilter.publish.ending import RunEnding
from balansfilter.report.page import run_page
from balansfilter.report.palette import DARK, GRAPHIC_PAIRS, LIGHT, TEXT_PAIRS, contrast
from balansfilter.report.runs import KeptRun
from balansfilter.report.site_pages import BrandHistory, site_pages
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import LANGUAGES
from tests.report.page_reader import LOADING, headings, read, said
from tests.report.samples import CHECKPOINT, SAMPLES, earlier, manifest


def brands():
    runs = tuple(KeptRun(one, CHECKPOINT) for one in [manifest(previous=earlier(1)[0]["run_id"]), *earlier(3)])
    ahead = KeptRun(manifest(as_of="2026-03-09", valid_until=None), CHECKPOINT)
    today = KeptRun(manifest(as_of="2026-03-05", valid_until="2026-03-06"), CHECKPOINT)
    return [
        BrandHistory("noorderpost", runs, date(2026, 3, 1)),
        BrandHistory("morgen", (ahead,), date(2027, 3, 1)),
        BrandHistory("vandaag", (today,), None),
        BrandHistory("nieuw", (), None),
    ]


def failing():
    """Return a brand whose last run failed."""
    late = "the source is too old: objections.csv is of 2026-03-02, and may be 1 day old — deliver it anew"
    failed = RunEnding(
        "gisteren", "20260305T020000Z-abcdef", "failed", "2026-03-05T02:00:07Z", exit=4, code="source", sentence=late
    )
    return [BrandHistory("gisteren", (), None, (failed,), late)]


AT = "2026-03-04T10:00:00.000Z"
SINCE = {
    "recalled": ListStanding(Recall(AT, "objections of the wrong day")),
    "withdrawn": ListStanding(None, Withdrawal(AT, 1, 1, left_out=False)),
    "left out": ListStanding(None, Withdrawal(AT, 2, 1, left_out=True)),
}
"""What became of a list since it was published."""


def refused():
    """Return brands whose lists must not be called as they are, but the last, whose dialler has left the rows out."""
    return [
        BrandHistory(name.replace(" ", "-"), (KeptRun(manifest(), CHECKPOINT, since),), None)
        for name, since in SINCE.items()
    ]


def all_pages(language):
    for name, make in SAMPLES.items():
        yield name, run_page(make(), earlier(13) if name == "ordinary" else [], CHECKPOINT, language)
    yield "same", run_page(manifest(), [manifest()], CHECKPOINT, language)
    yield "nothing dropped", run_page(manifest({"a": {"customer": 3}}), [], CHECKPOINT, language)
    yield "nothing callable", run_page(manifest({"a": {"objected": 3}}), [], CHECKPOINT, language)
    yield from site_pages(brands(), date(2026, 3, 5), language)
    yield "a failed run", dict(site_pages(failing(), date(2026, 3, 5), language))["index.html"]
    yield "a failed run, its brand", dict(site_pages(failing(), date(2026, 3, 5), language))["gisteren/index.html"]
    yield from ((f"{name}, a site", page) for name, page in site_pages(refused(), date(2026, 3, 5), language))
    yield "empty site", dict(site_pages([], date(2026, 3, 5), language))["index.html"]


PAGES = [(language, name, page) for language in LANGUAGES for name, page in all_pages(language)]
every_page = pytest.mark.parametrize(
    ("language", "page"), [(lang, page) for lang, _, page in PAGES], ids=[f"{name}-{lang}" for lang, name, _ in PAGES]
)


@every_page
def test_a_page_is_well_formed_and_says_its_language(language, page):
    root = read(page)
    assert root.get("lang") == language
    assert said(root.find("head/title"))
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


@every_page
def test_a_page_asks_nothing_of_a_network_and_runs_nothing(language, page):
    root = read(page)
    for element in root.iter():
        assert element.tag not in {"script", "iframe", "object", "embed", "img", "form", "base"}
        assert not [name for name in element.attrib if name.startswith("on") or name in LOADING or name == "style"]
        if (href := element.get("href")) is not None:
            assert href.startswith(("#", "data:,")) or re.fullmatch(r"(\.\./|[a-z0-9-]+/)?[A-Za-z0-9-]+\.html", href), (
                href
            )
    style = root.find("head/style").text
    assert "url(" not in style
    assert "@import" not in style


@every_page
def test_the_policy_of_a_page_allows_its_own_style_sheet_and_nothing_else(language, page):
    root = read(page)
    (policy,) = [one.get("content") for one in root.iter("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@every_page
def test_headings_are_in_order_and_landmarks_are_there(language, page):
    root = read(page)
    levels = [level for level, _ in headings(root)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert len(list(root.iter("main"))) == 1
    assert len(list(root.iter("header"))) == 1
    assert all(nav.get("aria-label") for nav in root.iter("nav"))
    ids = {one.get("id"): one for one in root.iter() if one.get("id")}
    for section in root.iter("section"):
        assert ids[section.get("aria-labelledby")].tag == "h2"
    for link in root.iter("a"):
        assert said(link)
        if link.get("href").startswith("#"):
            assert link.get("href")[1:] in ids


@every_page
def test_tables_have_captions_and_headings_and_charts_have_words(language, page):
    root = read(page)
    for table in root.iter("table"):
        assert said(table.find("caption"))
        assert {one.get("scope") for one in table.iter("th")} == {"col", "row"}
        assert all(said(one) for one in table.iter("th"))
    for chart in root.iter("svg"):
        ids = {one.get("id") for one in chart}
        assert chart.get("role") == "img"
        assert set(chart.get("aria-labelledby").split()) <= ids
        assert said(chart.find("title"))
        assert said(chart.find("desc")).endswith(".")


@every_page
def test_a_page_holds_no_placeholder_and_no_month_of_the_other_language(language, page):
    told = said(read(page).find("body"))
    assert not re.search(r"\bNone\b(?! of the numbers)", told)
    if "{{ 7*7 }}" not in told:
        assert "{" not in told
    months = {"nl": ("March", "February"), "en": ("maart", "februari")}[language]
    assert not [month for month in months if month in told]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_have_the_contrast_of_wcag_aa(palette):
    for one, other in TEXT_PAIRS:
        assert contrast(getattr(palette, one), getattr(palette, other)) >= 4.5, (one, other)
    for one, other in GRAPHIC_PAIRS:
        assert contrast(getattr(palette, one), getattr(palette, other)) >= 3, (one, other)


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)
    assert contrast("#ffffff", "#ffffff") == 1


def test_every_colour_of_the_style_sheet_comes_from_the_palette():
    style = read(run_page(manifest(), [], CHECKPOINT)).find("head/style").text
    rules = re.sub(r":root \{[^}]*\}", "", style)
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;\s])", rules)


def test_every_text_of_the_pages_is_used(monkeypatch):
    used = set()
    call, counted = Wording.__call__, Wording.counted
    monkeypatch.setattr(
        Wording, "__call__", lambda self, name, /, **values: used.add(name) or call(self, name, **values)
    )
    monkeypatch.setattr(
        Wording, "counted", lambda self, name, n, /, **values: used.add(name) or counted(self, name, n, **values)
    )
    from balansfilter.report import rendering

    rendering.environment.cache_clear()
    list(all_pages("nl"))
    rendering.environment.cache_clear()
    texts = {name for name in load_wording("nl").texts if name.startswith("report.")}
    assert texts - used == set()
