"""Whatever is changed in an audit folder is found: random changes of every kind, and none reported where nothing was."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from balansfilter.audit.checkpoint import Checkpoint, Head
from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.keys import AuditKey
from balansfilter.audit.ledger import Event, Ledger, event_hash
from balansfilter.audit.signing import sign
from balansfilter.audit.verify import verify
from balansfilter.fs.outputs import digest_of_files
from balansfilter.fs.private import sha256_file
from tests.audit.story import audited, make_story

TAMPERINGS = int(os.environ.get("BALANSFILTER_TAMPERINGS", "2000"))
"""How many the slow campaign tries; more by `BALANSFILTER_TAMPERINGS=20000 make slow`."""

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


def a_link_in_its_place(folder, rng):
    path = pick(folder, rng)
    away = folder.root / f"away-{rng.randrange(10**6)}"
    path.rename(away)
    path.symlink_to(away)
    return f"{path} is a link now"


def a_spoilt_key(folder, rng):
    path = rng.choice(sorted(folder.audit.parent.glob("key*")))
    rng.choice([path.unlink, lambda: path.write_text("0" * 64), lambda: path.chmod(0o644)])()
    if not (folder.audit.parent / "key").exists() or path.name == "key":
        return f"spoilt {path}"
    used = {event["body"].get("key_id") for event in folder.events() if event["event"] == "run.prepared"}
    now = (folder.audit.parent / "key").read_text()
    in_use = AuditKey(now).id
    return f"spoilt {path}" if path.suffix[1:] in used - {in_use} else None


def forged(change):
    """Let a forger, who knows the program and owns the machine, write to the ledger what it would take for its own."""

    def mutate(folder, rng):
        events = folder.events()
        prepared = [event["body"] for event in events if event["event"] == "run.prepared"]
        return change(folder, rng, Ledger(folder.ledger), rng.choice(prepared))

    mutate.__name__ = change.__name__
    return mutate


@forged
def another_publication(folder, rng, ledger, run):
    ledger.append("run.published", {"run_id": run["run_id"]})
    return f"{run['run_id']} published again"


@forged
def another_end(folder, rng, ledger, run):
    failed = {"run_id": run["run_id"], "code": "source", "exit": 4, "message": "m", "problems": []}
    ledger.append(rng.choice(["run.failed", "run.abandoned"]), failed)
    return f"{run['run_id']} ended again"


@forged
def another_preparation(folder, rng, ledger, run):
    new = rng.choice([run["run_id"], "20261123T020000Z-forged"])
    ledger.append("run.prepared", run | {"run_id": new, "callable": run["callable"] - 1})
    return f"{new} prepared"


@forged
def an_unknown_event(folder, rng, ledger, run):
    ledger.append(rng.choice(["run.corrected", "decisions.changed", "x"]), {"run_id": run["run_id"]})
    return "an unknown event"


@forged
def a_recall_of_nothing(folder, rng, ledger, run):
    ledger.append("run.recalled", {"run_id": "20200101T000000Z-abcdef", "reason": "x"})
    return "a recall of nothing"


@forged
def a_key_from_nowhere(folder, rng, ledger, run):
    new = f"{rng.randrange(16**16):016x}"
    ledger.append("audit.rekeyed", {"from": rng.choice([run["key_id"], new]), "to": new})
    return "a rotation that never was"


@forged
def a_pruning_of_what_stands(folder, rng, ledger, run):
    last = folder.current.readlink().name
    rows = [{"run_id": last, "sha256": run["outputs"]["decisions"]["sha256"], "rows": run["rows"]}]
    ledger.append("audit.pruned", {"before": None, "decisions": rng.choice([rows, []]), "lists": [last]})
    return "the standing list pruned"


@forged
def a_pruning_without_a_trace(folder, rng, ledger, run):
    ledger.append("audit.pruned", {"before": None, "decisions": [], "lists": [run["run_id"]]})
    return f"the lists of {run['run_id']} pruned, and left"


@forged
def a_forgetting_that_changes_a_decision(folder, rng, ledger, run):
    found = audited(folder).history().runs[run["run_id"]]
    if found.decisions_pruned:
        return None
    decisions = RunDecisions.of(audited(folder).audit, found)
    chosen = rng.choice(decisions.files)
    path, before = chosen.path, chosen.known.sha256
    frame = pl.read_parquet(path)
    row = rng.choice(chosen.rows)
    here = pl.col("row") == row
    changes = [
        pl.when(~here).then(pl.col("customer")),
        pl.when(here).then(pl.lit(None)).otherwise(pl.col("reason")).cast(frame.schema["reason"]).alias("reason"),
        pl.when(here).then(pl.col("callable_until") + pl.duration(days=1)).otherwise(pl.col("callable_until")),
        pl.when(here).then(pl.lit("weekend")).otherwise(pl.col("product")).alias("product"),
        pl.when(here).then(pl.col("number_2")).otherwise(pl.col("number_1")).alias("number_1"),
    ]
    changed = frame.with_columns(rng.choice(changes))
    if changed.equals(frame):
        return None
    changed.write_parquet(path)
    made = {"before": before, "after": sha256_file(path), "rows": 1}
    nonces = chosen.place.nonces
    made |= {"nonces": sha256_file(nonces)} if nonces.exists() else {}
    file = {"run_id": run["run_id"], **made}
    if decisions.in_parts:
        digests = {one.known.part: one.known.sha256 for one in decisions.files} | {chosen.known.part: made["after"]}
        part = {"nonces": "0" * 64, **made, "name": chosen.known.part}
        whole = {"before": found.decisions_sha256, "after": digest_of_files(digests.items()), "rows": 1}
        file = {"run_id": run["run_id"], **whole, "parts": [part]}
    ledger.append("audit.forgotten", {"rows": 1, "decisions": [file], "lists": []})
    return f"row {row} of {run['run_id']} changed, and said to be forgotten"


@forged
def a_history_written_anew(folder, rng, ledger, run):
    """Change an event that the kept head covers, and bind all that follow anew."""
    at = rng.randrange(len(ledger.events))
    folder.ledger.unlink()
    prev = "0" * 64
    lines = []
    for seq, event in enumerate(ledger.events, start=1):
        body = dict(event.body)
        if seq - 1 == at:
            body["note"] = "another history"
        digest = event_hash(seq, event.at, event.event, body, prev)
        lines.append(Event(seq, event.at, event.event, body, prev, digest).line() + "\n")
        prev = digest
    folder.ledger.write_text("".join(lines))
    return f"event {at + 1} changed, and all that follow bound anew"


@forged
def a_body_in_another_order(folder, rng, ledger, run):
    lines = folder.ledger.read_text().splitlines()
    at = rng.randrange(len(lines))
    event = json.loads(lines[at])
    turned = dict(reversed(event["body"].items()))
    if len(turned) < 2:
        return None
    lines[at] = json.dumps(event | {"body": turned}, ensure_ascii=False, separators=(",", ":"))
    folder.ledger.write_text("".join(f"{line}\n" for line in lines))
    return f"the body of event {at + 1} turned round"


@forged
def a_list_from_elsewhere(folder, rng, ledger, run):
    here = folder.current.readlink().name
    shutil.copytree(folder.current, folder.root / "elsewhere" / here, dirs_exist_ok=True)
    folder.current.unlink()
    folder.current.symlink_to(f"../../elsewhere/{here}")
    return "current shows a folder elsewhere"


FORGERIES = (
    another_publication, another_end, another_preparation, an_unknown_event, a_recall_of_nothing, a_key_from_nowhere,
    a_pruning_of_what_stands, a_pruning_without_a_trace, a_forgetting_that_changes_a_decision, a_history_written_anew,
    a_body_in_another_order, a_list_from_elsewhere, a_link_in_its_place, a_spoilt_key,
)  # fmt: skip
MUTATIONS = (
    a_byte, an_inserted_byte, a_cut_tail, a_dropped_line, a_doubled_line, swapped_lines, a_cut_end, a_removed_file,
    a_renamed_file, swapped_files, a_replaced_file, an_added_file, a_renamed_run, a_manifest_that_says_something_else,
)  # fmt: skip


def campaign(folder, kinds, times, seed):
    """Change something, verify and put it back, many times: each change is found, and nothing where nothing was."""
    brand = audited(folder)
    kept = [Head(*brand.chain().head)]
    roots = (folder.root / "audit", folder.root / "out")
    whole = {root: root.with_name(f"{root.name}.whole") for root in roots}
    for root, copy in whole.items():
        shutil.copytree(root, copy, symlinks=True)
    rng = random.Random(seed)
    done = 0
    while done < times:
        assert verify(brand.place, kept).problems == ()
        told = kinds[done % len(kinds)](folder, rng)
        if told is not None:
            done += 1
            assert verify(brand.place, kept).problems, f"change {done} of seed {seed} was not found: {told}"
        for root, copy in whole.items():
            shutil.rmtree(root)
            shutil.copytree(copy, root, symlinks=True)
    assert verify(brand.place, kept).problems == ()


@pytest.mark.parametrize("rows_per_part", [None, 15])
def test_each_kind_of_damage_is_found(tmp_path, rows_per_part):
    campaign(make_story(tmp_path, rows_per_part), MUTATIONS, len(MUTATIONS), seed=1)


@pytest.mark.parametrize("rows_per_part", [None, 15])
def test_each_kind_of_forgery_is_found(tmp_path, rows_per_part):
    campaign(make_story(tmp_path, rows_per_part), FORGERIES, len(FORGERIES), seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("rows_per_part", [None, 15])
@pytest.mark.parametrize("kinds", [MUTATIONS, FORGERIES], ids=["damage", "forgery"])
def test_a_campaign_of_tamperings_is_found(tmp_path, kinds, rows_per_part):
    campaign(make_story(tmp_path, rows_per_part), kinds, TAMPERINGS // 4, seed=2026)


def test_a_checkpoint_that_another_key_signed_is_none_of_ours(story, tmp_path, openssl):
    pytest.importorskip("cryptography", reason="the extra `sign` is not installed")
    head = Head(*audited(story).chain().head)
    for name in ("ours", "theirs"):
        key, public = tmp_path / f"{name}.pem", tmp_path / f"{name}.public.pem"
        subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
        subprocess.run([openssl, "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
        key.chmod(0o600)
    signed = tmp_path / "checkpoint"
    signed.write_text(str(sign(Checkpoint("courant", head), tmp_path / "theirs.pem")))
    arguments = ("audit", "verify", "--brand", "courant", "--checkpoint", str(signed), "--public-key")
    assert story.cli(*arguments, str(tmp_path / "theirs.public.pem")).returncode == 0
    assert story.cli(*arguments, str(tmp_path / "ours.public.pem")).returncode == 7
