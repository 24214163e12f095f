"""Files to read, and opening them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from source_opening import open_file

from balansfilter import compiled
from balansfilter.sources import Source


@pytest.fixture
def opened(tmp_path: Path) -> Callable[..., Source]:
    return partial(open_file, tmp_path)


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Write a file in the test's folder, and give its path."""

    def write(name: str, content: bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(autouse=True, params=["plain", "compiled"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without compiled loops, and with them for everything, however short."""
    monkeypatch.setattr(compiled, "MANY", 1 if request.param == "compiled" else 10**9)
