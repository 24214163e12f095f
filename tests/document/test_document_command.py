"""`balansfilter balanstest document` as a process, and the committed examples that it made."""

from __future__ import annotations

import filecmp
import subprocess
import sys

import pytest

from fixtures import examples
from tests.brandfolder import ANSWERS, AS_OF, ROOT, BrandFolder, make_brand
from tests.document.test_forms import needs_docx, needs_pdf, pdf_pages
from tests.report.page_reader import read, said

DAY = ("--as-of", str(AS_OF))
TWO = [
    {"id": "kranten", "products": ["krant"], "max_term": "24 months"},
    {"id": "bladen", "products": ["blad"], "max_term": "12 months"},
]


@pytest.fixture
def brand(tmp_path) -> BrandFolder:
    return make_brand(tmp_path)


@pytest.fixture
def two(tmp_path) -> BrandFolder:
    return make_brand(tmp_path, {"balanstests": TWO, "call_list": {"columns": {"product": "soort"}}})


def document(brand, *arguments):
    return brand.cli("balanstest", "document", "--brand", brand.brand, *DAY, *arguments)


def test_the_documents_of_every_balanstest_go_beside_the_runs(two):
    done = document(two)
    paths = [two.out / "balanstest" / name for name in ("kranten.html", "bladen.html")]
    assert (done.returncode, done.stdout, done.stderr) == (0, "".join(f"{path}\n" for path in paths), "")
    assert [read(path.read_text()).find("body/header/h1").text for path in paths] == [
        "Balanstest De Courant: kranten",
        "Balanstest De Courant: bladen",
    ]
    assert {path.stat().st_mode & 0o077 for path in paths} == {0}


@needs_docx
@needs_pdf
def test_several_forms_of_one_balanstest_in_english(two, tmp_path):
    forms = ("--format", "html", "--format", "pdf", "--format", "docx", "--format", "pdf")
    done = document(two, "--id", "bladen", "--lang", "en", *forms, "--to", str(tmp_path / "made"))
    assert done.returncode == 0
    names = [f"bladen.en.{form}" for form in ("html", "pdf", "docx")]
    assert done.stdout.splitlines() == [str(tmp_path / "made" / name) for name in names]
    assert [(tmp_path / "made" / name).read_bytes()[:4] for name in names] == [b"<!DO", b"%PDF", b"PK\x03\x04"]
    assert "1. Customer relation" in pdf_pages((tmp_path / "made" / names[1]).read_bytes())[0]


@needs_pdf
def test_a_file_tells_the_form_by_its_name(brand, tmp_path):
    done = document(brand, "--to", str(tmp_path / "test.PDF"))
    assert (done.returncode, done.stdout) == (0, f"{tmp_path / 'test.PDF'}\n")
    assert (tmp_path / "test.PDF").read_bytes().startswith(b"%PDF")


def test_to_stdout(brand):
    done = document(brand, "--to", "-")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Goedgekeurd op 1 januari 2000" in said(read(done.stdout))


def test_an_unapproved_balanstest_makes_a_draft_and_no_error(brand):
    text = brand.policy_file.read_text(encoding="utf-8")
    brand.policy_file.write_text(text.replace("Zelden.", "Vaak."), encoding="utf-8")
    done = document(brand, "--to", "-")
    assert done.returncode == 0
    assert "CONCEPT" in done.stdout
    assert "De controlegetallen verschillen." in done.stdout


def test_without_overview_no_source_is_read(tmp_path):
    contacts = {
        "path": "data/{brand}/contacts.csv",
        "columns": {"phone": "t", "called_on": "d", "last_purchase_on": "a"},
    }
    brand = make_brand(tmp_path, {"contacts": contacts})
    missing = document(brand, "--to", "-")
    assert (missing.returncode, missing.stdout) == (4, "")
    assert "contacts.csv" in missing.stderr
    brand.calls.unlink()
    done = document(brand, "--to", "-", "--without-overview")
    assert done.returncode == 0
    assert "in dit document weggelaten" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--id", "krantne"), 2, "has no balanstest `krantne`"),
        (("--to", "x.pdf", "--format", "html"), 2, "x.pdf is named as pdf, but html was asked for"),
        (("--to", "-", "--format", "html", "--format", "pdf"), 2, "- can hold one form; name a folder for several"),
        (("--to", "x.html"), 2, "courant has several balanstests: choose one with --id (kranten, bladen)"),
        (("--format", "odt"), 2, "'odt' is not one of"),
        (("--lang", "de"), 2, "'de' is not one of"),
        (("--as-of", "1999-01-01"), 3, "the law profile nl knows no rules for 1999-01-01"),
    ],
)
def test_what_cannot_be_done_is_said(two, arguments, code, told):
    done = document(two, *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert told in done.stderr


def test_a_policy_without_a_balanstest_has_no_document(tmp_path):
    register = {"screen": "always", "register": {"path": "r.txt", "columns": {"phone": "1"}, "max_age": "28 days"}}
    brand = make_brand(tmp_path, {"balanstests": None, "bel_me_niet": register})
    done = document(brand)
    assert (done.returncode, done.stdout) == (3, "")
    assert "has no balanstest, so there is nothing to make a document of" in done.stderr


def test_a_folder_that_cannot_be_written_is_an_output_error(brand, tmp_path):
    (tmp_path / "file").write_text("")
    done = document(brand, "--to", str(tmp_path / "file" / "made.html"))
    assert (done.returncode, done.stdout) == (6, "")
    assert "cannot write" in done.stderr


def test_answers_of_the_policy_are_told_and_nothing_of_who_is_called(brand):
    page = document(brand, "--to", "-").stdout
    assert ANSWERS["substantiation"] in page
    assert not [told for told in ("0612345678", "612345679", "K1", "K9", "687654321") if told in page]


def test_help_imports_nothing_heavy():
    heavy = {"jinja2", "babel", "polars", "numpy", "typst", "docx", "duckdb"}
    code = f"import sys, balansfilter.cli.balanstest.document; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- the committed examples -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("examples")
    examples.main(["--to", str(folder)])
    return folder


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


@needs_pdf
def test_the_committed_examples_are_what_the_program_makes(made):
    """`make examples` makes them again, after a change of the program, a policy or the fixtures."""
    names = files(examples.EXAMPLES)
    assert files(made) == names
    exact = [name for name in names if not name.endswith(".pdf")]
    assert filecmp.cmpfiles(examples.EXAMPLES, made, exact, shallow=False)[1:] == ([], [])
    for name in set(names) - set(exact):
        pair = [pdf_pages((folder / name).read_bytes()) for folder in (examples.EXAMPLES, made)]
        assert pair[0] == pair[1], name
        assert (examples.EXAMPLES / name).stat().st_size < 300_000


def test_no_example_names_this_machine():
    for name in files(examples.EXAMPLES):
        data = (examples.EXAMPLES / name).read_bytes()
        assert str(ROOT).encode() not in data
