"""The answers from a file: complete, with mistakes, and the form that is to be filled in."""

import os
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.interview.finish import draft
from balansfilter.interview.policy_text import PolicyText
from balansfilter.policy.loading import load_policy
from balansfilter.policy.yaml_file import parse_yaml
from balansfilter.wording.catalogue import load_wording
from tests.brandfolder import ANSWERS, cli, merged, snapshot

TREE = {
    "name": "Zonnestroom",
    "controller": "Zonnestroom Energie B.V.",
    "sector": "commercial",
    "consent": {"accept": True, "valid_for": "24 months"},
    "balanstests": [
        {
            "id": "levering",
            "products": ["Stroom", "Gas"],
            "max_term": "12 months",
            "start_after": "30 days",
            "answers": ANSWERS,
        }
    ],
    "call_list": {"path": "fixtures/zonnestroom/call_list.csv"},
    "objections": [{"path": "fixtures/zonnestroom/objections.csv"}],
}


def init(project, tree, *more):
    text = tree if isinstance(tree, str) else yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)
    (project / "answers.yaml").write_text(text, encoding="utf-8")
    arguments = ("init", "zonnestroom", "--answers", str(project / "answers.yaml"), *more)
    return cli("--configs", str(project / "configs"), *arguments)


def policy_file(project):
    return project / "configs" / "brands" / "zonnestroom.yaml"


def test_complete_answers_make_a_policy_without_a_question(project):
    done = init(project, TREE)
    assert (done.returncode, done.stderr) == (0, "")
    assert "balanstest approve --brand zonnestroom --id levering --by NAME --role ROLE" in done.stdout
    policy = load_policy(policy_file(project))
    assert (policy.call_list.csv.separator, policy.call_list.csv.encoding) == (";", "windows-1252")
    assert (policy.call_list.date_format, policy.objections[0].date_format) == ("%d-%m-%Y", "%d-%m-%Y")
    assert policy.call_list.columns.consent_on == "Toestemming gegeven op"
    assert policy.objections[0].columns.withdrawn_on == "Ingetrokken op"
    assert policy.balanstests[0].answers.model_dump(mode="json", exclude_none=True) == ANSWERS
    assert oct(policy_file(project).stat().st_mode & 0o777) == "0o644"


def test_every_mistake_is_told_at_once_and_where_it_stands(project):
    wrong = merged(
        TREE,
        {
            "sector": "energie",
            "controler": "Typefout B.V.",
            "call_list": {
                "columns": {"customer_id": "Klantnummer", "phone": "Telefon", "last_purchase_on": "Laatste levering"}
            },
            "objections": [{"path": "fixtures/zonnestroom/niets.csv"}],
            "guards": {"max_unreadable": "veel"},
        },
    )
    wrong["balanstests"][0]["max_term"] = "een jaar"
    wrong["balanstests"][0]["answers"]["weighing"]["interest"] = "TODO"
    wrong["balanstests"][0]["approval"] = {"by": "iemand"}
    before = snapshot(project / "configs")
    done = init(project, wrong)
    assert done.returncode == 3
    places = {match[1] for match in re.finditer(r"answers\.yaml:\d+:\d+: ([\w.\[\]]+): ", done.stderr)}
    assert places >= {
        "sector",
        "controler",
        "call_list.columns.phone",
        "objections[0].path",
        "guards.max_unreadable",
        "balanstests[0].max_term",
        "balanstests[0].answers.weighing.interest",
        "balanstests[0].approval",
    }
    assert "did you mean `Telefoon`?" in done.stderr
    assert snapshot(project / "configs") == before


def test_the_form_unfilled_lacks_every_answer(project):
    form = cli("init", "zonnestroom", "--print-answers")
    assert form.returncode == 0
    done = init(project, form.stdout)
    assert done.returncode == 3
    assert done.stderr.count("only a placeholder stands here") == 26
    assert not policy_file(project).exists()


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_form_filled_in_makes_a_policy(project, language):
    form = cli("init", "zonnestroom", "--print-answers", "--lang", language).stdout
    for key, value in {
        "sector": "press",
        "max_term": "12 months",
        "path": "fixtures/zonnestroom/call_list.csv",
        "  - path": "fixtures/zonnestroom/objections.csv",
    }.items():
        form = re.sub(rf'^( *{re.escape(key)}): "…"$', rf"\1: {value}", form, count=1, flags=re.MULTILINE)
    form = (
        form.replace("…\n", "Een antwoord.\n")
        .replace('"…"', "Een antwoord")
        .replace("max_age: 1 day", "max_age: 5 years")
    )
    done = init(project, form, "--lang", language)
    assert (done.returncode, done.stderr) == (0, "")
    assert "balansfilter init" in policy_file(project).read_text(encoding="utf-8")


def test_a_source_that_is_wrong_is_told_after_the_policy_was_written(project):
    stale = merged(TREE, {"objections": [{"path": "fixtures/zonnestroom/objections.csv", "max_age": "1 day"}]})
    os.utime(project / "fixtures" / "zonnestroom" / "objections.csv", (0, 0))
    done = init(project, stale)
    assert done.returncode == 4
    assert "objections" in done.stderr
    assert policy_file(project).exists()


def test_a_term_over_the_ceiling_asks_for_the_opinion_in_the_command(project):
    tree = merged(TREE, {})
    tree["balanstests"][0]["max_term"] = "5 years"
    done = init(project, tree)
    assert done.returncode == 0
    assert "--role ROLE --opinion REF" in done.stdout


def test_a_policy_without_any_lawful_ground_is_told_as_such(project):
    tree = {key: value for key, value in TREE.items() if key != "consent"}
    done = init(project, tree)
    assert done.returncode == 3
    assert "the law leaves this policy no ground" in done.stderr


def test_a_file_of_answers_that_is_not_there(project):
    done = cli("--configs", str(project / "configs"), "init", "zonnestroom", "--answers", str(project / "niets.yaml"))
    assert done.returncode == 3
    assert "does not exist" in done.stderr


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Cf", "Cn", "Co")), min_size=1)
ANSWER = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)


@given(ANSWER, st.lists(TEXTS, min_size=1, max_size=4), TEXTS)
def test_what_is_written_is_read_back_the_same(answer, measures, short):
    tree = {
        "name": short,
        "balanstests": [
            {
                "products": measures,
                "answers": {"impact": {"frequency": answer, "measures": measures}, "substantiation": answer},
            }
        ],
        "objections": [{"path": short, "csv": {"separator": "\t"}, "max_unreadable": 0}],
    }
    document = parse_yaml(PolicyText(load_wording("nl")).body(tree), "policy.yaml")
    assert document.problems == ()
    test = document.values["balanstests"][0]
    assert test["answers"]["substantiation"].strip() == answer.strip()
    assert test["answers"]["impact"]["frequency"].strip() == answer.strip()
    assert [text.strip() for text in test["answers"]["impact"]["measures"]] == [text.strip() for text in measures]
    assert (list(test["products"]), document.values["name"]) == (measures, short)
    assert document.values["objections"] == ({"path": short, "csv": {"separator": "\t"}, "max_unreadable": 0},)


def test_a_draft_is_proved_to_say_what_was_answered(project):
    tree = merged(TREE, {"policy": 1, "brand": "zonnestroom", "law": "nl"})
    columns = {
        "phone": "Telefoon",
        "customer_id": "Klantnummer",
        "product": "Product",
        "last_purchase_on": "Dag",
        "consent_on": "T",
    }
    tree["call_list"]["columns"] = columns
    tree["objections"][0]["columns"] = {"phone": "Telefoonnummer"}
    loaded = draft(tree, policy_file(project), load_wording("en"))
    assert loaded.policy.call_list.columns.last_purchase_on == "Dag"
    assert loaded.text.startswith("# yaml-language-server: $schema=../policy.schema.json\n")
    assert not policy_file(project).exists()
