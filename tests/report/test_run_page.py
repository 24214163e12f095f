"""What the page of a run says, in both languages."""

import re

import pytest

from balansfilter.errors import AuditError
from balansfilter.report.page import run_page
from balansfilter.report.runs import TREND_RUNS, before
from tests.report.page_reader import pairs, read, said, table
from tests.report.samples import (
    CHECKPOINT,
    HOSTILE,
    SAMPLES,
    earlier,
    hostile,
    manifest,
    no_balanstest,
    no_rows,
    one_row,
)


def page(made, previous=(), language="nl"):
    return read(run_page(made, previous, CHECKPOINT, language))


def verdict(root):
    return [said(one) for one in root.iter("p") if one.get("class") == "said"]


@pytest.mark.parametrize(
    ("made", "dutch", "english"),
    [
        (
            manifest(),
            "Gepubliceerd: van 4.207 rijen mogen er 1.724 worden gebeld op 3 maart 2026.",
            "Published: of 4,207 rows, 1,724 may be called on 3 March 2026.",
        ),
        (
            one_row(),
            "Gepubliceerd: van 1 rij mag er 1 worden gebeld op 3 maart 2026.",
            "Published: of 1 row, 1 may be called on 3 March 2026.",
        ),
        (
            manifest({"": {"objected": 2}}),
            "Gepubliceerd: van 2 rijen mag er geen enkele worden gebeld op 3 maart 2026.",
            "Published: of 2 rows, none may be called on 3 March 2026.",
        ),
        (
            no_rows(),
            "Gepubliceerd: het belbestand voor 3 maart 2026 bevat geen rijen.",
            "Published: the call list for 3 March 2026 has no rows.",
        ),
    ],
    ids=["many", "one", "none", "empty"],
)
def test_the_verdict_comes_first(made, dutch, english):
    assert verdict(page(made)) == [dutch]
    assert verdict(page(made, language="en")) == [english]


def test_the_waterfall_as_a_table():
    assert table(page(manifest()), "De cijfers bij de grafiek") == [
        ["Stap", "Rijen", "Aandeel", "Over"],
        ["Rijen op het belbestand", "4.207", "100,0%", "4.207"],
        ["Bezwaar gemaakt", "−221", "5,3%", "3.986"],
        ["Product zonder balanstest", "−1.185", "28,2%", "2.801"],
        ["Wachttijd loopt nog", "−32", "0,8%", "2.769"],
        ["Klanttermijn verstreken", "−1.045", "24,8%", "1.724"],
        ["Te bellen", "1.724", "41,0%", "1.724"],
        ["Grond: Toestemming", "12", "0,3%", ""],
        ["Grond: Klantrelatie", "1.712", "40,7%", ""],
    ]


def test_the_waterfall_as_a_picture_says_the_same_in_words():
    root = page(manifest(), language="en")
    chart = next(root.iter("svg"))
    names = {one.get("id"): said(one) for one in chart if one.get("id")}
    assert chart.get("role") == "img"
    assert [names[name] for name in chart.get("aria-labelledby").split()] == [
        "From all rows to the rows that may be called",
        "Of 4,207 rows, to be called: 1,724. Dropped: 2,483, for these reasons: objected 221, product without balanstest 1,185, waiting time not over 32 and customer term expired 1,045.",
    ]


def test_each_balanstest_with_its_grounds_and_reasons():
    assert table(page(manifest(), language="en"), "Rows by balanstest, ground and reason") == [
        ["Balanstest", "Rows", "Callable", "Dropped"],
        ["abonnementen customer term 24 months", "2,581", "1,392 53.9%", "1,189"],
        [
            "Callable on the ground of: Consent 12Customer relation 1,380 Dropped: Objected 144Customer term expired 1,045"
        ],
        ["maandbladen customer term 24 months", "433", "332 76.7%", "101"],
        ["Callable on the ground of: Customer relation 332 Dropped: Objected 69Waiting time not over 32"],
        ["No balanstest", "1,193", "0 0.0%", "1,193"],
        ["Dropped: Objected 8Product without balanstest 1,185"],
    ]


def test_the_sources_with_their_freshness():
    root = page(manifest())
    assert table(root, "Bronnen, hun datum en hun geldigheid") == [
        ["Bron", "Rijen", "Stand van", "Geldig tot en met", "Controlegetal"],
        ["Belbestand call_list.csv", "4.207", "2 maart 2026", "geen grens", "abababababab…"],
        [
            "Bezwaren, bestand 1 objections.csv",
            "1.234 waarvan 1.200 van kracht 1 niet bruikbaar",
            "2 maart 2026",
            "3 maart 2026",
            "abababababab…",
        ],
    ]
    assert (
        "Bezwaren, bestand 1: 1 rij is niet bruikbaar, want er staat geen leesbaar nummer of klantnummer in."
        in said(root)
    )


def test_the_guards_with_their_limits():
    assert table(page(manifest(), language="en"), "Checks, with the limit and what was found") == [
        ["Check", "Limit", "Found", "Result"],
        ["Rows on the call list", "at least 1,000", "4,207", "✓ Passed"],
        ["Rows that cannot be read", "at most 0.5%", "0", "✓ Passed"],
    ]


def test_the_approvals():
    made = manifest(as_of="2027-02-01")
    root = page(made)
    assert table(root, "Goedkeuringen en de datum waarop ze verlopen")[1] == [
        "abonnementen",
        "24 maanden",
        "2 maart 2026 door S. de Ridder, Compliance",
        "2 maart 2027 (verloopt binnenkort)",
        "0d0d0d0d0d0d…",
    ]
    assert "De goedkeuring van balanstest abonnementen verloopt na 2 maart 2027." in said(root)
    assert "verloopt binnenkort" not in said(page(manifest()))


def test_the_difference_with_the_run_before():
    assert table(page(manifest(), earlier(2), "en"), "Numbers of this run and the previous one") == [
        ["Number", "Now", "Previous", "Difference"],
        ["Rows on the call list", "4,207", "2,671", "+1,536"],
        ["Callable", "1,724", "1,670", "+54"],
        ["Ground: Consent", "12", "0", "+12"],
        ["Ground: Customer relation", "1,712", "1,670", "+42"],
        ["Dropped", "2,483", "1,001", "+1,482"],
        ["Objected", "221", "101", "+120"],
        ["Product without balanstest", "1,185", "0", "+1,185"],
        ["Waiting time not over", "32", "0", "+32"],
        ["Customer term expired", "1,045", "900", "+145"],
    ]


def test_no_difference_and_no_run_before_are_said():
    assert "De aantallen zijn gelijk aan die van de vorige run." in said(page(manifest(), [manifest()]))
    assert "Dit is de eerste gepubliceerde run" in said(page(manifest()))


def test_the_trend_has_a_row_and_two_bars_for_each_run():
    root = page(manifest(), earlier(13), "en")
    rows = table(root, "The last runs, the newest first")
    assert rows[1] == ["3 March 2026 20260303T021508Z-a1b2c3", "4,207", "1,724", "41.0%"]
    assert rows[14] == ["18 February 2026 20260218T021508Z-00000d", "2,323", "1,310", "56.4%"]
    chart = list(root.iter("svg"))[1]
    assert len([bar for bar in chart.iter("rect") if "callable" in bar.get("class")]) == 14
    assert "14 runs, from 18 February 2026 to 3 March 2026." in said(chart.find("desc"))


def test_the_chain_of_runs_before_ends_where_a_manifest_is_gone_and_where_the_trend_ends():
    runs = [manifest(run_id=str(n), previous=str(n - 1) if n > 1 else None) for n in range(1, 31)]
    by_id = {run["run_id"]: run for run in runs}
    assert [run["run_id"] for run in before(by_id["30"], by_id.get)] == [
        str(n) for n in range(29, 29 - TREND_RUNS + 1, -1)
    ]
    del by_id["27"]
    assert [run["run_id"] for run in before(by_id["30"], by_id.get)] == ["29", "28"]
    assert before(runs[0], by_id.get) == ()


def test_the_checkpoint_can_be_copied_into_a_command():
    told = "balansfilter audit verify --brand noorderpost --head 1041:" + "5f" * 32
    assert told in [said(one) for one in page(manifest()).iter("pre")]


def test_every_short_digest_leads_to_the_full_one():
    root = page(manifest(), language="en")
    ids = {one.get("id"): one for one in root.iter() if one.get("id")}
    links = [one for one in root.iter("a") if one.get("class") == "digest"]
    assert len(links) == 4
    for link in links:
        full = said(ids[link.get("href")[1:]].find("dd"))
        assert len(full) == 64
        assert full.startswith(said(link).removesuffix("…"))


def test_every_reason_and_ground_is_explained_with_its_rows():
    told = [said(one) for one in page(manifest()).iter("li")]
    assert (
        "Bezwaar gemaakt objected: 221 rijenDe persoon heeft laten weten niet meer gebeld te willen worden. Dat gaat boven al het andere, geldt voor alle rijen van deze persoon, en geldt tot de persoon het zelf intrekt."
        in told
    )
    assert (
        "Staat in het register listed: 0 rijenAlle nummers waarop deze persoon anders gebeld had mogen worden, staan in het bel-me-nietregister."
        in told
    )
    assert (
        "Toestemming consent: 12 rijenDe persoon heeft vooraf toestemming gegeven, en die toestemming is op de beldatum nog geldig."
        in told
    )


def test_no_law_and_no_balanstest_are_said():
    root = page(no_balanstest())
    assert "Er zijn geen wettelijke regels toegepast." in said(root)
    assert "Dit merk heeft geen balanstest." in said(root)
    assert "Toegepaste regels Geen wettelijke regels toegepast (eigen bestand van de gebruiker)" in pairs(root)
    assert "geen einddatum" in said(root)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("nl", "2 rijen hebben een woord dat geen ja en geen nee is"),
        ("en", "2 rows have a word that is neither yes nor no"),
    ],
)
def test_warnings_of_the_run_stand_in_the_language_of_the_page(language, told):
    made = manifest(warnings=["2 rows have a word that is neither yes nor no (rows 3, 9)"])
    assert told in said(read(run_page(made, [], CHECKPOINT, language)))


def test_moments_are_told_as_the_clock_of_the_time_zone_says_them():
    utc, local = (
        said(read(run_page(manifest(), [], CHECKPOINT, "nl", zone=zone))) for zone in ("UTC", "Europe/Amsterdam")
    )
    assert " UTC" in utc
    assert " UTC" not in local
    assert re.search(r"\d\d:\d\d CES?T", local)


def test_what_comes_from_data_is_text_and_nothing_else():
    told = run_page(hostile(), [], CHECKPOINT, "en")
    root = read(told)
    assert HOSTILE in said(next(root.iter("h1")))
    assert HOSTILE in table(root, "Rows by balanstest, ground and reason")[1][0]
    assert HOSTILE in table(root, "Approvals and the day on which they lapse")[1][0]
    assert not list(root.iter("script"))
    assert "<script" not in told
    assert told.count("</style>") == 1


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_page_is_the_same_each_time(sample):
    made = SAMPLES[sample]()
    assert run_page(made, earlier(3), CHECKPOINT) == run_page(made, earlier(3), CHECKPOINT)


def test_rows_that_no_reason_explains_are_never_passed_over():
    made = manifest()
    made["reasons"] = made["reasons"] | {"a_new_reason": 5}
    with pytest.raises(AuditError, match="does not add up"):
        run_page(made | {"rows": made["rows"] + 5}, [], CHECKPOINT)
