"""Legal holds: what is held is not pruned and not forgotten, until it is released."""

from __future__ import annotations

import json
from datetime import date

import pytest

from balansfilter.audit.find import Identity
from balansfilter.audit.ledger import read_chain
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import hold, prunable, prune, release
from balansfilter.commands.audit.rekey import rekey
from balansfilter.errors import UsageError
from balansfilter.policy.loading import load_site
from tests.audit.story import HEADER, audited, make_folder, names, past, people, run_days, verified
from tests.brandfolder import BrandFolder, write_rows

TODAY = date(2098, 12, 31)
LATER = date(2099, 1, 1)
K001, K002 = Identity(None, "K001"), Identity(None, "K002")


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path, count=8)
    made.configs.joinpath("balansfilter.yaml").write_text("retention: {runs: 1 day, decisions: 1 day}\n")
    return made


def due(folder: BrandFolder) -> list[str]:
    found = prunable(audited(folder), past(folder), TODAY, None)
    return [run.run_id for run in found.decisions]


def without_k001(folder: BrandFolder) -> None:
    write_rows(folder.calls, [HEADER, *(one.row for one in people(8) if one.customer_id != "K001")])


def test_a_run_that_is_held_stays_until_it_is_released(folder):
    first, second, _ = run_days(folder, 0, 1, 2)
    assert due(folder) == [first, second]
    done = folder.cli("audit", "hold", "--brand", "courant", "--run", first, "--reason", "zaak 12")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"courant: hold {past(folder).holds[0].seq} on run {first}\n"
    gone = folder.cli("audit", "prune", "--brand", "courant", "--before", str(TODAY))
    assert "the decisions of 1 run and the lists of 1 run are removed; 1 run is held" in gone.stdout
    assert (folder.out / "runs" / first).is_dir()
    assert not (folder.out / "runs" / second).exists()
    assert verified(folder).problems == ()
    seq = past(folder).holds[0].seq
    shown = folder.cli("audit", "hold", "--brand", "courant").stdout
    assert shown.startswith(f"{seq}: run {first}, since 20")
    assert shown.endswith(": zaak 12\n")
    release(audited(folder), seq, "afgesloten", 0)
    prune(audited(folder), TODAY, None, 0)
    assert not (folder.out / "runs" / first).exists()
    assert verified(folder).problems == ()
    assert names(folder)[-4:] == ["audit.held", "audit.pruned", "audit.released", "audit.pruned"]


def test_a_person_who_is_held_keeps_every_run_that_holds_them_also_later_ones(folder):
    (first,) = run_days(folder, 0)
    without_k001(folder)
    (second,) = run_days(folder, 1)
    laid = hold(audited(folder), K001, "zaak 13", 0)
    assert list(laid.rows) == [first]
    assert "K001" not in folder.ledger.read_text()
    (third,) = run_days(folder, 2)
    write_rows(folder.calls, [HEADER, *(one.row for one in people(8))])
    (fourth, _) = run_days(folder, 3, 5)
    assert due(folder) == [second, third]
    assert fourth not in due(folder)
    prune(audited(folder), TODAY, None, 0)
    assert verified(folder).problems == ()
    with pytest.raises(UsageError, match=r"under legal hold: .* \(zaak 13\); release it first"):
        forget(audited(folder), K001, lists=False, lock_wait=0)


def test_after_a_rotation_of_the_key_what_cannot_be_told_stays(folder):
    run_days(folder, 0)
    hold(audited(folder), K001, "zaak 14", 0)
    without_k001(folder)
    rekey(folder.configs, load_site(folder.configs), lost=False, lock_wait=0)
    run_days(folder, 1, 2)
    assert due(folder) == []


def test_what_cannot_be_held_is_said(folder):
    (first, _) = run_days(folder, 0, 1)
    for what, reason, why in (
        ("20260101T000000Z-000000", "x", "knows no published run"),
        (Identity(None, "nobody"), "x", "no run holds this person"),
        (first, "  ", "say why it is held"),
    ):
        with pytest.raises(UsageError, match=why):
            hold(audited(folder), what, reason, 0)
    with pytest.raises(UsageError, match="there is no hold 77"):
        release(audited(folder), 77, "x", 0)
    assert "audit.held" not in names(folder)
    prune(audited(folder), TODAY, None, 0)
    with pytest.raises(UsageError, match="were pruned already"):
        hold(audited(folder), first, "x", 0)


def test_a_ledger_that_says_that_what_was_held_is_gone_does_not_verify(folder, monkeypatch):
    (first, _) = run_days(folder, 0, 1)
    hold(audited(folder), first, "zaak 15", 0)
    monkeypatch.setattr("balansfilter.audit.removal.holder", lambda *_: lambda *_: False)
    prune(audited(folder), TODAY, None, 0)
    assert f"prunes run {first}, which was held" in str(read_chain(folder.ledger).problems)


def test_every_brand_at_once_also_one_without_a_policy(folder):
    run_days(folder, 0, 1)
    folder.policy_file.unlink()
    other = BrandFolder(folder.root, "weekblad")
    other.write_policy()
    write_rows(
        other.data / "calls.csv", [("klantnummer", "telefoon", "laatste_aankoop"), ("K1", "0612345678", "2026-01-15")]
    )
    write_rows(other.data / "objections.csv", [("telefoon", "klantnummer"), ("0687654321", "K9")])
    other.run()
    done = folder.cli("audit", "prune", "--all", "--before", str(LATER), "--dry-run")
    assert done.stdout.splitlines() == [
        "courant: the decisions of 1 run and the lists of 1 run would go",
        "weekblad: the decisions of 0 runs and the lists of 0 runs would go",
    ]


def test_a_published_run_prunes_by_itself_and_what_fails_of_that_is_exit_9(folder, monkeypatch):
    folder.configs.joinpath("balansfilter.yaml").write_text("retention: {runs: 2, prune: auto}\n")
    first, second, third = run_days(folder, 0, 1, 2)
    assert {path.name for path in (folder.out / "runs").iterdir()} == {second, third}
    assert names(folder)[-2:] == ["run.published", "audit.pruned"]
    assert json.loads(folder.ledger.read_text().splitlines()[-1])["body"]["lists"] == [first]

    def refused(_audit, runs, published) -> None:
        if any(run.lists_pruned and (runs / run.run_id).exists() for run in published):
            raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as broken:
        broken.setattr("balansfilter.audit.pending._remove", refused)
        outcome = folder.run(as_of=date(2026, 11, 21))
    assert outcome.not_handed_over is not None
    assert outcome.not_handed_over.startswith("what was kept long enough could not be removed: cannot finish")
    assert (folder.out / "runs" / second).exists()
    run_days(folder, 5)
    assert not (folder.out / "runs" / second).exists(), "the next command finishes it"
    assert verified(folder).problems == ()
