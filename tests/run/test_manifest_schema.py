"""The schema of a manifest: every manifest fits it, and no field of one is missing from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from balansfilter.pipeline.manifest_schema import Manifest, manifest_schema
from tests.brandfolder import BrandFolder, cli, make_brand
from tests.engines.made import lenient_case, ran

VALIDATOR = jsonschema.Draft202012Validator(
    manifest_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def fits(manifest: dict[str, Any]) -> None:
    VALIDATOR.validate(manifest)
    Manifest.model_validate(manifest)


def on_disk(brand: BrandFolder) -> dict[str, Any]:
    return json.loads((brand.current / "manifest.json").read_text(encoding="utf-8"))


def test_the_manifests_of_a_first_and_a_second_run_fit_with_what_came_and_went(tmp_path: Path) -> None:
    brand = make_brand(tmp_path, {"output": {"delta": True}})
    brand.run()
    first = on_disk(brand)
    brand.run()
    second = on_disk(brand)
    fits(first)
    fits(second)
    assert first["previous"] is None
    assert "delta" in second["outputs"]
    assert second["ledger"]["seq"] > 0


def test_the_manifest_of_a_rehearsal_fits(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    fits(brand.run(dry_run=True).manifest)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_manifests_of_random_brands_fit_with_a_second_engine_or_without(seed: int, tmp_path: Path) -> None:
    outcome = ran(lenient_case(seed, 60, tmp_path), verify_with="duckdb" if seed % 2 else None)
    fits(outcome.manifest)
    assert (outcome.manifest["agreed"] is not None) is bool(seed % 2)


@pytest.mark.parametrize(
    ("field", "value"),
    [("rows", -1), ("as_of", "23-11-2026"), ("reasons", {"tired": 1}), ("manifest", 2), ("law", {"name": "nl"})],
)
def test_another_form_does_not_fit(tmp_path: Path, field: str, value: object) -> None:
    brand = make_brand(tmp_path)
    brand.run()
    manifest = on_disk(brand)
    fits(manifest)
    assert not VALIDATOR.is_valid(manifest | {field: value})
    assert not VALIDATOR.is_valid({name: one for name, one in manifest.items() if name != field})


def test_a_field_that_the_schema_does_not_know_is_found_here_and_passed_over_by_readers(tmp_path: Path) -> None:
    brand = make_brand(tmp_path)
    brand.run()
    manifest = on_disk(brand) | {"weather": "fog"}
    VALIDATOR.validate(manifest)
    with pytest.raises(ValidationError, match="weather"):
        fits(manifest)


def test_the_command_prints_it() -> None:
    done = cli("schema", "--manifest")
    assert json.loads(done.stdout) == manifest_schema()
