"""The committed fixtures are what the generator makes, and hold what they are meant to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures import generate

ROOT = Path(generate.__file__).parent
FILES = {
    "noorderpost": {"call_list.csv", "objections.csv"},
    "goedgeluk": {"call_list.csv", "objections.csv", "contacts.csv"},
    "zonnestroom": {"call_list.csv", "objections.csv"},
    "kabelkrant": {"call_list.csv", "objections.csv", "register.txt"},
}


@pytest.mark.parametrize("brand", FILES)
def test_the_committed_files_are_what_the_generator_makes(brand: str, tmp_path: Path) -> None:
    generate.main(["--only", brand, "--to", str(tmp_path)])
    made = {path.name: path.read_bytes() for path in (tmp_path / brand).iterdir()}
    assert set(made) == FILES[brand]
    assert {name for name, content in made.items() if (ROOT / brand / name).read_bytes() != content} == set()


def test_rows_and_seed_change_the_files(tmp_path: Path) -> None:
    for name, arguments in {"a": ["--rows", "50"], "b": ["--rows", "50", "--seed", "2"]}.items():
        generate.main(["--only", "noorderpost", "--to", str(tmp_path / name), *arguments])
    one, other = ((tmp_path / name / "noorderpost" / "call_list.csv").read_text() for name in "ab")
    assert one != other
    assert len(one.splitlines()) == len(other.splitlines()) == 51


def test_the_spreadsheet_is_one() -> None:
    content = (ROOT / "zonnestroom" / "call_list.csv").read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") == 2501
    with pytest.raises(UnicodeDecodeError):
        content.decode()
    text = content.decode("windows-1252")
    for sign in ('"Stroom; groen"', ".0;", "\N{NO-BREAK SPACE}", "ü"):
        assert sign in text
