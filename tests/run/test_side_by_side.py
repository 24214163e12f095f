"""Objections, register and call history are read side by side; what goes wrong is told as if one came after the other."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Any

import pytest

from balansfilter.errors import SourceError
from balansfilter.pipeline import intake
from tests.brandfolder import BrandFolder, make_brand

SCREENED = {
    "balanstests": [
        {"id": "kranten", "products": "*", "max_term": "24 months", "max_attempts": {"count": 3, "within": "6 months"}}
    ],
    "bel_me_niet": {
        "screen": "always",
        "register": {"path": "data/courant/register.csv", "columns": {"phone": "nummer"}},
    },
    "contacts": {
        "path": "data/courant/contacts.csv",
        "columns": {"customer_id": "klantnummer", "called_on": "gebeld_op"},
    },
}
REGISTER = [["nummer"], ["0611111111"]]
CONTACTS = [["klantnummer", "gebeld_op"], ["K1", "2026-11-01"]]


def brand_in(folder: Path) -> BrandFolder:
    return make_brand(folder, SCREENED, register=REGISTER, contacts=CONTACTS)


def test_what_is_wrong_with_each_is_told_in_one_order(tmp_path: Path) -> None:
    brand = brand_in(tmp_path)
    for name in ("objections", "register", "contacts"):
        (brand.data / f"{name}.csv").write_text("iets\nanders\n", encoding="utf-8")
    told = []
    for _ in range(3):
        with pytest.raises(SourceError) as error:
            brand.run()
        told.append([str(problem) for problem in error.value.problems])
    assert {problem.split(": ")[1] for problem in told[0]} == {"objections[0]", "register", "contacts"}
    assert told[0] == told[1] == told[2]


def test_they_stand_in_the_manifest_in_one_order(tmp_path: Path) -> None:
    manifest = brand_in(tmp_path).run().manifest
    assert [source["role"] for source in manifest["sources"]] == ["call_list", "objections[0]", "register", "contacts"]


def test_who_objected_is_put_together_while_the_register_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_together, gathered, registered = Event(), intake.gathered, intake.registered

    def put(*found: Any) -> Any:
        evidence = gathered(*found)
        put_together.set()
        return evidence

    def once_put_together(parts: Any) -> Any:
        assert put_together.wait(30)
        return registered(parts)

    monkeypatch.setattr(intake, "gathered", put)
    monkeypatch.setattr(intake, "registered", once_put_together)
    assert brand_in(tmp_path).run().folder is not None


@pytest.mark.parametrize("reading", ["objectors", "read_registered", "calls_made"])
def test_an_interruption_in_any_of_them_ends_the_run(
    reading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    brand = brand_in(tmp_path)
    monkeypatch.setattr(intake, reading, interrupted)
    with pytest.raises(KeyboardInterrupt):
        brand.run()
    last = brand.events()[-1]
    assert (last["event"], last["body"]["code"]) == ("run.failed", "interrupted")
    assert not brand.current.exists()
