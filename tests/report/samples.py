"""Manifests for pages to be made of: an ordinary one, and the extremes."""

from datetime import date, timedelta

from balansfilter.decision.reasons import REASONS
from balansfilter.report.run_facts import LedgerPlace

CHECKPOINT = LedgerPlace(1041, "5f" * 32, "2026-03-03T02:15:09.120Z")
HOSTILE = "<script>alert('x')</script>\"&'</style>{{ 7*7 }}"
LONG = "Gezamenlijkeuitgeversvandagbladenenopinieweekbladenindenoordelijkeprovincies en Omstreken B.V."


def approval(name, term="24 months", review_by="2027-03-02"):
    return {
        "approved_by": "S. de Ridder",
        "role": "Compliance",
        "id": name,
        "digest": "sha256:" + "0d" * 32,
        "max_term": term,
        "approved_on": "2026-03-02",
        "review_by": review_by,
    }


def source(role, rows, valid_until=None, **more):
    files = [{"path": f"/data/{role.partition('[')[0]}.csv", "sha256": "ab" * 32, "bytes": 10 * rows, "rows": rows}]
    told = {"role": role, "files": files, "sha256": "ab" * 32, "bytes": 10 * rows, "rows": rows}
    return told | {"unreadable": 0, "snapshot_on": "2026-03-02", "valid_until": valid_until} | more


def manifest(balanstests=None, *, as_of="2026-03-03", run_id="20260303T021508Z-a1b2c3", approvals=None, **changes):
    """Make the manifest of a run out of its rows by balanstest, and then by ground or reason."""
    if balanstests is None:
        balanstests = {
            "abonnementen": {"consent": 12, "customer": 1380, "objected": 144, "expired": 1045},
            "maandbladen": {"customer": 332, "objected": 69, "too_early": 32},
            "": {"objected": 8, "unknown_product": 1185},
        }
    if approvals is None:
        approvals = [approval(name) for name in balanstests if name]
    counts = {}
    for answers in balanstests.values():
        for name, rows in answers.items():
            counts[name] = counts.get(name, 0) + rows
    reasons = {name: counts[name] for name in REASONS if name in counts}
    bases = {name: rows for name, rows in counts.items() if name not in REASONS}
    rows, dropped = sum(counts.values()), sum(reasons.values())
    made = {
        "manifest": 1,
        "version": "0.1.0",
        "run_id": run_id,
        "made_at": f"{as_of}T02:15:09.118Z",
        "brand": "noorderpost",
        "name": "De Noorderpost",
        "controller": "Noorderpost Uitgevers B.V.",
        "sector": "press",
        "as_of": as_of,
        "valid_until": "2026-03-03",
        "law": {"name": "nl", "origin": "packaged", "sha256": "1a" * 32, "grounds": ["consent", "customer"]},
        "policy": {"file": "configs/brands/noorderpost.yaml", "sha256": "2b" * 32, "balanstests": approvals},
        "sources": [
            source("call_list", rows),
            source("objections[0]", 1234, "2026-03-03", in_force=1200, unreadable=1),
        ],
        "rows": rows,
        "callable": rows - dropped,
        "dropped": dropped,
        "reasons": reasons,
        "bases": bases,
        "balanstests": balanstests,
        "guards": [
            {"guard": "min_rows", "limit": "1000", "found": rows, "passed": True},
            {"guard": "max_unreadable", "limit": "0.5%", "found": 0, "passed": True},
        ],
        "outputs": {
            name: {"name": f"{name}.csv", "sha256": "3c" * 32, "bytes": 100, "rows": part}
            for name, part in (("callable", rows - dropped), ("dropped", dropped))
        },
        "key_id": "0ca88a13e2554aa3",
        "previous": None,
        "warnings": [],
    }
    return made | changes


def earlier(count):
    """Make the manifests of the runs on the days before, the newest first."""
    made = []
    for back in range(1, count + 1):
        day = (date(2026, 3, 3) - timedelta(days=back)).isoformat()
        tests = {"abonnementen": {"customer": 1700 - 30 * back, "objected": 100 + back, "expired": 900}}
        made.append(manifest(tests, as_of=day, run_id=f"{day.replace('-', '')}T021508Z-{back:06x}"))
    return made


def no_rows():
    return manifest({}, approvals=[approval("abonnementen")])


def one_row():
    found = source("objections[0]", 12, in_call_list={"ids": 3, "numbers": 2})
    register = source("register", 100, in_call_list={"ids": None, "numbers": 5})
    return manifest({"abonnementen": {"customer": 1}}, sources=[source("call_list", 1), found, register])


def by_many_days():
    """Sources whose days were told in every way, on a day with hours of its own."""
    ways = ("modified", "newest", "confirmed", "closed", "filename", "date")
    lists = [source(f"objections[{n}]", 12, dated_by=way) for n, way in enumerate(ways)]
    return manifest(
        sources=[source("call_list", 1, dated_by="modified"), *lists],
        age_unlimited=["objections[0]"],
        call_window="10:00-16:00",
        agreed={"engine": "duckdb", "rows": 1},
        timezone="Europe/Amsterdam",
    )


def no_balanstest():
    bare = manifest({"": {"consent": 40, "register": 10, "listed": 7}}, sector="commercial")
    return bare | {
        "law": bare["law"] | {"name": "none", "origin": "laws/none.yaml", "grounds": []},
        "valid_until": None,
    }


def hundred():
    """A hundred balanstests, of 50 million rows, with every reason."""
    tests = {
        f"productgroep-{n:03}": {"customer": 200_000 + n, **dict.fromkeys(REASONS, 1000 * (n + 1))}
        for n in range(1, 101)
    }
    return manifest(tests | {"": {"unknown_product": 3}})


def long_names():
    name = "a" * 63
    made = manifest({name: {"customer": 10, "expired": 5}}, name=LONG, controller=LONG * 2, brand=name)
    made["sources"][0]["files"][0]["path"] = f"/data/{'export_crm_' * 12}.csv.gz"
    approvals = [approval(name, "1 year", "2026-03-20")]
    warnings = ["the policy says `law: none`: no legal rule is applied, every ground counts on every date"]
    return made | {"policy": made["policy"] | {"balanstests": approvals}, "warnings": warnings}


def guard_failed():
    made = manifest(valid_until=None)
    made["guards"][1] |= {"found": 400, "passed": False}
    made["sources"][1]["files"] *= 2
    return made


def hostile():
    made = manifest({HOSTILE: {"customer": 3}}, name=HOSTILE, controller=HOSTILE, warnings=[HOSTILE])
    made["sources"][0]["files"][0]["path"] = f"/data/{HOSTILE}".replace("</", "<")
    return made


SAMPLES = {
    "ordinary": manifest,
    "no_rows": no_rows,
    "one_row": one_row,
    "by_many_days": by_many_days,
    "no_balanstest": no_balanstest,
    "hundred": hundred,
    "long_names": long_names,
    "guard_failed": guard_failed,
    "hostile": hostile,
}
