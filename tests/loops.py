"""With compiled loops for everything, however short, and without."""

from __future__ import annotations

from typing import Any

import pytest

from balansfilter import native


def either_way(*ways: Any) -> Any:
    """Return a fixture that runs each test of a folder or a module in these ways: `plain`, `compiled`."""

    @pytest.fixture(autouse=True, params=ways)
    def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(native, "MANY", 1 if request.param == "compiled" else 10**9)

    return loops
