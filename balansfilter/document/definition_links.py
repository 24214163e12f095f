"""What the figures of a document are: the definitions, and the way to them from each table. Pure."""

from __future__ import annotations

from balansfilter.balanstest.definitions import Name, definitions
from balansfilter.document.blocks import Defined, Definitions, Link
from balansfilter.document.saying import Saying


def definitions_block(say: Saying) -> Definitions:
    """Return what every figure is, with its formula and source."""
    defined = (Defined(one.name, one.title, one.what, one.formula, one.source) for one in definitions(say.words))
    return Definitions(tuple(defined), say.words("definitions.formula"), say.words("definitions.source"))


def about(say: Saying, name: Name) -> Link:
    """Return the way to the definition of what a table shows."""
    return Link(say.words("document.overviews.about"), name)
