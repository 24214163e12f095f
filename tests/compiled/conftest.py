"""Every column is worth a compiled loop here, however short."""

from __future__ import annotations

import pytest

from balansfilter import compiled


@pytest.fixture(autouse=True)
def whatever_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled.loops("text_loops") is not None
    monkeypatch.setattr(compiled, "MANY", 1)
