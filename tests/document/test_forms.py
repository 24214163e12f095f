"""The three forms: each says all of the document, marks a draft on every page, and takes any text for a text."""

from __future__ import annotations

import importlib
import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from balansfilter.document import typesetting
from balansfilter.document.content import compose
from balansfilter.document.measured import Measured
from balansfilter.document.typesetting import SHOWN, pdf, shown
from balansfilter.document.web_page import web_page
from balansfilter.document.word_file import word_file
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import load_policy
from balansfilter.wording.formats import LANGUAGES
from tests.brandfolder import AS_OF
from tests.document.samples import CONFIGS, HOSTILE, LONG_WORD, NAMES, everything, sample
from tests.report.page_reader import headings, read, said


def installed(*names):
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)} is not installed: pip install '.[dev]'")


needs_pdf, needs_docx = installed("typst", "pypdf"), installed("typst", "docx")
every_sample = pytest.mark.parametrize("name", NAMES)


def plain(text: str) -> str:
    """Return a text without what setting it changes: spaces, and where a word is broken off."""
    return "".join(text.replace("-\n", "").split()).replace("-", "").replace("\u00ad", "")


def pdf_pages(data: bytes) -> list[str]:
    from pypdf import PdfReader

    pages = PdfReader(io.BytesIO(data)).pages
    return [page.extract_text().replace("\u200b", "") for page in pages]  # which lets a long word break


def word_texts(data: bytes) -> list[str]:
    import docx

    made = docx.Document(io.BytesIO(data))
    cells = [cell.text for table in made.tables for row in table.rows for cell in row.cells]
    return [*(paragraph.text for paragraph in made.paragraphs), *cells]


# --- all of it is there -----------------------------------------------------------------------------------------


@every_sample
def test_the_page_says_all_of_it(name):
    document = sample(name)
    told = said(read(web_page(document).decode()))
    assert not [text for text in everything(document) if " ".join(text.split()) not in told]


@needs_pdf
@every_sample
def test_the_pdf_says_all_of_it(name):
    document = sample(name)
    pages = pdf_pages(pdf(document))
    bodies = [page.rsplit("\n", 1) for page in pages]
    assert all(document.running in foot for _, foot in bodies)
    mark = document.draft or "\0"
    told = plain("\n".join(body for body, _ in bodies)).replace(mark, "")
    for text in {plain(shown(text)).replace(mark, "") for text in everything(document) if len(text) < 400}:
        assert text in told


@needs_docx
@every_sample
def test_the_docx_says_all_of_it(name):
    document = sample(name)
    told = "\n".join(word_texts(word_file(document)))
    assert not [text for text in everything(document) if text not in told]


@needs_docx
def test_a_chart_of_the_docx_has_words():
    document = sample("ordinary")
    with zipfile.ZipFile(io.BytesIO(word_file(document))) as packed:
        body = ET.fromstring(packed.read("word/document.xml"))
        pictures = [name for name in packed.namelist() if name.endswith(".png")]
    told = [one.get("descr") for one in body.iter() if one.tag.endswith("}docPr")]
    charts = [
        block.text for section in document.sections for block in section.blocks if block.kind in {"chart", "picture"}
    ]
    assert told == charts
    assert len(pictures) == len(charts) == 4


# --- drafts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@needs_pdf
def test_every_page_of_a_draft_is_marked_in_the_pdf(language):
    document = sample("lapsed", language)
    long = replace(document, sections=document.sections * 3)
    pages = pdf_pages(pdf(long))
    assert len(pages) > 3
    assert all(page.lstrip().startswith(document.draft) for page in pages)
    assert not [page for page in pdf_pages(pdf(replace(long, draft=""))) if document.draft in page]


@pytest.mark.parametrize("language", LANGUAGES)
@needs_docx
def test_every_page_of_a_draft_is_marked_in_the_docx(language):
    import docx

    document = sample("unapproved", language)
    made = docx.Document(io.BytesIO(word_file(document)))
    assert [[one.text for one in section.header.paragraphs] for section in made.sections] == [[document.draft]]
    assert not any(section.different_first_page_header_footer for section in made.sections)
    assert not made.settings.odd_and_even_pages_header_footer
    clean = docx.Document(io.BytesIO(word_file(replace(document, draft=""))))
    assert not [one.text for section in clean.sections for one in section.header.paragraphs if one.text]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_draft_is_marked_on_the_page_and_on_its_prints(language):
    document = sample("unapproved", language)
    page = web_page(document).decode()
    root = read(page)
    marks = [one for one in root.iter("div") if one.get("class") == "watermark"]
    assert [said(one) for one in marks] == [document.draft]
    assert f"({document.draft})" in said(root.find("head/title"))
    assert said(next(one for one in root.iter("span") if one.get("class") == "mark")) == document.draft
    assert f'@top-right {{ content: "{document.draft}"' in page
    clean = web_page(sample("no history", language)).decode()
    assert "@top-right" not in clean
    assert document.draft not in said(read(clean))


# --- the same bytes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [web_page, pytest.param(pdf, marks=needs_pdf), pytest.param(word_file, marks=needs_docx)]
)
def test_the_same_document_makes_the_same_bytes_at_any_time(make, monkeypatch):
    import time

    first = make(sample("ordinary"))
    later = time.time() + 400 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    assert make(sample("ordinary")) == first


@needs_pdf
def test_the_pdf_is_for_keeping_and_is_dated_on_its_day():
    from pypdf import PdfReader

    data = pdf(sample("ordinary"))
    reader = PdfReader(io.BytesIO(data))
    told = reader.metadata
    assert (told.title, told.author) == ("Balanstest GoedGeluk Loterij: deelname", "Stichting GoedGeluk")
    assert {told.creation_date.date(), told.modification_date.date()} == {AS_OF}
    assert reader.trailer["/Root"]["/Lang"] == "nl"
    assert b"<pdfaid:part>2</pdfaid:part>" in data
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in data
    assert not [key for key in ("/AA", "/OpenAction", "/AcroForm") if key in reader.trailer["/Root"]]
    fonts = {
        str(font["/BaseFont"]).split("+")[-1].removesuffix("-Identity-H")
        for page in reader.pages
        for font in fonts_of(page)
    }
    assert fonts <= {"LibertinusSerif-Regular", "LibertinusSerif-Bold", "LibertinusSerif-Italic", "DejaVuSansMono"}


def fonts_of(page):
    return [font.get_object() for font in page["/Resources"].get("/Font", {}).values()]


@needs_docx
def test_the_docx_is_dated_on_its_day():
    import docx

    data = word_file(sample("ordinary", "en"))
    about = docx.Document(io.BytesIO(data)).core_properties
    assert {about.created.date(), about.modified.date()} == {AS_OF}
    assert (about.title, about.author) == ("Balanstest GoedGeluk Loterij: deelname", "Stichting GoedGeluk")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        styles = packed.read("word/styles.xml").decode()
    assert 'w:val="en-GB"' in styles
    assert 'w:val="en-US"' not in styles


# --- hostile texts ----------------------------------------------------------------------------------------------

CONTROLS = "".join(map(chr, range(32))) + "\x7f\x85\ufffe\uffff ]]> <!-- \\ \" ' \u202e"


def hostile(text):
    """Compose a document in which every text that a policy holds is this one, past the checks on a policy."""
    policy = load_policy(CONFIGS / "brands" / "goedgeluk.yaml")
    (test,) = policy.balanstests
    answers = test.answers.model_copy(update={"substantiation": text})
    approval = test.approval.model_copy(update={"by": text, "role": text, "opinion": text})
    test = test.model_copy(update={"answers": answers, "approval": approval, "products": (text, "x")})
    policy = policy.model_copy(update={"name": text, "controller": text})
    return compose(policy, test, AS_OF, load_law("nl"), Measured(None, None, "not_asked", "not_asked"))


@pytest.mark.parametrize("text", [HOSTILE, CONTROLS, LONG_WORD, "-" * 3000], ids=["markup", "controls", "long", "line"])
def test_any_text_can_be_set_in_a_page(text):
    document = hostile(text)
    root = read(web_page(document).decode())
    assert document.title in said(root)
    assert not [one for one in root.iter() if "onclick" in one.attrib or one.tag in {"b", "script"}]
    assert headings(root)[0] == (1, document.title)


@needs_pdf
@pytest.mark.parametrize("text", [HOSTILE, CONTROLS, LONG_WORD, "-" * 900], ids=["markup", "controls", "long", "line"])
def test_any_text_can_be_set_in_a_pdf(text):
    told = plain("".join(pdf_pages(pdf(hostile(text)))))
    assert plain(shown(hostile(text).title)) in told


@needs_docx
@pytest.mark.parametrize("text", [HOSTILE, CONTROLS, LONG_WORD, "-" * 3000], ids=["markup", "controls", "long", "line"])
def test_any_text_can_be_set_in_a_docx(text):
    document = hostile(text)
    assert document.title in word_texts(word_file(document))


@needs_pdf
def test_a_digest_can_be_copied_out_of_the_pdf():
    approval = load_policy(CONFIGS / "brands" / "goedgeluk.yaml").balanstests[0].approval
    assert approval is not None
    assert approval.digest in "".join(pdf_pages(pdf(sample("ordinary"))))


@needs_pdf
def test_the_fonts_have_every_character_that_is_taken_to_be_shown():
    document = sample("no history")
    every = "".join(chr(code) for code in range(0x20, 0x10000) if not 0xD800 <= code < 0xE000)
    kept = [char for char in every if shown(char) == char]
    assert len(kept) > 2000
    lines = tuple(" ".join(kept[at : at + 100]) for at in range(0, len(kept), 100))
    block = replace(document.sections[0].blocks[0], said=lines)
    section = replace(document.sections[0], blocks=(block,))
    assert pdf(replace(document, sections=(section,)))
    assert SHOWN


def test_a_character_that_the_fonts_lack_is_named():
    assert shown({"a": ["é 中 😀", "so\xadft", "e\u0301"], "b": 1}) == {
        "a": ["é [U+4E2D] [U+1F600]", "soft", "é"],
        "b": 1,
    }


# --- extras -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("form", "missing"), [("pdf", "typst"), ("docx", "docx"), ("docx", "typst")])
def test_a_form_whose_extra_is_not_installed_is_told(form, missing, monkeypatch):
    from balansfilter.document import document_files, word_file
    from balansfilter.errors import UsageError

    for module in (typesetting, word_file):
        monkeypatch.setattr(module, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(UsageError) as told:
        document_files.need([form])
    assert str(told.value) == f"a document as {form} needs the extra `{form}`: pip install 'balansfilter[{form}]'"
