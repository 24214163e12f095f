"""A brand with a past: several runs, a changed policy, a rotated key, a person forgotten, and old lists pruned."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from balansfilter.audit.find import Identity
from balansfilter.audit.history import History
from balansfilter.audit.verify import Verified, verify
from balansfilter.commands.audit.brand import AuditedBrand
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.audit.prune import prune
from balansfilter.commands.audit.rekey import rekey
from balansfilter.commands.audit.timeline import timeline
from balansfilter.commands.balanstest.approve import approve_balanstest
from balansfilter.policy.loading import load_site
from tests.brandfolder import BrandFolder, make_brand, merged, write_rows

FIRST_DAY = date(2026, 11, 18)
HEADER = ("klantnummer", "mobiel", "vast", "product", "laatste_aankoop")
POLICY = {
    "balanstests": [{"id": "kranten", "products": ["dagblad"], "max_term": "24 months"}],
    "call_list": {"columns": {"phone": ["mobiel", "vast"], "product": "product"}},
    "duplicates": "keep_all",
}
PEOPLE = 40


@dataclass(frozen=True)
class Person:
    """One row of the call list."""

    customer_id: str
    mobile: str
    landline: str
    product: str
    bought_on: date

    @property
    def row(self) -> tuple[str, ...]:
        return (self.customer_id, self.mobile, self.landline, self.product, self.bought_on.isoformat())


def people(count: int = PEOPLE) -> list[Person]:
    """Return people: every third bought too long ago, every seventh something without a balanstest."""
    return [
        Person(
            f"K{n:03}",
            f"06{10000000 + 7 * n}",
            f"020{6200000 + n}" if n % 2 else "",
            "kalender" if n % 7 == 0 else "dagblad",
            FIRST_DAY - timedelta(days=900 if n % 3 == 0 else 100 + n),
        )
        for n in range(count)
    ]


def make_folder(root: Path, count: int = PEOPLE) -> BrandFolder:
    """Make the brand, before its first run."""
    rows = [HEADER, *(person.row for person in people(count))]
    return make_brand(root, POLICY, calls=rows)


def audited(folder: BrandFolder) -> AuditedBrand:
    """Return the brand as the audit sees it."""
    return AuditedBrand.find(folder.configs, load_site(folder.configs), folder.brand)


def run_days(folder: BrandFolder, *days: int) -> list[str]:
    """Run for some days after the first; gives the ids of the runs."""
    return [folder.run(as_of=FIRST_DAY + timedelta(days=day)).run_id for day in days]


def verified(folder: BrandFolder) -> Verified:
    """Verify the brand's audit log."""
    return verify(audited(folder).place)


def past(folder: BrandFolder) -> History:
    """Return the brand's history."""
    return audited(folder).history()


def held(folder: BrandFolder, **who: str | None) -> dict[str, list[int]]:
    """Return the rows of a person by run, over all runs."""
    brand = audited(folder)
    asked = Identity(who.get("number"), who.get("customer_id"))
    found = timeline(brand, brand.history(), asked, brand.history().runs.values())
    return {moment.run_id: [row.row for row in moment.rows] for moment in found.moments}


def names(folder: BrandFolder) -> list[str]:
    """Return the names of the events."""
    return [event["event"] for event in folder.events()]


def make_story(root: Path, rows_per_part: int | None = None) -> BrandFolder:
    """Make a brand with a past: a key rotated, a balanstest approved again, a person forgotten, an old run pruned."""
    folder = make_folder(root)
    policy = POLICY if rows_per_part is None else merged(POLICY, {"output": {"rows_per_part": rows_per_part}})
    folder.write_policy(policy)
    folder.configs.joinpath("balansfilter.yaml").write_text("retention: {runs: 3}\n")
    run_days(folder, 0, 1)
    folder.write_policy(policy | {"guards": {"max_dropped": "90%"}})
    site = load_site(folder.configs)
    rekey(folder.configs, site, lost=False, lock_wait=0)
    run_days(folder, 2)
    approve_balanstest(
        folder.configs, site, folder.brand, "kranten", by="B", role="FG", on=FIRST_DAY, review_by=None, opinion=None
    )
    forget(audited(folder), Identity(None, "K001"), lists=False, lock_wait=0)
    run_days(folder, 3)
    prune(audited(folder), date(2026, 11, 21), None, 0)
    return folder


def broken_calls(folder: BrandFolder) -> None:
    """Put another call list in the place of the one that was read."""
    write_rows(folder.calls, [HEADER, *(person.row for person in people(PEOPLE - 1))])


def ledger_lines(folder: BrandFolder) -> list[dict[str, object]]:
    """Read the ledger as JSON."""
    return [json.loads(line) for line in folder.ledger.read_text().splitlines()]
