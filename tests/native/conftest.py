"""Every column is worth a compiled loop here, however short."""

from __future__ import annotations

import pytest

from balansfilter import native


@pytest.fixture(autouse=True)
def whatever_the_length(monkeypatch: pytest.MonkeyPatch) -> None:
    assert native.loops("text_loops") is not None
    monkeypatch.setattr(native, "MANY", 1)
