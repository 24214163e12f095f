"""Texts of one byte a character say what Python finds in them, however many bytes are looked at at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from balansfilter.native import one_byte_texts
from balansfilter.native.one_byte_texts import Utf8Writer, first_differing, line_feeds, narrowed, without_letter
from tests.loops import both_ways

RUNS = st.integers(0, 200).map(b"x".__mul__)
TEXTS = st.lists(st.sampled_from([b"\n", b"a", b"\x7f", b"\x80", b"\x9f", b"\xa0", b"\xff"]), max_size=30).map(b"".join)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 40))
def test_bytes_are_found_in_every_part(text: bytes, near: int) -> None:
    differing = [place for place, byte in enumerate(text) if 0x80 <= byte < 0xA0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_byte_texts, "_NEAR", near)
        assert first_differing(text) == (differing[0] if differing else -1)
        assert both_ways(lambda: line_feeds(text)) == (text.count(b"\n"),) * 2


def written_by_python(text: bytes, codec: str) -> bytes | None:
    if codec == "latin-1" and any(0x80 <= byte < 0xA0 for byte in text):
        return None
    try:
        return text.decode(codec).encode()
    except UnicodeDecodeError:
        return None


@settings(deadline=None, max_examples=400)
@given(
    st.lists(
        st.binary(max_size=3) | st.sampled_from([b"\x80", b"\xe9", b"\xff\n", b"\xef\xbb\xbf"]) | RUNS, max_size=30
    ).map(b"".join),
    st.sampled_from(["latin-1", "cp1252"]),
)
@example(b"\x80" * 500, "cp1252")
@example(b"x" * 127 + b"\xe9", "cp1252")
@example(b"x" * 128 + b"\x81", "cp1252")
@example(b"x" * 64 + b"\x9f" + b"x" * 128, "latin-1")
def test_texts_are_written_as_python_writes_them(text: bytes, codec: str) -> None:
    writer = Utf8Writer(codec)
    for part in (text, text[1:], text):
        made, plain = both_ways(lambda part=part: writer.written(part))
        wanted = written_by_python(part, codec)
        assert (made.text, made.line_feeds) == (plain.text, plain.line_feeds)
        assert (made.text, made.line_feeds) == (wanted, 0 if wanted is None else part.count(b"\n"))
        assert plain.may_have_marks == (0xBB in part)
        assert made.may_have_marks == plain.may_have_marks or (wanted is None and made.may_have_marks)
    assert both_ways(lambda: line_feeds(text)) == (text.count(b"\n"),) * 2


@settings(deadline=None)
@given(TEXTS | st.binary(max_size=100), st.integers(1, 40), st.sampled_from(["latin-1", "cp1252"]))
def test_the_first_byte_without_a_letter_is_found(text: bytes, near: int, codec: str) -> None:
    none = range(0x80, 0xA0) if codec == "latin-1" else (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one_byte_texts, "_NEAR", near)
        assert without_letter(text, codec) == next((n for n, byte in enumerate(text) if byte in none), -1)
    assert (Utf8Writer(codec).written(text).text is None) == any(byte in none for byte in text)


@settings(deadline=None, max_examples=400)
@given(
    st.lists(
        st.text(max_size=3) | st.sampled_from(["\x80", "\xa0", "é", "ÿ\n", "x" * 63, "é" * 40]) | RUNS.map(bytes.decode)
    ).map("".join)
)
@example("x" * 63 + "é" + "x" * 65)
@example("x" * 63 + "é" * 70 + "ÿ")
@example("\x9f" + "x" * 140)
@example("x" * 140 + "\x9f")
@example("x" * 63 + "€" + "x" * 140)
def test_texts_are_narrowed_where_both_encodings_have_every_letter(text: str) -> None:
    made = narrowed(np.frombuffer(text.encode(), np.uint8))
    is_possible = all(ord(letter) < 0x80 or 0xA0 <= ord(letter) <= 0xFF for letter in text)
    if made is not None:
        assert is_possible
        assert bytes(made) == text.encode("latin-1") == text.encode("cp1252")
    elif is_possible:
        assert len(text.encode()) < 50
