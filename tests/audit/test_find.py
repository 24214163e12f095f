"""Who was decided on, found again by number or customer id: in every run, under every key, with or without an index."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.audit.decision_files import DecisionFile, RunDecisions, place_of
from balansfilter.audit.find import Identity
from balansfilter.audit.history import KnownFile
from balansfilter.audit.index import is_indexed, make_index, rows_of
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.rekey import rekey
from balansfilter.errors import AuditError
from balansfilter.fs.private import sha256_file
from balansfilter.policy.loading import load_site
from tests.audit.story import POLICY, audited, held, make_folder, past, people, run_days
from tests.brandfolder import merged


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = make_folder(tmp_path_factory.mktemp("found"))
    run_days(made, 0)
    rekey(made.configs, load_site(made.configs), lost=False, lock_wait=0)
    run_days(made, 1, 2)
    return made


@pytest.mark.slow
def test_everybody_is_found_in_every_run_whatever_the_key(folder):
    runs = list(past(folder).runs)
    assert len({run.key_id for run in past(folder).runs.values()}) == 2
    for row, person in enumerate(people(), start=1):
        expected = {run_id: [row] for run_id in runs}
        assert held(folder, customer_id=person.customer_id) == expected
        assert held(folder, number=f"+31{person.mobile[1:]}") == expected
        if person.landline:
            assert held(folder, number=f"+31{person.landline[1:]}") == expected


def test_nobody_else_is_found(folder):
    assert held(folder, customer_id="K999") == {}
    assert held(folder, number="+31699999999") == {}
    assert held(folder, customer_id="+31610000000") == {}


def test_the_timeline_tells_the_decision_and_the_balanstest_of_that_day(folder):
    told = json.loads(
        folder.cli("explain", "--brand", "courant", "--phone", "06 1000 0007", "--history", "--json").stdout
    )
    assert told["searched"] == 3
    first = told["moments"][0]
    assert first["as_of"] == "2026-11-18"
    assert first["replaced_at"] == told["moments"][1]["published_at"]
    assert told["moments"][2]["replaced_at"] is None
    assert first["rows"] == [
        {
            "row": 2,
            "product": "dagblad",
            "decision": "callable",
            "basis": "customer",
            "reason": None,
            "anchor": "2026-08-09",
            "callable_until": "2028-08-09",
            "balanstest": "kranten",
        }
    ]
    assert first["balanstests"][0]["max_term"] == "24 months"
    assert first["balanstests"][0]["answers"]["substantiation"]


def test_one_run_or_one_day_is_asked_for(folder):
    run_id = list(past(folder).runs)[1]
    by_run = json.loads(
        folder.cli("explain", "--brand", "courant", "--customer", "K001", "--run", run_id, "--json").stdout
    )
    by_day = json.loads(
        folder.cli("explain", "--brand", "courant", "--customer", "K001", "--on", "2026-11-19", "--json").stdout
    )
    assert [moment["run_id"] for moment in by_run["moments"]] == [run_id]
    assert by_run == by_day


def test_nothing_that_was_asked_for_is_repeated(folder):
    for asked in (("--phone", "0610000007"), ("--customer", "K001")):
        done = folder.cli("explain", "--brand", "courant", *asked, "--history")
        assert done.returncode == 0
        assert asked[1] not in done.stdout + done.stderr


def test_a_number_that_is_none_is_refused_without_repeating_it(folder):
    done = folder.cli("audit", "recall", "--brand", "courant", "--phone", "061234")
    assert done.returncode == 2
    assert "061234" not in done.stdout + done.stderr


@pytest.mark.slow
def test_an_index_is_made_again_whatever_became_of_it(folder):
    expected = held(folder, customer_id="K004")
    indexes = sorted(audited(folder).indexes.glob("*.index"))
    assert len(indexes) == 3
    whole = [path.read_bytes() for path in indexes]
    rng = random.Random(3)
    for attempt in range(60):
        for path, data in zip(indexes, whole, strict=True):
            path.write_bytes(_damaged(data, rng))
        if attempt % 10 == 0:
            indexes[0].unlink()
        assert held(folder, customer_id="K004") == expected


def _damaged(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return rng.choice([data[:at], data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :], b""])


def test_an_index_of_other_decisions_is_not_used(folder):
    run = past(folder).last
    (known,) = run.decision_files
    other = replace(run, decision_files=(replace(known, sha256="0" * 64),))
    brand = audited(folder)
    assert is_indexed(RunDecisions.of(brand.audit, run), brand.indexes)
    assert not is_indexed(RunDecisions.of(brand.audit, other), brand.indexes)


def test_decisions_that_are_gone_are_told_and_not_passed_over(folder, tmp_path):
    path = audited(folder).audit.decisions(past(folder).last.run_id)
    away = tmp_path / "away"
    path.rename(away)
    try:
        with pytest.raises(AuditError, match="are gone; see: balansfilter audit verify"):
            held(folder, customer_id="K001")
    finally:
        away.rename(path)


hashes = st.one_of(
    st.integers(0, 2**128 - 1).map("{:032x}".format),
    st.sampled_from(["0" * 32, "f" * 32, "0" * 8 + "f" * 24, "f" * 8 + "0" * 24, "00000001" + "0" * 24]),
)


@given(
    rows=st.lists(st.tuples(st.none() | hashes, st.none() | hashes, st.none() | hashes), max_size=30),
    most=st.none() | st.integers(1, 31),
)
def test_the_index_gives_every_row_of_a_hash(tmp_path_factory, rows, most):
    folder = tmp_path_factory.mktemp("index")
    columns = ("customer", "number_1", "number_2")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")
    frame = frame.with_columns(pl.all().str.decode("hex")).with_row_index("row", 1).cast({"row": pl.UInt64})
    files = []
    for number, before in enumerate(range(0, max(1, len(rows)), most or max(1, len(rows)))):
        part = None if most is None else f"part-{number:05}.parquet"
        piece = frame.slice(before, most)
        place = place_of(folder / "decisions" / "run.parquet", part)
        place.path.parent.mkdir(parents=True, exist_ok=True)
        piece.write_parquet(place.path)
        files.append(
            DecisionFile(f"run.{number}", place, before, KnownFile(part, piece.height, sha256_file(place.path), 2))
        )
    decisions = RunDecisions("run", True, folder / "decisions" / "run.parquet", tuple(files))
    make_index(decisions, folder)
    for one in {cell for row in rows for cell in row if cell} | {"f" * 32, "0" * 32}:
        for kind, cells in {"customer": slice(0, 1), "number": slice(1, 3)}.items():
            holding = {number for number, row in enumerate(rows, start=1) if one in row[cells]}
            near = {
                n for n, row in enumerate(rows, start=1) if any(cell and cell[:15] == one[:15] for cell in row[cells])
            }
            assert holding <= set(rows_of(decisions, folder, {kind: one})) <= near


@pytest.mark.parametrize("rows_per_part", [None, 7])
def test_a_search_before_a_forgetting_is_finished_leaves_no_index_that_finds_the_forgotten(
    tmp_path, monkeypatch, rows_per_part
):
    """The ledger says it first: until the files are in their place they are not what it says."""

    def killed(*_):
        raise KeyboardInterrupt

    made = make_folder(tmp_path)
    made.write_policy(merged(POLICY, {"output": {"rows_per_part": rows_per_part}}))
    run_days(made, 0)
    monkeypatch.setattr("balansfilter.commands.audit.forget.finish_pending", killed)
    with pytest.raises(KeyboardInterrupt):
        forget(audited(made), Identity(None, "K008"), lists=False, lock_wait=0)
    kept = {path.name for path in audited(made).indexes.glob("*.index")}
    assert len(kept) == (5 if rows_per_part else 0)
    assert not any("part-00002" in name for name in kept)
    with pytest.raises(AuditError, match="are not what the ledger says; see: balansfilter audit verify"):
        held(made, customer_id="K008")
    with audited(made).locked("whatever comes next", 0):
        pass
    assert held(made, customer_id="K008") == {}
    assert len(held(made, customer_id="K007")) == 1
