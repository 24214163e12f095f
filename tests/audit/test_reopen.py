"""A ledger that does not bear out what stands takes no run; the way on is recorded, and stays in sight."""

from __future__ import annotations

import json
import shutil

import pytest

from balansfilter.audit.ledger import Ledger
from balansfilter.audit.verify import verify
from balansfilter.errors import AuditError, BalansfilterError
from tests.audit.story import audited, make_folder, names, past, run_days, verified


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path, count=6)
    run_days(made, 0, 1)
    return made


def the_ledger_gone(folder):
    folder.ledger.unlink()


def the_ledger_empty(folder):
    folder.ledger.write_bytes(b"")


def an_older_ledger(folder):
    lines = folder.ledger.read_bytes().splitlines(keepends=True)
    folder.ledger.write_bytes(b"".join(lines[:3]))


def the_audit_folder_gone(folder):
    shutil.rmtree(folder.audit)


def the_lists_gone(folder):
    shutil.rmtree(folder.out)


def an_older_list(folder):
    first = next(iter(past(folder).runs))
    folder.current.unlink()
    folder.current.symlink_to(f"runs/{first}")


def a_link_to_elsewhere(folder):
    here = folder.current.readlink().name
    folder.current.unlink()
    folder.current.symlink_to(f"../elsewhere/{here}")


def another_manifest(folder):
    path = folder.current / "manifest.json"
    path.write_text(path.read_text().replace('"callable": ', '"callable": 1'))


def only_a_ledger_gone(folder):
    folder.ledger.unlink()
    folder.current.unlink()


def a_changed_ledger(folder):
    folder.ledger.write_text(folder.ledger.read_text().replace("2026", "2025", 1))


BREAKS = (
    the_ledger_gone, the_ledger_empty, an_older_ledger, the_audit_folder_gone, the_lists_gone, an_older_list,
    a_link_to_elsewhere, another_manifest, only_a_ledger_gone, a_changed_ledger,
)  # fmt: skip


@pytest.mark.parametrize("spoil", BREAKS)
def test_no_run_on_a_ledger_that_does_not_bear_out_what_stands(folder, spoil):
    spoil(folder)
    before = folder.ledger.read_bytes() if folder.ledger.exists() else None
    with pytest.raises(BalansfilterError) as told:
        run_days(folder, 2)
    assert told.value.exit_code == (6 if spoil is a_link_to_elsewhere else 7)
    assert (folder.ledger.read_bytes() if folder.ledger.exists() else None) == before


@pytest.mark.parametrize("spoil", BREAKS)
def test_reopened_it_goes_on_and_every_verification_tells_of_it(folder, spoil):
    spoil(folder)
    done = folder.cli("audit", "reopen", "--brand", "courant", "--reason", "restored after a disk was lost")
    if spoil is a_link_to_elsewhere:
        folder.current.unlink()
    assert done.returncode == 0, done.stderr
    assert "reopen" not in (done.stderr)
    assert names(folder)[-1] == "audit.reopened"
    run_days(folder, 2)
    found = verified(folder)
    (reopened,) = found.reopened
    assert "(restored after a disk was lost): " in reopened
    if spoil is not another_manifest:  # which stays as it was changed, and is told as long as it is there
        assert found.problems == ()
    assert names(folder)[-1] == "run.published"


def test_nothing_is_reopened_that_is_not_broken(folder):
    done = folder.cli("audit", "reopen", "--brand", "courant", "--reason", "x")
    assert done.returncode == 2
    assert "nothing is broken" in done.stderr


@pytest.mark.parametrize("spoil", [the_ledger_gone, an_older_ledger])
def test_a_list_that_the_ledger_does_not_bear_out_is_not_handed_over(folder, spoil):
    spoil(folder)
    done = folder.cli("verify", str(folder.current / "manifest.json"), "--as-of", "2026-11-21")
    assert done.returncode == 7, done.stderr


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("run_id", "../../x"),
        ("brand", "../x"),
        ("callable", "many"),
        ("as_of", 5),
        ("outputs", []),
        ("valid_until", {}),
    ],
)
def test_a_hostile_manifest_is_no_manifest(folder, field, value):
    path = folder.current / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    done = folder.cli("verify", str(path), "--as-of", "2026-11-21")
    assert done.returncode == 6
    assert "is not a manifest of a run" in done.stderr


def test_a_forged_run_id_reaches_nothing_outside(folder):
    outside = folder.root / "x"
    outside.mkdir()
    (outside / "precious").write_text("x")
    ledger = Ledger(folder.ledger)
    body = dict(next(event.body for event in ledger.events if event.event == "run.prepared"))
    ledger.append("run.prepared", body | {"run_id": "../../../x"})
    with pytest.raises(AuditError, match="does not verify"):
        run_days(folder, 2)
    assert (outside / "precious").exists()
    assert any("does not say its run_id" in str(problem) for problem in verify(audited(folder).place).problems)
