"""The peers of the benchmark decide as the oracle does: a comparison of speeds says nothing without that."""

from __future__ import annotations

import csv
import subprocess
from datetime import date
from typing import TYPE_CHECKING

import pytest

from balansfilter.policy.loading import load_policy
from fixtures import bench as data
from tests.benchmarks.contestants import AS_OF, CONTESTANTS, Contestant
from tests.oracle.oracle import Decision, decide

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 6000
PEERS = [one for one in CONTESTANTS if one.is_peer]
Lists = tuple[list[list[str]], list[list[str]]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bench")
    data.make(made, 5, date.fromisoformat(AS_OF), data.Sizes(ROWS, ROWS // 20, ROWS * 4 // 5))
    return made


@pytest.fixture(scope="module")
def expected(folder: Path) -> Lists:
    return _as_lists(folder, _decided(folder))


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
def test_a_peer_decides_as_the_oracle(peer: Contestant, folder: Path, expected: Lists) -> None:
    if peer.script == "pandas_peer.py":
        for name in ("pandas", "pyarrow"):
            pytest.importorskip(name, reason="comes with the extra `bench`")
    subprocess.run(peer.command(folder), check=True, capture_output=True)
    assert _read(peer.lists(folder) / "callable.csv") == expected[0]
    assert _read(peer.lists(folder) / "dropped.csv") == expected[1]


def test_the_data_holds_what_the_benchmark_is_about(folder: Path) -> None:
    reasons = {one.reason for one in _decided(folder)}
    assert reasons >= {None, "objected", "invalid_phone", "unknown_product", "missing_date", "expired", "listed"}
    assert {"unreadable_date", "duplicate"} <= reasons


def test_the_data_is_the_same_every_time(folder: Path, tmp_path: Path) -> None:
    data.make(tmp_path, 5, date.fromisoformat(AS_OF), data.Sizes(ROWS, ROWS // 20, ROWS * 4 // 5))
    for name in ("call_list.csv", "objections.csv", "register.txt", "configs/brands/bench.yaml"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name


def _decided(folder: Path) -> list[Decision]:
    policy = load_policy(folder / "configs" / "brands" / "bench.yaml")
    register = policy.bel_me_niet.register_file
    assert register is not None
    assert isinstance(register.snapshot_on, date)
    return decide(
        policy,
        date.fromisoformat(AS_OF),
        frozenset({"consent", "customer"}),
        _dicts(folder / "call_list.csv"),
        [_dicts(folder / "objections.csv")],
        [{"1": line} for line in (folder / "register.txt").read_text().splitlines()],
        register.snapshot_on,
    )


def _as_lists(folder: Path, decided: list[Decision]) -> Lists:
    """Return the lists that the oracle's decisions come to."""
    header, *lines = _read(folder / "call_list.csv")
    callable_rows = [[*header, "basis", "callable_until"]]
    dropped = [["row", "customer_id", "product", "reason", "callable_until"]]
    for one, line in zip(decided, lines, strict=True):
        until = "" if one.callable_until is None else one.callable_until.isoformat()
        if one.callable:
            callable_rows.append([*line, str(one.basis), until])
        else:
            dropped.append([str(one.row), line[0], line[3], str(one.reason), until])
    return callable_rows, dropped


def _read(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def _dicts(path: Path) -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
