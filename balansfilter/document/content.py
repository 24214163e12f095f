"""The document of one balanstest, composed: everything that any of its forms says, in one language. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.document import answers
from balansfilter.document.approval_block import approval_blocks, verdict, wanting_told
from balansfilter.document.blocks import Block, Document, Fact, Paragraph, Section
from balansfilter.document.definition_links import definitions_block
from balansfilter.document.lawful import law_blocks
from balansfilter.document.measured import Measured
from balansfilter.document.overviews import history_blocks, overview_blocks
from balansfilter.document.picture import pictures, products_left
from balansfilter.document.saying import Saying, printable, shorten
from balansfilter.document.standing import standing_of
from balansfilter.document.told_figures import difference_told, differences
from balansfilter.document.trials import trial_blocks
from balansfilter.policy.law import Law
from balansfilter.policy.model import Balanstest, Policy
from balansfilter.version import VERSION
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import DEFAULT_LANGUAGE, Language

_RUNNING = 60
"""How many characters of a brand's name stand at the foot of every page."""


def compose(  # noqa: PLR0913 - all that a document rests on, each named
    policy: Policy,
    test: Balanstest,
    as_of: date,
    law: Law,
    measured: Measured,
    language: Language = DEFAULT_LANGUAGE,
    *,
    recorded: bool = False,
) -> Document:
    """Compose the document of a balanstest, as it stands on a day.

    :param recorded: whether the ledger of the brand holds its approval.
    :raises PolicyError: the law profile knows no rules for that day.
    """
    say = Saying(load_wording(language))
    words, day = say.words, say.words.formats.day(as_of)
    standing = standing_of(policy, test, as_of, law)
    name = printable(policy.name)
    return Document(
        language=language,
        kind=words("document.kind"),
        title=words("document.title", name=name, id=test.id),
        name=name,
        controller=printable(policy.controller),
        as_of=as_of.isoformat(),
        draft=words("document.draft") if standing.is_draft else "",
        verdict=verdict(say, test, standing),
        remarks=(*wanting_told(say, test, standing, law), *_remarks(say, policy, as_of, law)),
        facts=tuple(_facts(say, policy, test, as_of)),
        sections=tuple(_sections(say, policy, test, as_of, law, measured, recorded=recorded)),
        running=words("document.running", name=shorten(name, _RUNNING), id=test.id, day=day),
        page=words("document.page"),
        page_of=words("document.page_of"),
        unanswered=words("document.unanswered"),
        foot=words("document.foot", version=VERSION, day=day),
    )


def _remarks(say: Saying, policy: Policy, as_of: date, law: Law) -> Iterator[str]:
    if say.words.language != "nl":
        yield say.words("document.remarks.answers_in_dutch")
    if "customer" not in law.grounds(policy.sector, as_of):
        sector, day = say.words(f"terms.sectors.{policy.sector}"), say.words.formats.day(as_of)
        yield say.words("document.remarks.no_customer_ground", sector=sector, day=day)


def _facts(say: Saying, policy: Policy, test: Balanstest, as_of: date) -> Iterator[Fact]:
    words = say.words
    products = words("document.facts.all_products")
    if not isinstance(test.products, str):
        products = words.formats.listed([f"‘{printable(product)}’" for product in test.products])
    yield Fact(words("document.facts.brand"), f"{printable(policy.name)} ({policy.brand})")
    yield Fact(words("document.facts.controller"), printable(policy.controller))
    yield Fact(words("document.facts.sector"), words(f"terms.sectors.{policy.sector}"))
    yield Fact(words("document.facts.term"), words.span(str(test.max_term)))
    yield Fact(words("document.facts.as_of"), words.formats.day(as_of))
    yield Fact(words("document.facts.products"), products)


def _sections(  # noqa: PLR0913
    say: Saying, policy: Policy, test: Balanstest, as_of: date, law: Law, measured: Measured, *, recorded: bool
) -> Iterator[Section]:
    def section(name: str, *blocks: Block) -> Section:
        return Section(name, say.words(f"document.sections.{name}"), blocks)

    standing = standing_of(policy, test, as_of, law)
    yield section("scope", answers.scope(say, test))
    yield section("relation", *answers.customer_relation(say, test))
    yield section("impact", *answers.impact(say, test))
    yield section("weighing", *_weighing(say, policy, test, measured))
    yield section("substantiation", answers.substantiation(say, test), *_picture(say, test, measured))
    yield section("approval", *approval_blocks(say, test, standing, law, recorded=recorded))
    yield section("trials", *_trials(say, test, measured))
    if measured.overview:
        yield section("definitions", Paragraph(say.words("definitions.lead")), definitions_block(say))
    lead = Paragraph(say.words("document.assessment.lead"))
    yield section("assessment", lead, *answers.assessment(say, test))
    yield section("law", *law_blocks(say, policy, as_of, law))


def _weighing(say: Saying, policy: Policy, test: Balanstest, measured: Measured) -> Iterator[Block]:
    interest, *overviews = answers.weighing(say, test)
    yield interest
    made = measured.overview
    differing = differences(made, test) if made else ()
    for answer, outcome in zip(overviews, OUTCOMES, strict=True):
        yield answer
        if told := [difference_told(say, one) for one in differing if one.outcome == outcome]:
            yield Paragraph(" ".join([say.words("document.overviews.differ"), *told]), "notice")
        if made:
            yield from overview_blocks(say, made, test, outcome)
    if made:
        yield from history_blocks(say, made, tells_balanstest=_tells_balanstest(policy))
    else:
        yield Paragraph(say.words(f"document.missing.{measured.no_overview}"), "notice")


def _picture(say: Saying, test: Balanstest, measured: Measured) -> Iterator[Block]:
    """Yield the picture in which the argument of section 4 can be seen, and what its marks mean."""
    if measured.overview is None:
        return
    made = list(pictures(say, measured.overview, test))
    yield from made
    if made:
        yield Paragraph(say.words("document.picture.how"), "quiet")
    if left := products_left(measured.overview, test):
        yield Paragraph(say.words.counted("document.picture.left", left), "quiet")


def _trials(say: Saying, test: Balanstest, measured: Measured) -> Iterator[Block]:
    if measured.simulation:
        yield from trial_blocks(say, measured.simulation, test)
    else:
        yield Paragraph(say.words(f"document.missing.trials_{measured.no_simulation}"))


def _tells_balanstest(policy: Policy) -> bool:
    """Whether the history tells which balanstest a call was under: by its product, or because there is only one."""
    by_product = policy.contacts is not None and policy.contacts.columns.product is not None
    return by_product or len(policy.balanstests) == 1
