"""Objects of a real S3 interface as sources, and a published run copied there."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys

import obstore
import pytest

from balansfilter.errors import SourceError
from balansfilter.remote import object_store
from tests.brandfolder import AS_OF, CALLS, OBJECTIONS, ROOT, BrandFolder, make_brand, write_rows
from tests.remote.servers import ObjectStore, has_secret, keys, text_of


@pytest.fixture
def bucket(store: ObjectStore, request):
    """A bucket of the test's own."""
    return store.make_bucket(f"lijsten-{abs(hash(request.node.nodeid)) % 10**9}", versions=True)


def name_of(bucket) -> str:
    return bucket.config["bucket"]


def put(bucket, key, rows, pack=lambda data: data):
    text = "".join(",".join(row) + "\n" for row in rows)
    obstore.put(bucket, key, pack(text.encode()))


@pytest.fixture
def brand(bucket, tmp_path) -> BrandFolder:
    put(bucket, "courant/calls.csv", CALLS)
    put(bucket, "courant/afmeldingen/a.csv", OBJECTIONS)
    url = f"s3://{name_of(bucket)}"
    return make_brand(
        tmp_path,
        {
            "call_list": {"path": url + "/{brand}/calls.csv"},
            "objections": [
                {"path": f"{url}/courant/afmeldingen/", "columns": {"phone": "telefoon", "customer_id": "klantnummer"}}
            ],
        },
    )


def refused(folder: BrandFolder, *says: str) -> None:
    with pytest.raises(SourceError) as error:
        folder.run()
    for told in says:
        assert told in str(error.value)
    assert not has_secret(str(error.value))
    assert not folder.current.exists()


def test_the_decision_is_the_same_as_with_files_and_the_version_is_recorded(brand, bucket):
    put(bucket, "courant/afmeldingen/b.csv", [OBJECTIONS[0], ("0612345678", "")])
    outcome = brand.run()
    assert brand.reasons() == {"K1": "objected"}
    files = {one["path"]: one for source in outcome.manifest["sources"] for one in source["files"]}
    told = obstore.head(bucket, "courant/calls.csv")
    mark = files[f"s3://{name_of(bucket)}/courant/calls.csv"]
    assert mark["taken_from"] == {"etag": told["e_tag"], "version": told["version"]}
    assert len(files) == 3
    assert not has_secret(brand.ledger.read_text() + (brand.current / "manifest.json").read_text())


def test_packed_files_globs_and_parquet_are_read_as_they_are_on_disk(brand, bucket, tmp_path):
    import polars as pl

    frame = pl.DataFrame({name: [row[n] for row in CALLS[1:]] for n, name in enumerate(CALLS[0])})
    frame.write_parquet(tmp_path / "calls.parquet")
    obstore.put(bucket, "p/calls.parquet", tmp_path / "calls.parquet")
    put(bucket, "g/x/1.csv.gz", OBJECTIONS, gzip.compress)
    put(bucket, "g/x/y/2.csv", [OBJECTIONS[0], ("0612345679", "")])
    put(bucket, "g/x/.hidden.csv", [("onzin",)])
    put(bucket, "g/x/half.csv.part", [("onzin",)])
    url, columns = f"s3://{name_of(bucket)}", {"phone": "telefoon", "customer_id": "klantnummer"}
    brand.write_policy(
        {
            "call_list": {"path": f"{url}/p/*.parquet"},
            "objections": [{"path": f"{url}/g/**/[0-9].csv*", "columns": columns}],
        }
    )
    outcome = brand.run()
    assert brand.current.joinpath("callable.parquet").exists()
    assert [one["path"] for one in outcome.manifest["sources"][1]["files"]] == [
        f"{url}/g/x/1.csv.gz",
        f"{url}/g/x/y/2.csv",
    ]
    assert brand.reasons() == {"K2": "objected"}


def test_a_table_in_folders_is_one_source_with_a_column_more(brand, bucket, tmp_path):
    import polars as pl

    frame = pl.DataFrame({name: [row[n] for row in CALLS[1:]] for n, name in enumerate(CALLS[0])})
    for dag, rows in (("2026-11-20", frame[:1]), ("2026-11-21", frame[1:])):
        rows.write_parquet(tmp_path / "deel.parquet")
        obstore.put(bucket, f"t/dag={dag}/deel.parquet", tmp_path / "deel.parquet")
    obstore.put(bucket, "t/dag=2026-11-21/_temporary/0/deel.parquet", b"not looked at")
    obstore.put(bucket, "t/_SUCCESS", b"x")
    url = f"s3://{name_of(bucket)}"
    for path in ("t/", "t/dag=*/*.parquet"):
        brand.write_policy({"call_list": {"path": f"{url}/{path}"}})
        manifest = brand.run().manifest
        made = pl.read_parquet(brand.current / "callable.parquet")
        assert made["dag"].to_list() == ["2026-11-20", "2026-11-21"]
        assert [file["path"] for file in manifest["sources"][0]["files"]] == [
            f"{url}/t/dag=2026-11-20/deel.parquet",
            f"{url}/t/dag=2026-11-21/deel.parquet",
        ]


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("kwijt.csv", "does not exist"),
        ("leeg/", "has no data files in it"),
        ("niets/*.csv", "matches no object"),
        ("vreemd/", "holds 1 thing that is no data file: archief.zip"),
        ("nul.csv", "is empty: 0 bytes"),
        ("delta/", "is a Delta table"),
        ("tabel/", "holds 1 thing that is no data file: oud"),
    ],
)
def test_what_is_not_there_is_one_sentence(brand, bucket, path, told):
    obstore.put(bucket, "vreemd/archief.zip", b"PK")
    obstore.put(bucket, "nul.csv", b"")
    for key in ("delta/a.csv", "delta/_delta_log/0.json", "tabel/dag=1/a.csv", "tabel/dag=1/oud/a.csv"):
        obstore.put(bucket, key, b"x")
    brand.write_policy({"call_list": {"path": f"s3://{name_of(bucket)}/{path}"}})
    refused(brand, told, f"s3://{name_of(bucket)}/{path}")


def test_an_object_that_is_replaced_while_it_is_copied_is_found(brand, bucket, monkeypatch):
    whole = object_store.Bucket.pieces
    monkeypatch.setattr(object_store, "_PIECE", 20)

    def pieces(self, found):
        for n, piece in enumerate(whole(self, found)):
            if n == 0 and found.key.endswith("calls.csv"):
                put(bucket, "courant/calls.csv", [*CALLS[:2], ("K8", "0612345670", "2026-02-01")])
            yield piece

    monkeypatch.setattr(object_store.Bucket, "pieces", pieces)
    # The version that was seen is still there to be read, so the change is found when it is looked at once more.
    refused(brand, "was changed or replaced while it was read")


@pytest.mark.parametrize("happens", ["replaced", "removed"])
def test_an_object_that_is_changed_before_the_end_is_found(brand, bucket, monkeypatch, happens):
    whole = object_store.Bucket.check_unchanged

    def check(self, found):
        if found.key.endswith("calls.csv"):
            if happens == "replaced":
                put(bucket, "courant/calls.csv", CALLS[:2])
            else:
                obstore.delete(bucket, "courant/calls.csv")
        whole(self, found)

    monkeypatch.setattr(object_store.Bucket, "check_unchanged", check)
    refused(brand, f"was {'changed or replaced' if happens == 'replaced' else 'removed'} while it was read")


def test_a_changed_object_without_versions_is_refused_by_its_etag(store, tmp_path, monkeypatch):
    bucket = store.make_bucket("zonder-versies")
    put(bucket, "calls.csv", CALLS)
    folder = make_brand(tmp_path, {"call_list": {"path": "s3://zonder-versies/calls.csv"}})
    whole = object_store.Bucket.pieces

    def pieces(self, found):
        put(bucket, "calls.csv", CALLS[:2])
        yield from whole(self, found)

    monkeypatch.setattr(object_store.Bucket, "pieces", pieces)
    refused(folder, "was changed or replaced while it was read")


def test_a_store_that_does_not_answer_is_one_sentence(brand, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    refused(brand, "the store does not answer")


def test_an_endpoint_without_https_needs_to_be_allowed(brand, monkeypatch):
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    refused(brand, "the endpoint has no https", "AWS_ALLOW_HTTP=true")


def test_a_call_list_may_be_named_on_the_command_line(brand, bucket):
    put(bucket, "anders.csv", [CALLS[0], ("K5", "0612345670", "2026-02-01")])
    brand.run(input=f"s3://{name_of(bucket)}/anders.csv")
    assert [row["klantnummer"] for row in brand.callable_rows()] == ["K5"]
    run_id = brand.current.readlink().name
    done = brand.cli("audit", "replay", "--brand", "courant", run_id)
    assert done.returncode == 0, done.stderr
    put(bucket, "anders.csv", [CALLS[0], ("K6", "0612345670", "2026-02-01")])
    done = brand.cli("audit", "replay", "--brand", "courant", run_id)
    assert (done.returncode, "other files or rows are found today for call_list" in done.stderr) == (4, True), (
        done.stderr
    )


@pytest.mark.parametrize(
    "address", ["s3://a:geheim@bucket/x.csv", "postgresql://db/crm", "postgresql://a:geheim@db/crm"]
)
def test_a_secret_or_a_database_on_the_command_line_is_refused(brand, address):
    done = brand.cli_run("--input", address)
    assert done.returncode == 2
    assert "geheim" not in done.stderr


def test_a_recheck_finds_who_objected_in_the_store_since(brand, bucket):
    brand.run()
    put(bucket, "courant/afmeldingen/c.csv", [OBJECTIONS[0], ("0612345678", "")])
    done = brand.cli("verify", str(brand.current / "manifest.json"), "--as-of", str(AS_OF))
    assert (done.returncode, "1 person on the list objected since" in done.stderr) == (6, True), done.stderr


def test_the_extra_that_is_missing_is_named(brand):
    code = "import sys; sys.modules['obstore'] = None\nfrom balansfilter.cli.main import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--configs", str(brand.configs), "run", "--brand", "courant"]
    done = subprocess.run([*command, "--as-of", str(AS_OF)], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 4
    assert "needs the extra `object-store` — install it: pip install 'balansfilter[object-store]'" in done.stderr


# --- a copy of a run ------------------------------------------------------------------------------------------


@pytest.fixture
def copied(store, tmp_path, request) -> tuple[BrandFolder, object]:
    bucket = store.make_bucket(f"kopie-{abs(hash(request.node.nodeid)) % 10**9}")
    return make_brand(tmp_path, {"output": {"copy_to": f"s3://{name_of(bucket)}/lijsten"}}), bucket


def test_a_published_run_is_copied_whole_with_the_manifest_last(copied):
    brand, bucket = copied
    run = brand.run()
    below = f"lijsten/courant/runs/{run.run_id}"
    assert keys(bucket) == sorted(
        [f"{below}/{name}" for name in ("callable.csv", "dropped.csv", "manifest.json", "report.html")]
        + ["lijsten/courant/current"]
    )
    for name in ("callable.csv", "dropped.csv", "manifest.json"):
        assert text_of(bucket, f"{below}/{name}") == (brand.current / name).read_text()
    assert text_of(bucket, "lijsten/courant/current") == f"{run.run_id}\n"
    body = brand.events()[-1]["body"]
    assert body["manifest"] == f"s3://{name_of(bucket)}/{below}/manifest.json"
    done = brand.cli("verify", body["manifest"], "--as-of", str(AS_OF))
    assert (done.returncode, "to be called: 2 rows" in done.stdout) == (0, True), done.stderr


def test_parts_are_copied_with_their_run_and_one_that_is_added_to_the_copy_is_found(copied):
    brand, bucket = copied
    name = name_of(bucket)
    brand.write_policy({"output": {"copy_to": f"s3://{name}/lijsten", "rows_per_part": 1}})
    below = f"lijsten/courant/runs/{brand.run().run_id}"
    parts = [f"{below}/callable/part-0000{n}.csv" for n in (1, 2)]
    assert [key for key in keys(bucket) if "/callable/" in key] == parts
    manifest = f"s3://{name}/{below}/manifest.json"
    assert brand.cli("verify", manifest, "--as-of", str(AS_OF)).returncode == 0
    bucket.put(f"{below}/callable/part-00003.csv", text_of(bucket, parts[0]).encode())
    done = brand.cli("verify", manifest, "--as-of", str(AS_OF))
    assert done.returncode == 6
    assert f"s3://{name}/{below}/callable/part-00003.csv: is no part of the list" in done.stderr


@pytest.mark.parametrize(("spoilt", "told"), [("callable.csv", "was changed"), ("dropped.csv", "is gone")])
def test_verify_finds_a_copy_that_was_changed(copied, spoilt, told):
    brand, bucket = copied
    run = brand.run()
    below = f"lijsten/courant/runs/{run.run_id}"
    if told == "is gone":
        obstore.delete(bucket, f"{below}/{spoilt}")
    else:
        obstore.put(bucket, f"{below}/{spoilt}", b"klantnummer\nK9\n")
    done = brand.cli("verify", f"s3://{name_of(bucket)}/{below}/manifest.json", "--as-of", str(AS_OF))
    assert done.returncode == 6
    assert f"s3://{name_of(bucket)}/{below}/{spoilt}: {told}" in done.stderr


def test_verify_of_a_copy_that_is_not_the_current_one_is_refused(copied):
    brand, bucket = copied
    first = brand.run()
    brand.run()
    manifest = f"s3://{name_of(bucket)}/lijsten/courant/runs/{first.run_id}/manifest.json"
    done = brand.cli("verify", manifest, "--as-of", str(AS_OF))
    assert (done.returncode, "is not the current list" in done.stderr) == (6, True)
    for address, told in (
        (manifest.replace(first.run_id, "kwijt"), "does not exist"),
        ("s3://a:b@c/m.json", "credential"),
    ):
        done = brand.cli("verify", address)
        assert (done.returncode, told in done.stderr) == (6, True), done.stderr


def test_where_it_fails_the_list_stands_with_9_and_deliver_repeats_it(copied, monkeypatch, store):
    brand, bucket = copied
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    done = brand.cli_run("--quiet")
    assert (done.returncode, "the store does not answer" in done.stderr) == (9, True), done.stderr
    assert not has_secret(done.stderr)
    assert brand.current.exists()
    monkeypatch.setenv("AWS_ENDPOINT_URL", store.environment["AWS_ENDPOINT_URL"])
    assert brand.cli("deliver", "--brand", "courant").returncode == 0
    assert text_of(bucket, "lijsten/courant/current") == f"{brand.current.readlink().name}\n"
    (told,) = json.loads(brand.cli("status", "--json").stdout)
    assert told["not_handed_over"] is None


CHILD = """
import os, signal, sys
from datetime import date
from pathlib import Path
from balansfilter.remote.object_store import Bucket
from balansfilter.pipeline.request import Request
from balansfilter.pipeline.run import run
configs, when, name = sys.argv[1:]
whole = Bucket.put
def put(self, key, data):
    if key.endswith(name) and when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    whole(self, key, data)
    if key.endswith(name):
        os.kill(os.getpid(), signal.SIGKILL)
Bucket.put = put
run(Request(Path(configs), "courant", date(2026, 11, 23)), run_id="20261123T020000Z-killed")
"""


@pytest.mark.parametrize(
    ("when", "name"),
    [
        ("after", "callable.csv"),
        ("after", "manifest.json"),
        pytest.param("before", "callable.csv", marks=pytest.mark.slow),
        pytest.param("before", "manifest.json", marks=pytest.mark.slow),
        pytest.param("after", "current", marks=pytest.mark.slow),
    ],
)
def test_killed_at_any_moment_a_manifest_means_a_whole_run(copied, when, name):
    brand, bucket = copied
    first = brand.run()
    write_rows(brand.calls, [*CALLS, ("K3", "0201234567", "2026-02-01")])
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(brand.configs), when, name], check=False, cwd=ROOT, capture_output=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    for run_id in ("20261123T020000Z-killed", first.run_id):
        below = f"lijsten/courant/runs/{run_id}"
        if f"{below}/manifest.json" in keys(bucket):
            outputs = json.loads(text_of(bucket, f"{below}/manifest.json"))["outputs"]
            wanted = {f"{below}/{outputs[what]['name']}" for what in ("callable", "dropped")}
            assert wanted <= set(keys(bucket))
    stands = text_of(bucket, "lijsten/courant/current").strip()
    assert stands == ("20261123T020000Z-killed" if name == "current" else first.run_id)
    assert f"lijsten/courant/runs/{stands}/manifest.json" in keys(bucket)
    (told,) = json.loads(brand.cli("status", "--json").stdout)
    assert "was cut off" in told["not_handed_over"]
    assert brand.cli("deliver", "--brand", "courant").returncode == 0
    assert text_of(bucket, "lijsten/courant/current") == "20261123T020000Z-killed\n"
