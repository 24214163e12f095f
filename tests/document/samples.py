"""Documents of every kind: ordinary ones, drafts for every reason, hostile and long texts, and little or no history."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from balansfilter.document.blocks import Document
from balansfilter.document.document_files import DocumentOrder, documents
from balansfilter.policy.loading import load_site
from balansfilter.wording.formats import Language
from tests.brandfolder import ANSWERS, AS_OF, ROOT, BrandFolder, make_brand, merged, write_rows

CONFIGS = ROOT / "configs"
HOSTILE = '<b onclick="x">&amp;</b> #eval("1") *x* _y_ $z$ `raw` @ref {{ 7*7 }} {0} %s \\u{41} ]] --> é 中 😀'
LONG_WORD = "aaneengeschreven" * 20
LONG = " ".join(["Wie dit leest, heeft geduld nodig."] * 120)
HEADER = ("telefoon", "klantnummer", "gebeld_op", "verkocht", "bezwaar", "klacht", "aankoop", "product")
CONTACTS = {
    "path": "data/{brand}/contacts.csv",
    "columns": {
        "phone": "telefoon",
        "customer_id": "klantnummer",
        "called_on": "gebeld_op",
        "converted": "verkocht",
        "objected": "bezwaar",
        "complained": "klacht",
        "last_purchase_on": "aankoop",
    },
}
CALL = ("0612345678", "K1", "2026-05-01", "ja", "nee", "nee", "2026-01-15", "p7")
CALLS = (
    ("klantnummer", "telefoon", "laatste_aankoop", "product"),
    ("K1", "0612345678", "2026-01-15", "p7"),
    ("K2", "06-12345679", "2025-12-01", "p8"),
)
OBJECTIONS = (("telefoon", "klantnummer", "datum"), ("0687654321", "K9", "2026-03-01"), ("", "K1", "2026-05-03"))
SIGNED = {"by": "A. de Vries", "role": "Directie", "on": date(2026, 1, 5), "review_by": date(2027, 1, 4)}


@dataclass(frozen=True)
class Sample:
    """A brand to make documents of."""

    policy: dict[str, Any]
    """Changes to the policy."""
    contacts: tuple[tuple[str, ...], ...] | None = None
    approval: dict[str, Any] | None = None
    """Changes to the approval, or None to leave it as it is; `{"none": True}` takes it away."""
    as_of: date = AS_OF


def answers(text: str) -> dict[str, Any]:
    """Return answers that all say the same."""
    made = copy.deepcopy(ANSWERS)
    for part in ("customer_relation", "impact", "weighing"):
        made[part] = dict.fromkeys(made[part], text)
    made["impact"]["measures"] = [text, text]
    return made | {"substantiation": text, "assessment": {"data_source": text, "review": text}}


def test_of(**changes: Any) -> dict[str, Any]:
    return {"balanstests": [{"id": "kranten", "products": "*", "max_term": "24 months", **changes}]}


test_of.__test__ = False  # type: ignore[attr-defined]

HUNDRED = [f"p{n}" for n in range(100)]
SAMPLES = {
    "no history": Sample(test_of()),
    "unapproved": Sample(test_of(), approval={"none": True}),
    "lapsed": Sample(test_of(), approval={"review_by": date(2026, 11, 22)}),
    "not yet": Sample(test_of(), approval={"on": date(2026, 11, 24)}),
    "changed": Sample(test_of(), approval={"digest": "sha256:" + "0" * 64}),
    "over the ceiling": Sample(test_of(max_term="48 months")),
    "with an opinion": Sample(test_of(max_term="48 months"), approval={"opinion": HOSTILE}),
    "hostile": Sample(
        {"name": HOSTILE, "controller": HOSTILE, **test_of(answers=answers(HOSTILE), products=[HOSTILE, "x"]), "call_list": {"columns": {"product": "product"}}},
        approval={"by": HOSTILE, "role": HOSTILE, "none": False},
    ),
    "long": Sample({"name": "Een naam van een merk die maar niet ophoudt " * 3, **test_of(answers=answers(LONG))}),
    "long words": Sample({"name": LONG_WORD, "controller": LONG_WORD, **test_of(answers=answers(LONG_WORD))}),
    "paragraphs": Sample(test_of(answers=answers("Eerste.\n\nTweede.\nDerde."))),
    "limits": Sample(test_of(start_after="14 days", max_attempts={"count": 1, "within": "1 month"})
                     | {"contacts": CONTACTS}, (CALL,)),
    "one call": Sample({**test_of(), "contacts": CONTACTS}, (CALL,)),
    "hundred products": Sample(
        {
            **test_of(products=HUNDRED),
            "contacts": merged(CONTACTS, {"columns": {"product": "product"}}),
            "call_list": {"columns": {"product": "product"}},
        },
        (CALL,),
    ),
    "no calls under it": Sample(
        {
            **test_of(products=["zz"]),
            "contacts": merged(CONTACTS, {"columns": {"product": "product"}}),
            "call_list": {"columns": {"product": "product"}},
        },
        (CALL,),
    ),
    "two balanstests, no product": Sample(
        {
            "balanstests": [
                {"id": "kranten", "products": ["a"], "max_term": "24 months"},
                {"id": "bladen", "products": ["b"], "max_term": "90 days"},
            ],
            "contacts": CONTACTS | {"max_unreadable": "100%"},
            "call_list": {"columns": {"product": "product"}},
        },
        (CALL, ("", "", "2026-05-02", "nee", "ja", "nee", "2026-01-15", ""), ("", "K2", "2026-05-02", *CALL[3:6], "", "")),
    ),
    "nothing known of how calls ended": Sample(
        {
            **test_of(),
            "contacts": {**CONTACTS, "columns": {k: v for k, v in CONTACTS["columns"].items()
                                                 if k not in {"converted", "objected", "complained"}}},
        },
        (CALL,),
    ),
    "objections of their own": Sample(
        {
            **test_of(),
            "contacts": {**CONTACTS, "columns": {k: v for k, v in CONTACTS["columns"].items() if k != "objected"}},
            "objections": [{"path": "data/{brand}/objections.csv", "columns": {
                "phone": "telefoon", "customer_id": "klantnummer", "objected_on": "datum"}}],
        },
        (CALL,),
    ),
    "no purchase day": Sample(
        {
            **test_of(),
            "contacts": {**CONTACTS, "columns": {k: v for k, v in CONTACTS["columns"].items() if k != "last_purchase_on"}},
        },
        (CALL,),
    ),
    "no customer ground": Sample({**test_of(), "sector": "commercial", "contacts": CONTACTS}, (CALL,)),
    "no law": Sample({**test_of(), "law": "none"}),
    "before the ceiling": Sample(test_of(), as_of=date(2010, 1, 1)),
    "while opt-in was new": Sample(test_of(), as_of=date(2022, 1, 1)),
}  # fmt: skip


def brand_of(folder: Path, sample: Sample) -> BrandFolder:
    """Make the brand of a sample in a folder."""
    brand = make_brand(folder, sample.policy, calls=CALLS, objections=OBJECTIONS)
    if sample.contacts:
        write_rows(brand.data / "contacts.csv", [HEADER, *sample.contacts])
    if sample.approval is not None:
        _sign(brand, sample)
    return brand


def _sign(brand: BrandFolder, sample: Sample) -> None:
    import yaml

    tree = yaml.safe_load(brand.policy_file.read_text(encoding="utf-8"))
    changes = dict(sample.approval or {})
    if changes.pop("none", False):
        del tree["balanstests"][0]["approval"]
    else:
        tree["balanstests"][0]["approval"] |= SIGNED | changes
    brand.policy_file.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")


def documents_of(configs: Path, brand: str, as_of: date, language: Language) -> tuple[Document, ...]:
    order = DocumentOrder(configs, load_site(configs), brand, as_of, language=language)
    return tuple(document for _, document in documents(order))


@cache
def sample(name: str, language: Language = "nl") -> Document:
    """Return the document of a sample, the first of its brand."""
    if name == "ordinary":
        return documents_of(CONFIGS, "goedgeluk", AS_OF, language)[0]
    with TemporaryDirectory(prefix="balansfilter-") as folder:
        brand = brand_of(Path(folder), SAMPLES[name])
        return documents_of(brand.configs, brand.brand, SAMPLES[name].as_of, language)[0]


NAMES = ("ordinary", *SAMPLES)


def everything(document: Document) -> Iterator[str]:
    """Yield every text that a reader of a document sees, in any form."""
    yield from (document.kind, document.title, document.verdict, *document.remarks, document.foot)
    for fact in document.facts:
        yield from (fact.term, fact.value)
    for section in document.sections:
        yield section.heading
        for block in section.blocks:
            yield from texts(block)


def texts(block: Any) -> Iterator[str]:
    match block.kind:
        case "paragraph":
            yield block.text
        case "bullets":
            yield from block.items
        case "facts":
            for fact in block.facts:
                yield from (fact.term, fact.value)
        case "answer":
            yield from (block.title, *block.said, *([block.enforced] if block.enforced else []))
        case "table":
            yield from (block.caption, *block.headings, *(cell for row in block.rows for cell in row.cells))
        case "chart":
            yield block.title
