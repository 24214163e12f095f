"""The bundle of evidence: an outsider verifies it with a shell, it holds nobody else, and any change in it is found."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import zipfile

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.audit.merkle import prove_rows
from tests.audit.story import audited, held, names, past, people, verified

COREUTILS = ("basename", "base64", "cut", "dirname", "head", "od", "rm", "sha256sum", "tail", "tr", "wc")


@pytest.fixture(scope="module")
def tools(tmp_path_factory, jq, openssl):
    """Give a folder with coreutils, jq and openssl, and nothing else."""
    folder = tmp_path_factory.mktemp("tools")
    for name in (*COREUTILS, "jq", "openssl"):
        (folder / name).symlink_to(shutil.which(name))
    return folder


def exported(folder, to, *arguments):
    done = folder.cli("audit", "export", "--brand", "courant", "--to", str(to), "--no-pdf", *arguments)
    assert done.returncode == 0, done.stderr
    return done


def unpacked(path, to):
    with zipfile.ZipFile(path) as archive:
        archive.extractall(to)
    return to


def checked(bundle, tools, *arguments):
    return subprocess.run(
        ["/bin/sh", str(bundle / "verify.sh"), *arguments],
        capture_output=True, text=True, check=False, env={"PATH": str(tools), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


@pytest.fixture
def bundle(story, tmp_path):
    exported(story, tmp_path / "bundle.zip", "--customer", "K002")
    return unpacked(tmp_path / "bundle.zip", tmp_path / "bundle")


def test_a_shell_with_coreutils_jq_and_openssl_verifies_it(bundle, tools):
    done = checked(bundle, tools)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1:] == [
        f"ok: {len((bundle / 'ledger.jsonl').read_text().splitlines())} lines of the ledger are one chain",
        "ok: the chain ends at the checkpoint of balansfilter/courant",
        "ok: 4 rows stand in the decisions of published runs, with the policies and laws that they went by",
    ]
    assert checked(bundle, tools).returncode == 0, "verifying leaves the bundle as it was"


@pytest.mark.slow
def test_it_verifies_with_a_signature_and_a_head_that_was_kept(story, tmp_path, tools, openssl):
    pytest.importorskip("cryptography", reason="the extra `sign` is not installed")
    key, public = key_pair(tmp_path, "ours", openssl)
    _, other = key_pair(tmp_path, "theirs", openssl)
    head = story.cli("audit", "head", "--brand", "courant").stdout.strip()
    exported(story, tmp_path / "bundle.zip", "--customer", "K002", "--sign", str(key))
    bundle = unpacked(tmp_path / "bundle.zip", tmp_path / "bundle")
    assert "is signed by" in checked(bundle, tools, str(public)).stdout
    assert "holds the head that was kept" in checked(bundle, tools, str(public), head).stdout
    assert checked(bundle, tools, str(other)).returncode == 1
    assert checked(bundle, tools, "", f"3:{'0' * 64}").returncode == 1


def key_pair(folder, name, openssl):
    key, public = folder / f"{name}.pem", folder / f"{name}.public.pem"
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run([openssl, "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    key.chmod(0o600)
    return key, public


def test_nobody_else_is_in_it(story, bundle):
    whole = b"\n".join(path.read_bytes() for path in bundle.rglob("*") if path.is_file())
    frames = [pl.read_parquet(path) for path in (story.audit / "decisions").iterdir()]
    others = pl.concat(frames).filter(pl.col("row") != 3)
    hashes = {cell for name in ("customer", "number_1", "number_2") for cell in others[name].to_list() if cell}
    assert len(hashes) > 100
    assert not [cell for cell in hashes if cell in whole or cell.hex().encode() in whole]
    for person in people():
        for text in (person.customer_id, person.mobile, person.mobile[1:], person.landline[1:] or "no landline"):
            assert text.encode() not in whole
    assert (load_key(story)).encode() not in whole
    rows = sorted(path.name for path in (bundle / "rows").iterdir())
    assert rows == sorted(f"{run_id}.3.json" for run_id in held(story, customer_id="K002"))


def load_key(story):
    return (story.root / "audit" / "key").read_text()


def test_nothing_unsafe_or_private_in_the_archive(story, tmp_path):
    exported(story, tmp_path / "bundle.zip", "--phone", "06-10000014", "--lang", "en")
    assert (tmp_path / "bundle.zip").stat().st_mode & 0o777 == 0o600
    page = zipfile.ZipFile(tmp_path / "bundle.zip").read("statement.html").decode()
    assert "the phone number that ends in 014" in page
    assert "10000014" not in page
    assert "Customer" in page or "customer" in page
    assert "http" not in page


@pytest.mark.slow
def test_any_change_in_the_rows_the_ledger_the_proofs_or_the_texts_is_found(bundle, tools):
    whole = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    rng = random.Random(5)
    changing = [
        path
        for path in whole
        if path.parent.name in ("rows", "proofs", "texts") or path.name in ("ledger.jsonl", "checkpoint.txt")
    ]
    for attempt in range(20):
        path = rng.choice(changing)
        data = bytearray(whole[path])
        at = rng.randrange(len(data) - 1)
        data[at] ^= 1
        path.write_bytes(data)
        sums(bundle)
        done = checked(bundle, tools)
        assert done.returncode != 0, f"attempt {attempt}: byte {at} of {path.name}"
        path.write_bytes(whole[path])
        sums(bundle)
    assert checked(bundle, tools).returncode == 0


def sums(bundle):
    """Write the digests anew, as somebody would who changes a bundle."""
    files = sorted(
        str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file() and path.name != "SHA256SUMS"
    )
    lines = [f"{hashlib.sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in files]
    (bundle / "SHA256SUMS").write_text("".join(lines))


def test_a_row_of_another_run_is_not_proved(bundle, tools):
    one, other = sorted((bundle / "rows").iterdir())[:2]
    other_line = one.read_text().replace("dagblad", "weekend")
    other.write_text(other_line)
    sums(bundle)
    assert "is not proved to stand in the decisions of a published run" in checked(bundle, tools).stderr


def test_that_it_was_made_is_an_event_with_its_digest(story, tmp_path):
    exported(story, tmp_path / "one.zip", "--customer", "K002")
    exported(story, tmp_path / "two.zip", "--customer", "K004", "--on", "2026-11-21")
    assert names(story)[-1] == "audit.exported"
    assert names(story).count("decisions.rooted") == 4, "the root of a run is bound once"
    made = [event["body"] for event in story.events() if event["event"] == "audit.exported"]
    assert [len(body["runs"]) for body in made] == [4, 1]
    assert made[1]["sha256"] == hashlib.sha256((tmp_path / "two.zip").read_bytes()).hexdigest()
    assert verified(story).problems == ()


def test_who_was_never_on_a_list_gets_no_bundle(story, tmp_path):
    before = story.ledger.read_bytes()
    done = story.cli(
        "audit", "export", "--brand", "courant", "--to", str(tmp_path / "x.zip"), "--customer", "K999", "--no-pdf"
    )
    assert done.returncode == 2
    assert "there is nothing to bundle" in done.stderr
    assert not (tmp_path / "x.zip").exists()
    assert story.ledger.read_bytes() == before


def test_the_statement_is_there_in_pdf(story, tmp_path):
    pytest.importorskip("typst", reason="the extra `pdf` is not installed")
    done = story.cli(
        "audit", "export", "--brand", "courant", "--to", str(tmp_path / "x.zip"), "--customer", "K002", "--lang", "nl"
    )
    assert done.returncode == 0, done.stderr
    assert zipfile.ZipFile(tmp_path / "x.zip").read("statement.pdf").startswith(b"%PDF-1.")


def test_the_readmes_way_to_check_a_keyed_hash_holds(story, bundle, openssl):
    run_id = past(story).last.run_id
    row = (bundle / "rows" / f"{run_id}.3.json").read_text()
    script = f'printf %s +31610000014 | {openssl} dgst -sha256 -hmac "$(cat {story.root / "audit" / "key"})"'
    told = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert told.stdout.split()[-1][:32] in row


@given(rows=st.integers(1, 70), data=st.data())
def test_every_row_is_proved_under_one_root(tmp_path_factory, rows, data):
    path = tmp_path_factory.mktemp("tree") / "d.parquet"
    pl.DataFrame({"row": pl.int_range(1, rows + 1, eager=True, dtype=pl.UInt64), "x": ["é"] * rows}).write_parquet(path)
    chunk = data.draw(st.sampled_from([4, 8, 64]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("balansfilter.audit.merkle._CHUNK_ROWS", chunk)
        found = prove_rows(path, range(1, rows + 1))
    assert prove_rows(path, []).root == found.root, "the root does not depend on the chunks"
    for row in found.rows:
        node = hashlib.sha256(row.line.encode()).hexdigest()
        for step in row.path:
            pair = step.hash + node if step.side == "left" else node + step.hash
            node = hashlib.sha256(pair.encode()).hexdigest()
        assert node == found.root


def test_decisions_that_were_changed_are_not_bundled(story, tmp_path):
    path = audited(story).audit.decisions(past(story).last.run_id)
    path.write_bytes(path.read_bytes() + b" ")
    done = story.cli(
        "audit", "export", "--brand", "courant", "--to", str(tmp_path / "x.zip"), "--customer", "K002", "--no-pdf"
    )
    assert done.returncode == 7
    assert "see: balansfilter audit verify" in done.stderr
