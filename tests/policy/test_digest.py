"""The digest of a balanstest: the same for the same content however it is written, another for any other content."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.policy.digest import balanstest_digest
from balansfilter.policy.loading import policy_of
from balansfilter.policy.model import Policy
from balansfilter.policy.yaml_file import parse_yaml
from policy.samples import GOOD
from policy.styles import Writer


def read(text: str) -> Policy:
    return policy_of(parse_yaml(text, "courant.yaml"), Path("courant.yaml")).policy


def digests(policy: Policy) -> list[str]:
    return [balanstest_digest(policy, test) for test in policy.balanstests]


VALUES: dict[str, Any] = parse_yaml(GOOD, "courant.yaml").values
DIGESTS = digests(read(GOOD))


def test_the_digest_is_what_is_written_down() -> None:
    """The recipe, without the library: sorted keys, no spaces, UTF-8."""
    policy = read(GOOD)
    test = {**VALUES["balanstests"][0]}
    test["answers"] = {**test["answers"], "substantiation": test["answers"]["substantiation"].strip()}
    parts = {"brand": policy.brand, "controller": policy.controller, "sector": policy.sector, "balanstest": test}
    canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert DIGESTS[0] == "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32).map(Random))
def test_the_way_of_writing_does_not_matter(random: Random) -> None:
    assert digests(read(Writer(random).document(VALUES))) == DIGESTS


def test_units_in_singular_and_plural_are_one() -> None:
    assert digests(read(GOOD.replace("24 months", "24 month").replace("14 days", "14 day"))) == DIGESTS


def test_what_is_not_approved_does_not_matter() -> None:
    changed = (
        GOOD.replace("data/", "elders/").replace("De Courant", "Courant").replace("max_shrink: 10%", "max_shrink: 5%")
    )
    assert digests(read(changed)) == DIGESTS


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | tuple | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for key, inner in pairs for leaf in leaves(inner, (*path, key))]
    return [path]


def changed_at(value: Any, path: tuple[Any, ...], random: Random) -> Any:
    if not path:
        return another(value, random)
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = changed_at(value[path[0]], path[1:], random)
    return made if isinstance(value, dict) else tuple(made)


def another(value: Any, random: Random) -> Any:
    if isinstance(value, int):
        return value + random.randint(1, 9)
    if value.split(" ")[0].isdigit() and value.split(" ")[-1] in ("months", "days"):
        return f"{int(value.split(' ')[0]) + random.randint(1, 5)} {value.split(' ')[-1]}"
    return value + random.choice(("x", ".", " en nog iets", "é", "?") if " " in value else ("x", "2"))


CONTENT = leaves(VALUES["balanstests"][0])


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(CONTENT), st.integers(0, 2**32).map(Random))
def test_any_change_of_content_is_another(path: tuple[Any, ...], random: Random) -> None:
    values = changed_at(copy.deepcopy(VALUES), ("balanstests", 0, *path), random)
    first, second = digests(Policy.model_validate(values, by_alias=True, by_name=False))
    assert first != DIGESTS[0]
    assert second == DIGESTS[1]


def test_the_head_of_the_policy_is_part_of_it() -> None:
    for other in ({"brand": "krant"}, {"controller": "Courant N.V."}, {"sector": "charity"}):
        assert not set(digests(read(GOOD).model_copy(update=other))) & set(DIGESTS)


def test_leaving_out_what_is_optional_is_another() -> None:
    for line in (
        "    start_after: 14 days\n",
        "    max_attempts: {count: 3, within: 6 months}\n",
        "          - Geen zondagen.\n",
    ):
        assert digests(read(GOOD.replace(line, "", 1)))[0] != DIGESTS[0]
    assert digests(read(GOOD.replace("[dagblad, weekend]", "[weekend, dagblad]")))[0] != DIGESTS[0]
