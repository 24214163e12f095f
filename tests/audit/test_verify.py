"""Verification: nothing is found where nothing was changed; a break is named; a kept head finds what the chain cannot."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import sys

import pytest

from balansfilter.audit.checkpoint import Checkpoint, Head, read_checkpoint, read_head
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.verify import verify
from balansfilter.errors import UsageError
from tests.audit.story import audited, make_folder, names, past, run_days, verified


def told(folder, *kept):
    return "\n".join(map(str, verify(audited(folder).place, kept).problems))


def test_an_untouched_past_verifies(told_story):
    found = verified(told_story)
    assert found.problems == ()
    assert found.gone == ()
    assert (found.runs, found.pruned) == (4, 3)
    assert found.inputs.same == 2
    assert set(names(told_story)) == {
        "ledger.opened", "run.prepared", "run.published", "audit.rekeyed", "approval.prepared", "balanstest.approved",
        "audit.forgotten", "audit.pruned",
    }  # fmt: skip


def test_the_policy_is_kept_as_it_was(told_story):
    digests = {run.prepared.body["policy"]["sha256"] for run in past(told_story).runs.values()}
    assert len(digests) == 3
    texts = {path.stem: path.read_text() for path in (told_story.audit / "policies").iterdir()}
    assert digests == set(texts)
    assert texts[past(told_story).last.prepared.body["policy"]["sha256"]] == told_story.policy_file.read_text()


def test_each_break_is_named(story):
    run = past(story).last
    decisions = story.audit / "decisions" / f"{run.run_id}.parquet"
    decisions.write_bytes(decisions.read_bytes() + b" ")
    policy = story.audit / "policies" / f"{run.prepared.body['policy']['sha256']}.yaml"
    policy.unlink()
    (story.audit / "decisions" / "20260101T000000Z-abcdef.parquet").write_bytes(b"")
    (story.out / "runs" / "20260101T000000Z-abcdef").mkdir()
    (story.current / "callable.csv").unlink()
    found = told(story)
    assert f"the decisions of run {run.run_id} is not what event {run.prepared.seq} says" in found
    assert f"the policy that run {run.run_id} went by is not there" in found
    assert "20260101T000000Z-abcdef.parquet: is not known to the ledger" in found
    assert "is the folder of a run that the ledger does not know" in found
    assert f"the callable.csv of run {run.run_id} is not there" in found
    assert len(found.splitlines()) == 5


def test_decisions_that_were_pruned_and_came_back_are_told(story):
    run = next(run for run in past(story).runs.values() if run.lists_pruned)
    folder = story.out / "runs" / run.run_id
    folder.mkdir()
    (folder / "callable.csv").write_text("x")
    assert f"was pruned by event {run.lists_pruned.seq}, yet is there" in told(story)


def test_lists_that_somebody_removed_are_no_break_but_are_told(story):
    run_id = list(past(story).runs)[2]
    shutil.rmtree(story.out / "runs" / run_id)
    found = verified(story)
    assert found.problems == ()
    assert len(found.gone) == 3


def test_the_end_of_the_ledger_that_was_cut_is_found_by_what_is_published(story):
    lines = story.ledger.read_bytes().splitlines(keepends=True)
    last = max(n for n, name in enumerate(names(story)) if name == "run.prepared")
    story.ledger.write_bytes(b"".join(lines[:last]))
    assert "says that run" in told(story)
    assert "was published last — the end of the ledger was cut off" in told(story)


def test_a_kept_head_finds_a_cut_end_and_a_rewritten_history(story):
    head = Head(*audited(story).chain().head)
    assert told(story, head) == ""
    assert told(story, Head(1, audited(story).chain().events[0].hash)) == ""
    lines = story.ledger.read_bytes().splitlines(keepends=True)
    story.ledger.write_bytes(b"".join(lines[:-1]))
    assert f"ends with event {head.seq - 1}, but event {head.seq} was kept" in told(story, head)

    story.ledger.unlink()
    ledger = Ledger(story.ledger)
    for line in lines[1:]:
        event = json.loads(line)
        ledger.append(event["event"], event["body"])
    assert told(story) == "", "a history that was written anew from its beginning is a whole chain"
    assert f"event {head.seq} is not the one that was kept — the history up to it was written anew" in told(story, head)


def test_an_event_that_this_program_did_not_write_is_told(story):
    Ledger(story.ledger).append("run.prepared", {"run_id": "x"})
    assert "does not say its as_of and valid_until and version and law" in told(story)


@pytest.mark.parametrize(
    "seen", [[], {"contacts": 3}, {"contacts": {"objections": -1}}, {"contacts": {"objections": "9"}}]
)
def test_what_a_recheck_saw_is_counts(story, seen):
    run_id = next(iter(audited(story).history().runs))
    file = {"name": "withdrawn.csv", "sha256": "0" * 64, "bytes": 0, "rows": 0}
    body = {"run_id": run_id, "as_of": "2026-11-23", "withdrawn": 0, "people": 0, "file": file, "seen": seen}
    Ledger(story.ledger).append("list.rechecked", body)
    assert "does not say its seen as this program does" in told(story)


def test_a_ledger_in_the_place_of_another_brands_is_found(told_story, tmp_path):
    checkpoint = Checkpoint("tijding", Head(*audited(told_story).chain().head))
    assert "the checkpoint is of the brand tijding" in told(told_story, read_checkpoint(str(checkpoint)).head)


def test_a_run_that_is_at_work_is_no_break(tmp_path):
    folder = make_folder(tmp_path)
    run_days(folder, 0)
    seen = []

    class Looker:
        def rows(self, done):
            seen.append(verified(folder).problems)

        def step(self, name):
            seen.append(verified(folder).problems)

        def warn(self, message):
            pass

    folder.run(Looker())
    assert len(seen) > 8
    assert set(seen) == {()}


def test_head_and_checkpoint_are_read_back(told_story):
    head = told_story.cli("audit", "head", "--brand", "courant").stdout
    checkpoint = told_story.cli("audit", "head", "--brand", "courant", "--checkpoint").stdout
    assert read_checkpoint(checkpoint).head == Head(*audited(told_story).chain().head, "courant")
    assert read_head(head) == Head(*audited(told_story).chain().head)
    origin, seq, digest = checkpoint.splitlines()
    assert origin == "balansfilter/courant"
    assert f"{seq}:{base64.b64decode(digest).hex()}" == head.strip()


@pytest.mark.parametrize(
    "text",
    ["", "x\n1\ny\n", "balansfilter/a\n-1\nAAAA\n", "balansfilter/a\n1\nAAAA\n", "go.sum database tree\n1\nAAAA\n"],
)
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(UsageError):
        read_checkpoint(text)


def test_the_command_verifies_against_heads_and_checkpoints(story, tmp_path):
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(story.cli("audit", "head", "--brand", "courant", "--checkpoint").stdout)
    head = story.cli("audit", "head", "--brand", "courant").stdout.strip()
    arguments = ("audit", "verify", "--brand", "courant", "--checkpoint", str(kept), "--head", head)
    assert story.cli(*arguments).returncode == 0
    lines = story.ledger.read_bytes().splitlines(keepends=True)
    story.ledger.write_bytes(b"".join(lines[:-1]))
    done = story.cli(*arguments)
    assert done.returncode == 7
    assert "the end of the ledger was cut off" in done.stderr
    assert story.cli("audit", "verify", "--brand", "courant", "--head", "x:y").returncode == 2


def test_a_checkpoint_is_signed_and_openssl_alone_checks_it(told_story, tmp_path, openssl):
    pytest.importorskip("cryptography", reason="the extra `sign` is not installed")
    key, public, kept = tmp_path / "sign.pem", tmp_path / "public.pem", tmp_path / "checkpoint.txt"
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run([openssl, "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    key.chmod(0o644)
    refused = told_story.cli("audit", "head", "--brand", "courant", "--sign", str(key))
    assert refused.returncode == 7
    assert "may be read by others" in refused.stderr
    key.chmod(0o600)
    kept.write_text(told_story.cli("audit", "head", "--brand", "courant", "--sign", str(key)).stdout)
    verifying = ("audit", "verify", "--brand", "courant", "--checkpoint", str(kept), "--public-key", str(public))
    assert told_story.cli(*verifying).returncode == 0

    script = (
        f"head -n 3 {kept} > signed && tail -n 1 {kept} | cut -d ' ' -f 3 | base64 -d | tail -c 64 > signature && "
        f"{openssl} pkeyutl -verify -pubin -inkey {public} -rawin -in signed -sigfile signature"
    )
    assert subprocess.run(["sh", "-c", script], cwd=tmp_path, check=False, capture_output=True).returncode == 0
    kept.write_text(kept.read_text().replace("courant\n", "courant2\n", 1))
    assert subprocess.run(["sh", "-c", script], cwd=tmp_path, check=False, capture_output=True).returncode != 0
    assert told_story.cli(*verifying).returncode == 7


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from balansfilter.cli.main import main\n"
        "try: main(['audit', 'export', '--help'])\n"
        "except SystemExit: print({m for m in ('polars', 'duckdb', 'numpy', 'typst', 'cryptography') if m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
