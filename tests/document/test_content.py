"""What a document says: golden texts in both languages, how each balanstest stands, and figures that are the overview's.

`UPDATE_GOLDEN=1` writes the golden files anew, to be read before they are committed.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.balanstest import Bands, overview
from balansfilter.balanstest.bands import Band
from balansfilter.balanstest.definitions import definitions
from balansfilter.balanstest.expected import Turn
from balansfilter.balanstest.moments import OUTCOMES
from balansfilter.balanstest.placing import LEFT_OUT
from balansfilter.balanstest.rates import Interval, Rate
from balansfilter.balanstest.stories import RateChange, Story
from balansfilter.document import overviews
from balansfilter.document.content import compose
from balansfilter.document.lawful import law_blocks
from balansfilter.document.measured import Measured, candidate_terms
from balansfilter.document.saying import Saying, paragraphs, printable
from balansfilter.document.standing import standing_of
from balansfilter.document.told_figures import Difference, Told, bands_of, difference_told
from balansfilter.document.trials import turn_text
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import check_policy, load_policy, load_site
from balansfilter.policy.values import Span
from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import LANGUAGES
from tests.brandfolder import AS_OF
from tests.document.samples import CONFIGS, HOSTILE, NAMES, SAMPLES, brand_of, everything, sample, texts

GOLDEN = Path(__file__).parent / "golden"
NOT_MADE = Measured(None, None, "not_asked", "not_asked")
DRAFTS = {"unapproved", "lapsed", "not yet", "changed", "over the ceiling"}


def said(document) -> str:
    return "\n".join(everything(document)) + "\n"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["ordinary", "lapsed", "no customer ground", "one call"])
def test_what_people_read(name, language):
    path = GOLDEN / f"{name.replace(' ', '_')}.{language}.txt"
    document = sample(name, language)
    text = f"[{document.draft}]\n{said(document)}"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_only_what_wants_something_is_a_draft(name):
    assert [sample(name, language).draft for language in LANGUAGES] == (
        ["CONCEPT", "DRAFT"] if name in DRAFTS else ["", ""]
    )


@pytest.mark.parametrize("name", SAMPLES)
def test_a_draft_is_what_a_run_would_refuse(name, tmp_path):
    made = SAMPLES[name]
    policy = load_policy(brand_of(tmp_path, made).policy_file)
    law = load_law(policy.law)
    standings = [standing_of(policy, test, made.as_of, law) for test in policy.balanstests]
    assert any(one.is_draft for one in standings) == bool(check_policy(policy, as_of=made.as_of, law=law))


@pytest.mark.parametrize("days", [-1, 0, 1])
def test_an_approval_holds_up_to_and_including_its_last_day(days):
    policy = load_policy(CONFIGS / "brands" / "goedgeluk.yaml")
    (test,) = policy.balanstests
    law, approval = load_law(policy.law), test.approval
    assert standing_of(policy, test, approval.review_by + timedelta(days), law).wanting == (
        ("lapsed",) if days > 0 else ()
    )
    assert standing_of(policy, test, approval.on + timedelta(days), law).wanting == (("not_yet",) if days < 0 else ())


def test_every_answer_of_the_policy_is_there():
    policy = load_policy(CONFIGS / "brands" / "noorderpost.yaml")
    law = load_law(policy.law)
    for test in policy.balanstests:
        told = said(compose(policy, test, AS_OF, law, NOT_MADE))
        given = test.answers.model_dump(exclude_none=True)
        parts = [given["substantiation"], *given.get("assessment", {}).values()]
        parts += [value for part in ("customer_relation", "impact", "weighing") for value in given[part].values()]
        for answer in parts:
            for text in [answer] if isinstance(answer, str) else answer:
                assert " ".join(text.split()) in told


def test_questions_without_an_answer_are_asked_all_the_same():
    assessment = next(one for one in sample("no history").sections if one.name == "assessment")
    questions = [block for block in assessment.blocks if block.kind == "answer"]
    assert len(questions) == 11
    assert not any(one.answered or one.said for one in questions)


def test_the_tables_are_the_overview():
    site = load_site(CONFIGS)
    ends = bands_of(load_policy(CONFIGS / "brands" / "goedgeluk.yaml").balanstests[0])
    figures = overview(CONFIGS, site, "goedgeluk", AS_OF, bands=ends).overall.bands
    weighing = next(one for one in sample("ordinary").sections if one.name == "weighing")
    tables = [block for block in weighing.blocks if block.kind == "table"]
    charts = [block for block in weighing.blocks if block.kind == "chart"]
    assert [table.about.target for table in tables] == ["share", "first_call"] * 3
    for table, chart, outcome in zip(tables[::2], charts, ("conversions", "objections", "complaints"), strict=True):
        rates = [getattr(one, outcome) for one in figures]
        assert [row.cells[1] for row in table.rows] == [f"{one.calls:,}".replace(",", ".") for one in figures]
        assert [int(row.cells[3]) for row in table.rows] == [rate.count for rate in rates]
        assert [(bar.value, bar.low, bar.high) for bar in chart.bars] == [
            (rate.interval.value, rate.interval.low, rate.interval.high) for rate in rates
        ]
        assert [bar.told for bar in chart.bars] == [row.cells[4] for row in table.rows]
        assert [row.cells[5] for row in table.rows] == [f"{rate.effect:.2f}".replace(".", ",") for rate in rates]
        assert max(bar.high for bar in chart.bars) == chart.scale


def test_the_table_of_the_people_is_the_overview():
    ends = bands_of(load_policy(CONFIGS / "brands" / "goedgeluk.yaml").balanstests[0])
    series = overview(CONFIGS, load_site(CONFIGS), "goedgeluk", AS_OF, bands=ends).overall.series
    weighing = next(one for one in sample("ordinary").sections if one.name == "weighing")
    table = [block for block in weighing.blocks if block.kind == "table"][3]
    say = Saying(load_wording("nl"))
    told = [[say.rate(one.objections) for one in series[name]] for name in ("first_call", "person", "person_up_to")]
    assert [row.cells[2:] for row in table.rows] == list(zip(*told, strict=True))
    assert [row.cells[1] for row in table.rows] == [say.count(one.people) for one in series["person"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_table_leads_to_what_its_figures_are(language):
    sections = {one.name: one.blocks for one in sample("ordinary", language).sections}
    defined = next(block for block in sections["definitions"] if block.kind == "definitions")
    told = [(one.name, one.title, one.what, one.formula, one.source) for one in defined.entries]
    assert told == [
        (one.name, one.title, one.what, one.formula, one.source) for one in definitions(load_wording(language))
    ]
    tables = [block for name in ("weighing", "trials") for block in sections[name] if block.kind == "table"]
    assert {table.about.target for table in tables} == {"share", "first_call", "year", "added", "avoided"}
    assert "definitions" not in {one.name for one in sample("no history", language).sections}


BANDS = Bands((Span("6 months"), Span("12 months"))).all
TURNS = [
    Turn("unknown", 1, None, None, (), 0),
    Turn("turns", 1, BANDS[0], None, (), 1),
    Turn("turns", 1, BANDS[1], BANDS[0], (BANDS[0],), 2),
    Turn("unclear", 1, BANDS[1], BANDS[0], (), 2),
    Turn("too_few", 1, BANDS[0], None, (), 1),
    Turn("too_few", 1, BANDS[1], BANDS[0], (), 2),
    Turn("does_not_turn", 1, None, BANDS[1], (), 2),
]


def test_where_a_curve_turns_is_said_with_what_carries_it():
    assert [turn_text(Saying(load_wording("en")), turn) for turn in TURNS] == [
        "It cannot be told where the balance turns. For that it must be known how every call ended.",
        (
            "The balance turns at 0–6 months: in this group, at 95%, there are more than one objection or complaint for each"
            " conversion."
            " That is the very first group."
        ),
        (
            "The balance turns at 7–12 months: in this group, at 95%, there are more than one objection or complaint for each"
            " conversion."
            " Up to and including 6 months that is not so."
            " At 0–6 months the interval does reach above that: the balance may turn there already."
            " It was looked for in 2 groups one after another, each at 95%; taken together that is less sure."
        ),
        (
            "The balance seems to turn at 7–12 months, with more than one objection or complaint for each conversion, but"
            " there are too few calls to establish that. Up to and including 6 months that is not so."
            " It was looked for in 2 groups one after another, each at 95%; taken together that is less sure."
        ),
        "It cannot be told where the balance turns: there are too few calls at 0–6 months.",
        (
            "It cannot be told where the balance turns: there are too few calls at 7–12 months."
            " Up to and including 6 months that is not so."
            " It was looked for in 2 groups one after another, each at 95%; taken together that is less sure."
        ),
        (
            "The balance does not turn up to and including 12 months: there are not more than one objection or complaint"
            " for each conversion."
            " It was looked for in 2 groups one after another, each at 95%; taken together that is less sure."
        ),
    ]


NAMED = [
    (Band(None, Span("1 month")), "0–1 maanden"),
    (Band(Span("1 month"), Span("2 months")), "2 maanden"),
    (Band(Span("1 year"), Span("2 years")), "13–24 maanden"),
    (Band(Span("36 months"), None), "meer dan 36 maanden"),
    (Band(None, Span("90 days")), "hoogstens 90 dagen"),
    (Band(Span("90 days"), Span("6 months")), "meer dan 90 dagen en hoogstens 6 maanden"),
    (Band(Span("3 weeks"), None), "meer dan 3 weken"),
]


@pytest.mark.parametrize(("band", "dutch"), NAMED)
def test_bands_are_named(band, dutch):
    assert Saying(load_wording("nl")).band(band) == dutch


def test_a_group_without_an_end_is_told_in_a_sentence():
    share = Told(36, None, Decimal("0.01"), Decimal("0.001"))
    told = difference_told(Saying(load_wording("nl")), Difference("conversions", share, None))
    assert told.startswith("Bij meer dan 36 maanden noemt het antwoord 1,0%")


def test_few_calls_are_pointed_out():
    told = said(sample("one call", "en"))
    assert "100.00% (20.65%–100.00%)*" in told
    assert "* Too few calls or people: the interval is wider than 4 percentage points." in told
    assert "It cannot be told where the balance turns: there are too few calls at 0–6 months." in told


def test_what_the_history_does_not_tell_is_said():
    assert "vermeldt geen conversies" in said(sample("nothing known of how calls ended"))
    assert "niet wat op de dag van een belpoging de laatste aankoop was" in said(sample("no purchase day"))
    told = said(sample("two balanstests, no product"))
    assert "zegt niet over welk product een belpoging ging" in told
    assert "1 van de 3 belpogingen heeft geen aankoopdatum en telt niet mee." in told
    assert "Van 1 belpoging is niet bekend naar wie zij ging" in told
    assert (
        "Na een belpoging: 1, waarvan na een die meetelt: 1; niet na een belpoging: 1; zonder leesbare dag of persoon: 0."
        in said(sample("objections of their own"))
    )


def test_texts_are_never_read_as_names_to_fill_in():
    assert HOSTILE in said(sample("hostile")).splitlines()


def test_the_terms_that_are_tried_out_grow_and_hold_the_balanstests_own():
    terms = candidate_terms([Span("20 months"), Span("3 years"), Span("90 days")])
    assert [str(one) for one in terms] == [
        "90 days", "6 months", "12 months", "18 months", "20 months", "24 months", "30 months", "3 years",
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 2000), st.sampled_from(["days", "weeks", "months", "years"])), max_size=4))
def test_any_terms_can_be_the_ends_of_bands(spans):
    own = [Span(f"{count} {unit}") for count, unit in spans]
    terms = candidate_terms(own)
    assert Bands(terms).edges == terms
    assert not own or own[0] in terms


@given(st.text())
def test_every_text_becomes_lines_that_xml_can_hold(text):
    for line in (printable(text), *paragraphs(text)):
        assert line.split() == line.split(" ") or not line
        assert all(char == "\t" or " " <= char < "\x7f" or char >= "\xa0" for char in line)
        assert not any("\ud800" <= char <= "\udfff" or char in "\ufffe\uffff" for char in line)


def test_paragraphs_stay_paragraphs():
    relation = next(one for one in sample("paragraphs").sections if one.name == "relation")
    assert relation.blocks[0].said == ("Eerste.", "Tweede.", "Derde.")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["nl", "none"])
@pytest.mark.parametrize("day", [date(2012, 3, 1), date(2020, 6, 15), date(2026, 11, 23)])
def test_every_rule_of_the_day_is_given_in_the_language_of_the_reader(day, name, language):
    law, policy = load_law(name), load_policy(CONFIGS / "brands" / "zonnestroom.yaml")
    told = [text for block in law_blocks(Saying(load_wording(language)), policy, day, law) for text in texts(block)]
    for _, rule in law.rules_on(day):
        for text in (rule.rule, *rule.sources):
            assert text.said(language) in told
    for note in (*law.profile.notes, *([law.profile.caution] if law.profile.caution else [])):
        assert note.said(language) in told


def own_rules(tmp_path):
    """Return what is said of a law profile of a user's own."""
    (tmp_path / "laws").mkdir()
    rules = "law: nl\ntitle: Eigen\nnotes: [Let op]\nwarning: Pas op\nperiods:\n  - from: 2000-01-01\n"
    rules += f"    rule: 'Alles mag. {HOSTILE}'\n    grounds: {{customer: [press]}}\n    sources: [Bron]\n"
    rules += "ceilings:\n  - {from: 2001-01-01, term: 3 years, rule: Ten hoogste drie jaar.}\n"
    (tmp_path / "laws" / "nl.yaml").write_text(rules, encoding="utf-8")
    policy = load_policy(CONFIGS / "brands" / "zonnestroom.yaml")
    law = load_law("nl", tmp_path)
    blocks = law_blocks(Saying(load_wording("nl")), policy, AS_OF, law)
    return [text for block in blocks for text in texts(block)]


def test_rules_of_a_users_own_are_given_as_they_stand(tmp_path):
    told = own_rules(tmp_path)
    for text in (f"Alles mag. {HOSTILE}", "Bron", "Let op", "Pas op", "Ten hoogste drie jaar.", "Geen", "3 jaar"):
        assert text in told


def test_a_day_that_the_law_is_silent_on_is_refused():
    from balansfilter.errors import PolicyError

    policy = load_policy(CONFIGS / "brands" / "goedgeluk.yaml")
    with pytest.raises(PolicyError, match="knows no rules"):
        compose(policy, policy.balanstests[0], date(1999, 1, 1), load_law("nl"), NOT_MADE)


def test_a_small_picture_for_each_of_the_larger_products():
    section = next(one for one in sample("several products").sections if one.name == "substantiation")
    pictures = [block for block in section.blocks if block.kind == "picture"]
    assert [one.small for one in pictures] == [False, *[True] * 6]
    assert len({one.panels[0].top for one in pictures[1:]}) == 1
    told = [block.text for block in section.blocks if block.kind == "paragraph"]
    assert "Van 2 andere producten" in told[-1]


def test_the_picture_shows_what_the_overview_counts():
    made = bands_of(load_policy(CONFIGS / "brands" / "goedgeluk.yaml").balanstests[0])
    figures = overview(CONFIGS, load_site(CONFIGS), "goedgeluk", AS_OF, bands=made).overall.bands
    section = next(one for one in sample("ordinary").sections if one.name == "substantiation")
    picture = next(block for block in section.blocks if block.kind == "picture")
    shares, each_objection, each_complaint = picture.panels
    for series, outcome in zip(shares.series, OUTCOMES, strict=True):
        assert [point.value for point in series.points] == [getattr(one, outcome).interval.value for one in figures]
    assert [round(point.value, 6) for point in each_objection.series[0].points] == [
        round(one.conversions.count / one.objections.count, 6) for one in figures if one.objections.count
    ]
    assert (each_objection.bottom, each_objection.top) == (each_complaint.bottom, each_complaint.top)
    assert picture.term == 18


def tell_an_odd_history(say):
    """What only a history with unclear words, repeated rows and people of two stories makes a document say."""
    made = overview(CONFIGS, load_site(CONFIGS), "goedgeluk", AS_OF)
    odd = {"unreadable_flags": {"verkoop": 2}, "unreached": dict.fromkeys(OUTCOMES, 1)}
    told = Told(0, 6, Decimal("0.1"), Decimal("0.1"))
    assert [difference_told(say, Difference("conversions", told, rate)) for rate in (None, Rate(1, 20))]
    list(overviews._notes(say, replace(made, **odd, repeated=2, too_shared=2, without_person=1)))
    low, high = Interval(0.1, 0.09, 0.11), Interval(0.3, 0.29, 0.31)
    changes = [
        RateChange(BANDS[0], BANDS[1], before, after) for before, after in ((low, high), (high, low), (low, low))
    ]
    assert [change.course for change in changes] == ["rises", "falls", "level"]
    for outcome in OUTCOMES:
        headings = ("since", "reached", f"{outcome}.counted", "share", "effect")
        overviews._table(say, f"{outcome}.table_reached", headings, iter(()), "reached")
        for calls in changes:
            for people in (None, *changes):
                overviews._story(say, Story(outcome, calls, people))


def test_every_text_of_the_documents_is_used(monkeypatch, tmp_path):
    used = set()
    call, counted = Wording.__call__, Wording.counted
    monkeypatch.setattr(
        Wording, "__call__", lambda self, name, /, **values: used.add(name) or call(self, name, **values)
    )
    monkeypatch.setattr(
        Wording, "counted", lambda self, name, n, /, **values: used.add(name) or counted(self, name, n, **values)
    )
    from balansfilter.document.web_page import web_page

    sample.cache_clear()
    for name in NAMES:
        web_page(sample(name))
    web_page(sample("no history", "en"))
    policy = load_policy(CONFIGS / "brands" / "goedgeluk.yaml")
    for recorded in (False, True):
        compose(policy, policy.balanstests[0], AS_OF, load_law("nl"), NOT_MADE, recorded=recorded)
    list(law_blocks(Saying(load_wording("nl")), policy, date(2020, 6, 15), load_law("nl")))
    say = Saying(load_wording("nl"))
    for turn in TURNS:
        turn_text(say, turn)
    for band, _ in NAMED:
        say.band(band)
    tell_an_odd_history(say)
    own_rules(tmp_path)
    texts_of = {name for name in load_wording("nl").texts if name.startswith("document.")}
    left_out = {f"document.left_out.{why}" for why in LEFT_OUT}
    assert texts_of - used == left_out - used
