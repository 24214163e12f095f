"""Texts of one byte a character say what Python finds in them, however many bytes are looked at at a time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.native import one_byte_texts
from balansfilter.native.one_byte_texts import first_differing, line_feeds

TEXTS = st.lists(st.sampled_from([b"\n", b"a", b"\x7f", b"\x80", b"\x9f", b"\xa0", b"\xff"]), max_size=30).map(b"".join)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 40))
def test_bytes_are_found_in_every_part(text: bytes, near: int) -> None:
    differing = [place for place, byte in enumerate(text) if 0x80 <= byte < 0xA0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_byte_texts, "_NEAR", near)
        assert first_differing(text) == (differing[0] if differing else -1)
        assert line_feeds(text) == text.count(b"\n")
