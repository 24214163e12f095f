"""The document as DOCX, to be worked on in a word processor: needs the extra `docx`.

Charts are pictures with their text as the description. The styles are those of Word, so that a house style can be laid
over them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from balansfilter.document.model import Answer, Block, Bullets, Chart, Document, Facts, Paragraph, Table
from balansfilter.document.typesetting import need_typst, picture
from balansfilter.errors import UsageError
from balansfilter.report.palette import LIGHT

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.styles.style import ParagraphStyle
    from docx.table import Table as WordTable
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WordParagraph

_STAMP = (1980, 1, 1, 0, 0, 0)
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
    return _without_clock(written.getvalue())


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
        _run(mark, document.draft, bold=True, colour=LIGHT.bad, points=13)
    foot = section.footer.paragraphs[0]
    foot.paragraph_format.tab_stops.clear_all()
    foot.paragraph_format.space_before = Pt(0)
    _run(foot, f"{document.running} – {document.page} ", colour=LIGHT.quiet, points=8)
    _number(foot, "PAGE")
    _run(foot, f" {document.page_of} ", colour=LIGHT.quiet, points=8)
    _number(foot, "NUMPAGES")


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
        _run(self._made.add_paragraph(), document.kind, colour=LIGHT.quiet)
        self._made.add_paragraph(document.title, style="Title")
        verdict = self._made.add_paragraph()
        if document.draft:
            _run(verdict, f"{document.draft} ", bold=True, colour=LIGHT.bad, points=12.5)
        _run(verdict, document.verdict, bold=True, points=12.5)
        _shade(verdict, LIGHT.panel)
        self._listed(document.remarks)
        self._facts(Facts(document.facts))
        for section in document.sections:
            self._made.add_heading(section.heading, level=1)
            for block in section.blocks:
                self._block(block)
        _run(self._made.add_paragraph(), document.foot, colour=LIGHT.quiet, points=8.5)

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                self._paragraph(block)
            case Bullets(items=items):
                self._listed(items)
            case Facts():
                self._facts(block)
            case Answer():
                self._answer(block)
            case Table():
                self._table(block)
            case Chart():
                self._chart(block)

    def _paragraph(self, block: Paragraph) -> None:
        quiet = block.tone == "quiet"
        paragraph = self._made.add_paragraph()
        _run(paragraph, block.text, bold=block.tone == "strong", colour=LIGHT.quiet if quiet else None)
        if block.tone == "notice":
            _shade(paragraph, LIGHT.notice)

    def _listed(self, items: tuple[str, ...]) -> None:
        for item in items:
            self._made.add_paragraph(item, style="List Bullet")

    def _answer(self, answer: Answer) -> None:
        self._made.add_heading(answer.title, level=2)
        if not answer.answered:
            _run(self._made.add_paragraph(), self._document.unanswered, italic=True, colour=LIGHT.bad)
        elif answer.listed:
            self._listed(answer.said)
        else:
            for paragraph in answer.said:
                self._made.add_paragraph(paragraph)
        if answer.enforced:
            _run(self._made.add_paragraph(), answer.enforced, italic=True)

    def _facts(self, block: Facts) -> None:
        table = self._made.add_table(rows=0, cols=2)
        for fact in block.facts:
            term, value = table.add_row().cells
            _filled(term, fact.term, colour=LIGHT.quiet)
            points, font = (_DIGEST_POINTS, _MONO) if fact.code else (None, None)
            _filled(value, fact.value, points=points, font=font)
        _widths(table, (_TERM_MM, _TEXT_MM - _TERM_MM))
        self._gap()

    def _table(self, block: Table) -> None:
        self._made.add_paragraph(block.caption, style="Caption")
        table = self._made.add_table(rows=1, cols=len(block.headings))
        _lined(table)
        for cell, heading in zip(table.rows[0].cells, block.headings, strict=True):
            _filled(cell, heading, points=_TABLE_POINTS, bold=True, right=heading != block.headings[0])
        _mark_row(table.rows[0], "tblHeader")
        for row in block.rows:
            made = table.add_row()
            _mark_row(made, "cantSplit")
            for place, (cell, text) in enumerate(zip(made.cells, row.cells, strict=True)):
                _filled(cell, text, points=_TABLE_POINTS, bold=row.strong, right=place > 0)
        wide = [weight + 4 for weight in block.weights]
        _widths(table, [_TEXT_MM * weight / sum(wide) for weight in wide])
        self._gap()

    def _chart(self, block: Chart) -> None:
        from docx.shared import Mm

        heading = self._made.add_paragraph()
        heading.paragraph_format.keep_with_next = True
        _run(heading, block.title, bold=True)
        shape = self._made.add_picture(io.BytesIO(picture(block, self._document)), width=Mm(165))
        about = shape._inline.docPr  # noqa: SLF001 - the library has no other way to describe a picture
        about.set("title", block.title)
        about.set("descr", block.text)

    def _gap(self) -> None:
        from docx.shared import Pt

        self._made.add_paragraph().paragraph_format.space_after = Pt(0)


def _filled(cell: _Cell, text: str, *, right: bool = False, **looks: Any) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _run(paragraph, text, **looks)


def _run(  # noqa: PLR0913 - the looks of a text
    paragraph: WordParagraph,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    colour: str | None = None,
    points: float | None = None,
    font: str | None = None,
) -> None:
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour[1:].upper())
    if points:
        run.font.size = Pt(points)
    if font:
        run.font.name = font


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def _number(paragraph: WordParagraph, field: str) -> None:
    """Add a number that the word processor fills in."""
    _run(paragraph, "1", colour=LIGHT.quiet, points=8)
    made = _element("fldSimple", instr=field)
    made.append(paragraph.runs[-1]._r)  # noqa: SLF001 - fields have no other way in
    paragraph._p.append(made)  # noqa: SLF001


def _shade(paragraph: WordParagraph, colour: str) -> None:
    shading = _element("shd", val="clear", color="auto", fill=colour[1:].upper())
    paragraph._p.get_or_add_pPr().append(shading)  # noqa: SLF001 - shading has no other way in


def _mark_row(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(_element(name))  # noqa: SLF001 - nor have these


def _lined(table: WordTable) -> None:
    """Give a table a line under each row, and no others."""
    borders = _element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(_element(side, val="single", sz="4", space="0", color=LIGHT.line[1:].upper()))
    table._tbl.tblPr.append(borders)  # noqa: SLF001 - nor has this


def _widths(table: WordTable, millimetres: Sequence[float]) -> None:
    from docx.shared import Mm

    table.autofit = False
    for column, width in zip(table.columns, millimetres, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _without_clock(data: bytes) -> bytes:
    """Pack a file again with the same stamp on all that is in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, before.read(name))
    return packed.getvalue()
