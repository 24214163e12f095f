"""Heads leave the house after every published run; where that fails the list stands, and it is done again."""

from __future__ import annotations

import json
import sys
from itertools import pairwise

import pytest

from balansfilter.audit.checkpoint import read_checkpoint
from tests.audit.story import audited, make_folder, names, run_days

NIGHT = ("run", "--brand", "courant", "--as-of", "2026-11-24")


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path, count=6)
    (tmp_path / "kept").mkdir()
    return made


def hand_over_to(folder, to):
    folder.configs.joinpath("balansfilter.yaml").write_text(f"audit: {{checkpoint: {{to: {json.dumps(to)}}}}}\n")


def kept(folder):
    return [read_checkpoint(path.read_text()) for path in sorted((folder.root / "kept").iterdir())]


def test_every_published_run_hands_its_head_over_to_a_folder(folder):
    hand_over_to(folder, "kept")
    run_days(folder, 0, 1)
    published = [event for event in folder.events() if event["event"] == "run.published"]
    assert [one.head.seq for one in kept(folder)] == [event["seq"] for event in published]
    assert [one.head.hash for one in kept(folder)] == [event["hash"] for event in published]
    assert names(folder)[-1] == "checkpoint.kept"
    done = folder.cli("audit", "verify", "--brand", "courant")
    assert done.returncode == 0, done.stderr
    assert f"head {published[-1]['seq']} was handed over at" in done.stdout
    assert "0 days ago" in done.stdout
    (told,) = json.loads(folder.cli("status", "--json").stdout)
    assert (told["head_kept_days"], told["not_handed_over"]) == (0, None)


def test_a_command_gets_it_on_standard_input(folder):
    to = folder.root / "kept" / "one"
    hand_over_to(folder, [sys.executable, "-c", "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", str(to)])
    run_days(folder, 0)
    assert [one.brand for one in kept(folder)] == ["courant"]
    assert folder.events()[-1]["body"]["to"].startswith("python")
    assert str(to) not in folder.ledger.read_text(), "the words of the command may hold a secret"


def test_where_it_fails_the_list_stands_with_9_and_deliver_or_the_next_run_repeats_it(folder):
    hand_over_to(folder, "nowhere")
    done = folder.cli(*NIGHT)
    assert done.returncode == 9, done.stderr
    assert "could not be handed over to" in done.stderr
    assert "No such file or directory" in done.stderr
    assert names(folder)[-3:] == ["run.prepared", "run.published", "checkpoint.failed"]
    assert folder.current.exists()
    (told,) = json.loads(folder.cli("status", "--json").stdout)
    assert told["not_handed_over"] == "No such file or directory"
    ending = json.loads((folder.out / ".last.json").read_text())
    assert (ending["result"], ending["exit"], ending["sentence"]) == ("published", 9, ending["not_handed_over"])
    assert folder.cli("deliver", "--brand", "courant").returncode == 9
    (folder.root / "nowhere").mkdir()
    assert folder.cli("deliver", "--all").returncode == 0
    assert names(folder)[-1] == "checkpoint.kept"
    assert json.loads(folder.cli("status", "--json").stdout)[0]["not_handed_over"] is None
    failing = [sys.executable, "-c", "raise SystemExit(3)"]
    hand_over_to(folder, failing)
    assert "the command ended with 3" in folder.cli(*NIGHT).stderr


def test_9_is_the_least_of_the_failures():
    from balansfilter.cli.run import worse

    assert [worse(0, 9), worse(9, 0), worse(9, 4), worse(4, 9), worse(9, 1), worse(6, 8)] == [9, 9, 4, 4, 1, 8]


def test_a_ledger_that_lost_its_end_is_found_by_what_was_handed_over(folder):
    hand_over_to(folder, "kept")
    run_days(folder, 0)
    one = {path: path.read_bytes() for path in folder.root.rglob("*") if path.is_file() and "kept" not in str(path)}
    current = folder.current.readlink()
    run_days(folder, 1)
    for path in folder.root.rglob("*"):
        if path.is_file() and "kept" not in str(path) and path not in one:
            path.unlink()
    for path, data in one.items():
        path.write_bytes(data)
    folder.current.unlink()
    folder.current.symlink_to(current)
    for empty in (folder.out / "runs").iterdir():
        if not any(empty.iterdir()):
            empty.rmdir()
    done = folder.cli("audit", "verify", "--brand", "courant")
    assert done.returncode == 7
    assert "was kept" in done.stderr
    assert folder.cli(*NIGHT).returncode == 7, "no run on a ledger that lost what was handed over"
    assert folder.cli("audit", "reopen", "--brand", "courant", "--reason", "a backup of yesterday").returncode == 0
    assert folder.cli(*NIGHT).returncode == 0
    done = folder.cli("audit", "verify", "--brand", "courant")
    assert done.returncode == 0, done.stderr
    assert "REOPENED" in done.stdout


def test_without_a_kept_head_verify_warns(folder):
    run_days(folder, 0)
    done = folder.cli("audit", "verify", "--brand", "courant")
    assert "warning: no head of this ledger is kept elsewhere" in done.stdout


def test_that_a_head_grew_out_of_an_older_one_is_proved_by_the_lines_between(folder):
    run_days(folder, 0)
    head = folder.cli("audit", "head", "--brand", "courant").stdout.strip()
    run_days(folder, 1)
    done = folder.cli("audit", "head", "--brand", "courant", "--since", head)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert f"{lines[0]['seq']}:{lines[0]['hash']}" == head
    assert all(after["prev"] == before["hash"] for before, after in pairwise(lines))
    assert lines[-1]["hash"] == audited(folder).chain().head[1]
    wrong = folder.cli("audit", "head", "--brand", "courant", "--since", f"{lines[0]['seq']}:{'0' * 64}")
    assert wrong.returncode == 7


@pytest.mark.parametrize("head", ["0:" + "0" * 64, "1:" + "0" * 64])
def test_a_head_of_nothing_is_no_head(folder, head):
    run_days(folder, 0)
    assert folder.cli("audit", "verify", "--brand", "courant", "--head", head).returncode == 7
