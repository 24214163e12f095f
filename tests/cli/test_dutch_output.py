"""What commands print in Dutch: no sentence of the source is left in it in English."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from balansfilter.wording.messages import load_messages
from tests.brandfolder import ROOT, cli, read_rows

TEXTS = load_messages("nl").texts
BRAND = ("--brand", "goedgeluk")
DAY = ("--as-of", "2026-11-23")


def pieces() -> Iterator[str]:
    """Yield what stands between the values of each English sentence, where it is long enough to be told by it."""
    dutch = "\n".join(TEXTS.values())
    for english in TEXTS:
        longest = max(re.split(r"\{\d+\}", english), key=len).strip()
        if len(longest.split()) >= 3 and len(longest) >= 14 and longest not in dutch:
            yield longest


PIECES = sorted(set(pieces()))


def test_there_is_enough_to_look_for():
    assert len(PIECES) > 800


def flat(text: str) -> str:
    """Return a text without the lines of tables and the ends of lines, so that a sentence is whole again."""
    return " ".join(re.sub(r"[─━┃│┏┓┗┛┡┩╇┳┻┌┐└┘├┤┬┴┼╞╡╪═]+", " ", text).split())


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("site")
    for name in ("configs", "fixtures"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__", "examples"))
    return root


@pytest.mark.slow
def test_no_command_prints_english(site: Path) -> None:
    def told(*arguments: str, codes: tuple[int, ...] = (0,)) -> str:
        done = cli("--configs", str(site / "configs"), "--lang", "nl", *arguments, env={"COLUMNS": "200"})
        assert done.returncode in codes, (arguments, done.stderr)
        shown = flat(done.stdout + done.stderr)
        assert not [piece for piece in PIECES if piece in shown], (arguments, shown)
        return shown

    assert "te bellen" in told("run", *BRAND, *DAY)
    run_id = (site / "out" / "goedgeluk" / "current").readlink().name
    manifest = str(site / "out" / "goedgeluk" / "current" / "manifest.json")
    (row, *_) = read_rows(site / "out" / "goedgeluk" / "current" / "callable.csv")
    person = ("--customer", row["deelnemer"])
    assert "gebeurtenis" in told("audit", "show", *BRAND, run_id)
    for arguments in (
        ("check", *BRAND, *DAY),
        ("status",),
        ("plan", *BRAND, *DAY),
        ("plan", *BRAND, *DAY, "--against", "2028-11-23"),
        ("explain", *BRAND, *DAY, *person),
        ("explain", *BRAND, *person, "--history"),
        ("verify", manifest, *DAY),
        ("balanstest", "overview", *BRAND, *DAY),
        ("balanstest", "simulate", *BRAND, *DAY),
        ("report", "--site"),
        ("audit", "log", *BRAND),
        ("audit", "verify", *BRAND),
        ("audit", "replay", *BRAND, run_id),
        ("audit", "recall", *BRAND, *person),
        ("audit", "export", *BRAND, *person, "--to", str(site / "bewijs.zip"), "--no-pdf"),
        ("audit", "hold", *BRAND, "--run", run_id, "--reason", "zaak 12"),
        ("audit", "hold", *BRAND),
        ("audit", "release", *BRAND, "--hold", "5", "--reason", "gesloten"),
        ("audit", "prune", *BRAND, "--before", "2020-01-01"),
        ("audit", "prune", *BRAND, "--before", "2020-01-01", "--dry-run"),
        ("audit", "index", *BRAND),
        ("audit", "forget", *BRAND, *person),
        ("audit", "rekey"),
        ("objections", "confirm", *BRAND, "--by", "J. de Wit"),
        ("audit", "recall", *BRAND, "--run", run_id, "--reason", "fout"),
        ("status",),
        ("audit", "recall", *BRAND, *person),
        ("report", "--site"),
        ("audit", "log", *BRAND),
    ):
        told(*arguments)
    told("verify", manifest, *DAY, codes=(6,))
    told("audit", "show", *BRAND, "nergens", codes=(2,))
    (site / "audit" / "goedgeluk" / "ledger.jsonl").write_bytes(b"")
    told("audit", "verify", *BRAND, codes=(7,))
