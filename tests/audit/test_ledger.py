"""The ledger: whose it is, what a crash may leave of its last line, and who may add to it."""

from __future__ import annotations

import json
import subprocess

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.audit.ledger import Ledger, event_hash, read_chain
from balansfilter.errors import AuditError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "courant" / "ledger.jsonl"


def failure(run_id, message="m"):
    return {"run_id": run_id, "code": "source", "exit": 4, "message": message}


def test_the_first_event_says_whose_ledger_it_is(path):
    Ledger(path).append("run.failed", failure("a"))
    opened, failed = read_chain(path).events
    assert (opened.event, opened.body) == ("ledger.opened", {"ledger": 2, "brand": "courant"})
    assert failed.prev == opened.hash


def test_the_ledger_of_another_brand_is_refused(path):
    Ledger(path).append("run.failed", failure("a"))
    other = path.parents[1] / "tijding" / "ledger.jsonl"
    other.parent.mkdir()
    path.rename(other)
    with pytest.raises(AuditError) as told:
        Ledger(other)
    assert "is the ledger of the brand courant, not of tijding" in str(told.value)


@given(cut=st.integers(min_value=1))
def test_a_torn_line_never_counts_and_never_harms(tmp_path_factory, cut):
    path = tmp_path_factory.mktemp("audit") / "courant" / "ledger.jsonl"
    ledger = Ledger(path)
    ledger.append("run.failed", failure("a"))
    before = path.read_bytes()
    ledger.append("run.failed", failure("b", "é"))
    line = path.read_bytes()[len(before) :]
    kept = line[: cut % len(line)]
    path.write_bytes(before + kept)

    again = Ledger(path)
    again.append("run.failed", failure("c"))

    chain = read_chain(path)
    assert not chain.problems
    assert not chain.torn
    whole = kept == line[:-1]
    assert [event.body.get("run_id") for event in chain.events] == [None, "a", *(["b"] if whole else []), "c"]


def test_a_last_line_that_lacks_only_its_end_is_an_event_that_was_written(path):
    Ledger(path).append("run.failed", failure("a"))
    path.write_bytes(path.read_bytes()[:-1])
    assert [event.body.get("run_id") for event in Ledger(path).events] == [None, "a"]
    assert path.read_bytes().endswith(b"}\n")


def test_a_ledger_that_was_changed_takes_no_event(path):
    Ledger(path).append("run.failed", failure("a"))
    path.write_text(path.read_text().replace('"run_id":"a"', '"run_id":"b"'))
    with pytest.raises(AuditError) as told:
        Ledger(path)
    assert f"{path}:2: event 2 does not match its hash" in str(told.value)


texts = st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\x7f", max_codepoint=0xD7FF))
bodies = st.dictionaries(
    texts, st.one_of(texts, st.integers(1 - 2**53, 2**53 - 1), st.booleans(), st.none(), st.lists(texts))
)


@given(body=bodies)
def test_jq_gives_the_same_canonical_text_as_the_ledger(jq, body):
    event = {"seq": 1, "at": "x", "event": "e", "body": body, "prev": "0"}
    done = subprocess.run(
        [jq, "-cjS", "."], input=json.dumps(event, ensure_ascii=False).encode(), capture_output=True, check=True
    )
    assert done.stdout == rfc8785.dumps(event)
    assert len(event_hash(**event)) == 64
