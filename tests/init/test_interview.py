"""The interview on a real terminal: to a policy that runs; interrupted; stepping back; asking for help."""

import re
import shutil
import stat
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from balansfilter.balanstest import simulate
from balansfilter.commands.balanstest.act import ApprovalRequest, look_at
from balansfilter.document.told_figures import told_in
from balansfilter.policy.loading import find_brands, load_policy, load_site
from tests.brandfolder import ROOT, cli, read_rows
from tests.init.conftest import REPLIES
from tests.init.on_terminal import OnTerminal

GOLDEN = Path(__file__).parent / "golden" / "zonnestroom.yaml"


def interview(project: Path, *more: str) -> OnTerminal:
    return OnTerminal("--configs", str(project / "configs"), "init", "zonnestroom", *more)


def policy_file(project: Path) -> Path:
    return project / "configs" / "brands" / "zonnestroom.yaml"


def saved_file(project: Path) -> Path:
    return project / "configs" / "brands" / ".zonnestroom.init.yaml"


def answered(project: Path) -> dict[str, object]:
    kept = yaml.safe_load(saved_file(project).read_text(encoding="utf-8"))["answers"]
    return {".".join(map(str, entry["path"])): entry["value"] for entry in kept}


def test_from_the_first_question_to_a_policy_that_runs_on_the_messy_export(project):
    terminal = interview(project)
    asked = terminal.hold(REPLIES)
    assert terminal.end() == 0, terminal.shown
    assert not [line for line in terminal.shown.splitlines() if line.startswith("!")], terminal.shown
    for number in ("1a", "1b", "1c", "1d", "2a", "2b", "2c", "3a", "3b", "3c", "3d", "4"):
        assert sum(f"\n{number}. " in question for question in asked) == 1
    assert policy_file(project).read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")
    assert (project / "configs" / "policy.schema.json").exists()
    assert not saved_file(project).exists()

    approve = re.search(
        r"balansfilter (--configs \S+ balanstest approve --brand zonnestroom --id levering) ", terminal.shown
    )
    assert approve is not None, terminal.shown
    signed = cli(*approve[1].split(), "--by", "T. Hoekstra", "--role", "Compliance", "--on", "2026-11-02", "--yes")
    assert signed.returncode == 0, signed.stderr
    ran = cli("--configs", str(project / "configs"), "run", "--brand", "zonnestroom", "--as-of", "2026-11-23")
    assert ran.returncode == 0, ran.stderr
    rows = read_rows(project / "out" / "zonnestroom" / "current" / "callable.csv", "cp1252", ";")
    assert 100 < len(rows) < 2500


@pytest.fixture
def history(project):
    """Lay the files of the lottery with its calls beside the project, and give the replies that name them."""
    shutil.copytree(ROOT / "fixtures" / "goedgeluk", project / "fixtures" / "goedgeluk")
    return REPLIES | {
        "In welke sector": "goededoelenloterij",
        "Waar staat het belbestand?": "fixtures/goedgeluk/call_list.csv",
        "Waar staat het bestand met bezwaren?": "fixtures/goedgeluk/objections.csv",
        "Is er een bestand met de belgeschiedenis?": "ja",
        "Waar staat de belgeschiedenis?": "fixtures/goedgeluk/contacts.csv",
    }


@pytest.mark.slow
def test_a_call_history_answers_what_it_can_and_tries_terms_out(project, history):
    replies = history | {
        "Na hoeveel belpogingen": "3",
        "In welke periode": "26 weken",
        **dict.fromkeys(["3b. ", "3c. ", "3d. ", "Wat wordt de klanttermijn?"], ""),
    }
    terminal = OnTerminal("--configs", str(project / "configs"), "init", "goedgeluk")
    asked = terminal.hold(replies)
    assert terminal.end() == 0, terminal.shown
    (term,) = (question for question in asked if "\nWat wordt de klanttermijn?" in question)
    assert re.search(r"\n +termijn +klanten +pogingen +conversies +bezwaren +klachten", term)
    assert sum(bool(re.match(r" +\d\d? maanden +[\d.]+ ", line)) for line in term.splitlines()) == 6
    policy = load_policy(project / "configs" / "brands" / "goedgeluk.yaml")
    assert (policy.sector, policy.consent, policy.balanstests[0].products) == ("charity_lottery", None, "*")
    assert policy.balanstests[0].max_attempts is not None
    assert (policy.balanstests[0].max_attempts.count, str(policy.balanstests[0].max_attempts.within)) == (3, "26 weeks")
    assert policy.contacts is not None
    assert policy.contacts.columns.model_dump() == {
        "phone": "telefoon",
        "phone_country": None,
        "reached": None,
        "customer_id": "deelnemer",
        "called_on": "gebeld_op",
        "converted": "geconverteerd",
        "objected": "bezwaar",
        "complained": "klacht",
        "last_purchase_on": "laatste_aankoop_destijds",
        "product": None,
    }
    terms = {
        str(one.limits.term)
        for one in simulate(project / "configs", load_site(project / "configs"), "goedgeluk", today()).simulated
    }
    assert str(policy.balanstests[0].max_term) in terms
    told = policy.balanstests[0].answers.weighing
    assert [len(list(told_in(text))) for text in (told.conversion, told.objections, told.complaints)] == [7, 7, 7]
    shown = look_at(asking(project, "goedgeluk"))
    assert (shown.differences, shown.blockers) == ((), ())


def asking(project: Path, brand: str) -> ApprovalRequest:
    configs = project / "configs"
    return ApprovalRequest(configs, load_site(configs), brand, "levering", "T. Hoekstra", "Compliance", today())


def today() -> date:
    return datetime.now(ZoneInfo("Europe/Amsterdam")).date()


def test_a_history_without_a_day_of_purchase_is_told_and_asked_by_hand(project, history):
    replies = history | {
        "In welke kolom staat de laatste aankoop zoals": "-",
    }
    terminal = OnTerminal("--configs", str(project / "configs"), "init", "goedgeluk")
    shown = terminal.hold_until("\n3b. ", replies)[-1]
    assert "daarom is hier niets te tellen" in " ".join(shown.split())
    assert shown.endswith("> ")
    assert "[" not in shown.splitlines()[-1]
    terminal.stop()


def test_what_the_history_cannot_tell_is_said_in_one_sentence(project, history):
    contacts = project / "fixtures" / "goedgeluk" / "contacts.csv"
    lines = contacts.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("geconverteerd")
    rows = [line.split(",") for line in lines[1:]]
    for row in rows[1000:]:
        row[place] = "misschien"
    contacts.write_text("\n".join([lines[0], *map(",".join, rows)]) + "\n", encoding="utf-8")
    replies = history | {
        "In welke kolom staat of de belpoging iets opleverde": "geconverteerd",
    }
    terminal = OnTerminal("--configs", str(project / "configs"), "init", "goedgeluk")
    shown = " ".join(terminal.hold_until("\n3b. ", replies)[-1].split())
    assert re.search(
        r"Hier is nu niets te tellen: cellen die geen ja en geen nee zeggen: [\d.]+ van de [\d.]+", shown
    ), shown
    terminal.stop()


def test_a_list_may_be_no_older_than_the_law_lets_it(project):
    terminal = interview(project)
    terminal.hold_until("\nHoe oud mag het bestand", REPLIES)
    terminal.type("6 weken")
    assert "! Wettelijk mag het hoogstens 28 dagen oud zijn" in str(terminal.until_asked())
    terminal.stop()


def test_the_language_is_that_of_the_site_or_of_the_option_before_the_command(project):
    (project / "configs" / "balansfilter.yaml").write_text("lang: en\n", encoding="utf-8")
    terminal = interview(project)
    assert "What is the brand called?" in str(terminal.until_asked())
    terminal.stop()
    terminal = OnTerminal("--configs", str(project / "configs"), "--lang", "nl", "init", "zonnestroom")
    assert "Hoe heet het merk?" in str(terminal.until_asked())
    terminal.stop()


@pytest.mark.slow
def test_no_whole_number_name_or_customer_id_is_shown(project):
    terminal = interview(project)
    terminal.hold(REPLIES)
    terminal.end()
    assert not re.search(r"\d{7}|\d\d[ -]\d\d[ -]\d\d \d\d", terminal.shown)
    for name in ("call_list", "objections"):
        for row in read_rows(project / "fixtures" / "zonnestroom" / f"{name}.csv", "cp1252", ";"):
            hidden = [row[key].strip() for key in ("Klantnummer", "Telefoon", "Telefoonnummer", "Naam") if row.get(key)]
            assert not [cell for cell in hidden if len(cell) > 4 and cell in terminal.shown]


@pytest.mark.parametrize("how", ["interrupted", "closed"])
def test_an_interview_that_was_broken_off_goes_on_where_it_was(project, how):
    terminal = interview(project)
    terminal.hold_until("\n1d. ", REPLIES)
    if how == "closed":
        assert terminal.close() != 0
    else:
        assert terminal.interrupt() == 130
        assert "Verdergaan kan met: balansfilter init zonnestroom" in " ".join(terminal.shown.split())
    assert not policy_file(project).exists()
    assert stat.S_IMODE(saved_file(project).stat().st_mode) == 0o600
    assert answered(project)["controller"] == "Zonnestroom Energie B.V."
    assert find_brands(project / "configs") == ()

    terminal = interview(project)
    asked = terminal.hold(REPLIES)
    assert terminal.end() == 0, terminal.shown
    assert "Daarmee verdergaan?" in asked[0]
    assert "\n1d. " in asked[1]
    assert policy_file(project).read_text(encoding="utf-8") == GOLDEN.read_text(encoding="utf-8")
    assert not saved_file(project).exists()


def test_kept_answers_can_be_let_go(project):
    terminal = interview(project)
    terminal.until_asked()
    terminal.type("Een ander merk")
    terminal.until_asked()
    terminal.interrupt()
    terminal = interview(project)
    assert "1 antwoord" in str(terminal.until_asked()) or "antwoorden" in terminal.shown
    terminal.type("nee")
    assert "[Zonnestroom] > " in str(terminal.until_asked())
    terminal.stop()


@pytest.mark.slow
def test_a_reply_is_looked_at_at_once_and_asked_for_again(project):
    terminal = interview(project)
    terminal.until_asked()
    terminal.type("")
    wrong = {
        "Welke rechtspersoon": ["", "n.v.t.", "Zonnestroom Energie B.V."],
        "In welke sector": ["energie", "6", "Commercieel"],
        "Wordt er gebeld op grond": ["misschien", "ja"],
        "Hoe lang blijft": ["lang", "24 mnd"],
        "Staat in de toestemming zelf": [""],
        "Moet het belbestand": ["1"],
        "Waar staat het belbestand?": ["fixtures/zonnestroom/niets.csv", "fixtures/zonnestroom/call_list.csv"],
        "In welke tekencodering": ["utf-8", "4", "2"],
        "Welk teken staat": [""],
        "Staan in de eerste regel": [""],
        "Hoe zijn de datums": ["dd-mm", "%d-%m-%Y"],
        "In welke kolom staat het klantnummer": ["9", "klantnummer"],
        "In welke kolom of kolommen": ["Naam", "Klantnummer", "3"],
        "In welke kolom staat het product": ["Product"],
        "In welke kolom staat de datum van de laatste": ["Naam", "laatste levering"],
    }
    for question, replies in wrong.items():
        shown = terminal.until_asked()
        assert f"\n{question}" in shown, shown
        for number, reply in enumerate(replies):
            if number:
                assert re.search(r"^! \S.*\.?$", str(terminal.until_asked()), re.MULTILINE), terminal.shown[-500:]
            terminal.type(reply)
    terminal.until_asked()
    kept = answered(project)
    assert (kept["sector"], kept["consent.valid_for"]) == ("commercial", "24 months")
    assert (kept["call_list.csv.encoding"], kept["call_list.date_format"]) == ("windows-1252", "%d-%m-%Y")
    assert (kept["call_list.columns.phone"], kept["call_list.columns.last_purchase_on"]) == (
        "Telefoon",
        "Laatste levering",
    )
    terminal.stop()


def test_help_and_a_step_back_keep_the_former_answer_as_a_proposal(project):
    terminal = interview(project)
    terminal.until_asked()
    terminal.type("Zon")
    terminal.until_asked()
    terminal.type("?")
    assert "niet om het callcenter" in " ".join(str(terminal.until_asked()).split())
    terminal.type("<")
    assert "[Zon] > " in str(terminal.until_asked())
    terminal.type("<")
    assert "Dit is de eerste vraag." in str(terminal.until_asked())
    terminal.type("")
    assert "Welke rechtspersoon" in str(terminal.until_asked())
    assert answered(project)["name"] == "Zon"
    terminal.stop()


def test_it_asks_in_english_and_takes_the_call_list_of_the_command_line(project):
    terminal = interview(project, "--lang", "en", "--call-list", str(project / "fixtures/zonnestroom/call_list.csv"))
    replies = {"Which legal person": "Zonnestroom Energie B.V.", "In which sector": "commercial"}
    shown = terminal.hold_until("Where is the call list?", replies)[-1]
    assert "[fixtures/zonnestroom/call_list.csv] > " in shown
    terminal.stop()


@pytest.mark.slow
def test_what_does_not_hold_across_answers_is_asked_again(project):
    """A call list without any day from which a term could be counted."""
    terminal = interview(project)
    replies = REPLIES | {"In welke kolom staat de datum van de laatste": "-"}
    shown = terminal.hold_until("has no day from which the term is counted", replies)[-1]
    assert "In welke kolom staat het klantnummer" in shown
    terminal.type("")
    again = terminal.hold({"In welke kolom staat de datum van de laatste": "Laatste levering"})
    assert terminal.end() == 0, terminal.shown
    assert len(again) < 12
    assert load_policy(policy_file(project)).call_list.columns.last_purchase_on == "Laatste levering"


def test_a_policy_that_exists_is_never_replaced(project):
    policy_file(project).parent.mkdir()
    policy_file(project).write_text("policy: 1\n", encoding="utf-8")
    done = cli("--configs", str(project / "configs"), "init", "zonnestroom")
    assert done.returncode == 2
    assert "exists already" in done.stderr
    assert policy_file(project).read_text(encoding="utf-8") == "policy: 1\n"


@pytest.mark.slow
def test_a_policy_that_appears_meanwhile_is_not_replaced_either(project):
    terminal = interview(project)
    terminal.hold_until("Het beleid nu schrijven?", REPLIES)
    policy_file(project).write_text("policy: 1\n", encoding="utf-8")
    terminal.type("ja")
    assert terminal.end() == 2
    assert policy_file(project).read_text(encoding="utf-8") == "policy: 1\n"
    assert saved_file(project).exists()
    left = {path.name for path in policy_file(project).parent.iterdir()}
    assert left == {".zonnestroom.init.yaml", "zonnestroom.yaml"}


def test_kept_answers_that_are_damaged_are_not_thrown_away(project):
    saved_file(project).parent.mkdir()
    saved_file(project).write_text("interview: 1\nanswers: oeps\n", encoding="utf-8")
    terminal = interview(project)
    assert terminal.end() == 2
    assert "niet te lezen" in terminal.shown
    assert saved_file(project).exists()


def test_without_a_terminal_it_says_how_to_answer(project):
    done = cli("--configs", str(project / "configs"), "init", "zonnestroom", stdin=-3)
    assert (done.returncode, "--answers" in done.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [(), ("Zonne Stroom",), ("-",)])
def test_a_brand_is_named_as_a_policy_names_it(project, arguments):
    done = cli("--configs", str(project / "configs"), "init", *arguments)
    assert done.returncode == 2
    assert "name the brand in a-z, 0-9 and -" in done.stderr
