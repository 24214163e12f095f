"""The catalogue: both languages say the same things, with the same values to fill in."""

from string import Formatter

import pytest

from balansfilter.decision.reasons import REASONS
from balansfilter.policy.law import GROUNDS
from balansfilter.policy.model import Policy
from balansfilter.wording.catalogue import FORMS, load_wording
from balansfilter.wording.formats import LANGUAGES

NL, EN = load_wording("nl"), load_wording("en")
GUARDS = ("min_rows", "max_unreadable", "max_dropped", "max_row_change")


def forms(text):
    return [text] if isinstance(text, str) else list(text.values())


def fields(text):
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_both_languages_have_every_text():
    assert NL.texts.keys() == EN.texts.keys()


@pytest.mark.parametrize("name", sorted(NL.texts))
def test_both_languages_fill_in_the_same_values_in_every_form(name):
    nl, en = NL.texts[name], EN.texts[name]
    assert isinstance(nl, str) == isinstance(en, str)
    wanted = {frozenset(fields(text)) for text in (*forms(nl), *forms(en))}
    assert len(wanted) == 1, wanted
    assert all(text.strip() == text and text for text in (*forms(nl), *forms(en)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_text_by_number_has_the_forms_that_its_language_has(language):
    words = load_wording(language)
    assert {words.formats.plural(count) for count in range(200)} == FORMS


@pytest.mark.parametrize("words", [NL, EN], ids=LANGUAGES)
def test_every_reason_has_a_label_that_fits_in_a_chart_and_a_meaning_in_sentences(words):
    for reason in REASONS:
        assert len(words(f"terms.reasons.{reason}.label")) <= 26
        meaning = words(f"terms.reasons.{reason}.meaning")
        assert meaning.endswith(".")
        assert meaning[0].isupper()


@pytest.mark.parametrize("words", [NL, EN], ids=LANGUAGES)
def test_labels_are_different(words):
    labels = [words(f"terms.reasons.{reason}.label") for reason in REASONS]
    assert len(set(labels)) == len(REASONS)


def test_every_name_that_a_page_can_meet_has_its_words():
    sectors = Policy.model_fields["sector"].annotation.__args__
    names = [f"terms.reasons.{reason}.{part}" for reason in REASONS for part in ("label", "meaning")]
    names += [f"terms.grounds.{ground}.{part}" for ground in GROUNDS for part in ("label", "meaning")]
    names += [f"terms.guards.{guard}.{part}" for guard in GUARDS for part in ("label", "limit")]
    names += [f"terms.sectors.{sector}" for sector in sectors]
    names += [f"terms.spans.{unit}" for unit in ("day", "week", "month", "year")]
    assert set(names) <= NL.texts.keys()


def test_a_text_by_number_takes_the_form_of_its_number():
    assert [NL.counted("terms.rows", n) for n in (0, 1, 2, 4000)] == ["0 rijen", "1 rij", "2 rijen", "4.000 rijen"]
    assert [EN.counted("terms.rows", n) for n in (0, 1, 2, 4000)] == ["0 rows", "1 row", "2 rows", "4,000 rows"]


def test_a_text_by_number_is_never_given_without_one():
    with pytest.raises(KeyError):
        NL("terms.rows")
    with pytest.raises(KeyError):
        NL.counted("terms.reasons.objected.label", 2)


def test_a_missing_value_is_never_left_open():
    with pytest.raises(KeyError):
        NL("report.page.up")


@pytest.mark.parametrize(
    ("span", "dutch", "english"),
    [
        ("24 months", "24 maanden", "24 months"),
        ("1 month", "1 maand", "1 month"),
        ("1 year", "1 jaar", "1 year"),
        ("3 years", "3 jaar", "3 years"),
        ("14 days", "14 dagen", "14 days"),
        ("1 day", "1 dag", "1 day"),
        ("2 weeks", "2 weken", "2 weeks"),
        ("1096 days", "1.096 dagen", "1,096 days"),
    ],
)
def test_spans(span, dutch, english):
    assert (NL.span(span), EN.span(span)) == (dutch, english)
