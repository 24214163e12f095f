"""Whatever is changed in an audit folder is found: random changes of every kind, and none reported where nothing was."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.verify import verify
from tests.audit.story import audited

Mutation = Callable[[Path, random.Random], str | None]


def files(folder):
    """Everything that is evidence: the audit folder, and the lists with their manifests; not a page, which is made of them."""
    found = [*folder.audit.rglob("*"), *(folder.out / "runs").rglob("*")]
    return sorted(path for path in found if path.is_file() and path.name != "report.html")


def pick(folder, rng, suffix=""):
    return rng.choice([path for path in files(folder) if path.name.endswith(suffix) and path.stat().st_size])


def a_byte(folder, rng):
    path = pick(folder, rng)
    data = bytearray(path.read_bytes())
    at = rng.randrange(len(data))
    data[at] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    return f"byte {at} of {path}"


def an_inserted_byte(folder, rng):
    path = pick(folder, rng)
    data = path.read_bytes()
    at = rng.randrange(len(data) + 1)
    path.write_bytes(data[:at] + bytes([rng.randrange(256)]) + data[at:])
    return f"a byte at {at} of {path}"


def a_cut_tail(folder, rng):
    path = pick(folder, rng)
    data = path.read_bytes()
    path.write_bytes(data[: rng.randrange(len(data))])
    return f"tail of {path}"


def lines(change):
    def mutate(folder, rng):
        path = pick(folder, rng, rng.choice(["ledger.jsonl", "ledger.jsonl", ".csv", ".yaml", "manifest.json"]))
        before = path.read_bytes().splitlines(keepends=True)
        after = change(list(before), rng)
        if after == before:
            return None
        path.write_bytes(b"".join(after))
        return f"{change.__name__} in {path}"

    mutate.__name__ = change.__name__
    return mutate


@lines
def a_dropped_line(found, rng):
    del found[rng.randrange(len(found))]
    return found


@lines
def a_doubled_line(found, rng):
    at = rng.randrange(len(found))
    return [*found[:at], found[at], *found[at:]]


@lines
def swapped_lines(found, rng):
    one, other = rng.randrange(len(found)), rng.randrange(len(found))
    found[one], found[other] = found[other], found[one]
    return found


@lines
def a_cut_end(found, rng):
    return found[: rng.randrange(len(found))]


def a_removed_file(folder, rng):
    path = pick(folder, rng)
    path.unlink()
    return f"removed {path}"


def a_renamed_file(folder, rng):
    path = pick(folder, rng)
    path.rename(path.with_name(f"{rng.randrange(10**6)}{path.suffix}"))
    return f"renamed {path}"


def swapped_files(folder, rng):
    suffix = rng.choice([".parquet", ".yaml", ".csv", "manifest.json"])
    one, other = pick(folder, rng, suffix), pick(folder, rng, suffix)
    if one.read_bytes() == other.read_bytes():
        return None
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)
    return f"swapped {one} and {other}"


def a_replaced_file(folder, rng):
    path, other = pick(folder, rng), pick(folder, rng)
    if path.read_bytes() == other.read_bytes():
        return None
    shutil.copyfile(other, path)
    return f"{path} replaced by {other}"


def an_added_file(folder, rng):
    path = pick(folder, rng)
    shutil.copyfile(path, path.with_name(f"{rng.randrange(10**6)}-{path.name}"))
    return f"a copy of {path}"


def a_renamed_run(folder, rng):
    path = rng.choice(sorted((folder.out / "runs").iterdir()))
    path.rename(path.with_name("20200101T000000Z-000000"))
    return f"renamed {path}"


def a_manifest_that_says_something_else(folder, rng):
    path = pick(folder, rng, "manifest.json")
    said = path.read_text()
    old, new = rng.choice([('"callable": ', '"callable": 1'), ('"as_of": "2026', '"as_of": "2027'), ("}", "} ")])
    path.write_text(said.replace(old, new, 1))
    return f"{old} in {path}"


MUTATIONS = (
    a_byte, an_inserted_byte, a_cut_tail, a_dropped_line, a_doubled_line, swapped_lines, a_cut_end, a_removed_file,
    a_renamed_file, swapped_files, a_replaced_file, an_added_file, a_renamed_run, a_manifest_that_says_something_else,
)  # fmt: skip


def mutate_often(folder, times, seed):
    """Mutate, verify and put back, many times."""
    brand = audited(folder)
    kept = [Head(*brand.chain().head)]
    whole = {root: root.with_name(f"{root.name}.whole") for root in (folder.audit, folder.out)}
    for root, copy in whole.items():
        shutil.copytree(root, copy, symlinks=True)
    assert verify(brand.place, kept).problems == ()
    rng = random.Random(seed)
    done = 0
    while done < times:
        mutation = MUTATIONS[done % len(MUTATIONS)]
        told = mutation(folder, rng)
        if told is None:
            continue
        done += 1
        assert verify(brand.place, kept).problems, f"mutation {done} of seed {seed} was not found: {told}"
        for root, copy in whole.items():
            shutil.rmtree(root)
            shutil.copytree(copy, root, symlinks=True)
    assert verify(brand.place, kept).problems == ()


@pytest.mark.slow
def test_each_kind_of_mutation_is_found(story):
    mutate_often(story, 10 * len(MUTATIONS), seed=1)


@pytest.mark.slow
def test_two_thousand_mutations_are_found(story):
    mutate_often(story, 2000, seed=2026)
