"""The parts that a policy or a site does not write are those that would be read of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from balansfilter.policy.base import Frozen
from balansfilter.policy.model import Policy
from balansfilter.policy.site import Site


def _usual_parts() -> Iterator[Any]:
    todo: list[type[Frozen]] = [Frozen]
    while todo:
        model = todo.pop()
        todo += model.__subclasses__()
        for name, field in model.model_fields.items():
            if isinstance(field.default, Frozen):
                yield pytest.param(field.default, id=f"{model.__name__}.{name}")


@pytest.mark.parametrize("usual", list(_usual_parts()))
def test_a_part_that_is_made_unchecked_is_what_checking_would_make(usual: Frozen) -> None:
    checked = type(usual)()
    assert usual == checked
    assert usual.model_dump() == checked.model_dump()
    assert [type(value) for _, value in usual] == [type(value) for _, value in checked]
    assert usual.model_fields_set == checked.model_fields_set


def test_there_are_such_parts() -> None:
    assert {type(Policy.model_fields["guards"].default), type(Site.model_fields["retention"].default)} <= {
        type(one.values[0]) for one in _usual_parts()
    }
