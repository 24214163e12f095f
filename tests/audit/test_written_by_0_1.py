"""A site that version 0.1 wrote, before there were roots, is verified, searched, and run on."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from balansfilter.audit.find import Identity
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import prune
from balansfilter.commands.audit.rekey import rekey
from balansfilter.policy.loading import load_site
from tests.audit.story import audited, held, names, past, run_days, verified
from tests.brandfolder import BrandFolder

SITE = Path(__file__).parent / "written_by_0_1"


@pytest.fixture
def site(tmp_path):
    folder = BrandFolder(shutil.copytree(SITE, tmp_path / "site", symlinks=True))
    for key in folder.audit.parent.glob("key*"):
        key.chmod(0o600)
    return folder


def test_it_verifies_and_a_change_in_it_is_found(site):
    found = verified(site)
    assert found.problems == ()
    assert (found.runs, found.events) == (4, 18)
    decisions = audited(site).audit.decisions(past(site).last.run_id)
    decisions.write_bytes(decisions.read_bytes() + b" ")
    assert len(verified(site).problems) == 1


def test_it_is_searched(site):
    assert len(held(site, customer_id="K002")) == 4
    assert len(held(site, customer_id="K001")) == 1, "K001 was forgotten in the runs before the last"


def test_it_is_run_on_and_everything_still_can_be_done(site):
    (run_id,) = run_days(site, 5)
    assert past(site).runs[run_id].root
    assert len(held(site, customer_id="K002")) == 5
    forget(audited(site), Identity(None, "K002"), lists=False, lock_wait=0)
    assert held(site, customer_id="K002") == {}
    rekey(site.configs, load_site(site.configs), lost=False, lock_wait=0)
    run_days(site, 6)
    prune(audited(site), date(2026, 11, 26), date(2026, 11, 22), 0)
    assert verified(site).problems == ()
    assert len(held(site, customer_id="K003")) == 6 - len(
        [run for run in past(site).runs.values() if run.decisions_pruned]
    )
    assert names(site)[:18] == [event.event for event in audited(site).chain().events][:18]
    assert "decisions.rooted" not in names(site)[18:]


def test_its_runs_are_left_out_of_a_bundle_and_it_says_so(site, tmp_path):
    arguments = ("audit", "export", "--brand", "courant", "--no-pdf", "--customer", "K002", "--to", tmp_path / "x.zip")
    done = site.cli(*map(str, arguments))
    assert done.returncode == 2
    assert "are of version 0.1, without a root under which a row can be proved" in done.stderr
    run_days(site, 5)
    done = site.cli(*map(str, arguments))
    assert done.returncode == 0, done.stderr
    assert "Left out, since version 0.1 fixed no root over their decisions: " in done.stdout
