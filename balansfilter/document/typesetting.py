"""The document as PDF, and a chart as a picture, set by Typst in the fonts that come with it: needs the extra `pdf`.

What comes from data is given to the template as JSON values, so that nothing in it is ever read as markup. No font of
the machine is used: the same document makes the same bytes everywhere.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime
from importlib import resources
from importlib.util import find_spec
from typing import Any, Literal

from balansfilter.document.blocks import Block, Chart, Document, Picture
from balansfilter.document.drawing import svg
from balansfilter.errors import UsageError
from balansfilter.report.palette import LIGHT

FONTS = ("Libertinus Serif", "DejaVu Sans Mono")
"""The fonts of running text and of digests; the second also stands in for characters that the first lacks."""
STANDARD = "a-2a"
"""PDF/A-2a: kept for long, with text that can be copied and read aloud."""
PICTURE_DPI = 200


def need_typst(form: str) -> None:
    """Make sure that Typst is there.

    :raises UsageError: the extra is not installed.
    """
    if find_spec("typst") is None:
        raise UsageError(f"a document as {form} needs the extra `{form}`: pip install 'balansfilter[{form}]'")


SIZES = (10.5, 10.4, 10.6, 10.3, 10.7, 10.2, 10.8, 10.1, 10.9, 10.0, 11.0, 9.9, 11.1)
"""The sizes of the letters, in points, that are tried until the last page is no longer half empty."""
WELL_FILLED = 0.55
"""How much of the last page has to hold text, unless it is the only one."""


def pdf(document: Document) -> bytes:
    """Set a document as PDF/A, dated on the day that it is of."""
    content = _with_drawings(document) | {"mono": FONTS[1]}
    content |= {"size": _size(content)}
    day = datetime.fromisoformat(document.as_of).replace(tzinfo=UTC)
    return _compile("document.typ", content, "pdf", pdf_standards=[STANDARD], timestamp=day)


def _size(content: dict[str, Any]) -> float:
    """Return the size of letters with which the last page is well filled; else the one that fills it best."""
    filled: dict[float, float] = {}
    for size in SIZES:
        (end,) = json.loads(_query("document.typ", content | {"size": size}, "<end>"))
        filled[size] = 1.0 if end["page"] == 1 else end["filled"]
        if filled[size] >= WELL_FILLED:
            return size
    return max(SIZES, key=lambda size: filled[size])


def drawn(picture: Picture) -> bytes:
    """Draw a picture as PNG, as wide as the text or half of it at :data:`PICTURE_DPI`."""
    told = {"svg": svg(picture), "width": 80 if picture.small else 165}
    return _compile("picture.typ", told, "png", ppi=PICTURE_DPI)


def _with_drawings(document: Document) -> dict[str, Any]:
    """Return the JSON values of a document with each picture drawn."""
    told = document.as_json()
    for section, made in zip(document.sections, told["sections"], strict=True):
        blocks = zip(section.blocks, made["blocks"], strict=True)
        made["blocks"] = [_drawn_block(block, values) for block, values in blocks]
    return told


def _drawn_block(block: Block, told: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(block, Picture):
        return told
    return {"kind": "picture", "title": block.title, "text": block.text, "small": block.small, "svg": svg(block)}


def picture(chart: Chart, document: Document) -> bytes:
    """Draw a chart as PNG, 165 mm wide at :data:`PICTURE_DPI`."""
    content = {"chart": asdict(chart), "language": document.language}
    return _compile("chart.typ", content, "png", ppi=PICTURE_DPI)


def _compile(template: str, content: dict[str, Any], form: Literal["pdf", "png"], **options: Any) -> bytes:
    import typst

    made: bytes = typst.compile(**_given(template, content), format=form, **options)
    return made


def _query(template: str, content: dict[str, Any], selector: str) -> str:
    """Return the values of the metadata that a document holds under a label, as JSON."""
    import typst

    return str(typst.query(**_given(template, content), selector=selector, field="value"))


def _given(template: str, content: dict[str, Any]) -> dict[str, Any]:
    folder = resources.files(__package__) / "templates"
    given = "#let told = json(bytes(sys.inputs.told))\n"
    source = given + "".join((folder / name).read_text(encoding="utf-8") for name in ("charts.typ", template))
    content = shown(content) | {"colours": asdict(LIGHT), "font": list(FONTS)}
    return {"input": source.encode(), "sys_inputs": {"told": json.dumps(content)}, "ignore_system_fonts": True}


SHOWN = (
    "\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff\u038e-\u03a1\u03a3-\u0482\u048a-\u04ff\u1e00-\u1eff"
    "\u2000-\u200a\u2010-\u2027\u202f-\u2040\u2044-\u2052\u20a0-\u20c0\u2190-\u23ff\u25a0-\u25ff\ufffd"
)
"""Characters that the fonts have, as ranges: Latin, Greek and Cyrillic with their signs."""
_NOT_SHOWN = re.compile(f"[^{SHOWN}]")
_INVISIBLE = dict.fromkeys((0xAD, 0x200B, 0xFEFF))
"""Marks of where a word may break: they would stand in the way of nothing but themselves."""


def shown(value: Any) -> Any:
    """Return values with each character that the fonts lack named instead, such as [U+1F600]: PDF/A allows no gaps."""
    if isinstance(value, str):
        composed = unicodedata.normalize("NFC", value.translate(_INVISIBLE))
        return _NOT_SHOWN.sub(lambda found: f"[U+{ord(found[0]):04X}]", composed)
    if isinstance(value, dict):
        return {key: shown(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shown(inner) for inner in value]
    return value
