"""The example policies and the schema: they load, they may be used, and the schema is the one that the program makes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from balansfilter.policy.law import load_law, refuse_if_no_ground, usable_grounds
from balansfilter.policy.loading import approvals_lapsing, brand_file, check_policy, find_brands, load_site, read_policy
from balansfilter.policy.schema import policy_schema, policy_schema_text
from policy.samples import AS_OF, GOOD

CONFIGS = Path(__file__).parents[2] / "configs"
ARCHIVE = CONFIGS / "archive"
CASES = [(CONFIGS, brand, AS_OF) for brand in ("goedgeluk", "noorderpost", "zonnestroom")] + [
    (ARCHIVE, "kabelkrant", date(2020, 6, 15))
]


@pytest.mark.parametrize(("configs", "brand", "as_of"), CASES)
def test_an_example_may_be_used(configs: Path, brand: str, as_of: date) -> None:
    loaded = read_policy(brand_file(configs, brand))
    law = load_law(loaded.policy.law, configs)
    assert check_policy(loaded, as_of=as_of, law=law) == ()
    assert approvals_lapsing(loaded, as_of=as_of) == ()
    refuse_if_no_ground(loaded.policy, law, as_of)


def test_each_example_calls_on_its_own_ground() -> None:
    grounds = {}
    for configs, brand, as_of in CASES:
        policy = read_policy(brand_file(configs, brand)).policy
        grounds[brand] = usable_grounds(policy, load_law(policy.law), as_of)
    assert grounds == {
        "goedgeluk": {"customer"},
        "noorderpost": {"customer"},
        "zonnestroom": {"consent"},
        "kabelkrant": {"register"},
    }


def test_all_brands_are_tried() -> None:
    assert find_brands(CONFIGS) == ("goedgeluk", "noorderpost", "zonnestroom")
    assert find_brands(ARCHIVE) == ("kabelkrant",)


def test_the_files_of_the_examples_are_there() -> None:
    for configs, brand, _ in CASES:
        policy = read_policy(brand_file(configs, brand)).policy
        sources = [policy.call_list, *policy.objections, policy.contacts, policy.bel_me_niet.register_file]
        for source in sources:
            if source is not None:
                assert (configs.parent / source.path).is_file(), source.path


def test_the_sites_of_the_examples() -> None:
    root = CONFIGS.parent
    for configs in (CONFIGS, ARCHIVE):
        site = load_site(configs)
        assert (site.output.dir, site.audit.dir, site.audit.key_file, site.cache.dir) == (
            root / "out",
            root / "audit",
            root / "audit/key",
            root / "cache",
        )


# --- the schema -----------------------------------------------------------------------------------------------


class Plain(yaml.SafeLoader):
    """Reads a policy as an editor does: YAML 1.2, in which a date is a text."""


Plain.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))


def as_editor(text: str) -> Any:
    return yaml.load(text, Plain)


VALIDATOR = jsonschema.Draft202012Validator(
    policy_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


def test_the_schema_on_disk_is_the_one_that_the_program_makes() -> None:
    assert (CONFIGS / "policy.schema.json").read_text() == policy_schema_text()


def test_the_schema_is_a_schema() -> None:
    schema = policy_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].startswith("urn:")
    assert set(schema["$defs"]["BelMeNiet"]["properties"]) == {"screen", "register"}
    assert "register_file" not in json.dumps(schema)


@pytest.mark.parametrize(("configs", "brand", "as_of"), CASES)
def test_an_example_fits_the_schema(configs: Path, brand: str, as_of: date) -> None:
    path = brand_file(configs, brand)
    VALIDATOR.validate(as_editor(path.read_text()))
    first = path.read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / named).resolve() == (CONFIGS / "policy.schema.json").resolve()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sector: press", "sector: pers"),
        ("24 months\n    start", "24 maanden\n    start"),
        ("max_shrink: 10%", "max_shrink: 10"),
        ("count: 3", "count: 0"),
        ("law: nl", "law: nl\nextra: 1"),
        ("policy: 1", "policy: 2"),
        ("2026-11-23", "2026-13-23"),
        ("brand: courant", "brand: De Courant"),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(old: str, new: str) -> None:
    VALIDATOR.validate(as_editor(GOOD))
    assert list(VALIDATOR.iter_errors(as_editor(GOOD.replace(old, new))))


# --- the package ----------------------------------------------------------------------------------------------


def test_the_package_is_imported_without_a_heavy_library() -> None:
    code = "import sys, balansfilter.policy.approval, balansfilter.policy.schema; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"polars", "duckdb", "phonenumbers", "pandas", "numpy", "ruamel"} & set(modules)
