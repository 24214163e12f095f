"""Lists in parts: the same rows in the same order, each part under its digest, and everything done with them works."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from balansfilter.audit.find import Identity
from balansfilter.commands.audit.forget import forget
from balansfilter.commands.recheck import recheck
from balansfilter.commands.verify import Handover, verify_list
from balansfilter.errors import GuardError, OutputError
from balansfilter.policy.loading import load_site
from tests.audit.story import FIRST_DAY, POLICY, audited, held, make_folder, people, run_days, verified
from tests.brandfolder import AS_OF, CALLS, BrandFolder, Tree, make_brand, merged, read_rows, write_rows

IN_SEVENS: Tree = merged(POLICY, {"output": {"rows_per_part": 7}})


@pytest.fixture
def brand(tmp_path: Path) -> BrandFolder:
    """A brand with forty rows, whose lists are published in parts of seven."""
    folder = make_folder(tmp_path)
    folder.write_policy(IN_SEVENS)
    return folder


def read(path: Path) -> pl.DataFrame:
    """Read a list, or one part of it, as text."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).select(pl.all().cast(pl.String).fill_null(""))
    if path.suffix == ".xlsx":
        names, *rows = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
        return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row").select(pl.all().fill_null(""))
    return pl.read_csv(path, infer_schema=False).select(pl.all().fill_null(""))


def whole(folder: Path, output: dict[str, Any]) -> pl.DataFrame:
    """Read the list that an output of a manifest tells of."""
    if "parts" not in output:
        return read(folder / output["name"])
    return pl.concat(read(folder / output["name"] / part["name"]) for part in output["parts"])


@pytest.mark.parametrize("form", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("most", [1, 7, 40, 1000])
def test_the_rows_of_the_parts_are_the_rows_of_the_list(tmp_path: Path, form: str, most: int) -> None:
    folder = make_folder(tmp_path)
    folder.write_policy(merged(POLICY, {"output": {"format": form}}))
    one = folder.run(as_of=FIRST_DAY)
    folder.write_policy(merged(POLICY, {"output": {"format": form, "rows_per_part": most}}))
    parted = folder.run(as_of=FIRST_DAY)
    assert one.folder is not None
    assert parted.folder is not None
    for name in ("callable", "dropped"):
        output = parted.manifest["outputs"][name]
        assert whole(parted.folder, output).equals(whole(one.folder, one.manifest["outputs"][name]))
        rows = [part["rows"] for part in output["parts"]]
        assert all(count == most for count in rows[:-1])
        assert 0 < rows[-1] <= most
        assert output["rows"] == sum(rows)
    assert verified(folder).problems == ()


def test_the_manifest_tells_each_part_and_what_the_digest_of_all_covers(brand: BrandFolder) -> None:
    outcome = brand.run(as_of=FIRST_DAY)
    assert outcome.folder is not None
    for name in ("callable", "dropped"):
        output, files = outcome.manifest["outputs"][name], sorted((outcome.folder / name).iterdir())
        assert [part["name"] for part in output["parts"]] == [path.name for path in files]
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
        assert [part["sha256"] for part in output["parts"]] == digests
        assert [part["bytes"] for part in output["parts"]] == [path.stat().st_size for path in files]
        lines = "".join(f"{digest}  {path.name}\n" for digest, path in zip(digests, files, strict=True))
        assert output["sha256"] == hashlib.sha256(lines.encode()).hexdigest()
        assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    prepared = next(event["body"] for event in brand.events() if event["event"] == "run.prepared")
    assert prepared["outputs"] == outcome.manifest["outputs"]


def test_a_list_without_rows_has_one_part_that_tells_its_columns(tmp_path: Path) -> None:
    made = make_brand(tmp_path, {"output": {"rows_per_part": 5}})
    outcome = made.run()
    assert outcome.folder is not None
    assert [part["rows"] for part in outcome.manifest["outputs"]["dropped"]["parts"]] == [0]
    assert read(outcome.folder / "dropped" / "part-00001.csv").columns[:2] == ["row", "customer_id"]


def test_so_many_parts_that_their_names_would_lose_their_order_are_refused(
    brand: BrandFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("balansfilter.fs.outputs.MOST_PARTS", 2)
    with pytest.raises(OutputError, match=r"output\.rows_per_part: would go past part 2,"):
        brand.run(as_of=FIRST_DAY)
    assert not brand.current.exists()


def _changed(part: Path) -> None:
    part.write_bytes(part.read_bytes()[:-3])


def _swapped(part: Path) -> None:
    shutil.copyfile(part.with_name("part-00001.csv"), part)


def _added(part: Path) -> None:
    shutil.copyfile(part, part.with_name("part-00099.csv"))


def handed_over(brand: BrandFolder, day: date) -> Handover:
    return verify_list(brand.configs, brand.current / "manifest.json", load_site(brand.configs), day)


@pytest.mark.parametrize(
    ("spoil", "handing", "auditing"),
    [
        (Path.unlink, "is gone", "is not there"),
        (_changed, "was changed after it was published", "is not what event 2 says"),
        (_swapped, "was changed after it was published", "is not what event 2 says"),
        (_added, "is no part of the list that was published", "is not known to the ledger"),
    ],
)
@pytest.mark.parametrize("name", ["callable", "dropped"])
def test_a_part_that_is_changed_gone_or_added_is_found(
    brand: BrandFolder, name: str, spoil: Callable[[Path], None], handing: str, auditing: str
) -> None:
    outcome = brand.run(as_of=FIRST_DAY)
    assert handed_over(brand, FIRST_DAY).callable == outcome.manifest["callable"]
    spoil(brand.current / name / "part-00002.csv")
    with pytest.raises(OutputError) as refused:
        handed_over(brand, FIRST_DAY)
    assert [problem.message for problem in refused.value.problems] == [handing]
    (problem,) = verified(brand).problems
    assert auditing in str(problem)


def test_what_is_done_with_a_run_afterwards_works_on_parts(brand: BrandFolder, tmp_path: Path) -> None:
    run_days(brand, 0, 1)
    person = people()[1]
    assert len(held(brand, customer_id=person.customer_id)) == 2
    who = ("--brand", brand.brand, "--customer", person.customer_id)
    for words in (
        ("audit", "recall", *who, "--json"),
        ("explain", *who, "--on", str(FIRST_DAY), "--json"),
        ("audit", "export", *who, "--to", str(tmp_path / "bundle.zip"), "--no-pdf"),
        ("audit", "show", "--brand", brand.brand, brand.current.resolve().name),
        ("audit", "replay", "--brand", brand.brand, brand.current.resolve().name),
    ):
        ended = brand.cli(*words)
        assert ended.returncode == 0, ended.stderr
    forget(audited(brand), Identity(None, person.customer_id), lists=True, lock_wait=0)
    assert verified(brand).problems == ()
    assert held(brand, customer_id=person.customer_id) == {}


def test_what_came_and_went_is_told_by_the_line_in_the_whole_list(tmp_path: Path) -> None:
    rows = [CALLS[0], *((f"K{n}", f"061234567{n}", "2026-01-01") for n in range(6))]
    changes: Tree = {"output": {"delta": True, "rows_per_part": 2}, "duplicates": "keep_all"}
    brand = make_brand(tmp_path, changes, calls=rows)
    brand.run()
    write_rows(brand.calls, [rows[0], *rows[2:], ("K8", "0612345679", "2026-01-01")])
    brand.run()
    told = [(one["change"], one["line"], one["customer_id"]) for one in read_rows(brand.current / "delta.csv")]
    assert told == [("went", "1", "K0"), ("came", "6", "K8")]


def test_who_objected_since_is_found_in_parts_alone(tmp_path: Path) -> None:
    rows = [CALLS[0], *((f"K{n}", f"061234567{n}", "2026-01-01") for n in range(6))]
    brand = make_brand(tmp_path, {"output": {"rows_per_part": 2}}, calls=rows)
    brand.run()
    brand.calls.unlink()
    write_rows(brand.data / "objections.csv", [("telefoon", "klantnummer"), ("0687654321", "K9"), ("", "K4")])
    found = recheck(brand.configs, load_site(brand.configs), brand.brand, AS_OF)
    assert (found.withdrawn, found.whole) == (1, False)
    assert [one["line"] for one in read_rows(found.path)] == ["5"]


def test_the_rows_that_cannot_be_read_are_those_of_all_parts(tmp_path: Path) -> None:
    bad = [(f"S{n}", f"06-{n}", "2026-01-01") for n in range(3)]
    brand = make_brand(tmp_path, {"output": {"rows_per_part": 1}}, calls=[*CALLS, *bad])
    with pytest.raises(GuardError):
        brand.run()
    assert len((brand.out / "fixes.csv").read_text(encoding="utf-8-sig").splitlines()) == 4


def test_a_folder_of_parts_is_a_call_list_again(brand: BrandFolder, tmp_path: Path) -> None:
    brand.run(as_of=FIRST_DAY)
    other = make_folder(tmp_path / "other")
    spec = {"path": str(brand.current.resolve() / "callable"), "columns": POLICY["call_list"]["columns"]}
    renamed = {"annotate_as": {"basis": "again", "callable_until": "again_until"}}
    other.write_policy(merged(IN_SEVENS, {"call_list": spec, "output": renamed}))
    again = other.run(as_of=FIRST_DAY)
    published = brand.run(as_of=FIRST_DAY).manifest["outputs"]["callable"]
    source = again.manifest["sources"][0]
    assert [file["sha256"] for file in source["files"]] == [part["sha256"] for part in published["parts"]]
    assert source["sha256"] == published["sha256"]
