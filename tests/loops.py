"""With compiled loops for everything, however short, and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

from balansfilter import native

Made = TypeVar("Made")


def either_way(*ways: Any) -> Any:
    """Return a fixture that runs each test of a folder or a module in these ways: `plain`, `compiled`."""

    @pytest.fixture(autouse=True, params=ways)
    def loops(request: pytest.FixtureRequest) -> Iterator[None]:
        with loops_for(compiled=request.param == "compiled"):
            yield

    return loops


@contextmanager
def loops_for(*, compiled: bool) -> Iterator[None]:
    """Take compiled loops for everything, or for nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "MANY", 1 if compiled else 10**9)
        yield


def both_ways(make: Callable[[], Made]) -> tuple[Made, Made]:
    """Return what is made with compiled loops, and what without."""
    made = []
    for compiled in (True, False):
        with loops_for(compiled=compiled):
            made.append(make())
    return made[0], made[1]
