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

from balansfilter.document.blocks import Chart, Document
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


def pdf(document: Document) -> bytes:
    """Set a document as PDF/A, dated on the day that it is of."""
    content = document.as_json() | {"mono": FONTS[1]}
    day = datetime.fromisoformat(document.as_of).replace(tzinfo=UTC)
    return _compile("document.typ", content, "pdf", pdf_standards=[STANDARD], timestamp=day)


def picture(chart: Chart, document: Document) -> bytes:
    """Draw a chart as PNG, 165 mm wide at :data:`PICTURE_DPI`."""
    content = {"chart": asdict(chart), "language": document.language}
    return _compile("chart.typ", content, "png", ppi=PICTURE_DPI)


def _compile(template: str, content: dict[str, Any], form: Literal["pdf", "png"], **options: Any) -> bytes:
    import typst

    folder = resources.files(__package__) / "templates"
    given = "#let told = json(bytes(sys.inputs.told))\n"
    source = given + "".join((folder / name).read_text(encoding="utf-8") for name in ("charts.typ", template))
    content = shown(content) | {"colours": asdict(LIGHT), "font": list(FONTS)}
    made: bytes = typst.compile(
        source.encode(), sys_inputs={"told": json.dumps(content)}, format=form, ignore_system_fonts=True, **options
    )
    return made


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
