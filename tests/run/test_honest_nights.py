"""Nights on which nothing is wrong, though something is odd: a list is published each time."""

from __future__ import annotations

from pathlib import Path

from tests.brandfolder import AS_OF, CALLS, make_brand

HEADER = CALLS[0]
OBJECTED = ("telefoon", "klantnummer", "datum", "merk")


def test_weeks_in_which_nobody_objects(tmp_path: Path) -> None:
    source = {"columns": {"phone": "telefoon", "objected_on": "datum"}, "snapshot_on": AS_OF, "max_age": "1 day"}
    objections = [OBJECTED, ("0687654321", "", "2025-02-01", ""), ("0612345678", "", "2024-12-31", "")]
    policy = {"objections": [{"path": "data/{brand}/objections.csv", **source}]}
    brand = make_brand(tmp_path, policy, objections=objections)
    for _ in range(2):
        done = brand.cli_run("--quiet")
        assert (done.returncode, done.stderr) == (0, "")
    assert brand.reasons() == {"K1": "objected"}


def test_words_for_nothing_where_a_number_was_asked(tmp_path: Path) -> None:
    calls = [
        HEADER,
        ("K1", "onbekend", "2026-01-15"),
        *((f"K{n}", f"06123456{n}", "2026-01-15") for n in range(10, 40)),
    ]
    objections = [
        ("telefoon", "klantnummer"),
        ("onbekend", "K11"),
        ("Geen", "K12"),
        ("-", "K13"),
        ("0000000000", "K14"),
    ]
    brand = make_brand(tmp_path, calls=calls, objections=objections)
    assert brand.cli_run().returncode == 0
    assert brand.reasons() == {"K1": "invalid_phone", **dict.fromkeys(("K11", "K12", "K13", "K14"), "objected")}


def test_an_id_that_hundreds_of_rows_share(tmp_path: Path) -> None:
    shared = [("TEST", f"0612345{n}", "2026-01-15") for n in range(100, 400)]
    others = [(f"K{n}", f"0612345{n}", "2026-01-15") for n in range(100, 400)]
    brand = make_brand(
        tmp_path, calls=[HEADER, *shared, *others], objections=[OBJECTED, ("0612345100", "TEST", "", "")]
    )
    done = brand.cli_run()
    assert done.returncode == 0
    assert "reaches no further" in done.stderr + done.stdout
    assert set(brand.reasons()) == {"TEST", "K100"}
    assert len(brand.callable_rows()) == 299


def test_a_list_of_a_group_with_forty_sister_brands(tmp_path: Path) -> None:
    columns = {"phone": "telefoon", "customer_id": "klantnummer", "brand": "merk"}
    objections = [
        OBJECTED,
        *(("", f"K{n}", "", f"Zusterblad {n}") for n in range(2, 42)),
        ("0687654321", "", "", "courant"),
    ]
    calls = [HEADER, *((f"K{n}", f"06123456{n:02}", "2026-01-15") for n in range(1, 50))]
    policy = {"objections": [{"path": "data/{brand}/objections.csv", "columns": columns}]}
    brand = make_brand(tmp_path, policy, calls=calls, objections=objections)
    done = brand.cli_run()
    assert done.returncode == 0
    assert "40 rows name a brand without a policy here" in done.stderr + done.stdout
    assert len(brand.callable_rows()) == 9
    names = ", ".join(f"Zusterblad {n}" for n in range(2, 42))
    (brand.configs / "balansfilter.yaml").write_text(f"brands_elsewhere: [{names}]\n", encoding="utf-8")
    brand.write_policy({"objections": [{**policy["objections"][0], "max_shrink": "100%"}]})
    assert brand.cli_run().returncode == 0
    assert len(brand.callable_rows()) == 49


def test_a_status_that_nobody_foresaw(tmp_path: Path) -> None:
    policy = {"call_list": {"where": {"status": {"take": ["actief"], "leave": ["overleden"]}}}}
    calls = [
        (*HEADER, "status"),
        ("K1", "0612345671", "2026-01-15", " Actief"),
        ("K2", "0612345672", "2026-01-15", "overleden"),
        ("K3", "0612345673", "2026-01-15", "in onderzoek"),
    ]
    brand = make_brand(tmp_path, policy, calls=calls)
    done = brand.cli_run()
    assert done.returncode == 0
    assert "neither takes nor leaves" in done.stderr + done.stdout
    assert "onderzoek" not in done.stderr + done.stdout
    assert brand.reasons() == {"K2": "not_selected", "K3": "not_selected"}
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K1"]
