"""The document as an HTML page: one file that asks nothing of a network, runs nothing, and can be printed. Pure."""

from __future__ import annotations

from markupsafe import Markup

from balansfilter.document.blocks import Document
from balansfilter.report.palette import DARK, LIGHT
from balansfilter.report.rendering import csp_digest, environment


def web_page(document: Document) -> bytes:
    """Set a document as a page, in UTF-8."""
    templates = environment(document.language, "balansfilter.document")
    style = templates.get_template("document.css").render(light=LIGHT, dark=DARK, document=document)
    page = templates.get_template("document.html")
    html = page.render(style=Markup(style), style_sha256=csp_digest(style), document=document)  # noqa: S704 - our own
    return (html + "\n").encode()
