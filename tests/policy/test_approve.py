"""Approving: the block is written, and nothing else of the file changes by a byte."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balansfilter.errors import OutputError, PolicyError, UsageError
from balansfilter.policy import approval as approving
from balansfilter.policy.approval import approve, balanstest_digest
from balansfilter.policy.law import load_law
from balansfilter.policy.loading import check_policy, read_policy
from balansfilter.policy.yaml_file import parse_yaml
from policy.samples import AS_OF, GOOD, write
from policy.styles import Writer

BY: dict[str, Any] = {"by": "A. de Boer-Ünal", "role": 'Jurist "privacy"', "on": date(2026, 11, 2)}

OLD = '{by: X, role: Y, on: 2025-01-01, review_by: 2025-06-01, digest: "sha256:' + "0" * 64 + '"}'
OLD_BLOCK = (
    """approval:
      by: X        # met een opmerking
      role: Y
      on: 2025-01-01
      review_by: 2025-06-01
      digest: "sha256:"""
    + "0" * 64
    + '"'
)

KRANTEN, REST = "    max_term: 24 months\n", "    max_term: 12 months\n"

# Each is the good policy with « and » around the text that may change; the balanstest that is approved.
LAYOUTS: dict[str, tuple[str, str]] = {
    "none yet, the last key a block text": (GOOD.replace("rust kost.\n", "rust kost.«»\n", 1), "kranten"),
    "none yet, in the last balanstest": ("rust kost.«»\nbel_me".join(GOOD.rsplit("rust kost.\nbel_me", 1)), "rest"),
    "none yet, the last key a word": (
        GOOD.replace("  - id: kranten\n", "  - ").replace("    products: [dagblad, weekend]\n", "products: [dagblad, weekend]\n", 1)
        .replace("rust kost.\n  - id: rest", "rust kost.\n    id: kranten   # het id achteraan«»\n\n  - id: rest"), "kranten",
    ),
    "none yet, a comment behind it": (GOOD.replace("rust kost.\n  - id: rest", "rust kost.«»\n\n  # De rest.\n  - id: rest"), "kranten"),
    "none yet, a block text that keeps its blank lines": (
        GOOD.replace("substantiation: |\n", "substantiation: |+\n", 1).replace("rust kost.\n  - id: rest", "rust kost.\n\n«»  - id: rest"), "kranten",
    ),
    "null": (GOOD.replace(REST, REST + "    «approval: null»   # volgt\n"), "rest"),
    "nothing": (GOOD.replace(REST, REST + "    «approval:»\n"), "rest"),
    "one in brackets": (GOOD.replace(REST, REST + f"    approval: «{OLD}»   # oud\n"), "rest"),
    "one in brackets over two lines": (GOOD.replace(REST, REST + "    approval: «" + OLD.replace(", on", ",\n      on") + "»\n"), "rest"),
    "one in a block": (GOOD.replace(REST, REST + f"    «{OLD_BLOCK}»   # oud\n"), "rest"),
    "a block that ends in a block text": (
        GOOD.replace(REST, REST + "    «" + OLD_BLOCK.replace("      role: Y\n", "") + "\n      role: |\n        Y»\n\n"), "rest",
    ),
    "one as the first key": (GOOD.replace("  - id: rest\n", f"  - «{OLD_BLOCK}»\n    id: rest\n"), "rest"),
    "one that is wrong": (GOOD.replace(REST, REST + "    approval: «{by: X, signed: no}»\n"), "rest"),
    "one that is no mapping": (GOOD.replace(REST, REST + "    «approval: ja»\n"), "rest"),
}  # fmt: skip


def split(marked: str) -> tuple[str, str, str]:
    before, rest = marked.split("«")
    old, after = rest.split("»")
    return before, old, after


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_nothing_else_changes(name: str, newline: str, tmp_path: Path) -> None:
    marked, which = LAYOUTS[name]
    before, old, after = split(marked.replace("\n", newline))
    path = write(tmp_path, before + old + after)
    approved = approve(path, which, **BY)
    text = path.read_bytes().decode()
    assert text == approved.text
    assert text.startswith(before)
    assert text.endswith(after)
    new = text[len(before) : len(text) - len(after)]
    assert new.count("\r") == (new.count("\n") if newline == "\r\n" else 0)
    assert_approved(path, which)


def assert_approved(path: Path, which: str) -> None:
    loaded = read_policy(path)
    test = next(test for test in loaded.policy.balanstests if test.id == which)
    given_to = test.approval
    assert given_to is not None
    assert (given_to.by, given_to.role, given_to.on) == (BY["by"], BY["role"], BY["on"])
    assert given_to.review_by == date(2027, 11, 2)
    assert given_to.opinion is None
    assert given_to.digest == balanstest_digest(loaded.policy, test)


def test_the_block_as_it_is_written(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    digest = balanstest_digest(read_policy(path).policy, read_policy(path).policy.balanstests[0])
    text = approve(path, "kranten", **BY, opinion="CBT 2026-14").text
    assert text == GOOD.replace(
        "rust kost.\n  - id: rest",
        f"""rust kost.
    approval:
      by: "A. de Boer-Ünal"
      role: "Jurist \\"privacy\\""
      on: 2026-11-02
      review_by: 2027-11-02
      opinion: "CBT 2026-14"
      digest: "{digest}"
  - id: rest""",
    )


def test_a_policy_in_brackets(tmp_path: Path) -> None:
    from json import dumps

    values = parse_yaml(GOOD.replace("snapshot_on: 2026-11-23", "min_rows: 1"), "").values
    path = write(tmp_path, dumps(values, indent=1))
    before = path.read_text()
    text = approve(path, "kranten", **BY).text
    at = text.index(", approval: {by: ")
    assert text[:at] + text[text.index("}", at) + 1 :] == before
    assert_approved(path, "kranten")


def shared(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32).map(Random), st.sampled_from(["kranten", "rest"]))
def test_however_the_policy_is_written_the_edit_is_one_insertion(tmp_path: Path, random: Random, which: str) -> None:
    path = write(tmp_path, Writer(random).document(parse_yaml(GOOD, "").values))
    before = path.read_text()
    text = approve(path, which, **BY).text
    assert shared(before, text) + shared(before[::-1], text[::-1]) >= len(before)
    assert_approved(path, which)


def test_approving_again_replaces(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    first = approve(path, "kranten", **BY).text
    assert approve(path, "kranten", **BY).text == first
    other = approve(path, "kranten", **{**BY, "by": "B. Anders"}).text
    assert other == first.replace('"A. de Boer-Ünal"', '"B. Anders"')


def test_both_approved_the_policy_may_be_used(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    law = load_law("nl")
    assert [p.path for p in check_policy(read_policy(path), as_of=AS_OF, law=law)] == [
        "balanstests[0].approval",
        "balanstests[1].approval",
    ]
    approve(path, "kranten", **BY)
    approve(path, "rest", **BY)
    assert check_policy(read_policy(path), as_of=AS_OF, law=law) == ()


def test_a_review_after_a_leap_day(tmp_path: Path) -> None:
    loaded = approve(write(tmp_path, GOOD), "rest", **{**BY, "on": date(2024, 2, 29)})
    assert loaded.policy.balanstests[1].approval is not None
    assert loaded.policy.balanstests[1].approval.review_by == date(2025, 2, 28)


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.chmod(0o640)
    approve(path, "rest", **BY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [entry.name for entry in path.parent.iterdir()] == ["courant.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = write(tmp_path / "elsewhere", GOOD)
    path = tmp_path / "courant.yaml"
    path.symlink_to(real)
    approve(path, "rest", **BY)
    assert path.is_symlink()
    assert "approval:" in real.read_text()


def test_a_wrong_policy_is_not_approved(tmp_path: Path) -> None:
    text = GOOD.replace("sector: press", "sector: pers").replace("max_shrink: 10%", "max_shrink: no")
    path = write(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        approve(path, "rest", **BY)
    assert [problem.path for problem in caught.value.problems] == ["sector", "objections[0].max_shrink"]
    assert path.read_text() == text


def test_another_balanstest_without_an_answer_is_an_obstacle(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("Eens per halfjaar.", "…", 1))
    with pytest.raises(PolicyError) as caught:
        approve(path, "rest", **BY)
    assert [problem.path for problem in caught.value.problems] == ["balanstests[0].answers.impact.frequency"]


def test_over_the_ceiling_an_opinion_is_needed(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("12 months", "37 months"))
    with pytest.raises(PolicyError, match="is longer than 36 months"):
        approve(path, "rest", **BY)
    assert "approval" not in path.read_text()
    loaded = approve(path, "rest", **BY, opinion="Advies 2026/3")
    assert not [p for p in check_policy(loaded, as_of=AS_OF, law=load_law("nl")) if "[1]" in p.path]


def test_a_layout_that_cannot_be_edited_is_told_with_the_block(tmp_path: Path) -> None:
    text = GOOD.replace("  - id: rest\n", "  - ? id\n    : rest\n")
    path = write(tmp_path, text)
    with pytest.raises(PolicyError) as caught:
        approve(path, "rest", **BY)
    assert "add to balanstests[1]:\napproval:\n  by: " in caught.value.message
    assert path.read_text() == text


def test_who_and_what_must_be_said(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    for wrong in (
        {"by": " "},
        {"role": "…"},
        {"by": "A\nB"},
        {"by": "A\x07"},
        {"opinion": "n.v.t."},
        {"review_by": date(2026, 11, 1)},
    ):
        with pytest.raises(UsageError):
            approve(path, "rest", **{**BY, **wrong})
    assert path.read_text() == GOOD


def test_an_unknown_balanstest(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no balanstest `krant` — did you mean `kranten`"):
        approve(write(tmp_path, GOOD), "krant", **BY)


def test_an_unknown_balanstest_in_a_wrong_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="does not exist"):
        approve(tmp_path / "courant.yaml", "krant", **BY)


def test_a_file_changed_meanwhile_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, GOOD)
    law = load_law("nl")

    def change(*arguments: Any, **named: Any) -> Any:
        path.write_text(GOOD + "# van een ander\n")
        return law

    monkeypatch.setattr(approving, "load_law", change)
    with pytest.raises(OutputError, match="changed by somebody else"):
        approve(path, "rest", **BY)
    assert path.read_text() == GOOD + "# van een ander\n"
    assert [entry.name for entry in path.parent.iterdir()] == ["courant.yaml"]
