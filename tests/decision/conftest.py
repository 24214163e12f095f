"""Every case is decided twice."""

from tests.loops import either_way

loops = either_way("plain", "compiled")
