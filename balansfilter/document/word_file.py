"""The document as DOCX, to be worked on in a word processor: needs the extra `docx`.

Charts are pictures with their text as the description. The styles are those of Word, so that a house style can be laid
over them.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from balansfilter.document.blocks import (
    AnsweredQuestion,
    Block,
    Bullets,
    Chart,
    Definitions,
    Document,
    Facts,
    Paragraph,
    Picture,
    Table,
)
from balansfilter.document.typesetting import drawn, need_typst, picture
from balansfilter.document.word_parts import (
    bookmark,
    filled,
    lined,
    link,
    mark_row,
    number,
    run,
    shade,
    widths,
    without_clock,
)
from balansfilter.errors import UsageError
from balansfilter.report.palette import LIGHT

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle

_LANGUAGES = {"nl": "nl-NL", "en": "en-GB"}
_FONT, _MONO = "Calibri", "Consolas"
_TABLE_POINTS, _DIGEST_POINTS = 8, 7
_TERM_MM, _TEXT_MM = 54, 170


def need_docx() -> None:
    """Make sure that a DOCX can be made.

    :raises UsageError: the extra `docx` is not installed.
    """
    if find_spec("docx") is None:
        raise UsageError("a document as docx needs the extra `docx`: pip install 'balansfilter[docx]'")
    need_typst("docx")


def word_file(document: Document) -> bytes:
    """Set a document as DOCX, dated on the day that it is of."""
    import docx

    made = docx.Document()
    _properties(made, document)
    _page(made, document)
    _Setter(made, document).set()
    written = io.BytesIO()
    made.save(written)
    return without_clock(written.getvalue())


def _properties(made: WordDocument, document: Document) -> None:
    day = datetime.fromisoformat(document.as_of).replace(tzinfo=UTC)
    about = made.core_properties
    about.title, about.author, about.subject = document.title[:255], document.controller[:255], document.kind
    about.last_modified_by, about.comments, about.revision = document.controller[:255], "", 1
    about.created = about.modified = day
    about.language = _LANGUAGES[document.language]
    _language(made, _LANGUAGES[document.language])


def _language(made: WordDocument, language: str) -> None:
    from docx.oxml.ns import qn

    for one in made.styles.element.iter(qn("w:lang")):
        one.set(qn("w:val"), language)


def _page(made: WordDocument, document: Document) -> None:
    """Set paper, styles, and what stands at the head and the foot of every page."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin, section.bottom_margin = Mm(22), Mm(20)
    _styles(made)
    if document.draft:
        mark = section.header.paragraphs[0]
        mark.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        run(mark, document.draft, bold=True, colour=LIGHT.bad, points=13)
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.clear_all()
    foot.paragraph_format.space_before = Pt(0)
    run(foot, f"{document.running} – {document.page} ", colour=LIGHT.quiet, points=8)
    number(foot, "PAGE")
    run(foot, f" {document.page_of} ", colour=LIGHT.quiet, points=8)
    number(foot, "NUMPAGES")


def _styles(made: WordDocument) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    sizes = {"Normal": 10.5, "Title": 22, "Heading 1": 15, "Heading 2": 11.5, "List Bullet": 10.5, "Caption": 9}
    for name, points in sizes.items():
        style: ParagraphStyle = made.styles[name]
        style.font.name, style.font.size = _FONT, Pt(points)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for which in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{which}"), None)
        style.font.color.rgb = RGBColor.from_string((LIGHT.quiet if name == "Caption" else LIGHT.text)[1:].upper())
        style.paragraph_format.space_after = Pt(5)
    made.styles["Caption"].font.bold = False
    made.styles["Caption"].paragraph_format.keep_with_next = True
    for border in list(made.styles["Title"].element.iter(qn("w:pBdr"))):
        border.getparent().remove(border)


class _Setter:
    """Sets one document, block by block."""

    def __init__(self, made: WordDocument, document: Document) -> None:
        self._made = made
        self._document = document

    def set(self) -> None:
        document = self._document
        run(self._made.add_paragraph(), document.kind, colour=LIGHT.quiet)
        self._made.add_paragraph(document.title, style="Title")
        verdict = self._made.add_paragraph()
        if document.draft:
            run(verdict, f"{document.draft} ", bold=True, colour=LIGHT.bad, points=12.5)
        run(verdict, document.verdict, bold=True, points=12.5)
        shade(verdict, LIGHT.panel)
        self._listed(document.remarks)
        self._facts(Facts(document.facts))
        for section in document.sections:
            self._made.add_heading(section.heading, level=1)
            for block in section.blocks:
                self._block(block)
        run(self._made.add_paragraph(), document.foot, colour=LIGHT.quiet, points=8.5)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                self._paragraph(block)
            case Bullets(items=items):
                self._listed(items)
            case Facts():
                self._facts(block)
            case AnsweredQuestion():
                self._answer(block)
            case Table():
                self._table(block)
            case Chart():
                self._chart(block)
            case Picture():
                self._picture(block)
            case Definitions():
                self._definitions(block)

    def _paragraph(self, block: Paragraph) -> None:
        quiet = block.tone == "quiet"
        paragraph = self._made.add_paragraph()
        run(paragraph, block.text, bold=block.tone == "strong", colour=LIGHT.quiet if quiet else None)
        paragraph.paragraph_format.keep_with_next = block.tone == "strong"
        if block.tone == "notice":
            shade(paragraph, LIGHT.notice)

    def _listed(self, items: tuple[str, ...]) -> None:
        for item in items:
            self._made.add_paragraph(item, style="List Bullet")

    def _answer(self, answer: AnsweredQuestion) -> None:
        self._made.add_heading(answer.title, level=2)
        if not answer.answered:
            run(self._made.add_paragraph(), self._document.unanswered, italic=True, colour=LIGHT.bad)
        elif answer.listed:
            self._listed(answer.said)
        else:
            for paragraph in answer.said:
                self._made.add_paragraph(paragraph)
        if answer.enforced:
            run(self._made.add_paragraph(), answer.enforced, italic=True)

    def _facts(self, block: Facts) -> None:
        table = self._made.add_table(rows=0, cols=2)
        for fact in block.facts:
            term, value = table.add_row().cells
            filled(term, fact.term, colour=LIGHT.quiet)
            points, font = (_DIGEST_POINTS, _MONO) if fact.code else (None, None)
            filled(value, fact.value, points=points, font=font)
        widths(table, (_TERM_MM, _TEXT_MM - _TERM_MM))
        self._gap()

    def _table(self, block: Table) -> None:
        self._made.add_paragraph(block.caption, style="Caption")
        table = self._made.add_table(rows=1, cols=len(block.headings))
        lined(table)
        for cell, heading in zip(table.rows[0].cells, block.headings, strict=True):
            filled(cell, heading, points=_TABLE_POINTS, bold=True, right=heading != block.headings[0])
        mark_row(table.rows[0], "tblHeader")
        for row in block.rows:
            made = table.add_row()
            mark_row(made, "cantSplit")
            for place, (cell, text) in enumerate(zip(made.cells, row.cells, strict=True)):
                filled(cell, text, points=_TABLE_POINTS, bold=row.strong, right=place > 0)
        wide = [weight + 4 for weight in block.weights]
        widths(table, [_TEXT_MM * weight / sum(wide) for weight in wide])
        if block.about:
            link(self._made.add_paragraph(), block.about)
        else:
            self._gap()

    def _definitions(self, block: Definitions) -> None:
        for place, one in enumerate(block.entries):
            bookmark(self._made.add_heading(one.title, level=2), one.name, place)
            self._made.add_paragraph(one.what)
            for text in (f"{block.formula}: {one.formula}", f"{block.source}: {one.source}"):
                run(self._made.add_paragraph(), text, colour=LIGHT.quiet, points=9.5)

    def _chart(self, block: Chart) -> None:
        from docx.shared import Mm

        heading = self._made.add_paragraph()
        heading.paragraph_format.keep_with_next = True
        run(heading, block.title, bold=True)
        shape = self._made.add_picture(io.BytesIO(picture(block, self._document)), width=Mm(165))
        about = shape._inline.docPr  # noqa: SLF001 - the library has no other way to describe a picture
        about.set("title", block.title)
        about.set("descr", block.text)

    def _picture(self, block: Picture) -> None:
        from docx.shared import Mm

        heading = self._made.add_paragraph()
        heading.paragraph_format.keep_with_next = True
        run(heading, block.title, bold=True)
        width = Mm(80) if block.small else Mm(165)
        shape = self._made.add_picture(io.BytesIO(drawn(block)), width=width)
        about = shape._inline.docPr  # noqa: SLF001 - the library has no other way to describe a picture
        about.set("title", block.title)
        about.set("descr", block.text)

    def _gap(self) -> None:
        from docx.shared import Pt

        self._made.add_paragraph().paragraph_format.space_after = Pt(0)
