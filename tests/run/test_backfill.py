"""A list of a past day never takes the place of a later one: it is refused, or published beside it."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from balansfilter import run_brand
from balansfilter.audit.verify import verify
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.status import brand_status
from balansfilter.errors import UsageError
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, ROOT, BrandFolder, make_brand

EARLIER = date(2026, 11, 20)


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    folder = make_brand(tmp_path)
    run_brand(folder.request())
    return folder


def test_an_older_list_is_refused(brand: BrandFolder) -> None:
    stands = brand.current.readlink()
    done = brand.cli("run", "--brand", "courant", "--as-of", str(EARLIER))
    assert done.returncode == 2, done.stderr
    assert f"the list that stands is for {AS_OF}, and one for {EARLIER} would take its place" in done.stderr
    assert "--backfill" in done.stderr
    assert brand.current.readlink() == stands


def test_a_day_without_calls_has_no_list_whatever_stands(brand: BrandFolder) -> None:
    stands = brand.current.readlink()
    done = brand.cli("run", "--all", "--as-of", "2026-11-22")
    assert (done.returncode, done.stderr) == (0, "")
    assert "there are no calls on 2026-11-22, a Sunday" in done.stdout
    assert brand.current.readlink() == stands


def test_with_backfill_it_is_published_beside_and_the_other_goes_on_standing(brand: BrandFolder) -> None:
    stands = brand.current.readlink()
    done = brand.cli("run", "--brand", "courant", "--as-of", str(EARLIER), "--backfill")
    assert done.returncode == 0, done.stderr
    assert brand.current.readlink() == stands
    last = brand.events()[-1]
    assert (last["event"], last["body"]["beside"]) == ("run.published", True)
    beside = brand.out / "runs" / last["body"]["run_id"]
    assert f"Published beside the list that stands: {beside / 'callable.csv'}" in done.stdout
    site = load_site(brand.configs)
    assert verify(AuditedBrand.find(brand.configs, site, "courant").place).problems == ()
    assert brand.cli("verify", "--as-of", str(EARLIER), str(beside / "manifest.json")).returncode == 6
    assert brand_status(brand.configs, site, "courant", AS_OF).good
    following = run_brand(brand.request())
    assert following.manifest["previous"] == stands.name
    assert verify(AuditedBrand.find(brand.configs, site, "courant").place).problems == ()


def test_a_backfill_that_fails_leaves_what_stands_and_raises_no_alarm(brand: BrandFolder) -> None:
    brand.calls.unlink()
    done = brand.cli("run", "--brand", "courant", "--as-of", str(EARLIER), "--backfill")
    assert done.returncode == 4
    assert brand_status(brand.configs, load_site(brand.configs), "courant", AS_OF).good


FORK = """
import os, sys
from datetime import date
from pathlib import Path
from balansfilter import BalansfilterError, Request, run_brand
asked = Request(Path(sys.argv[1]), "courant", date(2026, 11, 23))
run_brand(asked)
child = os.fork()
if child == 0:
    try:
        run_brand(asked)
    except BalansfilterError as error:
        os._exit(error.exit_code if "forked" in error.message else 99)
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_a_forked_child_says_why_it_cannot_run_instead_of_waiting_for_ever(brand: BrandFolder) -> None:
    command = [sys.executable, "-c", FORK, str(brand.configs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=120)
    assert done.returncode == 5, done.stderr


def test_days_and_folders_as_schedulers_hand_them_over(brand: BrandFolder) -> None:
    for as_of in (str(AS_OF), datetime(2026, 11, 23, 2, 0)):
        outcome = run_brand(brand.request(configs=str(brand.configs), as_of=as_of))
        assert outcome.manifest["as_of"] == str(AS_OF)
        assert outcome.lists == {name: outcome.folder / f"{name}.csv" for name in ("callable", "dropped")}
        assert all(path.is_file() for path in outcome.lists.values())
    assert run_brand(brand.request(dry_run=True)).lists == {}
    for wrong in ("23-11-2026", "2026-11-23T02:00", 20261123, datetime.fromisoformat("2026-11-23T02:00+01:00")):
        with pytest.raises(UsageError):
            brand.request(as_of=wrong)
