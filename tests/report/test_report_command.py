"""`balansfilter report` as a process, on a small brand that was run."""

import json
import re

import pytest

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.ledger import read_chain
from balansfilter.publish.folders import BrandFolders
from balansfilter.report.page_files import add_page
from balansfilter.report.runs_on_disk import read_runs
from tests.brandfolder import CALLS, make_brand
from tests.report.page_reader import read, said, table


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    brand = make_brand(tmp_path_factory.mktemp("report"))
    return brand, [brand.run().run_id for _ in range(2)]


def prepared(brand, run_id):
    return next(e for e in brand.events() if e["event"] == "run.prepared" and e["body"]["run_id"] == run_id)


def test_the_page_of_the_published_run_goes_beside_its_lists(twice):
    brand, (first, second) = twice
    done = brand.cli("report", "--brand", "courant")
    path = brand.out / "runs" / second / "report.html"
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{path}\n", "")
    root = read(path.read_text())
    assert "van 2 rijen mogen er 2 worden gebeld op 23 november 2026" in said(root)
    assert first in said(root)
    event = prepared(brand, second)
    assert f"--head {event['seq']}:{event['hash']}" in said(root)
    assert path.stat().st_mode & 0o077 == 0


def test_another_run_in_english_to_stdout(twice):
    brand, (first, second) = twice
    done = brand.cli("report", "--brand", "courant", "--run", first, "--lang", "en", "--to", "-")
    assert done.returncode == 0
    root = read(done.stdout)
    assert root.get("lang") == "en"
    assert "This is the first published run" in said(root)
    assert second not in done.stdout


def test_the_page_that_a_run_writes_is_the_page_that_the_command_makes(twice, tmp_path):
    brand, (_, second) = twice
    folders = BrandFolders(brand.out)
    event = next(e for e in read_chain(brand.ledger).events if e.event == "run.prepared" and e.body["run_id"] == second)
    add_page(tmp_path, folders.manifest(second), event, folders, "nl", "Europe/Amsterdam")
    done = brand.cli("report", "--brand", "courant", "--to", str(tmp_path / "made.html"))
    assert done.returncode == 0
    assert (tmp_path / "report.html").read_bytes() == (tmp_path / "made.html").read_bytes()


@pytest.mark.parametrize(
    ("lang", "heading", "of_all", "label"),
    [
        ("nl", "Van belbestand naar bellijst", "Merken", "Bezwaar gemaakt"),
        ("en", "From call list to callable rows", "Brands", "Objected"),
    ],
)
def test_what_a_run_leaves_for_people_is_in_the_language_of_the_site(tmp_path, lang, heading, of_all, label):
    brand = make_brand(tmp_path, calls=(*CALLS, ("K9", "0612345670", "2026-01-15")))
    (brand.configs / "balansfilter.yaml").write_text(f"lang: {lang}\n")
    run_id = brand.run().run_id
    folder = brand.out / "runs" / run_id
    made = (folder / "report.html").read_text()
    root = read(made)
    assert root.get("lang") == lang
    assert heading in said(root)
    assert label in (folder / "dropped.csv").read_text()
    again = brand.cli("report", "--brand", "courant")
    assert (again.returncode, again.stdout) == (0, f"{folder / 'report.html'}\n")
    assert (folder / "report.html").read_text() == made
    assert brand.cli("report", "--site").returncode == 0
    for page in (f"courant/{run_id}.html", "courant/index.html", "index.html"):
        assert read((brand.root / "out" / "_site" / page).read_text()).get("lang") == lang
    assert of_all in said(read((brand.root / "out" / "_site" / "index.html").read_text()))
    other = {"nl": "en", "en": "nl"}[lang]
    beside = brand.cli("report", "--brand", "courant", "--lang", other)
    assert beside.stdout == f"{folder / f'report.{other}.html'}\n"
    assert read((folder / f"report.{other}.html").read_text()).get("lang") == other
    assert (folder / "report.html").read_text() == made


def test_the_site_holds_every_run(twice):
    brand, runs = twice
    done = brand.cli("report", "--site")
    folder = brand.root / "out" / "_site"
    assert (done.returncode, done.stdout) == (0, f"{folder / 'index.html'} (4 pages)\n")
    assert sorted(path.name for path in (folder / "courant").iterdir()) == sorted(
        [*(f"{run}.html" for run in runs), "index.html"]
    )
    rows = table(read((folder / "index.html").read_text()), "De laatste run van elk merk")
    assert rows[1][0] == "De Courant courant"
    assert rows[1][-1] == "31 december 2099"


def test_no_page_holds_anything_of_the_people_on_the_list(twice):
    brand, _ = twice
    page = brand.cli("report", "--brand", "courant", "--to", "-").stdout
    assert page
    assert not [told for told in ("0612345678", "612345679", "K1", "K2", "K9", "687654321") if told in page]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "name one brand with --brand, or take all with --site"),
        (["--site", "--brand", "courant"], "--site is about all brands"),
        (
            ["--brand", "courant", "--run", "20260101T000000Z-000000"],
            "there is no published run `20260101T000000Z-000000`",
        ),
        (["--brand", "courrant"], "there is no published run of `courrant` yet"),
        (["--brand", "../x"], "`../x` is no brand"),
        (["--brand", "courant", "--lang", "fr"], "'fr' is not one of 'nl', 'en'"),
    ],
)
def test_what_cannot_be_done_is_said(twice, arguments, told):
    done = twice[0].cli("report", *arguments)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stdout == ""


def test_a_folder_that_cannot_be_written_is_an_output_error(twice, tmp_path):
    (tmp_path / "file").write_text("")
    done = twice[0].cli("report", "--brand", "courant", "--to", str(tmp_path / "file" / "page.html"))
    assert done.returncode == 6
    assert "cannot write" in done.stderr


def test_a_manifest_that_was_changed_makes_no_page(tmp_path):
    brand = make_brand(tmp_path)
    run_id = brand.run().run_id
    path = brand.out / "runs" / run_id / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"callable": 1}))
    page = path.with_name("report.html")
    before = page.stat()
    done = brand.cli("report", "--brand", "courant")
    assert done.returncode == 7
    assert re.search(r"manifest\.json: was changed after event \d+ of the ledger recorded it", done.stderr)
    assert page.stat() == before


def test_a_run_that_the_ledger_does_not_know_makes_no_page(tmp_path):
    brand = make_brand(tmp_path)
    brand.run()
    brand.ledger.unlink()
    done = brand.cli("report", "--site")
    assert done.returncode == 7
    assert "the ledger does not know this run" in done.stderr


def test_a_ledger_that_does_not_verify_makes_no_page(tmp_path):
    brand = make_brand(tmp_path)
    brand.run()
    brand.ledger.write_text(brand.ledger.read_text().replace('"callable":2', '"callable":3'))
    done = brand.cli("report", "--brand", "courant")
    assert done.returncode == 7
    assert "does not verify; no page is made of it" in done.stderr


def test_a_run_that_was_not_published_is_passed_over(tmp_path):
    brand = make_brand(tmp_path)
    published = brand.run().run_id
    brand.run()
    lines = brand.ledger.read_text().splitlines(keepends=True)
    brand.ledger.write_text("".join(lines[:-1]))
    runs = read_runs(BrandFolders(brand.out), BrandAudit(brand.audit).ledger)
    assert [run.run_id for run in runs] == [published]


def test_help_imports_no_templates():
    import subprocess
    import sys

    code = "import sys, balansfilter.cli.report; print(sorted({'jinja2', 'babel', 'polars'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
