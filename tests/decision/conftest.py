"""Every case is decided twice."""

import pytest

from balansfilter import compiled


@pytest.fixture(autouse=True, params=["plain", "compiled"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compiled loops, and with them for everything, however short."""
    monkeypatch.setattr(compiled, "MANY", 1 if request.param == "compiled" else 10**9)
