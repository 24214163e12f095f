"""From a template and facts to a page: whatever comes from data is escaped, and a missing value is an error. Pure."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from jinja2 import ChoiceLoader, Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from balansfilter.report.palette import DARK, LIGHT
from balansfilter.report.run_facts import SourceFacts
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.clock import with_local_moments
from balansfilter.wording.formats import Language
from balansfilter.wording.messages import translated

SHORT_DIGEST = 12
"""How many digits of a digest stand for the whole of it."""


def render(template: str, language: Language, **values: Any) -> str:
    """Make a page in a language.

    :param template: its name, without `.html`.
    """
    style = environment(language).get_template("style.css").render(light=LIGHT, dark=DARK)
    page = environment(language).get_template(f"{template}.html")
    return page.render(style=Markup(style), style_sha256=csp_digest(style), **values)  # noqa: S704 - our own file


@cache
def environment(language: Language, *packages: str) -> Environment:
    """Return the templates of the pages in a language.

    :param packages: those whose templates come before the ones of the reports, which hold the ground of every page.
    """
    words = load_wording(language)
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "balansfilter.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        optimized=False,  # what a constant is written as would be compiled in, in one language
        bytecode_cache=_CompiledTemplates(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats = words.formats
    made.globals |= {
        "language": language,
        "t": words,
        "counted": words.counted,
        "share": formats.share,
        "across": across,
        "label": lambda kind, name: label(words, kind, name),
        "source_name": lambda source: source_name(words, source),
    }
    made.filters |= {
        "number": formats.number,
        "difference": formats.difference,
        "amount": formats.amount,
        "day": formats.day,
        "told": lambda text, zone: translated(with_local_moments(text, zone), language),
        "moment": formats.local_moment,
        "span": words.span,
        "listed": formats.listed,
        "short": short,
    }
    return made


class _CompiledTemplates(FileSystemBytecodeCache):
    """Templates as they are compiled, kept where Python keeps modules as they are compiled; or nowhere, like those."""

    def __init__(self) -> None:
        super().__init__(str(Path(__file__).parent / "__pycache__"), f"template-%s.jinja-{jinja2.__version__}")

    def load_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().load_bytecode(bucket)

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


def load_templates(language: Language) -> None:
    """Load the templates of the pages in a language, and its words and numbers: the first page would wait for them."""
    templates = environment(language)
    for name in templates.list_templates():
        templates.get_template(name)
    formats = load_wording(language).formats
    formats.plural(1), formats.number(1), formats.day(date.min), translated("", language)


def csp_digest(text: str) -> str:
    """Return the digest of a style sheet as a content security policy names it."""
    return b64encode(hashlib.sha256(text.encode()).digest()).decode()


def across(part: float, whole: float) -> str:
    """Return a place or a width in a chart, as a percentage for SVG; nothing of nothing is 0."""
    return f"{100 * part / whole if whole else 0:.3f}%"


def short(digest: str) -> str:
    """Return the first digits of a digest."""
    return digest.removeprefix("sha256:")[:SHORT_DIGEST] + "…"


def label(words: Wording, kind: str, name: str) -> str:
    """Return the words for a figure: a total, or a reason or ground by its name."""
    if kind == "reason":
        return words(f"terms.reasons.{name}.label")
    if kind == "ground":
        return words("report.figures.ground", ground=words(f"terms.grounds.{name}.label"))
    return words(f"report.figures.{kind}")


def source_name(words: Wording, source: SourceFacts) -> str:
    """Return the name of a source."""
    if source.number is None:
        return words(f"terms.sources.{source.role}")
    return words(f"terms.sources.{source.role}_numbered", number=source.number)
