"""Files to read, and opening them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from source_opening import open_file

from balansfilter.sources import Source
from tests.loops import either_way


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


loops = either_way("plain", pytest.param("compiled", marks=pytest.mark.slow))
