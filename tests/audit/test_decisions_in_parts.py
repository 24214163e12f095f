"""Decisions in parts: the rows and the root of one file, each part under its digest, and all that is done with decisions."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter import native
from balansfilter.audit import sealed
from balansfilter.audit.decision_files import DecisionFile, RunDecisions, place_of
from balansfilter.audit.decisions import PseudonymousRows, ToldOutcomes, decisions_schema
from balansfilter.audit.decisions_writer import DecisionsWriter
from balansfilter.audit.find import Identity
from balansfilter.audit.history import KnownFile
from balansfilter.audit.index import is_indexed
from balansfilter.audit.leaves import DAYS, FewNames, Secret, days_of, hash_columns, words_of_hashes
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.sealed import DecisionsOf
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import hold, prunable, release
from balansfilter.commands.audit.reopen import reopen
from balansfilter.errors import AuditError, OutputError, UsageError
from balansfilter.native.combinations import combinations
from balansfilter.native.hmac_sha256 import KeyedHashes
from balansfilter.pipeline.ruling import rule
from tests.audit.story import FIRST_DAY, POLICY, audited, held, make_folder, past, people, run_days, verified
from tests.audit.test_bundle import checked
from tests.brandfolder import merged

IN_SEVENS = merged(POLICY, {"output": {"rows_per_part": 7}})
PARTS = [f"part-{number:05}.parquet" for number in range(1, 7)]
"""Those of forty rows, seven in each."""


@pytest.fixture
def folder(tmp_path):
    """Return a brand with two runs of forty rows, in parts of seven."""
    made = make_folder(tmp_path)
    made.write_policy(IN_SEVENS)
    run_days(made, 0, 1)
    return made


def last(folder):
    """Return the decisions of the last run."""
    return RunDecisions.of(audited(folder).audit, past(folder).last)


# --- the same rows, the same root -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    return rule(make_folder(tmp_path_factory.mktemp("plan")).configs, "courant", FIRST_DAY).plan


HASH = st.none() | st.binary(min_size=16, max_size=16)
ROW = st.fixed_dictionaries(
    {
        "customer": HASH,
        "number_1": HASH,
        "product": st.sampled_from([None, "dagblad", "weekend"]),
        "decision": st.sampled_from(["callable", "dropped"]),
        "reason": st.sampled_from([None, "objected", "expired"]),
        "anchor": st.none() | st.dates(date(2000, 1, 1), date(2030, 1, 1)),
        "balanstest": st.sampled_from([None, "kranten"]),
    }
)


def pseudonymous(frame):
    """Return rows as they come to the writer."""
    together = combinations(frame.select("decision", "basis", "reason", "balanstest"))
    hashes = {
        name: KeyedHashes(words_of_hashes(frame[name]), frame[name].is_not_null().to_numpy())
        for name in hash_columns(frame.columns)
    }
    names = {name: FewNames.of(frame[name]) for name in ("product", *together.rows.columns)}
    told = ToldOutcomes(names, {name: days_of(frame[name]) for name in DAYS}, together)
    return PseudonymousRows(frame["row"][0], hashes, told, np.arange(frame.height, dtype=np.uint32))


def written(folder, plan, frame, block, most):
    """Write rows as decisions, a block at a time."""
    path = folder / "decisions" / "run.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    with DecisionsWriter(path, plan, most) as writer:
        ready = [writer.prepare(pseudonymous(frame.slice(at, block))) for at in range(0, frame.height, block)]
        for one in ready:
            writer.write(one)
        made = writer.finish()
    parts = [(part.name, part.rows, part.sha256) for part in made.parts] if most else [(None, made.rows, made.sha256)]
    files, before = [], 0
    for name, rows, sha256 in parts:
        files.append(DecisionFile(str(name), place_of(path, name), before, KnownFile(name, rows, sha256, 2)))
        before += rows
    return made, RunDecisions("run", True, path, tuple(files))


@pytest.mark.parametrize("one_secret", [True, False])
@given(
    rows=st.lists(ROW, max_size=40),
    block=st.integers(1, 41),
    most=st.integers(1, 41),
    chunk=st.sampled_from([1, 4, 32]),
    many=st.sampled_from([1, 10**9]),
)
def test_however_many_rows_a_part_has_the_rows_and_the_root_are_those_of_one_file(
    tmp_path_factory, plan, one_secret, rows, block, most, chunk, many
):
    schema = decisions_schema(plan)
    frame = pl.DataFrame([{"row": at, **row} for at, row in enumerate(rows, start=1)], schema)
    folder = tmp_path_factory.mktemp("written")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealed, "CHUNK", chunk)
        patch.setattr(native, "MANY", many)
        if one_secret:
            patch.setattr(Secret, "make", lambda: Secret("0123456789abcdef" * 4))
        one, whole = written(folder / "one", plan, frame, block, None)
        made, parted = written(folder / "parted", plan, frame, block, most)
        assert parted.scan().collect().equals(frame)
        assert whole.scan().collect().equals(frame)
        assert [part.rows for part in made.parts[:-1]] == [most] * (len(made.parts) - 1)
        assert made.rows == one.rows == len(rows)
        for part, file in zip(made.parts, parted.files, strict=True):
            data = file.path.read_bytes()
            assert (hashlib.sha256(data).hexdigest(), len(data)) == (part.sha256, part.bytes)
        assert DecisionsOf(parted).recomputed() == replace(DecisionsOf(whole).recomputed(), root=made.root)
        assert (made.root == one.root) or not one_secret
        proved = DecisionsOf(parted).proved(range(1, len(rows) + 1))
        assert proved.root == made.root
        assert [row.row for row in proved.rows] == list(range(1, len(rows) + 1))
        if one_secret:
            assert proved == DecisionsOf(whole).proved(range(1, len(rows) + 1))


def test_the_manifest_and_the_ledger_tell_each_part_and_the_root_over_all(folder):
    run, manifest = past(folder).last, json.loads((folder.current / "manifest.json").read_text())
    told, where = manifest["outputs"]["decisions"], folder.audit / "decisions" / past(folder).last.run_id
    assert run.outputs["decisions"] == told
    assert (told["name"], told["rows"]) == (run.run_id, 40)
    assert [(part["name"], part["rows"]) for part in told["parts"]] == list(zip(PARTS, [7, 7, 7, 7, 7, 5], strict=True))
    files = sorted(where.iterdir())
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    assert [(part["sha256"], part["bytes"]) for part in told["parts"]] == [
        (digest, path.stat().st_size) for digest, path in zip(digests, files, strict=True)
    ]
    lines = "".join(f"{digest}  {path.name}\n" for digest, path in zip(digests, files, strict=True))
    assert told["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    secrets = sorted((folder.audit / "secrets" / run.run_id).iterdir())
    assert [path.name for path in secrets] == [name.removesuffix(".parquet") for name in PARTS]
    assert len({path.read_text() for path in secrets}) == 6
    assert {path.stat().st_mode & 0o777 for path in (*files, *secrets)} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in (*files, *secrets)} == {0o700}


def test_of_no_rows_there_is_one_part(tmp_path):
    made = make_folder(tmp_path, count=0)
    made.write_policy(merged(IN_SEVENS, {"call_list": {"min_rows": 0}, "guards": {"min_rows": 0}}))
    run_days(made, 0)
    assert [file.known.part for file in last(made).files] == PARTS[:1]
    assert verified(made).problems == ()


def test_so_many_parts_that_their_names_would_lose_their_order_are_refused(tmp_path, monkeypatch):
    """A part of the lists holds no more than seven rows either, but there are fewer of them."""
    monkeypatch.setattr("balansfilter.fs.outputs.MOST_PARTS", 5)
    made = make_folder(tmp_path)
    made.write_policy(IN_SEVENS)
    with pytest.raises(OutputError, match=r"output\.rows_per_part: would go past part 5,"):
        run_days(made, 0)
    assert not any((made.audit / "decisions").iterdir())
    assert not any((made.audit / "secrets").iterdir())


# --- what is changed is found ---------------------------------------------------------------------------------------


def _cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def _in_another_order(path):
    other = path.with_name(PARTS[2])
    path.rename(path.with_name("aside"))
    other.rename(path)
    path.with_name("aside").rename(other)


def _replaced(path):
    shutil.copyfile(path.with_name(PARTS[0]), path)


def _a_row_changed(path):
    frame = pl.read_parquet(path)
    frame.with_columns(pl.col("product").reverse()).write_parquet(path)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda path: path.unlink(), [f"{PARTS[1]} of the decisions of run {{}} is not there"]),
        (_cut, [f"{PARTS[1]} of the decisions of run {{}} is not what event {{}} says"]),
        (_replaced, [f"{PARTS[1]} of the decisions of run {{}} is not what event {{}} says"]),
        (_a_row_changed, [f"{PARTS[1]} of the decisions of run {{}} is not what event {{}} says"]),
        (
            _in_another_order,
            [f"{name} of the decisions of run {{}} is not what event {{}} says" for name in PARTS[1:3]],
        ),
        (lambda path: shutil.copyfile(path, path.with_name("part-00007.parquet")), ["is not known to the ledger"]),
        (
            lambda path: shutil.rmtree(path.parent),
            [f"{name} of the decisions of run {{}} is not there" for name in PARTS],
        ),
        (lambda path: path.parent.with_name("other").mkdir(), ["is a folder that the ledger does not know"]),
    ],
    ids=["gone", "cut", "replaced", "changed", "in another order", "added", "all gone", "another folder"],
)
def test_a_part_that_is_changed_gone_moved_or_added_is_found(folder, spoil, found):
    assert verified(folder).problems == ()
    spoil(last(folder).paths[1])
    run = past(folder).last
    told = [problem.message for problem in verified(folder).problems]
    assert told == [one.format(run.run_id, run.prepared.seq) for one in found]


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("0" * 64)])
def test_a_secret_of_a_part_that_is_gone_or_changed_is_found(folder, spoil):
    spoil(last(folder).files[3].place.secret)
    assert verified(folder).problems


def test_what_decisions_are_changed_is_said_to_whoever_reads_them(folder, tmp_path):
    path = last(folder).paths[2]
    _cut(path)
    run_id, who = past(folder).last.run_id, ("--brand", "courant", "--customer", "K016")
    for words in (
        ("audit", "replay", "--brand", "courant", run_id),
        ("audit", "export", *who, "--to", str(tmp_path / "bundle.zip"), "--no-pdf"),
        ("recheck", "--brand", "courant"),
        ("audit", "forget", *who),
    ):
        done = folder.cli(*words)
        assert done.returncode == 7, words
        assert str(path) in done.stderr
        assert "Traceback" not in done.stderr
    path.unlink()
    with pytest.raises(AuditError, match=f"the decisions {path} are gone"):
        held(folder, customer_id="K001")


# --- what is done with decisions ------------------------------------------------------------------------------------


def test_a_shell_verifies_what_is_bundled_of_decisions_in_parts(folder, tmp_path, tools):
    for number in (6, 7, 39):
        bundle, to = tmp_path / f"{number}.zip", tmp_path / f"bundle-{number}"
        done = folder.cli(
            "audit", "export", "--brand", "courant", "--customer", f"K{number:03}", "--to", str(bundle), "--no-pdf"
        )
        assert done.returncode == 0, done.stderr
        with zipfile.ZipFile(bundle) as archive:
            archive.extractall(to)
        shown = checked(to, tools)
        assert "ok: 2 rows stand in the decisions of published runs" in shown.stdout, shown.stderr


def test_everybody_is_found_at_their_row(folder):
    for row, person in enumerate(people(), start=1):
        found = held(folder, customer_id=person.customer_id)
        assert found == {run_id: [row] for run_id in past(folder).runs}
    assert is_indexed(last(folder), audited(folder).indexes)


def test_only_the_parts_that_hold_a_person_are_written_anew(folder):
    """Those of row 9 are in the second part."""
    held(folder, customer_id="K008")
    before = {path: (path.stat().st_ino, path.read_bytes()) for path in folder.audit.rglob("*") if path.is_file()}
    indexes = {path: path.stat().st_mtime_ns for path in audited(folder).indexes.iterdir()}
    roots = [run.root for run in past(folder).runs.values()]
    forget(audited(folder), Identity(None, "K008"), lists=False, lock_wait=0)
    assert verified(folder).problems == ()
    assert [run.root for run in past(folder).runs.values()] == roots
    after = {path for path in folder.audit.rglob("*") if path.is_file()}
    touched = {path for path, was in before.items() if path not in after or was[0] != path.stat().st_ino}
    runs, second = list(past(folder).runs), PARTS[1].removesuffix(".parquet")
    parts = {folder.audit / "decisions" / run_id / PARTS[1] for run_id in runs}
    secrets = {folder.audit / "secrets" / run_id / second for run_id in runs}
    assert touched == parts | secrets
    assert after - before.keys() == {path.with_suffix(".nonces") for path in secrets}
    everything = b"".join(path.read_bytes() for path in folder.root.rglob("*") if path.is_file())
    assert not [path for path in secrets if before[path][1] in everything]
    kept = {path for path, at in indexes.items() if path.exists() and path.stat().st_mtime_ns == at}
    assert indexes.keys() - kept == {audited(folder).indexes / f"{run_id}.{second}.index" for run_id in runs}
    event = folder.events()[-1]["body"]
    assert [[part["name"] for part in file["parts"]] for file in event["decisions"]] == [[PARTS[1]]] * 2


def test_people_are_forgotten_one_after_another_and_the_others_are_found_and_proved(folder, tmp_path):
    for person in ("K000", "K006", "K007", "K039"):
        forget(audited(folder), Identity(None, person), lists=False, lock_wait=0)
        assert verified(folder).problems == ()
    frame = last(folder).scan().collect()
    assert frame.filter(pl.col("customer").is_null())["row"].to_list() == [1, 7, 8, 40]
    assert held(folder, customer_id="K006") == {}
    assert held(folder, customer_id="K005") == {run_id: [6] for run_id in past(folder).runs}
    assert DecisionsOf(last(folder)).proved([6, 9, 35]).root == past(folder).last.root
    run_id = past(folder).last.run_id
    replayed = folder.cli("audit", "replay", "--brand", "courant", run_id)
    assert replayed.returncode == 0, replayed.stderr


def test_what_was_kept_long_enough_goes_as_a_whole_unless_it_is_held(folder):
    later = date(2099, 1, 1)
    first, second = past(folder).runs
    held(folder, customer_id="K020")
    folder.configs.joinpath("balansfilter.yaml").write_text("retention: {decisions: 1 day}\n")
    hold(audited(folder), Identity(None, "K020"), "a complaint", 0)
    assert [run.run_id for run in prunable(audited(folder), past(folder), later, None).held] == [first]
    with pytest.raises(UsageError, match="under legal hold"):
        forget(audited(folder), Identity(None, "K020"), lists=False, lock_wait=0)
    (number,) = (one.seq for one in past(folder).holds)
    release(audited(folder), number, "it is settled", 0)
    done = folder.cli("audit", "prune", "--brand", "courant", "--before", "2099-01-01")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (folder.audit / "decisions").iterdir()] == [second]
    assert [path.name for path in (folder.audit / "secrets").iterdir()] == [second]
    assert {path.name.partition(".")[0] for path in audited(folder).indexes.glob("*.index")} == {second}
    assert verified(folder).problems == ()


def test_parts_and_one_file_stand_beside_each_other_in_a_ledger(folder):
    folder.write_policy(POLICY)
    run_days(folder, 2)
    folder.write_policy(IN_SEVENS)
    run_days(folder, 3)
    assert [run.outputs["decisions"].get("parts") is None for run in past(folder).runs.values()] == [
        False, False, True, False,
    ]  # fmt: skip
    assert len(held(folder, customer_id="K001")) == 4
    forget(audited(folder), Identity(None, "K001"), lists=True, lock_wait=0)
    assert held(folder, customer_id="K001") == {}
    assert verified(folder).problems == ()


def test_a_reopened_ledger_knows_the_parts_by_their_digests(folder):
    path = last(folder).paths[1]
    folder.ledger.write_bytes(folder.ledger.read_bytes().replace(b'"rows":40', b'"rows":41'))
    reopen(audited(folder), "a disk was lost", 0)
    assert verified(folder).problems == ()
    run_days(folder, 2)
    assert verified(folder).problems == ()
    _cut(path)
    (problem,) = verified(folder).problems
    assert "that was there when the ledger was reopened is not what event" in problem.message


# --- what a forger writes -------------------------------------------------------------------------------------------


def forgotten_as(folder, **changes):
    """Return what a forger may write: that a row of the second part was forgotten, but with some changes."""
    run, file = past(folder).last, last(folder).files[1]
    part = {"name": file.known.part, "before": file.known.sha256, "after": "1" * 64, "nonces": "2" * 64, "rows": 1}
    whole = {"run_id": run.run_id, "before": run.decisions_sha256, "after": "3" * 64, "rows": 1, "parts": [part]}
    return {**whole, **changes}


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file,
        lambda file: {name: said for name, said in file.items() if name != "parts"},
        lambda file: {**file, "parts": [{**file["parts"][0], "name": PARTS[2]}]},
        lambda file: {**file, "parts": [{**file["parts"][0], "rows": 2}]},
        lambda file: {**file, "parts": [{**file["parts"][0], "name": "part-00099.parquet"}]},
        lambda file: {**file, "parts": []},
        lambda file: {**file, "parts": file["parts"] * 2},
        lambda file: {**file, "parts": [{**file["parts"][0], "name": "../../key"}]},
        lambda file: {**file, "parts": [{"name": PARTS[1]}]},
        lambda file: {**file, "parts": "all"},
    ],
)
def test_a_forgetting_that_does_not_agree_with_the_parts_is_a_break(folder, change):
    body = {"rows": 1, "decisions": [change(forgotten_as(folder))], "lists": []}
    Ledger(folder.ledger).append("audit.forgotten", body)
    told = "\n".join(map(str, verified(folder).problems))
    assert "that are not those that it had" in told or "does not say its decisions" in told


def test_another_reason_in_a_part_under_a_well_formed_event_is_found(folder):
    run, file = past(folder).last, last(folder).files[1]
    frame = pl.read_parquet(file.path)
    other = pl.when(pl.col("row") == 9).then(pl.lit("objected")).otherwise(pl.col("reason").cast(pl.String))
    frame.with_columns(other.cast(frame.schema["reason"]).alias("reason")).write_parquet(file.path)
    pl.DataFrame(schema={"nonce": pl.Binary, "sealed": pl.Binary}).write_parquet(file.place.nonces)
    now = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (file.path, file.place.nonces)]
    digests = {one.known.part: one.known.sha256 for one in last(folder).files} | {file.known.part: now[0]}
    after = hashlib.sha256("".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()).hexdigest()
    said = forgotten_as(folder, after=after)
    said["parts"][0] |= {"after": now[0], "nonces": now[1]}
    Ledger(folder.ledger).append("audit.forgotten", {"rows": 1, "decisions": [said], "lists": []})
    assert past(folder).last.decisions_sha256 == after
    told = "\n".join(map(str, verified(folder).problems))
    assert "does not hold the nonces of its run" in told
    assert run.run_id in told
