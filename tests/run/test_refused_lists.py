"""A list that was recalled, or on which somebody objected since: whatever tells of it tells what `verify` does."""

from __future__ import annotations

import json
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from balansfilter import errors, run_brand
from balansfilter.cli.main import balansfilter
from balansfilter.commands.status import BrandStatus, brand_status
from balansfilter.commands.verify import verify_list
from balansfilter.errors import OutputError
from balansfilter.pipeline.recovery import standing
from balansfilter.policy.loading import load_site
from tests.brandfolder import AS_OF, BrandFolder, make_brand, write_rows
from tests.report.page_reader import read, said, table
from tests.run.test_recheck import CALLS, HEAD, NOBODY

HOOK = "import sys, pathlib; pathlib.Path(sys.argv[1]).open('a').write(sys.stdin.read() + chr(10))"
SUNDAY = AS_OF - timedelta(days=1)
WRONG = "objections of the wrong day"


@pytest.fixture
def brand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> BrandFolder:
    """A brand with a list for today of three rows, figures, and somebody who hears."""
    monkeypatch.setattr("balansfilter.pipeline.run.today", lambda _site: AS_OF)
    monkeypatch.setattr("balansfilter.nightly.metrics.today", lambda _site: AS_OF)
    columns = {"phone": "telefoon", "customer_id": "klantnummer", "objected_on": "datum", "withdrawn_on": "ingetrokken"}
    sources = [{"path": "data/{brand}/objections.csv", "columns": columns}]
    made = make_brand(tmp_path, {"objections": sources}, calls=CALLS, objections=[HEAD, NOBODY])
    hook = json.dumps([sys.executable, "-c", HOOK, str(tmp_path / "heard.jsonl")])
    (tmp_path / "metrics").mkdir()
    text = f"lang: en\nnotify: {{command: {hook}}}\nmetrics: {{file: metrics/balansfilter.prom}}\n"
    (made.configs / "balansfilter.yaml").write_text(text)
    run_brand(made.request())
    return made


@pytest.fixture
def told(brand: BrandFolder, capsys: pytest.CaptureFixture[str]):
    """Run a command, and give its exit code and all that it told, in one line."""

    def tell(*words: str) -> tuple[int, str]:
        code = balansfilter.main(["--configs", str(brand.configs), *words], standalone_mode=False)
        return code or 0, " ".join("".join(capsys.readouterr()).split())

    return tell


def run_id(brand: BrandFolder) -> str:
    return brand.current.readlink().name


def state(brand: BrandFolder, day: date = AS_OF) -> BrandStatus:
    return brand_status(brand.configs, load_site(brand.configs), brand.brand, day)


def recall(told, brand: BrandFolder, which: str | None = None) -> None:
    assert told("audit", "recall", "--brand", "courant", "--run", which or run_id(brand), "--reason", WRONG)[0] == 0


def withdraw(told, brand: BrandFolder) -> None:
    """Let the customer of row 3 object, and recheck the list."""
    write_rows(brand.data / "objections.csv", [HEAD, NOBODY, ("06-12345673", "", "2026-11-22", "")])
    assert told("recheck", "--brand", "courant")[0] == 0


def figures(brand: BrandFolder) -> tuple[float, float, float, float]:
    """Return whether the brand is good and its list refused, and how many rows may be called and were withdrawn."""
    text = (brand.root / "metrics" / "balansfilter.prom").read_text()
    values = {family.name: family.samples[0].value for family in text_string_to_metric_families(text) if family.samples}
    names = ("good", "list_refused", "callable_rows", "withdrawn_rows")
    return tuple(values[f"balansfilter_{name}"] for name in names)


def verified(brand: BrandFolder) -> bool:
    try:
        verify_list(brand.configs, brand.current / "manifest.json", load_site(brand.configs), AS_OF)
    except OutputError:
        return False
    return True


def notices(page: Path) -> list[str]:
    """Return what a page tells above everything else."""
    root = read(page.read_text())
    return [said(one) for one in root.iter("div") if (one.get("class") or "").startswith("notice")]


def heard(brand: BrandFolder) -> list[dict[str, object]]:
    return [json.loads(line) for line in (brand.root / "heard.jsonl").read_text().splitlines()]


def test_a_recalled_list_is_no_list(brand: BrandFolder, told) -> None:
    assert (state(brand).good, verified(brand), figures(brand)) == (True, True, (1, 0, 3, 0))
    recall(told, brand)
    assert not verified(brand)
    status = state(brand)
    assert (status.good, status.exit, status.callable, status.why) == (False, 1, 0, status.refused)
    assert str(status.why).endswith(f", and must not be called: {WRONG}")
    assert status.as_json()["recalled"] == {"at": brand.events()[-1]["at"], "reason": WRONG}
    assert figures(brand) == (0, 1, 0, 0)
    for more in ((), ("--max-age", "26h")):
        code, text = told("status", "--exit-code", "--notify", *more)
        assert code == 1
        assert "│ 0 │ recalled │" in text
        assert f"courant: the list was recalled at {status.recalled.at[:10]}" in text
    assert [(one["event"], one["exit"], one["sentence"]) for one in heard(brand)] == [("not_good", 1, status.why)] * 2
    assert told("status")[0] == 0


def test_a_list_with_somebody_who_objected_is_no_list_until_the_rows_are_left_out(brand: BrandFolder, told) -> None:
    withdraw(told, brand)
    assert not verified(brand)
    status = state(brand)
    assert (status.good, status.exit, status.callable) == (False, 1, 2)
    assert str(status.why).startswith("1 person on the list objected since, and the list must not be called as it is")
    told_of = status.as_json()["withdrawn"]
    assert told_of == {"at": brand.events()[-1]["at"], "rows": 1, "people": 1, "left_out": False}
    assert figures(brand) == (0, 1, 2, 1)
    code, text = told("status", "--exit-code")
    assert (code, "│ 2 │" in text, "1 person on the list objected since" in text) == (1, True, True)
    manifest, withdrawn = str(brand.current / "manifest.json"), str(brand.current / "withdrawn.csv")
    assert told("verify", manifest, "--without", withdrawn)[0] == 0
    assert verified(brand)
    status = state(brand)
    assert (status.good, status.exit, status.callable, status.withdrawn.left_out) == (True, 0, 2, True)
    assert figures(brand) == (1, 0, 2, 1)


def test_who_takes_an_objection_back_is_on_the_next_list(brand: BrandFolder, told) -> None:
    withdraw(told, brand)
    write_rows(brand.data / "objections.csv", [HEAD, NOBODY, ("06-12345673", "", "2026-11-20", "2026-11-22")])
    assert told("recheck", "--brand", "courant")[0] == 0
    assert (verified(brand), state(brand).good, state(brand).callable) == (False, False, 2)
    run_brand(brand.request())
    assert (verified(brand), state(brand).good, state(brand).callable) == (True, True, 3)


def test_the_next_list_is_good_and_the_recall_of_an_older_one_does_nothing_to_it(brand: BrandFolder, told) -> None:
    first = run_id(brand)
    withdraw(told, brand)
    recall(told, brand)
    run_brand(brand.request())
    assert (verified(brand), state(brand).good, state(brand).callable) == (True, True, 2)
    assert figures(brand) == (1, 0, 2, 0)
    second = run_id(brand)
    run_brand(brand.request())
    recall(told, brand, second)
    assert (verified(brand), state(brand).good, figures(brand)) == (True, True, (1, 0, 2, 0))
    assert told("report", "--site", "--lang", "en")[0] == 0
    site = brand.root / "out" / "_site"
    assert notices(site / "index.html") == notices(site / "courant" / "index.html") == []
    marked = [
        row[0]
        for row in table(
            read((site / "courant" / "index.html").read_text()), "All runs that are kept, the newest first"
        )
    ]
    assert ["(recalled)" in row for row in marked[1:]] == [False, True, True]
    for one in (first, second):
        assert notices(site / "courant" / f"{one}.html")[0].startswith(
            "This list was recalled, and must not be called."
        )


def test_on_a_day_without_calls_a_list_of_before_is_no_matter_and_one_made_ahead_is(brand: BrandFolder, told) -> None:
    recall(told, brand)
    before, after = state(brand, SUNDAY), state(brand, AS_OF + timedelta(days=6))
    assert None not in (before.closed, after.closed)
    assert (before.good, before.exit) == (False, 1)
    assert (after.good, after.exit) == (True, 0)
    assert before.refused == after.refused


def test_a_run_that_fails_says_that_what_stands_is_no_good(brand: BrandFolder, told) -> None:
    assert standing(brand.configs, "courant").endswith(f"run {run_id(brand)} stands.")
    recall(told, brand)
    brand.calls.unlink()
    with pytest.raises(errors.SourceError):
        run_brand(brand.request())
    refused = state(brand).refused
    last = heard(brand)[-1]
    assert last["standing"] == standing(brand.configs, "courant")
    assert str(last["standing"]).endswith(f" stands, but is no good: {refused}")
    status = state(brand)
    assert (status.exit, status.why == status.refused) == (4, False)
    code, text = told("status", "--exit-code", "--notify")
    assert (code, f"and must not be called: {WRONG}" in text) == (4, True)
    assert heard(brand)[-1]["standing"] == refused


@pytest.mark.parametrize(
    ("lang", "first", "then"),
    [
        ("nl", "Deze lijst is teruggeroepen en mag niet worden gebeld.", "Deze lijst mag zo niet worden gebeld: na de publicatie is bezwaar gemaakt."),
        ("en", "This list was recalled, and must not be called.", "This list must not be called as it is: somebody on it objected since it was published."),
    ],
)  # fmt: skip
def test_the_pages_tell_it_above_everything_else(brand: BrandFolder, told, lang: str, first: str, then: str) -> None:
    own = brand.current / "report.html"
    as_published = own.read_bytes()
    withdraw(told, brand)
    to = brand.root / "page.html"
    of_run = ("report", "--brand", "courant", "--lang", lang, "--to", str(to))
    site = brand.root / "site"
    pages = (to, site / "index.html", site / "courant" / "index.html", site / "courant" / f"{run_id(brand)}.html")

    def tops() -> list[str]:
        assert told(*of_run)[0] == told("report", "--site", "--lang", lang, "--to", str(site))[0] == 0
        return [notices(page)[0] if notices(page) else "" for page in pages]

    assert all(then in top and "withdrawn.csv" in top for top in tops())
    assert "De Courant: " + then in notices(site / "index.html")[0]
    told("verify", str(brand.current / "manifest.json"), "--without", str(brand.current / "withdrawn.csv"))
    settled = tops()
    assert ["withdrawn.csv" in top for top in settled] == [False] * 4
    assert [bool(top) for top in settled] == [True, False, True, True]
    recall(told, brand)
    assert all(first in top and WRONG in top for top in tops())
    assert "stays valid" not in said(read(to.read_text()))
    assert own.read_bytes() == as_published


def test_of_a_person_it_is_told_what_came_after_the_list(brand: BrandFolder, told) -> None:
    asked = (("--on", str(AS_OF)), ("--run", run_id(brand)), ("--history",))
    withdraw(told, brand)
    sentence = "row 3 may no longer be called: the recheck at "
    for how in asked:
        assert sentence in told("explain", "--brand", "courant", "--customer", "K3", *how)[1]
        assert "no longer" not in told("explain", "--brand", "courant", "--customer", "K1", *how)[1]
    ask = ("audit", "recall", "--brand", "courant", "--customer")
    assert "│ 3 (no longer) │" in told(*ask, "K3")[1]
    assert sentence in told(*ask, "K3")[1]
    assert "no longer" not in told(*ask, "K1")[1]
    (moment,) = json.loads(told(*ask, "K3", "--json")[1])["moments"]
    assert (moment["withdrawn"], moment["withdrawn_known"], moment["recalled"]) == ([3], True, None)
    assert "list.rechecked" in told("audit", "show", run_id(brand), "--brand", "courant")[1]
    assert "1 row may no longer be called" in told("audit", "show", run_id(brand), "--brand", "courant")[1]
    recall(told, brand)
    for how in asked:
        text = told("explain", "--brand", "courant", "--customer", "K1", *how)[1]
        assert f": {WRONG}" in text
        assert "and stands" not in text
        assert "callable (no longer)" in " ".join(text.replace("│", " ").split())
    text = told(*ask, "K1")[1]
    assert "│ recalled" in text
    assert "│ 1 (no longer) │" in text
    (moment,) = json.loads(told(*ask, "K1", "--json")[1])["moments"]
    assert (moment["withdrawn"], moment["recalled"], moment["recalled_at"]) == ([], WRONG, brand.events()[-1]["at"])


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "changed"])
def test_where_the_withdrawn_rows_are_lost_it_is_said_that_nobody_can_tell(
    brand: BrandFolder, told, gone: bool
) -> None:
    withdraw(told, brand)
    path = brand.current / "withdrawn.csv"
    path.unlink() if gone else path.write_text("line,row,customer_id,product\n")
    for person in ("K1", "K3"):
        text = told("explain", "--brand", "courant", "--customer", person, "--on", str(AS_OF))[1]
        assert "withdrew is gone, and nobody can tell whether this person was on it" in text
    assert "withdrew is gone" not in told("explain", "--brand", "courant", "--customer", "K2", "--on", str(AS_OF))[1]
