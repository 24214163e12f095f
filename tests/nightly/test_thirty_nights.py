"""Thirty nights of three brands with retention: the disk does not fill, all verifies, and no file is nobody's."""

from __future__ import annotations

import os
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from balansfilter import errors, run_brand
from balansfilter.audit.verify import verify
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.status import stored_bytes
from balansfilter.pipeline.request import Request
from balansfilter.policy.loading import load_site
from tests.brandfolder import BrandFolder, make_brand, write_rows

FIRST = date(2026, 10, 26)
BRANDS = ("avondblad", "courant", "weekblad")
KEPT = 5


def night_list(night: int) -> list[tuple[str, ...]]:
    """Return a list of the same size with other people each night."""
    header = ("klantnummer", "telefoon", "laatste_aankoop")
    rows = [(f"K{1000 * night + n}", f"06{10000000 + 1000 * night + 7 * n}", "2026-01-15") for n in range(200)]
    return [header, *rows]


def owned(folder: BrandFolder) -> set[str]:
    """Return the files of a brand that somebody answers for: the runs that are kept, and what the house needs."""
    runs = {path.name for path in (folder.out / "runs").iterdir()}
    of_runs = {f"out/{folder.brand}/runs/{run}/{name}" for run in runs for name in FILES}
    house = {f"out/{folder.brand}/{name}" for name in ("current", ".lock", ".last.json")}
    decided = {path.stem for path in (folder.audit / "decisions").iterdir()}
    secrets = {f"audit/{folder.brand}/secrets/{run}" for run in decided}
    decisions = {f"audit/{folder.brand}/decisions/{run}.parquet" for run in decided}
    texts = {
        str(path.relative_to(folder.root)) for kind in ("policies", "laws") for path in (folder.audit / kind).iterdir()
    }
    return of_runs | house | decisions | secrets | texts | {f"audit/{folder.brand}/ledger.jsonl"}


FILES = ("callable.csv", "dropped.csv", "manifest.json", "report.html")
SITE = {"audit/key", "metrics/balansfilter.prom", "cache/.metrics.lock"}


@pytest.mark.slow
def test_thirty_nights_of_three_brands_leave_the_disk_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brands = [make_brand(tmp_path, brand=name) for name in BRANDS]
    (tmp_path / "metrics").mkdir()
    (tmp_path / "configs" / "balansfilter.yaml").write_text(
        f"retention: {{runs: {KEPT}, decisions: 6 days, prune: auto}}\nmetrics: {{file: metrics/balansfilter.prom}}\n"
    )
    sizes, made = [], 0
    for night in range(30):
        day = FIRST + timedelta(days=night)
        monkeypatch.setattr("balansfilter.pipeline.run.today", lambda _site, day=day: day)
        monkeypatch.setattr("balansfilter.audit.ledger.utc_now", lambda day=day: f"{day}T02:00:00.000Z")
        for brand in brands:
            write_rows(brand.calls, night_list(night))
            made_on = datetime.combine(day, time(1)).timestamp()
            os.utime(brand.data / "objections.csv", (made_on, made_on))
            try:
                run_brand(Request(brand.configs, brand.brand, day))
                made += 1
            except errors.ClosedDayError:
                assert day.weekday() == 6
        decided = sum(stored_bytes(brand.audit / "decisions") for brand in brands)
        sizes.append(sum(stored_bytes(brand.out / "runs") for brand in brands) + decided)
        assert all(len(list((brand.out / "runs").iterdir())) <= KEPT for brand in brands)
    assert made == 3 * sum((FIRST + timedelta(days=n)).weekday() != 6 for n in range(30))
    settled = sizes[KEPT + 2 :]
    assert max(settled) <= min(settled) * 1.25, "a week holds one day without a list, and the sixth night fills up"
    assert sizes[-1] <= sizes[-8] * 1.02, "a week later the lists and the decisions take what they took"
    site = load_site(tmp_path / "configs")
    for brand in brands:
        found = verify(AuditedBrand.find(brand.configs, site, brand.brand).place)
        assert found.problems == ()
        assert found.runs == made // 3
        assert found.gone == (), "whatever is gone was pruned, and recorded"
    on_disk = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_symlink() or path.is_file()}
    given = {name for name in on_disk if name.startswith(("configs/", "data/"))}
    assert on_disk - given == SITE | set().union(*(owned(brand) for brand in brands))
