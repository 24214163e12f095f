"""A register is read once: what a run finds in its index decides and tells what reading the register would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.commands.explain import explain
from balansfilter.errors import SourceError
from balansfilter.evidence import lookup, register_index
from balansfilter.evidence.lookup import number_set
from balansfilter.evidence.register_index import Indexed, layout_of, read_head, read_index, write_index
from balansfilter.pipeline import deciding, intake, registers
from balansfilter.pipeline.watch import Silence
from balansfilter.policy.site import load_site
from tests.brandfolder import AS_OF, ROOT, BrandFolder, make_brand

SCREENED = {
    "balanstests": [{"id": "kranten", "products": "*", "max_term": "24 months"}],
    "bel_me_niet": {
        "screen": "always",
        "register": {"path": "data/register.csv", "columns": {"phone": "nummer"}, "max_unreadable": "50%"},
    },
}
CALLS = [["klantnummer", "telefoon", "laatste_aankoop"]] + [
    [f"K{n}", f"06123450{n:02}", "2026-01-15"] for n in range(30)
]
REGISTER = ["0612345001", "0612345007", "06-12345009", "06 12"]


class Told(Silence):
    """Keeps what is told."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warn(self, message: str) -> None:
        self.warnings.append(message)

    @property
    def of_register(self) -> list[str]:
        return [message for message in self.warnings if "register" in message]


@pytest.fixture(autouse=True)
def however_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registers, "WORTH", 0)


def brand_in(root: Path, lines: list[str] | None = None, brand: str = "courant", **changes: Any) -> BrandFolder:
    folder = make_brand(root, {**SCREENED, "brand": brand, **changes}, brand=brand, calls=CALLS)
    write_register(folder, REGISTER if lines is None else lines)
    return folder


def write_register(folder: BrandFolder, lines: list[str]) -> None:
    text = "nummer,soort\n" + "".join(f"{line},a\n" for line in lines)
    (folder.root / "data" / "register.csv").write_text(text, encoding="utf-8")


def indexes(folder: BrandFolder) -> list[Path]:
    return registers.indexes_in(folder.root / "cache" / "registers")


def the_index(folder: BrandFolder) -> Path:
    (found,) = indexes(folder)
    return found


def left_by(folder: BrandFolder, watch: Told | None = None, **how: Any) -> dict[str, Any]:
    """Run, and return all that is left of it but what no two runs have in common."""
    outcome = folder.run(watch=watch or Told(), **how)
    assert outcome.folder is not None
    manifest = json.loads((outcome.folder / "manifest.json").read_bytes())
    for name in ("run_id", "made_at", "previous", "ledger", "key_id"):
        manifest.pop(name)
    outputs = manifest["outputs"]
    assert outputs.pop("decisions")["rows"] == manifest["rows"]
    lists = {file["name"]: (outcome.folder / file["name"]).read_bytes() for file in outputs.values()}
    return {"manifest": manifest, **lists}


def refuse_to_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object) -> None:
        raise AssertionError("the register was read")

    monkeypatch.setattr(intake, "read_registered", read)


def register_of(left: dict[str, Any]) -> dict[str, Any]:
    (found,) = [source for source in left["manifest"]["sources"] if source["role"] == "register"]
    return dict(found)


cells = st.one_of(
    st.sampled_from(["06 12", "", "1233", "+31612345001", "+4915112345678", "onbekend", "0612345007"]),
    st.integers(0, 40).map(lambda n: f"06123450{n:02}"),
)


@settings(max_examples=6)
@given(st.lists(cells, min_size=4, max_size=30), st.booleans(), st.sampled_from([1, 1 << 20]))
def test_a_run_with_an_index_answers_as_one_without(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], verified: bool, many: int
) -> None:
    register = SCREENED["bel_me_niet"]["register"] | {"max_unreadable": "100%"}
    changes = {"bel_me_niet": {"screen": "always", "register": register}}
    folder = brand_in(tmp_path_factory.mktemp("brand"), lines, **changes)
    how: dict[str, Any] = {"verify_with": "duckdb"} if verified else {"engine": "duckdb"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registers, "WORTH", 1 << 40)
        without = left_by(folder, **how)
    assert not indexes(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "_MANY", many)
        patch.setattr(lookup, "_BYTES_A_NUMBER", 1 << 40)
        made = left_by(folder, **how)
        refuse_to_read(patch)
        with_index = left_by(folder, **how)
    assert made == with_index
    assert register_of(made).pop("index")["sha256"]
    for source in made["manifest"]["sources"]:
        source.pop("index", None)
    assert made == without


def test_the_second_brand_does_not_read_the_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = brand_in(tmp_path), brand_in(tmp_path, brand="weekblad")
    one = left_by(first)
    refuse_to_read(monkeypatch)
    other = left_by(second)
    assert register_of(one) == register_of(other)
    assert one["callable.csv"] == other["callable.csv"]
    assert len(indexes(first)) == 1


def test_explain_does_not_read_the_register_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = brand_in(tmp_path)
    asked = (folder.configs, load_site(folder.configs), folder.brand, AS_OF, "0612345007", None)
    without = explain(*asked)
    assert not indexes(folder)
    left_by(folder)
    refuse_to_read(monkeypatch)
    assert explain(*asked) == without


def test_an_index_is_for_its_owner_alone_and_its_digest_stands_in_the_ledger(tmp_path: Path) -> None:
    folder = brand_in(tmp_path)
    told = register_of(left_by(folder))["index"]
    path = the_index(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [child.name for child in path.parent.iterdir()] == [path.name]
    (prepared,) = [event["body"] for event in folder.events() if event["event"] == "run.prepared"]
    assert [source["index"] for source in prepared["sources"] if "index" in source] == [told]
    assert read_index(path, told["made_of"], told["sha256"]).layout.sha256 == told["sha256"]


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 8)


def emptied(path: Path) -> None:
    os.truncate(path, 0)


def flipped(place: int) -> Callable[[Path], None]:
    def flip(path: Path) -> None:
        data = bytearray(path.read_bytes())
        data[place] ^= 1
        path.write_bytes(data)

    return flip


def foreign(path: Path) -> None:
    path.write_text("nummer\n0612345001\n", encoding="utf-8")


def linked(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def linked_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("/nowhere/at/all")


def shared(path: Path) -> None:
    path.chmod(0o640)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def of_another(path: Path) -> None:
    """Put an index in its place that is sound in itself, and of another register."""
    found = read_index(path, read_head(path).made_of)
    write_index(path, replace(found.read, made_of="0" * 64), found.layout, found.registered)


def with_fewer_numbers(path: Path) -> None:
    """Forge an index of nobody, which agrees with its own digests."""
    found = read_index(path, read_head(path).made_of)
    nobody = replace(found.registered, numbers=number_set(np.empty(0, np.uint64)))
    write_index(path, found.read, layout_of(nobody.numbers), nobody)


SPOILED = {
    "cut off": cut,
    "emptied": emptied,
    "another head": flipped(300),
    "another form": flipped(23),
    "another number": flipped(-3),
    "foreign": foreign,
    "a link": linked,
    "a link to nothing": linked_to_nothing,
    "others may read it": shared,
    "a pipe": a_pipe,
    "of another register": of_another,
    "forged": with_fewer_numbers,
}


@pytest.mark.parametrize("how", SPOILED)
def test_an_index_that_is_not_what_it_should_be_is_made_again_and_told(
    how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = brand_in(tmp_path)
    good = left_by(folder)
    path = the_index(folder)
    before = path.read_bytes()
    SPOILED[how](path)
    told = Told()
    assert left_by(folder, told) == good
    (sentence,) = told.of_register
    assert "cannot be used, and is made again" in sentence
    assert not path.is_symlink()
    assert path.read_bytes() == before
    refuse_to_read(monkeypatch)
    quiet = Told()
    assert left_by(folder, quiet) == good
    assert not quiet.of_register


def test_a_list_that_was_held_against_other_numbers_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = brand_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(registers, "layout_of", lambda numbers: layout_of(number_set(numbers.numbers[:1].copy())))
        left_by(folder)
    the_index(folder).unlink()
    told = Told()
    left_by(folder, told)
    (sentence,) = told.of_register
    assert "its numbers are others than those that the last list was held against" in sentence


def test_the_digest_of_what_was_read_is_made_while_the_list_is_decided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, taken_in = Event(), deciding._taken_in

    def begin(*asked: Any) -> Any:
        begun.set()
        return taken_in(*asked)

    def once_begun(numbers: Any) -> Any:
        assert begun.wait(30)
        return layout_of(numbers)

    monkeypatch.setattr(deciding, "_taken_in", begin)
    monkeypatch.setattr(registers, "layout_of", once_begun)
    folder = brand_in(tmp_path)
    told = register_of(left_by(folder))["index"]
    assert read_index(the_index(folder), told["made_of"]).layout.sha256 == told["sha256"]


def test_a_full_disk_does_not_fail_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = brand_in(tmp_path)
    whole, calls = register_index._laid_out, []

    def half(numbers: Any) -> Any:
        calls.append(numbers)
        for part in whole(numbers):
            yield part
            if len(calls) > 1:
                raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(register_index, "_laid_out", half)
        told = Told()
        full = left_by(folder, told)
    assert told.of_register == ["the register cannot be kept in the cache: No space left on device; every run reads it"]
    assert not list((tmp_path / "cache" / "registers").iterdir())
    assert left_by(folder) == full
    assert indexes(folder)


def test_an_index_does_not_take_the_room_of_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = brand_in(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(
            registers.Registers, "of", classmethod(lambda cls, cache, tell, _=None: cls(cache, tell, lambda *_: False))
        )
        told = Told()
        left_by(folder, told)
    assert "for want of room on the disk" in told.of_register[0]
    assert not indexes(folder)


def test_a_rehearsal_keeps_nothing(tmp_path: Path) -> None:
    folder = brand_in(tmp_path)
    folder.run(dry_run=True)
    assert not indexes(folder)
    assert not (tmp_path / "cache").exists()


def test_what_is_wrong_with_a_register_is_told_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = {"screen": "always", "register": SCREENED["bel_me_niet"]["register"] | {"max_unreadable": "0"}}
    folder = brand_in(tmp_path, bel_me_niet=strict)
    told = []
    for _ in range(2):
        with pytest.raises(SourceError) as error:
            folder.run()
        told.append([str(problem) for problem in error.value.problems])
        refuse_to_read(monkeypatch)
    assert told[0] == told[1]
    assert any("a phone number that cannot be read" in one for one in told[0])


def test_a_warning_names_the_file_that_was_read(tmp_path: Path) -> None:
    folder = brand_in(tmp_path)
    text = b"nummer,soort\n0612345001,a\n0612345002,a"
    (tmp_path / "data" / "register.csv").write_bytes(text)
    warned = [warning for warning in left_by(folder)["manifest"]["warnings"] if "cut off" in warning]
    assert [warning for warning in left_by(folder)["manifest"]["warnings"] if "cut off" in warning] == warned
    (tmp_path / "data" / "other.csv").write_bytes(text)
    other = {"screen": "always", "register": SCREENED["bel_me_niet"]["register"] | {"path": "data/other.csv"}}
    second = make_brand(
        tmp_path, {**SCREENED, "bel_me_niet": other, "brand": "weekblad"}, brand="weekblad", calls=CALLS
    )
    (told,) = [warning for warning in left_by(second)["manifest"]["warnings"] if "cut off" in warning]
    assert "register.csv" in warned[0]
    assert "other.csv" in told


def test_another_register_and_another_way_to_read_it_are_read_anew(tmp_path: Path) -> None:
    folder = brand_in(tmp_path)
    first = left_by(folder)
    path = the_index(folder)
    write_register(folder, ["0612345002", *REGISTER[1:]])
    changed = left_by(folder)
    assert first["callable.csv"] != changed["callable.csv"]
    assert the_index(folder) != path
    path = the_index(folder)
    soort = {
        "screen": "always",
        "register": SCREENED["bel_me_niet"]["register"] | {"where": {"soort": {"take": ["b"], "leave": ["a"]}}},
    }
    folder.write_policy({**SCREENED, "bel_me_niet": soort})
    assert register_of(left_by(folder))["left_out"] == len(REGISTER)
    assert path in indexes(folder)
    assert len(indexes(folder)) == 2


def test_the_index_of_a_register_that_no_policy_names_is_swept(tmp_path: Path) -> None:
    folder, other = brand_in(tmp_path), brand_in(tmp_path, brand="weekblad")
    left_by(folder)
    path = the_index(folder)
    elsewhere = {"screen": "always", "register": SCREENED["bel_me_niet"]["register"] | {"path": "data/other.csv"}}
    (tmp_path / "data" / "other.csv").write_text("nummer\n0612345001\n", encoding="utf-8")
    folder.write_policy({**SCREENED, "bel_me_niet": elsewhere})
    left_by(folder)
    assert path in indexes(folder)
    other.policy_file.write_text("{", encoding="utf-8")
    left_by(folder)
    assert path in indexes(folder)
    other.policy_file.unlink()
    left_by(folder)
    assert path not in indexes(folder)
    assert len(indexes(folder)) == 1


def test_two_processes_that_read_a_register_at_once_do_no_harm(tmp_path: Path) -> None:
    brands = [brand_in(tmp_path, brand=name) for name in ("courant", "weekblad")]
    write_register(brands[0], [f"06{n:08}" for n in range(12_345_000, 12_445_000)])
    assert (tmp_path / "data" / "register.csv").stat().st_size > 1 << 20
    command = [sys.executable, "-m", "balansfilter", "--configs", str(brands[0].configs), "run", "--as-of", str(AS_OF)]
    started = [
        subprocess.Popen([*command, "--brand", brand.brand, "--quiet"], cwd=ROOT, stderr=subprocess.PIPE)
        for brand in brands
    ]
    for process in started:
        _, told = process.communicate(timeout=120)
        assert (process.returncode, told) == (0, b"")
    path = the_index(brands[0])
    assert [child.name for child in path.parent.iterdir()] == [path.name]
    found: Indexed = read_index(path, read_head(path).made_of)
    assert len(found.registered.numbers) == 100_000
    assert found.registered.tally.rows == 100_000
