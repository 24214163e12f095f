"""The small parts of a DOCX that the library has no words for: runs, cells, fields, shades, links."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from balansfilter.document.blocks import Link
from balansfilter.report.palette import LIGHT

if TYPE_CHECKING:
    from docx.table import Table as WordTable
    from docx.table import _Cell
    from docx.text.paragraph import Paragraph as WordParagraph

_STAMP = (1980, 1, 1, 0, 0, 0)


def filled(cell: _Cell, text: str, *, right: bool = False, **looks: Any) -> None:
    """Write a text into a cell."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    paragraph = cell.paragraphs[0]
    paragraph.paragraph_format.space_after = Pt(1)
    if right:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run(paragraph, text, **looks)


def run(  # noqa: PLR0913 - the looks of a text
    paragraph: WordParagraph,
    text: str,
    *,
    bold: bool = False,
    italic: bool = False,
    colour: str | None = None,
    points: float | None = None,
    font: str | None = None,
) -> None:
    """Write a text with its looks."""
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(text)
    run.bold, run.italic = bold, italic
    if colour:
        run.font.color.rgb = RGBColor.from_string(colour[1:].upper())
    if points:
        run.font.size = Pt(points)
    if font:
        run.font.name = font


def element(name: str, /, **attributes: str) -> Any:
    """Return an element of the markup."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    made = OxmlElement(f"w:{name}")
    for attribute, value in attributes.items():
        made.set(qn(f"w:{attribute}"), value)
    return made


def number(paragraph: WordParagraph, field: str) -> None:
    """Add a number that the word processor fills in."""
    run(paragraph, "1", colour=LIGHT.quiet, points=8)
    made = element("fldSimple", instr=field)
    made.append(paragraph.runs[-1]._r)  # noqa: SLF001 - fields have no other way in
    paragraph._p.append(made)  # noqa: SLF001


def bookmark(paragraph: WordParagraph, name: str, number: int) -> None:
    """Make a paragraph a place that a link may go to."""
    paragraph._p.insert(0, element("bookmarkStart", id=str(number), name=f"definition_{name}"))  # noqa: SLF001
    paragraph._p.append(element("bookmarkEnd", id=str(number)))  # noqa: SLF001 - nor have bookmarks


def link(paragraph: WordParagraph, link: Link) -> None:
    """Write a way to the definition of a figure."""
    run(paragraph, link.text, colour=LIGHT.link, points=9)
    paragraph.runs[-1].underline = True
    made = element("hyperlink", anchor=f"definition_{link.target}")
    made.append(paragraph.runs[-1]._r)  # noqa: SLF001 - nor have links
    paragraph._p.append(made)  # noqa: SLF001


def shade(paragraph: WordParagraph, colour: str) -> None:
    """Lay a colour behind a paragraph."""
    shading = element("shd", val="clear", color="auto", fill=colour[1:].upper())
    paragraph._p.get_or_add_pPr().append(shading)  # noqa: SLF001 - shading has no other way in


def mark_row(row: Any, name: str) -> None:
    """Mark a row, such as one that repeats on every page."""
    row._tr.get_or_add_trPr().append(element(name))  # noqa: SLF001 - nor have these


def lined(table: WordTable) -> None:
    """Draw a line under each row of a table, and no others."""
    borders = element("tblBorders")
    for side in ("top", "bottom", "insideH"):
        borders.append(element(side, val="single", sz="4", space="0", color=LIGHT.line[1:].upper()))
    table._tbl.tblPr.append(borders)  # noqa: SLF001 - nor has this


def widths(table: WordTable, millimetres: Sequence[float]) -> None:
    """Make the columns of a table so wide."""
    from docx.shared import Mm

    table.autofit = False
    for column, width in zip(table.columns, millimetres, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def without_clock(data: bytes) -> bytes:
    """Pack a file again with the same stamp on all that is in it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, before.read(name))
    return packed.getvalue()
