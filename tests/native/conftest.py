"""Every column is worth a compiled loop here, however short."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from balansfilter.native import text_loops
from tests.loops import loops_for


@pytest.fixture(autouse=True)
def whatever_the_length() -> Iterator[None]:
    with loops_for(compiled=True):
        assert text_loops._trim.pays(1)
        yield
