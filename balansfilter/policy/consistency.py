"""What must hold across the fields of a policy.

Each check is one small function over the plain values, gives its findings, and knows nothing of the others; ``CHECKS``
lists them. A policy that passes them and fits the model can be run, given an approval and a law.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator

from balansfilter.policy.findings import Finding, nearest
from balansfilter.policy.scalars import shown
from balansfilter.policy.source_checks import source_findings, sources
from balansfilter.policy.tree import Tree
from balansfilter.remote import is_object, is_postgres, wrong_with

_NO_ANSWER = re.compile(
    r"to ?do\b.*|tbd|nvt|n ?v ?t|n ?a|ntb|x{2,}|(nog )?(in te )?(vullen|invullen)|nader te bepalen|vul (hier )?in|"
    r"niet van toepassing",
    re.IGNORECASE | re.DOTALL,
)


def inconsistencies(values: object, brand: str | None, countries: Collection[str] | None) -> Iterator[Finding]:
    """Yield everything that does not hold; `brand` is the name of the file, `countries` the codes that exist."""
    policy = Tree(values)
    for check in CHECKS:
        yield from check(policy)
    yield from _file_bears_its_brand(policy, brand)
    yield from _countries_exist(policy, countries)


def _file_bears_its_brand(policy: Tree, brand: str | None) -> Iterator[Finding]:
    at = policy / "brand"
    if brand is not None and at.text is not None and at.text != brand:
        yield Finding(at.path, f"is not the name of the file, {brand}.yaml", "rename the file, or correct the brand")


def _countries_exist(policy: Tree, countries: Collection[str] | None) -> Iterator[Finding]:
    for source in sources(policy) if countries is not None else []:
        named = [source / "country", source / "default_country", *(source / "allow_countries").items()]
        for at in named:
            if re.fullmatch("[A-Z]{2}", at.text or "") and at.text not in (countries or ()):
                yield Finding(
                    at.path, f"{at.text} is no country with phone numbers", nearest(at.text or "", countries or ())
                )


# --- where a list goes ---------------------------------------------------------------------------------------


def lists_go_where_they_can(policy: Tree) -> Iterator[Finding]:
    """An address that a list goes to is of the right kind, and holds no password and no key."""
    copied, table = policy / "output" / "copy_to", policy / "output" / "postgres"
    for at, is_right, wanted in (
        (copied, is_object, "write s3://bucket/folder, gs://bucket/folder or az://container/folder"),
        (table / "url", is_postgres, "write postgresql://host/database"),
    ):
        wrong = wrong_with(at.text or "") or (None if not at or is_right(at.text or "") else ("cannot be used", wanted))
        if wrong:
            yield Finding(at.path, *wrong)
        for name in re.findall(r"\{([^{}]*)\}", at.text or ""):
            if name != "brand" or at is not copied:
                yield Finding(at.path, f"has an unknown placeholder {{{shown(name)}}}", "write {brand}, or a name")
    if table and not re.fullmatch(r"[^.\s][^.]*(\.[^.\s][^.]*)?", (table / "table").text or "x"):
        yield Finding((table / "table").path, "is no name of a table", "write it as name, or as schema.name")


# --- the grounds ----------------------------------------------------------------------------------------------


def some_way_to_call(policy: Tree) -> Iterator[Finding]:
    """A brand that neither asks for consent nor screens everybody must have weighed interests first."""
    screen, consent = policy / "bel_me_niet" / "screen", policy / "consent"
    tests = policy / "balanstests"
    consents = consent.refused or (consent / "accept").value is True or (consent / "accept").refused
    if not tests.items() and not tests.refused and not consents and screen.value in (None, "never"):
        message = "there is no balanstest, no `consent: {accept: true}` and no screening, so nobody may be called"
        yield Finding(tests.path, message, "accept consent, or write a balanstest")


def screening_past_the_term_needs_a_term(policy: Tree) -> Iterator[Finding]:
    """Screening only past the term needs a balanstest to say what the term is."""
    screen = policy / "bel_me_niet" / "screen"
    if screen.value == "after_term" and not (policy / "balanstests"):
        yield Finding(screen.path, "is `after_term`, but no balanstest gives a term", "write one, or use `always`")


def screening_has_a_register(policy: Tree) -> Iterator[Finding]:
    """A register is named if, and only if, it is used."""
    screen, register = policy / "bel_me_niet" / "screen", policy / "bel_me_niet" / "register"
    if screen.value in ("after_term", "always") and not register:
        yield Finding(
            screen.path, f"is `{screen.value}`, but no register is named", "name one under bel_me_niet.register"
        )
    if register and screen.value in (None, "never"):
        message = "is named, but with `screen: never` it is not used"
        yield Finding(
            register.path, message, "set screen to after_term or always, or take the register out", at_key=True
        )


def consent_has_a_date(policy: Tree) -> Iterator[Finding]:
    """Consent counts from its day; a column with that day is no use, and a trap, unless the policy says so."""
    consent, columns = policy / "consent", policy / "call_list" / "columns"
    if (consent / "accept").value is True and not columns / "consent_on":
        yield Finding((consent / "accept").path, "needs the day of the consent", "map call_list.columns.consent_on")
    for column in (columns / "consent_on", columns / "consent_for", columns / "consent_proof"):
        if column and not consent:
            message = "is mapped, but the policy does not say whether consent counts"
            yield Finding(column.path, message, "add `consent: {accept: true, valid_for: 24 months}`, or accept: false")


def consent_is_for_a_product(policy: Tree) -> Iterator[Finding]:
    """A consent for some products says something only of rows that name theirs."""
    columns = policy / "call_list" / "columns"
    if columns / "consent_for" and not columns / "product":
        message = "needs the product of each row"
        yield Finding((columns / "consent_for").path, message, "map call_list.columns.product")


# --- the balanstests ------------------------------------------------------------------------------------------


def ids_are_unique(policy: Tree) -> Iterator[Finding]:
    """Each balanstest has an id of its own."""
    yield from _repeated([test / "id" for test in (policy / "balanstests").items()], "is the id of another balanstest")


def products_have_one_balanstest(policy: Tree) -> Iterator[Finding]:
    """A product stands under one balanstest; "*" is one balanstest, for the products without their own."""
    tests = [test / "products" for test in (policy / "balanstests").items()]
    message = 'is `"*"`, but another balanstest is for the whole organisation already'
    yield from _repeated([test for test in tests if test.text == "*"], message)
    products = [product for test in tests for product in test.items()]
    yield from _repeated(products, "is a product of a balanstest already")
    for product in products:
        if product.text == "*":
            yield Finding(
                product.path, 'is "*" in a list, which would be a product of that name', 'write `products: "*"`'
            )


def products_are_in_the_call_list(policy: Tree) -> Iterator[Finding]:
    """A balanstest for some products needs a column that tells them."""
    columns = policy / "call_list" / "columns"
    named = [test / "products" for test in (policy / "balanstests").items() if (test / "products").items()]
    if named and columns and not columns / "product":
        message = f"needs the product of a row, for the products of {_name_of(named[0])}"
        yield Finding((columns / "product").path, message, 'map call_list.columns.product, or use products: "*"')


def terms_have_an_anchor(policy: Tree) -> Iterator[Finding]:
    """A term is counted from a day that the call list must give."""
    columns = policy / "call_list" / "columns"
    anchors = ("last_purchase_on", "contract_ended_on", "active", "relation_began_on")
    if (policy / "balanstests").items() and columns and not any(columns / anchor for anchor in anchors):
        message = "has no day from which the term is counted"
        yield Finding(columns.path, message, "map last_purchase_on, contract_ended_on or active")


def terms_outlast_the_start(policy: Tree) -> Iterator[Finding]:
    """The first call lies within the term."""
    for test in (policy / "balanstests").items():
        term, start = (test / "max_term").span, (test / "start_after").span
        if term and start and start.longer_than(term):
            yield Finding((test / "max_term").path, f"ends before calling starts, {start} after the anchor date")


def attempts_have_contacts(policy: Tree) -> Iterator[Finding]:
    """Calls can be counted only where their history is given."""
    for test in (policy / "balanstests").items():
        if test / "max_attempts" and not policy / "contacts":
            yield Finding((test / "max_attempts").path, "needs the calls that were made", "add `contacts`", at_key=True)


def reviews_follow_approvals(policy: Tree) -> Iterator[Finding]:
    """An approval does not lapse before it was given."""
    for test in (policy / "balanstests").items():
        review = test / "approval" / "review_by"
        given, last = (test / "approval" / "on").day, review.day
        if given and last and given > last:
            yield Finding(review.path, f"lies before the day of the approval, {given}")


# --- the objections -------------------------------------------------------------------------------------------


def some_objections_live(policy: Tree) -> Iterator[Finding]:
    """Whoever objects today gets into a file: not every one of them is a closed archive."""
    sources = (policy / "objections").items()
    if sources and all(source / "closed" for source in sources):
        message = "are closed archives only, so that nobody who objects now is found"
        yield Finding(
            (policy / "objections").path, message, "add the file that objections come into today", at_key=True
        )


def archives_have_no_age(policy: Tree) -> Iterator[Finding]:
    """A closed archive is as old as it is."""
    for source in (policy / "objections").items():
        for key in ("max_age", "snapshot_on"):
            if source / "closed" and source / key:
                message = "says how old the file may be, but it is closed"
                yield Finding((source / key).path, message, "take one of the two out", at_key=True)


def newest_has_a_day(policy: Tree) -> Iterator[Finding]:
    """The newest objection can be told where the day of each is there; no other file has one."""
    sources = (policy / "objections").items()
    for source in sources:
        if (source / "snapshot_on").text == "newest" and not source / "columns" / "objected_on":
            message = "is `newest`, but the day of the objections is not mapped"
            yield Finding((source / "snapshot_on").path, message, "map columns.objected_on")
    others = (policy / "call_list", policy / "contacts", policy / "bel_me_niet" / "register")
    for source in others:
        if (source / "snapshot_on").text == "newest":
            message = "is `newest`, which only objections can be"
            yield Finding((source / "snapshot_on").path, message, "write modified, filename or a date")


# --- the rest -------------------------------------------------------------------------------------------------


def annotations_are_unique(policy: Tree) -> Iterator[Finding]:
    """Each annotation is one column of the output."""
    yield from _repeated((policy / "output" / "annotate").items(), "is here twice")


def annotations_have_names_of_their_own(policy: Tree) -> Iterator[Finding]:
    """An added column has a name that no other one has, nor a column that the call list is known to have."""
    output, columns = policy / "output", policy / "call_list" / "columns"
    given = {added: at for added, at in (output / "annotate_as").pairs() if at}
    annotate = [at.text or "" for at in (output / "annotate").items()]
    if not output / "annotate":
        annotate = ["basis", "callable_until"]
    taken = {at.text: "a column of the call list" for at in columns.texts()}
    for added in dict.fromkeys(annotate):
        at = given.get(added, output / "annotate")
        name = at.text if added in given else added
        if name in taken:
            yield Finding(at.path, f"names {taken[name]}: {shown(name or '')}", "give it a name of its own")
        taken[name] = "another added column"
    for added, at in given.items():
        if added not in annotate:
            yield Finding(at.path, "names a column that is not added", "add it to output.annotate, or take it out")


def answers_say_something(policy: Tree) -> Iterator[Finding]:
    """An ellipsis, "TODO" or "n.v.t." is no answer."""
    named = [policy / "name", policy / "controller"]
    for test in (policy / "balanstests").items():
        named += [*(test / "answers").texts(), test / "approval" / "by", test / "approval" / "role"]
    for at in named:
        if at.text and says_nothing(at.text):
            yield Finding(at.path, "is missing: only a placeholder stands here", "write the answer out")


def says_nothing(text: str) -> bool:
    """Whether a text is only a placeholder for an answer."""
    bare = re.sub(r"[\W_]+", " ", text.replace(".", "")).strip()
    return not bare or _NO_ANSWER.fullmatch(bare) is not None


def _repeated(entries: list[Tree], message: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for at in entries:
        if at.text in seen:
            yield Finding(at.path, message)
        elif at.text:
            seen.add(at.text)


def _name_of(products: Tree) -> str:
    return f"{products.path[0]}[{products.path[1]}]"


CHECKS: tuple[Callable[[Tree], Iterator[Finding]], ...] = (
    lists_go_where_they_can,
    some_way_to_call,
    screening_past_the_term_needs_a_term,
    screening_has_a_register,
    consent_has_a_date,
    consent_is_for_a_product,
    ids_are_unique,
    products_have_one_balanstest,
    products_are_in_the_call_list,
    terms_have_an_anchor,
    terms_outlast_the_start,
    attempts_have_contacts,
    reviews_follow_approvals,
    some_objections_live,
    archives_have_no_age,
    newest_has_a_day,
    annotations_are_unique,
    annotations_have_names_of_their_own,
    answers_say_something,
    source_findings,
)
