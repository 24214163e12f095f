"""Lines of a text are those between its line feeds, and its checksum is that of every byte in its place."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from balansfilter.native.one_byte_texts import Utf8Writer
from balansfilter.native.record_loops import chosen_lines, count_records
from tests.loops import both_ways, loops_for

compiled = settings(deadline=None, max_examples=300)
LINES = st.lists(
    st.integers(1, 90).map("x".__mul__) | st.sampled_from(["é", "a\r", "€uro", "a" * 12, "b" * 13, "1,2,3"]),
    min_size=1,
    max_size=40,
)


def text_of(lines: list[str], end: str, codec: str = "utf-8") -> bytes:
    text = "".join(line + end for line in lines).encode(codec)
    assume(len(text) >= 64)
    return text


def found_in(text: bytes, chosen: list[bool], *, is_utf8: bool = True) -> tuple[list[object], bytes] | None:
    found = chosen_lines(text, np.array(chosen, np.bool_))
    return found and ((found.views.series() if is_utf8 else found.views.binary()).to_list(), found.checksum)


@compiled
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.data())
@example(["x" * 63], "\n", None)
@example(["x" * 127], "\n", None)
def test_chosen_lines_are_those_between_line_feeds(lines: list[str], end: str, data: st.DataObject | None) -> None:
    text = text_of(lines, end)
    chosen = data.draw(st.lists(st.booleans(), min_size=len(lines), max_size=len(lines))) if data else [True]
    wanted = [line for line, is_chosen in zip(lines, chosen, strict=True) if is_chosen]
    wanted = [line.removesuffix("\r") for line in wanted] if end == "\n" else wanted
    for is_utf8 in (True, False):
        made, plain = both_ways(lambda is_utf8=is_utf8: found_in(text, chosen, is_utf8=is_utf8))
        assert made == plain
        assert made is not None
        assert made[0] == (wanted if is_utf8 else [line.encode() for line in wanted])


@compiled
@given(LINES, st.integers(-3, 3), st.binary(max_size=2))
def test_text_with_more_lines_or_fewer_is_refused(lines: list[str], more: int, behind: bytes) -> None:
    assume(more or (behind and not behind.endswith(b"\n")))
    text = text_of(lines, "\n") + (behind if not more else b"")
    assume(more or not behind.count(b"\n"))
    told = len(lines) + more
    assume(told >= 0)
    assert both_ways(lambda: found_in(text, [True] * told)) == (None, None)


@compiled
@given(LINES, st.integers(0, 10**6), st.integers(1, 255))
def test_any_other_byte_has_another_checksum(lines: list[str], place: int, change: int) -> None:
    text = text_of(lines, "\n")
    other = bytearray(text)
    other[place % len(text)] ^= change
    assume(other.count(b"\n") == text.count(b"\n") and other[-1:] == b"\n")
    one, two = (found_in(one, [False] * len(lines)) for one in (text, bytes(other)))
    assert one is not None
    assert two is not None
    assert one != two


@compiled
@given(st.lists(st.integers(0, 255), min_size=200, max_size=300), st.integers(0, 2), st.integers(0, 2))
def test_parts_that_changed_places_have_another_checksum(codes: list[int], one: int, other: int) -> None:
    text = bytes(code for code in codes if code != 10)
    assume(len(text) >= 192)
    parts = [text[n * 64 : (n + 1) * 64] for n in range(3)]
    assume(parts[one] != parts[other])
    moved = list(parts)
    moved[one], moved[other] = parts[other], parts[one]
    checksums = [found_in(b"".join(some) + text[192:] + b"\n", [False]) for some in (parts, moved)]
    assert checksums[0] != checksums[1]


@compiled
@given(st.lists(st.integers(1, 90).map("x".__mul__), min_size=20, max_size=60), st.sampled_from(["\n", "\r\n"]))
def test_what_is_counted_has_the_checksum_of_what_is_read_again(lines: list[str], end: str) -> None:
    text = text_of(lines, end)
    with loops_for(compiled=True):
        counted = count_records(text, np.uint8(44), np.uint8(34))
    assert counted is not None
    assert counted.records == len(lines)
    found = found_in(text, [True] * len(lines))
    assert found is not None
    assert found[1] == counted.checksum


@compiled
@given(LINES, st.sampled_from(["cp1252", "latin-1"]))
def test_a_text_of_one_byte_a_character_has_the_checksum_it_has_as_it_came(lines: list[str], codec: str) -> None:
    lines = [line.replace("€", "ü") for line in [*lines, "é" * 3]]
    text = text_of(lines, "\n", codec)
    with loops_for(compiled=True):
        written = Utf8Writer(codec).written(text)
    found = found_in(text, [True] * len(lines), is_utf8=False)
    assert found is not None
    assert written.checksum == found[1]
    assert [line.decode(codec) for line in found[0]] == [line.removesuffix("\r") for line in lines]


@pytest.mark.parametrize("size", [64, 65, 127, 128, 129, 191, 192])
def test_every_byte_counts(size: int) -> None:
    text = b"x" * (size - 1) + b"\n"
    checksums = {found_in(text[:n] + b"y" + text[n + 1 :], [True])[1] for n in range(size - 1)}  # type: ignore[index]
    assert len(checksums) == size - 1


@pytest.mark.parametrize(
    ("rows", "others"),
    [
        (["14", "14", "14"], ["15", "12", "15"]),
        (["JN", "NJ", "NJ", "JN"], ["NJ", "JN", "JN", "NJ"]),
        (["1", "2"], ["2", "1"]),
    ],
)
def test_changes_that_make_up_for_each_other_are_seen(rows: list[str], others: list[str]) -> None:
    one, two = (
        found_in("".join(f"{row},{'x' * 40}".rjust(63) + "\n" for row in some).encode(), [True] * len(some))
        for some in (rows, others)
    )
    assert one is not None
    assert two is not None
    assert one[1] != two[1]
