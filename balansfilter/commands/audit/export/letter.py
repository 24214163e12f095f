"""The letter to a consumer: what was decided on this person, why, until when, and what can be done about it.

It speaks of one person alone: never of what another did, and with no digests.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from balansfilter.commands.audit.export.statement import typeset, web_page
from balansfilter.commands.explanation import Explanation, RowExplained
from balansfilter.commands.whose_objection import may_be_told, refuse_several
from balansfilter.frozen import dataclass
from balansfilter.native.parallel import WORKERS
from balansfilter.pipeline.intake import Intake
from balansfilter.pipeline.ruling import Ruling
from balansfilter.policy.loading import base_folder
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site, work_folder
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import Language

FORMS = ("html", "pdf", "txt")


@dataclass(frozen=True)
class NumberOrigin:
    """Where the number of a row comes from, and since when it is known; None where that is not recorded."""

    source: str | None
    obtained_on: date | None


def origins(configs: Path, site: Site, ruling: Ruling, explanation: Explanation) -> tuple[dict[int, NumberOrigin], int]:
    """Read of a person's rows where their numbers come from, and how many customers the rows are of.

    :raises SourceError: the call list cannot be read.
    """
    spec, plan = ruling.loaded.policy.call_list, ruling.plan
    wanted = {row.row for row in explanation.rows}
    named = [name for name in (spec.columns.source, spec.columns.obtained_on) if name]
    found: dict[int, NumberOrigin] = {}
    people: set[str] = set()
    with work_folder(site) as scratch, ThreadPoolExecutor(WORKERS) as pool:
        zone, day = ZoneInfo(site.timezone), explanation.asked_on
        intake = Intake(ruling.sources, plan, base_folder(configs), zone, scratch, {}, pool, day=day)
        dates = intake.dates_of(spec)
        columns = [*plan.numbers.names, spec.columns.customer_id, *named]
        with intake.open(spec, "call_list", columns, on_bad_row=spec.on_bad_row) as source:
            for block in source.blocks():
                rows = block.parse()
                places = [place for place, row in enumerate(rows.row.to_list()) if row in wanted]
                if not places:
                    continue
                ids = rows.column(spec.columns.customer_id)
                sources = rows.column(spec.columns.source) if spec.columns.source else None
                since = spec.columns.obtained_on
                days = dates.read(rows.column(since), since).day if since else None
                for place in places:
                    people.add(str(ids[place]).strip())
                    where = str(sources[place]).strip() if sources is not None else ""
                    found[int(rows.row[place])] = NumberOrigin(where or None, days[place] if days is not None else None)
    return found, len(people)


def letter(
    explanation: Explanation, policy: Policy, origin: dict[int, NumberOrigin], day: date, language: Language
) -> dict[str, Any]:
    """Return what the letter says, in words: the same for every form."""
    words = load_wording(language)
    return {
        "language": language,
        "title": words("letter.title", name=policy.name),
        "name": policy.controller,
        "day": words.formats.day(day),
        "greeting": words("letter.greeting"),
        "parts": [
            {"heading": heading, "texts": texts} for heading, texts in _parts(words, explanation, policy, origin)
        ],
        "closing": words("letter.closing"),
        "signed": policy.controller,
    }


def _parts(
    words: Wording, explanation: Explanation, policy: Policy, origin: dict[int, NumberOrigin]
) -> Iterator[tuple[str, list[str]]]:
    as_of = words.formats.day(explanation.as_of)
    begins = [words("letter.list", day=as_of)]
    if explanation.closed:
        begins.insert(0, words("letter.closed", day=words.formats.day(explanation.closed.day), next=as_of))
    decided = [text for row in explanation.rows for text in _decided(words, row, explanation, policy)]
    if not explanation.rows:
        decided = [words("letter.not_on_list", day=as_of)]
        decided += [words("letter.objected")] if explanation.own_objection else []
    yield words("letter.headings.decided"), list(dict.fromkeys([*begins, *decided]))
    if explanation.rows:
        told = [_origin(words, origin.get(row.row, NumberOrigin(None, None))) for row in explanation.rows]
        yield words("letter.headings.origin"), list(dict.fromkeys(told))
    contact = policy.contact or words("letter.contact_unknown", name=policy.controller)
    yield words("letter.headings.object"), [words("letter.object", contact=contact), words("letter.rights")]
    yield words("letter.headings.complain"), [words("letter.complain_ap"), words("letter.complain_acm")]


def _decided(words: Wording, row: RowExplained, explanation: Explanation, policy: Policy) -> Iterator[str]:
    if row.callable:
        yield words("letter.callable")
        yield words(f"letter.grounds.{row.basis}", name=policy.name)
        yield from _term(words, row, words.formats.day(explanation.as_of))
        return
    yield words("letter.dropped")
    if not may_be_told(row.reason, own=explanation.own_objection):
        yield words("letter.left_alone")
    elif row.reason == "objected":
        yield words("letter.objected")
    else:
        yield words(f"letter.reasons.{row.reason}")


def _term(words: Wording, row: RowExplained, as_of: str) -> Iterator[str]:
    """Say from when until when the ground of a row carries a call."""
    day = words.formats.day
    still = row.basis == "customer" and row.active
    if still:
        yield words("letter.since.still", day=as_of)
    elif row.anchor and row.basis != "register":
        yield words(f"letter.since.{'consent' if row.basis == 'consent' else 'purchase'}", day=day(row.anchor))
    if row.callable_until:
        yield words("letter.until_still" if still else "letter.until", day=day(row.callable_until), as_of=as_of)


def _origin(words: Wording, origin: NumberOrigin) -> str:
    since = words("letter.origin_since", day=words.formats.day(origin.obtained_on)) if origin.obtained_on else ""
    source = words("letter.origin_source", source=origin.source) if origin.source else ""
    if not since and not source:
        return words("letter.origin_unknown")
    return " ".join(part for part in (source or words("letter.origin_no_source"), since) if part)


def refuse_shared(people: int, phone: str | None) -> None:
    """Refuse a letter on a number that several customers share: it would tell one of the other.

    :raises UsageError: the number that was asked for is of several customers.
    """
    if phone is not None:
        refuse_several(people)


def set_letter(told: dict[str, Any], form: str) -> bytes:
    """Set a letter as a page, as PDF, or as plain text.

    :raises UsageError: the extra `pdf` is not installed.
    """
    if form == "pdf":
        return typeset(told, "letter.typ")
    return web_page(told, "letter.html").encode() if form == "html" else _plain(told).encode()


def _plain(told: dict[str, Any]) -> str:
    lines = [told["name"], told["day"], "", told["title"], "", told["greeting"], ""]
    for part in told["parts"]:
        lines += [part["heading"], *(f"  {text}" for text in part["texts"]), ""]
    return "\n".join([*lines, told["closing"], told["signed"], ""])
