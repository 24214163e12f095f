"""From the path in a policy to files."""

from datetime import date
from pathlib import Path

import pytest
from source_opening import open_file

from balansfilter.errors import SourceError
from balansfilter.sources import resolve_paths
from balansfilter.sources.paths import filled_in

AS_OF = date(2026, 3, 1)


def resolved(pattern: str, base: Path) -> list[str]:
    paths = resolve_paths(pattern, base=base, brand="noorderpost", as_of=AS_OF)
    return [str(path.relative_to(base)) for path in paths]


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("data/{brand}/{as_of}.csv", "data/noorderpost/2026-03-01.csv"),
        ("{as_of:%Y%m%d}-{as_of:%d%m%y}", "20260301-010326"),
        ("{as_of:%Y/%m}/{{x}}.csv", "2026/03/{x}.csv"),
        ("data.csv", "data.csv"),
    ],
)
def test_placeholders(pattern, told):
    assert filled_in(pattern, "noorderpost", AS_OF) == told


@pytest.mark.parametrize("pattern", ["{merk}", "{}", "{0}", "{brand:x}", "{brand!r}", "{as_of.year}", "a{as_of", "a}b"])
def test_unknown_placeholders_are_refused(pattern, tmp_path):
    with pytest.raises(SourceError) as caught:
        resolved(pattern, tmp_path)
    (problem,) = caught.value.problems
    assert problem.file == pattern
    assert "{as_of:%Y%m%d}" in problem.hint


def test_a_file_a_glob_and_a_folder(put, tmp_path):
    for name in ("d/b.csv", "d/a.CSV", "d/c.txt.gz", "d/.x.csv", "d/e.csv.part", "d/f.tmp", "d/g.csv~", "d/_SUCCESS"):
        put(name, b"")
    assert resolved("d/b.csv", tmp_path) == ["d/b.csv"]
    assert resolved("d", tmp_path) == ["d/a.CSV", "d/b.csv", "d/c.txt.gz"]
    assert resolved("d/*.csv", tmp_path) == ["d/b.csv"]
    assert resolved("d/*", tmp_path) == ["d/a.CSV", "d/b.csv", "d/c.txt.gz"]
    assert resolved("**/[bc].*", tmp_path) == ["d/b.csv", "d/c.txt.gz"]
    assert resolve_paths(f"{tmp_path}/d/b*", base=Path("/elders"), brand="b", as_of=AS_OF) == (tmp_path / "d/b.csv",)


def test_a_name_that_looks_like_a_glob(put, tmp_path):
    put("lijst[1].csv", b"")
    put("lijst1.csv", b"")
    assert resolved("lijst[1].csv", tmp_path) == ["lijst[1].csv"]
    put("[x]/a.csv", b"")
    assert resolved("*.csv", tmp_path / "[x]") == ["a.csv"]


def test_a_data_file_with_an_underscore_is_not_passed_over(put, tmp_path):
    put("d/_bezwaar.csv", b"")
    assert resolved("d", tmp_path) == ["d/_bezwaar.csv"]


@pytest.mark.parametrize("name", ["d/bezwaar.zip", "d/meer/a.csv", "d/lees.md"])
def test_a_folder_with_something_else_in_it_is_refused(name, put, tmp_path):
    put("d/a.csv", b"")
    put(name, b"")
    with pytest.raises(SourceError, match=r"holds 1 thing that is no data file"):
        resolved("d", tmp_path)
    assert resolved("d/*.csv", tmp_path) == ["d/a.csv"]


def test_a_link_to_nothing_in_a_folder_is_refused(put, tmp_path):
    put("d/a.csv", b"")
    (tmp_path / "d/b.csv").symlink_to("weg")
    with pytest.raises(SourceError, match=r"b\.csv"):
        resolved("d", tmp_path)


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("d/leeg", "has no data files in it (hidden and temporary files are passed over)"),
        ("d/*.csv", "matches no file"),
        ("d/x/*.csv", "matches no file"),
        ("d/x/y.csv", "does not exist"),
        ("d/a.txt/y.csv", "does not exist"),
    ],
)
def test_what_is_missing_is_told_with_the_nearest_folder(pattern, told, put, tmp_path):
    put("d/leeg/.verborgen.csv", b"")
    put("d/a.txt", b"")
    with pytest.raises(SourceError) as caught:
        resolved(pattern, tmp_path)
    (problem,) = caught.value.problems
    assert told in problem.message
    assert problem.file == str(tmp_path / pattern)
    nearest = "d/leeg" if "leeg" in pattern else "d"
    assert problem.hint.endswith(f"the nearest folder that exists is {tmp_path / nearest}")
    assert caught.value.exit_code == 4


def test_a_folder_that_may_not_be_read(put, tmp_path, monkeypatch):
    def denied(_self):
        raise PermissionError(13, "Permission denied")

    put("d/a.csv", b"")
    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(SourceError, match="permission denied"):
        resolved("d", tmp_path)


def test_a_name_that_is_no_text_is_refused_in_a_sentence(put, tmp_path):
    put("d/a.csv", b"tel\n0612345678\n")
    put("d/b\udce9.csv", b"tel\n0612345679\n")
    paths = resolve_paths("d", base=tmp_path, brand="noorderpost", as_of=AS_OF)
    with pytest.raises(SourceError) as caught:
        open_file(tmp_path, list(paths))
    (problem,) = caught.value.problems
    assert problem.file == f"{tmp_path}/d/b\\xe9.csv"
    assert problem.message == "has a name that is no text in UTF-8"


def test_an_address_of_another_kind_is_refused_without_what_may_be_secret_in_it(tmp_path):
    with pytest.raises(SourceError) as caught:
        resolved("https://user:secret@example.org/list.csv", tmp_path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.message) == ("https://…", "is an address of a kind that is not read")
