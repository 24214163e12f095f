"""From the text of a cell to its digits: which characters may occur, and what is no more than layout."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from balansfilter.frozen import dataclass
from balansfilter.phone.metadata import country, regions_by_calling_code
from balansfilter.phone.tables import LONGEST, Numbers
from balansfilter.wording.spelling import asked, in_plain_signs

Flags: TypeAlias = npt.NDArray[np.bool_]
Places: TypeAlias = npt.NDArray[np.uint32]

LONGEST_CELL = 250
"""Characters; a longer cell is no number. The limit is libphonenumber's."""
SPACES = tuple(char for char in map(chr, range(0x3001)) if unicodedata.category(char) == "Zs")
"""Every space of Unicode, among them the non-breaking, thin, narrow and figure ones."""
SEPARATORS = ["-", ".", "(", ")", *SPACES]

_ONE_SLASH = r"^[^0-9/]*(?:[0-9][^0-9/]*){1,6}/(?:[^0-9/]*[0-9]){6,}[^0-9/]*$"
"""A slash behind a national prefix or an area code: at most six digits before it, and six or more behind."""
_SLASHED = pl.col("cell").str.contains("/", literal=True).fill_null(False).arg_true()
_MAYBE_FLOATS = (pl.col("cell").str.ends_with(".0") | pl.col("cell").str.ends_with(".00")).arg_true()
_VALUE = pl.col("cell").cast(pl.UInt64, strict=False)
_PLUS = pl.col("cell").str.starts_with("+")
_LENGTH = (pl.col("cell").str.len_bytes() - _PLUS.cast(pl.UInt32)).clip(upper_bound=LONGEST + 1)
_PARSED = (
    _VALUE.alias("value"),
    pl.when(_VALUE.is_not_null()).then(_LENGTH).otherwise(0).alias("length"),
    _PLUS.alias("plus"),
)
_TRUNK_ZERO, _MARK = "(0)", "T"
_NOWHERE = np.array([], np.uint32)
_NO_CELLS = pl.Series([], dtype=pl.String)


@dataclass(frozen=True)
class Digits:
    """The digits of cells, one entry a cell."""

    values: Numbers
    """The digits as one integer; 0 where the cell holds no digits, or something else as well."""
    lengths: npt.NDArray[np.uint32]
    """How many digits there are, zeros in front included; LONGEST + 1 stands for any greater number."""
    plus: Flags
    """Whether a plus stands in front."""


@dataclass(frozen=True)
class Readings:
    """The digits of a column, and a second opinion on the cells with a trunk zero in brackets."""

    cells: Digits
    places: Places
    """Which cells have a trunk zero in brackets after a calling code: "+31 (0)6"."""
    without_zero: Digits
    """Those cells without that zero."""


def read(cells: pl.Series, default_country: str) -> Readings:
    """The digits of every cell. Clean cells (digits, or a plus and digits) cost a fraction of what others do."""
    cells = cells.rechunk()
    values, lengths, plus = _parsed(cells)
    digits = Digits(*map(_writable, (values, lengths, plus)))
    other = (values.is_null() & (cells.str.len_bytes() > 0)).arg_true()
    if not len(other):
        return Readings(digits, _NOWHERE, _digits(_NO_CELLS))
    trimmed = _without_slash(_without_float(in_plain_signs(_short(cells.gather(other)))))
    zero = trimmed.str.contains(_TRUNK_ZERO, literal=True).fill_null(False)
    _put(digits, other.filter(~zero), _squeezed(trimmed.filter(~zero)))
    if not zero.any():
        return Readings(digits, _NOWHERE, _digits(_NO_CELLS))
    places = other.filter(zero)
    marked = _squeezed(trimmed.filter(zero).str.replace(_TRUNK_ZERO, _MARK, literal=True))
    _put(digits, places, marked.str.replace(_MARK, "0", literal=True))
    after_code = marked.str.contains(_marked_after_code(default_country))
    without_zero = marked.filter(after_code).str.replace(_MARK, "", literal=True)
    return Readings(digits, places.filter(after_code).to_numpy(), _digits(without_zero))


def _put(digits: Digits, places: pl.Series, cells: pl.Series) -> None:
    at, read_there = places.to_numpy(), _digits(cells)
    digits.values[at] = read_there.values
    digits.lengths[at] = read_there.lengths
    digits.plus[at] = read_there.plus


def _digits(cells: pl.Series) -> Digits:
    return Digits(*(_writable(part) for part in _parsed(cells)))


def _parsed(cells: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Value, number of digits and plus of cells of digits, or a plus and digits; of others no value and no digits."""
    value, length, plus = cells.alias("cell").to_frame().select(_PARSED).get_columns()
    return value, length, plus


def _writable(part: pl.Series) -> npt.NDArray[Any]:
    if part.null_count():
        part = part.fill_null(False if part.dtype == pl.Boolean else 0)
    return part.to_numpy(writable=True)


def _short(cells: pl.Series) -> pl.Series:
    too_long = cells.str.len_bytes() > LONGEST_CELL
    if too_long.any():  # counting characters is slow: only where bytes leave a doubt
        too_long &= cells.str.len_chars() > LONGEST_CELL
        return cells.set(too_long, None)
    return cells


def _without_slash(cells: pl.Series) -> pl.Series:
    """Take out the slash between an area code and a number; any other stays, and makes the cell no number."""
    slashed = asked(cells, _SLASHED)
    if not len(slashed):
        return cells
    seen = cells.gather(slashed)
    mended = pl.DataFrame({"cell": seen, "one": seen.str.contains(_ONE_SLASH)}).select(
        pl.when("one").then(pl.col("cell").str.replace("/", "", literal=True)).otherwise("cell")
    )
    return cells.scatter(slashed, mended.to_series())


def _squeezed(cells: pl.Series) -> pl.Series:
    return cells.str.replace_many(SEPARATORS, [""])


def _without_float(cells: pl.Series) -> pl.Series:
    """Take off the ".0" that a dataframe put behind a number; where it may be that or a digit, the cell is null."""
    suspects = asked(cells, _MAYBE_FLOATS)
    if not len(suspects):
        return cells
    seen = cells.gather(suspects)
    floats = seen.str.contains(r"^[0-9 ]+\.0$")
    unclear = seen.str.contains(r"^[^.]*\.00?$")
    mended = pl.DataFrame({"cell": seen, "float": floats, "unclear": unclear}).select(
        pl.when("float").then(pl.col("cell").str.strip_suffix(".0")).when(~pl.col("unclear")).then("cell")
    )
    return cells.scatter(suspects, mended.to_series())


@cache
def _marked_after_code(default_country: str) -> str:
    """A pattern: an international prefix, a calling code, the mark of a trunk zero, and digits."""
    prefix = country(default_country).international_prefix
    codes = "|".join(map(str, regions_by_calling_code()))
    return rf"^(?:\+|{prefix})(?:{codes}){_MARK}[0-9]+$" if prefix else rf"^\+(?:{codes}){_MARK}[0-9]+$"
