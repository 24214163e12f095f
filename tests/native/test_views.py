"""Columns are handed over to Polars and taken back as they are, without a copy and without a leak."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.fs.waiting import WaitingFrames
from balansfilter.native.lending import still_lent
from balansfilter.native.views import Buffers, Views
from tests.loops import loops_for

TEXTS = st.lists(
    st.none() | st.text(max_size=20) | st.sampled_from(["é" * 6, "é" * 7, "x" * 12, "x" * 13]), max_size=30
)
quick = settings(deadline=None, max_examples=150)


def column(texts: list[str | None]) -> pl.Series:
    return pl.Series("", texts, pl.String)


def same(given: pl.Series) -> None:
    wanted = given.fill_null("").to_list()
    for _ in range(2):
        made = Views.of(given).series("made")
        assert (made.name, made.dtype, made.to_list()) == ("made", pl.String, wanted)
        assert Views.of(given).binary().to_list() == [text.encode() for text in wanted]
        given = made


@quick
@given(TEXTS, st.integers(0, 10), st.integers(0, 10), st.randoms(use_true_random=False))
def test_any_part_of_any_column_comes_back_as_it_went(texts: list[str | None], start: int, length: int, chance) -> None:
    whole = column(texts)
    for compiled in (True, False):
        with loops_for(compiled=compiled):
            same(whole)
            same(whole[start : start + length])
            same(whole.filter(pl.Series([chance.random() < 0.5 for _ in texts], dtype=pl.Boolean)))
            same(whole.gather([chance.randrange(len(texts)) for _ in texts]))
            same(whole.shift(1))
            same(whole.set(whole.str.len_bytes().fill_null(0) > 12, None))
            same(pl.concat([whole, whole, column([])], rechunk=False)[start:])
            same(whole + whole)


def test_no_byte_is_copied_on_the_way() -> None:
    text = np.frombuffer(b"a text of more than twelve bytes", np.uint8)
    words = np.array([[len(text) | int.from_bytes(text[:4].tobytes(), "little") << 32, 0]], np.uint64)
    back = Views.of(Views(words, Buffers.of(text)).series())
    assert back.words.ctypes.data == words.ctypes.data
    assert back.buffers.addresses.tolist() == [text.ctypes.data]
    assert back.buffers.sizes.tolist() == [len(text)]


def lent_by_others() -> int:
    """Return how much other tests of this process have lent still, once nothing more of it comes back."""
    found, quiet = -1, 0
    while quiet < 5:
        gc.collect()
        time.sleep(0.02)
        found, quiet = (found, quiet + 1) if still_lent() == found else (still_lent(), 0)
    return found


def test_what_polars_has_lives_as_long_as_its_columns_and_no_longer() -> None:
    before = lent_by_others()
    made = Views.of(column(["a text of more than twelve bytes"] * 3)).series()
    part = made.gather([1])
    del made
    gc.collect()
    assert still_lent() == before + 1
    assert part.to_list() == ["a text of more than twelve bytes"]
    del part
    gc.collect()
    assert still_lent() == before


def test_what_polars_does_not_take_is_let_go_of(monkeypatch: pytest.MonkeyPatch) -> None:
    found, before = Views.of(column(["a text of more than twelve bytes"])), lent_by_others()
    monkeypatch.setattr(pl, "Series", lambda lent: lent.__arrow_c_array__())
    with pytest.raises(AttributeError):
        found.series()
    assert still_lent() == before


def test_a_column_that_goes_while_an_exception_is_under_way_leaves_it_alone() -> None:
    def fails() -> Iterator[None]:
        made = Views.of(column(["a text of more than twelve bytes"] * 3)).series()
        yield
        raise ValueError(made.len())

    for _ in range(100):
        with pytest.raises(ValueError, match="3"):
            list(fails())


def test_only_text_is_taken() -> None:
    with pytest.raises(TypeError, match="a column of text or bytes is wanted"):
        Views.of(pl.Series([1, 2]))


def names_of(texts: list[str | None]) -> list[str]:
    """Name all texts of a column, and enough others to take two bytes a name."""
    return list(dict.fromkeys([*(text for text in texts if text is not None), *(f"name {n}" for n in range(260))]))


@pytest.mark.parametrize("compiled", [True, False])
@quick
@given(TEXTS, st.integers(0, 10))
def test_a_frame_that_waits_comes_back(tmp_path_factory, compiled: bool, texts: list[str | None], start: int) -> None:
    nth = range(len(texts))
    thirds = pl.Series([one if one % 3 else None for one in nth], dtype=pl.UInt64)
    whole = pl.DataFrame(
        {"nth": nth, "thirds": thirds, "gapped": column(texts), "text": column(texts).fill_null("")},
        schema_overrides={"nth": pl.Int64},
    ).with_columns(
        day=pl.col("thirds").cast(pl.Date),
        moment=pl.col("thirds").cast(pl.Datetime("ms", "Europe/Amsterdam")),
        hour=pl.col("nth").cast(pl.Time),
        amount=pl.col("thirds") / 7,
        tiny=(pl.col("thirds") % 100).cast(pl.Int8),
        holds=pl.col("thirds") % 2 == 0,
        named=pl.col("gapped").cast(pl.Enum(names_of(texts))),
    )
    folder = tmp_path_factory.mktemp("waiting")
    for frame in (
        whole,
        whole[start:],
        whole.select("text"),
        whole.select("nth"),
        whole.drop("gapped"),
        whole.drop("gapped")[start:],
        whole.with_columns(listed=pl.concat_list("nth"), few=pl.col("text").cast(pl.Categorical)),
        whole.filter(pl.col("nth") % 2 == 0),
        whole.with_columns(listed=pl.lit(None, pl.Enum([]))),
    ):
        with loops_for(compiled=compiled):
            waiting = WaitingFrames(folder).put_away(frame.to_dict(), "one")
        assert waiting.frame().equals(frame, null_equal=True)
        assert waiting.frame().schema == frame.schema
        assert waiting.columns is None or compiled
        assert (waiting.columns is None) == ("listed" in frame.columns or not compiled or not frame.height)
        assert all(waiting.column(name).equals(frame[name], null_equal=True) for name in frame.columns)
        waiting.remove()
        assert list(folder.iterdir()) == []
