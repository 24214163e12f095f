"""The audit key: lost, wrong, seen by others or rotated, it is told before anything is published."""

from __future__ import annotations

import pytest

from balansfilter.audit.keyring import ring_file
from balansfilter.audit.keys import make_key, write_key
from balansfilter.commands.audit.rekey import rekey
from balansfilter.errors import AuditError, LockError
from balansfilter.policy.loading import load_site
from balansfilter.publish.lock import brand_lock
from tests.audit.story import audited, held, make_folder, names, past, run_days, verified


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    run_days(made, 0)
    return made


@pytest.fixture
def key_file(folder):
    return load_site(folder.configs).audit.key_file


def rotate(folder):
    return rekey(folder.configs, load_site(folder.configs), lost=False, lock_wait=0)


def test_the_key_is_for_its_owner_alone(key_file):
    assert key_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda path: path.unlink(), "is gone, and decisions were written with it; put it back from your backup"),
        (lambda path: path.chmod(0o644), "may be read by others (mode 0644); run: chmod 600"),
        (lambda path: path.write_text("secret"), "does not hold an audit key (64 hexadecimal digits)"),
        (lambda path: path.write_bytes(b"\xff" * 64), "does not hold an audit key (64 hexadecimal digits)"),
        (lambda path: write_key(path, make_key()), "but the last decisions of courant were made with the key"),
    ],
    ids=["lost", "readable", "no key", "no text", "wrong"],
)
def test_a_key_that_is_not_right_stops_a_run_before_it_publishes(folder, key_file, spoil, told):
    current = folder.current.readlink()
    spoil(key_file)
    done = folder.cli_run()
    assert done.returncode == 7
    assert told in done.stderr
    assert folder.current.readlink() == current
    assert names(folder)[-1] == "run.failed"
    (problem,) = verified(folder).problems
    assert problem.file == str(key_file)


def test_a_rotated_key_leaves_old_runs_findable(folder, key_file):
    old = key_file.read_text()
    done = rotate(folder)
    run_days(folder, 1)
    assert done.brands == ("courant",)
    assert done.kept.read_text() == old != key_file.read_text()
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in key_file.parent.glob("key*"))
    assert len(held(folder, customer_id="K001")) == 2
    rekeyed = next(event for event in folder.events() if event["event"] == "audit.rekeyed")
    assert rekeyed["body"] == {"from": past(folder).key_ids[0], "to": done.key_id}
    assert old not in folder.ledger.read_text()


def test_a_search_with_a_key_missing_is_refused_and_not_cut_short(folder, key_file):
    rotate(folder)
    run_days(folder, 1)
    ring_file(key_file, past(folder).key_ids[0]).unlink()
    with pytest.raises(AuditError, match="made with a key that is not there"):
        held(folder, customer_id="K001")


def test_a_key_under_another_keys_name_is_told(folder, key_file):
    rotate(folder)
    write_key(ring_file(key_file, past(folder).key_ids[0]), make_key())
    with pytest.raises(AuditError, match="not the one that it is named after"):
        held(folder, customer_id="K001")


def test_an_old_key_that_comes_back_is_refused(folder, key_file):
    old = rotate(folder).kept
    run_days(folder, 1)
    key_file.write_text(old.read_text())
    with pytest.raises(AuditError, match="put that key back"):
        folder.run()


def test_a_loss_is_recorded_and_what_cannot_be_searched_is_told(folder, key_file):
    key_file.unlink()
    done = folder.cli("audit", "rekey", "--lost")
    assert done.returncode == 0, done.stderr
    run_days(folder, 1)
    assert len(held(folder, customer_id="K001")) == 1
    told = folder.cli("explain", "--brand", "courant", "--customer", "K001", "--history")
    assert "1 of 1 published run decided on this person; the key of 1 run is lost" in told.stdout
    assert verified(folder).problems == ()


def test_a_key_that_is_there_is_not_recorded_as_lost(folder, key_file):
    rotate(folder)
    key_file.write_text(make_key().text)
    with pytest.raises(AuditError, match="is not lost: it stands in"):
        rekey(folder.configs, load_site(folder.configs), lost=True, lock_wait=0)


def test_no_key_is_rotated_while_a_run_is_busy(folder, key_file):
    old = key_file.read_text()
    with brand_lock(audited(folder).folders.lock, "courant", "night", "now", 0), pytest.raises(LockError):
        rotate(folder)
    assert key_file.read_text() == old
