"""Finding brands, and the site settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from balansfilter.errors import PolicyError, UsageError
from balansfilter.policy.loading import base_folder, brand_file, find_brands, load_site
from balansfilter.policy.values import CountOrSpan, Span
from policy.samples import GOOD, write


def configs(folder: Path, *brands: str) -> Path:
    for brand in brands:
        write(folder, GOOD, brand)
    return folder / "configs"


def test_brands_are_sorted(tmp_path: Path) -> None:
    made = configs(tmp_path, "b.yaml", "a-2.yaml", "a.yaml", ".hidden.yaml", "README.md")
    assert find_brands(made) == ("a", "a-2", "b")


@pytest.mark.parametrize("stray", ["Courant.yaml", "courant.yml", "de courant.yaml", "-x.yaml"])
def test_a_file_that_no_run_would_read_is_told(stray: str, tmp_path: Path) -> None:
    made = configs(tmp_path, "a.yaml", stray)
    with pytest.raises(PolicyError) as caught:
        find_brands(made)
    assert [problem.file for problem in caught.value.problems] == [str(made / "brands" / stray)]


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="there is no folder"):
        find_brands(tmp_path / "configs")
    with pytest.raises(UsageError, match="there is no brand `a`"):
        brand_file(tmp_path / "configs", "a")


@pytest.mark.parametrize(
    ("brand", "hint"),
    [
        ("noorderpst", "did you mean `noorderpost`?"),
        ("x", "known here: goedgeluk, noorderpost"),
        ("../brands/goedgeluk", ""),
        ("", "known here"),
    ],
)
def test_a_brand_that_is_not_there(brand: str, hint: str, tmp_path: Path) -> None:
    made = configs(tmp_path, "noorderpost.yaml", "goedgeluk.yaml")
    with pytest.raises(UsageError) as caught:
        brand_file(made, brand)
    assert hint in str(caught.value)
    assert caught.value.exit_code == 2


# --- the site -------------------------------------------------------------------------------------------------


def site_file(folder: Path, text: str) -> Path:
    made = folder / "configs"
    made.mkdir(exist_ok=True)
    (made / "balansfilter.yaml").write_text(text)
    return made


@pytest.mark.parametrize("text", [None, "", "# niets\n", "log: {}\n"])
def test_everything_is_optional(text: str | None, tmp_path: Path) -> None:
    made = tmp_path / "configs" if text is None else site_file(tmp_path, text)
    site = load_site(made)
    assert (site.output.dir, site.cache.dir) == (tmp_path / "out", tmp_path / "cache")
    assert (site.audit.dir, site.audit.key_file) == (tmp_path / "audit", tmp_path / "audit" / "key")
    assert (site.timezone, site.log.file, site.log.level, site.log.as_json) == ("Europe/Amsterdam", None, "INFO", False)
    assert (site.retention.runs, site.retention.decisions) == (None, None)


def test_paths_resolve_against_the_folder_that_holds_the_configs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = site_file(
        tmp_path,
        "output: {dir: ../lijsten}\naudit: {dir: /var/audit}\nlog: {file: log/b.log, rotation: 10 MB, retention: 5, json: true}\n",
    )
    monkeypatch.chdir(made)
    site = load_site(Path("../configs"))
    assert site.output.dir == tmp_path.parent / "lijsten"
    assert (site.audit.dir, site.audit.key_file) == (Path("/var/audit"), Path("/var/audit/key"))
    assert site.log.file == tmp_path / "log" / "b.log"
    assert (str(site.log.rotation), site.log.retention, site.log.as_json) == ("10 MB", CountOrSpan("5"), True)
    assert base_folder(Path("../configs")) == tmp_path


def test_how_long_things_stay(tmp_path: Path) -> None:
    site = load_site(site_file(tmp_path, "retention: {runs: 30, decisions: 5 years}\n"))
    assert site.retention.runs is not None
    assert (site.retention.runs.count, site.retention.decisions) == (30, Span("5 years"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("audit: {dir: }", ["1:9: audit.dir: is empty, but should be text"]),
        ('audit: {dir: " "}', ["1:14: audit.dir: is empty"]),
        ("output: {dir: [1]}", ["1:10: output.dir: should be text, but is a list"]),
        ("output: {dir: ~/out}", ["1:15: output.dir: starts with ~"]),
        ("output: {dr: out}", ["1:10: output.dr: is not a known key — did you mean `dir`?"]),
        ("outputs: {}", ["1:1: outputs: is not a known key — did you mean `output`?"]),
        ("timezone: Europe/Amstrdam", ["1:11: timezone: is no time zone; write one such as Europe/Amsterdam"]),
        ("timezone: localtime", ["1:11: timezone: is no time zone; write one such as Europe/Amsterdam"]),
        ("timezone: ../etc", ["1:11: timezone: is no time zone"]),
        ("log: {level: info}", ["1:14: log.level: should be `DEBUG`, `INFO`, `WARNING` or `ERROR`, but is the text `info` — did you mean `INFO`?"]),
        ("log: {json: yes}", ["1:13: log.json: `yes` without quotes"]),
        ("log: {rotation: 3 MB, retention: 4}", ["1:17: log.rotation: has no file", "1:34: log.retention: has no file"]),
        ("log: {file: a, rotation: 3}", ["1:26: log.rotation: should be a size"]),
        ("retention: {runs: all}", ["1:19: retention.runs: should be a count, such as `30`, or a span"]),
        ("output: {dir: x}\naudit: {dir: x/../x, key_file: k}", ["2:14: audit.dir: is the folder of output.dir as well"]),
        ("output: {dir: x}\naudit: {key_file: x/key}", ["2:19: audit.key_file: lies in the folder of the lists"]),
        ("- a", ["1:1: should hold `key: value` lines"]),
    ],
)  # fmt: skip
def test_broken_settings_are_told(text: str, expected: list[str], tmp_path: Path) -> None:
    made = site_file(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        load_site(made)
    told = [str(problem).removeprefix(f"{made}/balansfilter.yaml:") for problem in caught.value.problems]
    assert len(told) == len(expected)
    for one, start in zip(told, expected, strict=True):
        assert one.startswith(start)
