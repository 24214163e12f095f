"""The bundle of evidence: an outsider verifies it with a shell, it holds nobody else, and any change in it is found."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import zipfile

import polars as pl
import pytest

from balansfilter.audit.checkpoint import Head
from tests.audit.story import audited, held, make_story, names, past, people, verified
from tests.brandfolder import ANSWERS, ROOT, cli

PROVED, WRONG, USAGE, NOT_PROVED = 0, 1, 2, 3


@pytest.fixture(scope="module")
def keys(tmp_path_factory, openssl):
    """Return our key and our public key, and those of somebody else."""
    folder = tmp_path_factory.mktemp("keys")
    return [*key_pair(folder, "ours", openssl), *key_pair(folder, "theirs", openssl)]


def key_pair(folder, name, openssl):
    key, public = folder / f"{name}.pem", folder / f"{name}.public.pem"
    subprocess.run([openssl, "genpkey", "-algorithm", "ed25519", "-out", key], check=True, capture_output=True)
    subprocess.run([openssl, "pkey", "-in", key, "-pubout", "-out", public], check=True, capture_output=True)
    key.chmod(0o600)
    return key, public


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
        ["/bin/sh", str(tools / "verify.sh"), str(bundle), *map(str, arguments)],
        capture_output=True, text=True, check=False, env={"PATH": str(tools), "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def bundle_once(tmp_path_factory, keys):
    pytest.importorskip("cryptography", reason="the extra `sign` is not installed")
    folder = tmp_path_factory.mktemp("bundled")
    story = make_story(folder / "story")
    exported(story, folder / "bundle.zip", "--customer", "K002", "--sign", str(keys[0]))
    return unpacked(folder / "bundle.zip", folder / "bundle")


@pytest.fixture
def bundle(bundle_once, tmp_path):
    """Return a signed bundle, to be changed, in a folder with a strange name."""
    return shutil.copytree(bundle_once, tmp_path / "-a bündle;$(x)'\n*")


def resigned(bundle, key, openssl):
    """Write the digests anew and sign them, as somebody would who changes a bundle."""
    names = sorted(
        str(path.relative_to(bundle))
        for path in bundle.rglob("*")
        if path.is_file() and not path.name.startswith("SHA256SUMS")
    )
    lines = [f"{hashlib.sha256((bundle / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (bundle / "SHA256SUMS").write_text("".join(lines))
    command = [openssl, "pkeyutl", "-sign", "-inkey", key, "-rawin", "-in", bundle / "SHA256SUMS"]
    subprocess.run([*command, "-out", bundle / "SHA256SUMS.sig"], check=True)


def test_a_shell_with_coreutils_jq_and_openssl_verifies_it(bundle, tools, keys):
    before = sorted(path.name for path in bundle.rglob("*"))
    done = checked(bundle, tools, keys[1])
    assert (done.returncode, done.stderr) == (PROVED, "")
    assert done.stdout.splitlines() == [
        "ok: the files are as they were bundled",
        f"ok: {len((bundle / 'ledger.jsonl').read_text().splitlines())} lines of the ledger are one chain",
        "ok: the chain ends at the checkpoint of balansfilter/courant",
        "ok: 4 rows stand in the decisions of published runs, with the policies and laws that they went by",
        "proved: the bundle is signed by the key that was given",
    ]
    assert sorted(path.name for path in bundle.rglob("*")) == before, "verifying leaves the bundle as it was"


def test_without_a_key_from_elsewhere_nothing_is_proved(bundle, tools, keys):
    done = checked(bundle, tools)
    assert done.returncode == NOT_PROVED
    assert done.stdout.splitlines()[-1].startswith("not proved: no public key was given")
    (bundle / "SHA256SUMS.sig").unlink()
    done = checked(bundle, tools, keys[1])
    assert done.returncode == NOT_PROVED
    assert done.stdout.splitlines()[-1] == "not proved: the bundle is not signed"
    assert checked(bundle, tools, bundle / "no such key").returncode == USAGE
    assert checked(bundle / "nowhere", tools).returncode == USAGE


def test_neither_a_verifier_nor_a_key_comes_with_it(bundle):
    assert not [path.name for path in bundle.rglob("*") if path.suffix in (".sh", ".pem")]
    readme = (bundle / "README.md").read_text()
    assert "bewijst niets" in readme
    assert "balansfilter audit\nverifier > verify.sh" in readme


def test_the_digest_of_the_verifier_stands_in_the_documentation(cli_verifier):
    assert hashlib.sha256(cli_verifier.encode()).hexdigest() in (ROOT / "docs" / "audit.md").read_text()


@pytest.fixture
def cli_verifier():
    done = cli("audit", "verifier")
    assert done.returncode == 0, done.stderr
    return done.stdout


def a_removed_row(bundle):
    row = min((bundle / "rows").iterdir())
    row.unlink()
    (bundle / "proofs" / f"{row.stem}.txt").unlink()


def another_statement(bundle):
    page = bundle / "statement.html"
    page.write_text(page.read_text().replace("K", "k"))


def a_file_too_many(bundle):
    (bundle / "rows" / ".more").write_text("x")


def another_row(bundle):
    row = min((bundle / "rows").iterdir())
    row.write_text(row.read_text().replace('"decision":"callable"', '"decision":"dropped"'))


def another_day(bundle):
    row = min((bundle / "rows").iterdir())
    row.write_text(re.sub(r'"anchor":"(....)', '"anchor":"1969', row.read_text()))


def a_number_written_otherwise(bundle):
    ledger = bundle / "ledger.jsonl"
    first, _, rest = ledger.read_text().partition("\n")
    ledger.write_text(re.sub(r'^\{"seq":(\d+)', r'{"seq":\1.0', first) + "\n" + rest)


def a_line_less(bundle):
    ledger = bundle / "ledger.jsonl"
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join([*lines[:1], *lines[2:]]))


def another_policy(bundle):
    text = min((bundle / "texts").iterdir())
    text.write_text(text.read_text() + "\n")


CHANGES = (
    a_removed_row, another_statement, a_file_too_many, another_row, another_day, a_number_written_otherwise, a_line_less,
    another_policy,
)  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_bundle_is_found_whoever_signs_it_again(bundle, tools, keys, openssl, change):
    change(bundle)
    assert checked(bundle, tools, keys[1]).returncode == WRONG
    resigned(bundle, keys[2], openssl)
    done = checked(bundle, tools, keys[1])
    assert done.returncode == WRONG
    assert checked(bundle, tools).returncode in (WRONG, NOT_PROVED)


@pytest.mark.parametrize("change", [another_row, another_day, a_number_written_otherwise, a_line_less, another_policy])
def test_what_is_proved_does_not_rest_on_the_signature_alone(bundle, tools, keys, openssl, change):
    change(bundle)
    resigned(bundle, keys[0], openssl)
    assert checked(bundle, tools, keys[1]).returncode == WRONG


def test_it_holds_a_head_that_was_kept_however_old(story, tmp_path, tools, keys):
    pytest.importorskip("cryptography", reason="the extra `sign` is not installed")
    head = str(Head(1, audited(story).chain().events[0].hash))
    arguments = ("--customer", "K002", "--sign", str(keys[0]))
    exported(story, tmp_path / "one.zip", *arguments, "--head", head)
    exported(story, tmp_path / "two.zip", *arguments, "--on", "2026-11-21")
    done = checked(unpacked(tmp_path / "one.zip", tmp_path / "one"), tools, keys[1], head)
    assert (done.returncode, done.stderr) == (PROVED, "")
    assert "ok: the chain holds the head that was kept" in done.stdout
    assert (
        "or it is older than the first line here"
        in checked(unpacked(tmp_path / "two.zip", tmp_path / "two"), tools, keys[1], head).stderr
    )


def test_nobody_else_is_in_it(story, tmp_path):
    exported(story, tmp_path / "bundle.zip", "--customer", "K002")
    bundle = unpacked(tmp_path / "bundle.zip", tmp_path / "bundle")
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
    assert "http:" not in page
    assert "https:" not in page
    assert "default-src 'none'" in page


def test_a_long_text_stands_in_the_statement_once(story, tmp_path):
    exported(story, tmp_path / "bundle.zip", "--customer", "K002", "--lang", "en")
    page = zipfile.ZipFile(tmp_path / "bundle.zip").read("statement.html").decode()
    assert page.count("<h2>Call list for ") == 4
    assert page.count(ANSWERS["substantiation"]) == 1
    assert page.count("The substantiation is the same as above.") >= 1


def test_that_it_was_made_is_an_event_with_its_digest(story, tmp_path):
    exported(story, tmp_path / "one.zip", "--customer", "K002")
    exported(story, tmp_path / "two.zip", "--customer", "K004", "--on", "2026-11-21")
    assert names(story)[-1] == "audit.exported"
    assert "decisions.rooted" not in names(story), "the root stands in run.prepared"
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


def test_decisions_that_were_changed_are_not_bundled(story, tmp_path):
    path = audited(story).audit.decisions(past(story).last.run_id)
    path.write_bytes(path.read_bytes() + b" ")
    done = story.cli(
        "audit", "export", "--brand", "courant", "--to", str(tmp_path / "x.zip"), "--customer", "K002", "--no-pdf"
    )
    assert done.returncode == 7
    assert "see: balansfilter audit verify" in done.stderr
