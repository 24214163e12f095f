"""What a forger writes into the decisions is found by the root, though the ledger says that somebody was forgotten there."""

from __future__ import annotations

import json

import polars as pl
import pytest

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.decision_files import place_of
from balansfilter.audit.find import Identity
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.verify import verify
from balansfilter.commands.audit.forget import forget
from balansfilter.fs.private import sha256_file
from tests.audit.story import audited, make_folder, past, run_days, verified


@pytest.fixture
def folder(tmp_path):
    made = make_folder(tmp_path)
    run_days(made, 0, 1)
    return made


def forge(folder, change, *, rows=1):
    """Change the decisions of the last run, and say in the ledger that somebody was forgotten there."""
    run = past(folder).last
    path = audited(folder).audit.decisions(run.run_id)
    nonces = place_of(path).nonces
    change(path)
    file = {"run_id": run.run_id, "before": run.decisions_sha256, "after": sha256_file(path), "rows": rows}
    file |= {"nonces": sha256_file(nonces)} if nonces.exists() else {}
    Ledger(folder.ledger).append("audit.forgotten", {"rows": rows, "decisions": [file], "lists": []})
    return "\n".join(map(str, verified(folder).problems))


def rewritten(path, *columns):
    pl.read_parquet(path).with_columns(*columns).write_parquet(path)


def forgotten(folder, *people):
    for person in people:
        forget(audited(folder), Identity(None, person), lists=False, lock_wait=0)


def test_another_reason_under_a_well_formed_event_is_found(folder):
    head = Head(*audited(folder).chain().head)
    first = pl.col("row") == 1
    other = pl.when(first).then(pl.lit("objected")).otherwise(pl.col("reason").cast(pl.String))
    told = forge(
        folder,
        lambda path: rewritten(path, other.cast(pl.Enum(["objected", "expired", "unknown_product"])).alias("reason")),
    )
    assert "are not under the root that event" in told
    assert verify(audited(folder).place, [head]).problems


def test_two_tombstones_cannot_swap_their_reasons(folder):
    forgotten(folder, "K000", "K001")
    assert verified(folder).problems == ()

    def swap(path):
        frame = pl.read_parquet(path)
        cells = {name: [frame[name][1], frame[name][0], *frame[name][2:]] for name in ("decision", "reason", "basis")}
        frame.with_columns(pl.Series(name, cells[name], frame.schema[name]) for name in cells).write_parquet(path)

    assert "are not under the root that event" in forge(folder, swap)


def test_a_row_cannot_be_emptied_without_its_seal(folder):
    forgotten(folder, "K001")
    told = forge(folder, lambda path: rewritten(path, pl.when(pl.col("row") != 1).then(pl.col("customer"))))
    assert "are not under the root that event" in told
    assert "the tombstones of run" in told


def test_a_tombstone_cannot_be_filled(folder):
    forgotten(folder, "K001")
    told = forge(folder, lambda path: rewritten(path, pl.col("product").fill_null("weekend")))
    assert "the tombstones of run" in told


def test_once_somebody_is_forgotten_the_secret_is_gone_and_the_root_is_the_same(folder):
    paths = [audited(folder).audit.decisions(run_id) for run_id in past(folder).runs]
    roots = [run.root for run in past(folder).runs.values()]
    secrets = [place_of(path).secret.read_text() for path in paths]
    forgotten(folder, "K001")
    forgotten(folder, "K004")
    assert verified(folder).problems == ()
    assert [run.root for run in past(folder).runs.values()] == roots
    everything = b"".join(path.read_bytes() for path in folder.root.rglob("*") if path.is_file())
    assert not [text for text in secrets if text.encode() in everything]
    for path in paths:
        kept = pl.read_parquet(place_of(path).nonces)
        assert kept["nonce"].is_null().to_list() == kept["sealed"].is_not_null().to_list()
        assert kept["sealed"].is_not_null().arg_true().to_list() == [1, 4]


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("0" * 64)])
def test_a_secret_that_is_gone_or_changed_is_found(folder, spoil):
    spoil(place_of(audited(folder).audit.decisions(past(folder).last.run_id)).secret)
    assert verified(folder).problems


def test_the_root_stands_in_run_prepared_with_how_it_was_made(folder):
    decisions = past(folder).last.outputs["decisions"]
    assert decisions["algorithm"] == "sha256-leaves-1"
    assert decisions["hashes"] == ["customer", "customer_key", "number_1", "number_2"]
    assert decisions["rows"] == 40
    assert (
        json.loads((folder.current / "manifest.json").read_text())["outputs"]["decisions"]["root"] == decisions["root"]
    )
