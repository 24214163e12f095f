"""How people write a number, and what is no number."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from balansfilter.errors import UsageError
from balansfilter.phone import Regions, e164, in_countries, known_countries, read_numbers, read_phones
from balansfilter.phone.cells import SPACES
from balansfilter.wording.spelling import NullWords

MOBILE = 31612345678


def one(cell: str | None, country: str = "NL") -> int | None:
    return read_numbers(pl.Series([cell], dtype=pl.String), country)[0]


@pytest.mark.parametrize(
    "cell",
    [
        "0612345678",
        "06-12345678",
        "06 12 34 56 78",
        "(06)12345678",
        "+31 6 12345678",
        "+31 (0)6 12345678",
        "+31(0)612345678",
        "0031(0)612345678",
        "0031612345678",
        "31612345678",
        "612345678",
        "612345678.0",
        "31612345678.0",
        "0612345678.0",
        " 612345678.0\n",
        "+31.6.12.34.56.78",
        "(+31) 6 12345678",
        "+31612345678",
        "+310612345678",
        "+0031612345678",
        "\t0612345678\r\n",
        "-06 12345678-",
        *(f"06{space}12{space}345678{space}" for space in SPACES),
    ],
)
def test_every_way_of_writing_is_the_same_number(cell: str) -> None:
    assert one(cell) == MOBILE


@pytest.mark.parametrize(
    "cell",
    [
        None,
        "",
        "  ",
        "+",
        "(0)",
        "+(0)",
        "()",
        ".0",
        "0",
        "0000000000",
        "0612345678 (na 18u)",
        "O612345678",
        "6.12345678E8",
        "6.12345678e+08",
        "0612345678 0687654321",
        "0612345678/0687654321",
        "0612345678;0687654321",
        "0612345678, 0687654321",
        "0612345678 ext 5",
        "0612345678x5",
        "0612345678#",
        "*0612345678",
        "٠٦١٢٣٤٥٦٧٨",
        "++31612345678",
        "+31+612345678",
        "06+12345678",
        "0612345678+",
        "+0612345678",
        "061234567",
        "06123456789",
        "0012345678",
        "+31 6 (0)12345678",
        "+31 (0)6 (0)12345678",
        "T +31 (0)6 12345678",
        "+31 T6 12345678",
        "nan",
        "None",
        "-1",
        "1" * 30,
        str(2**64),
        str(2**64 - 1),
        "0" * 1_000_000 + "612345678",
        "6" * 1_000_000,
        "06 12345678" + " " * 1_000_000,
        "a" * 1_000_000,
    ],
    ids=lambda cell: repr(cell)[:30],
)
def test_what_is_not_one_valid_number_is_null(cell: str | None) -> None:
    assert one(cell) is None


@pytest.mark.parametrize(
    "cell",
    [
        "06\t12345678",
        "06\n12345678",
        "06\u200b12345678",
        "\u202a+31612345678\u202c",
        "\ufeff0612345678",
        "０６１２３４５６７８",
        "＋31612345678",
        "06\u201112345678",
        "06–12345678",
        "'+31612345678",
        "'0612345678'",
        '="0612345678"',
        "06/12345678",
        "06 / 12345678",
        "+31 6/12345678",
        "+31 (0)6/1234.5678",
    ],
    ids=ascii,
)
def test_layout_is_no_content(cell: str) -> None:
    assert one(cell) == 31612345678


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("0470/12.34.57", "BE", 32470123457),
        ("02/555.12.13", "BE", 3225551213),
        ("+32 470/12 34 57", "BE", 32470123457),
        ("0475/123", "BE", None),
        ("0201234/567", "NL", None),
        ("/0612345678", "NL", None),
        ("06/1234/5678", "NL", None),
        ("0470/12.34.57 / 02/555.12.13", "BE", None),
    ],
)
def test_one_slash_stands_behind_an_area_code(cell: str, country: str, number: int | None) -> None:
    assert one(cell, country) == number


@pytest.mark.parametrize(
    "cell", ["", " ", "0", "0000000000", "9999999999", "99999999.0", "-", "—", "NULL", r"\N", "n.v.t."]
)
def test_words_for_nothing_are_not_written(cell: str) -> None:
    for country in ("NL", "LU"):
        phones = read_phones(pl.Series([cell]), country)
        assert (phones.number[0], phones.written[0]) == (None, False)


def test_a_policy_may_add_words_even_ones_that_read_as_a_number() -> None:
    words = NullWords(["Geen nummer bekend", "06-00000000", "0612345678"])
    phones = read_phones(pl.Series(["geen nummer  bekend", "0612345678", "+31612345678", "06 onleesbaar"]), "NL", words)
    assert phones.number.to_list() == [None, None, 31612345678, None]
    assert phones.written.to_list() == [False, False, True, True]


@pytest.mark.parametrize(
    ("cell", "country", "callable_"),
    [
        ("0612345678", "NL", True),
        ("0201234567", "NL", True),
        ("0851234567", "NL", True),
        ("0881234567", "NL", True),
        ("0800-1234567", "NL", False),
        ("0900-1234567", "NL", False),
        ("0662345678", "NL", False),
        ("14020", "NL", False),
        ("0845 1234567", "GB", False),
        ("070 1234 5678", "GB", True),
    ],
)
def test_behind_some_valid_numbers_nobody_answers(cell: str, country: str, callable_: bool) -> None:
    numbers = read_numbers(pl.Series([cell]), country)
    assert numbers.null_count() == 0
    assert bool(Regions.of(numbers).not_callable[0]) is not callable_


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("+39 06 12345678", "NL", 390612345678),  # the Italian zero belongs to the number
        ("+39 (0)6 12345678", "NL", 390612345678),
        ("0039 (0)6 12345678", "NL", 390612345678),
        ("+39 (0)347 1234567", "NL", 393471234567),  # a mobile number has none
        ("+39 (0)312 3456789", "NL", None),  # mobile without the zero, fixed with it
        ("+34 (0)912 345 678", "NL", 34912345678),
        ("+48 (0)22 123 45 67", "NL", 48221234567),
        ("+352 (0)621 123 456", "NL", 352621123456),
        ("+49 (0)30 123456", "NL", 4930123456),
        ("+7 (0)495 1234567", "NL", 74951234567),
        ("(0)6 12345678", "NL", MOBILE),
        ("31 (0)6 12345678", "NL", MOBILE),
        ("0044 (0)20 7031 3000", "NL", 442070313000),
        ("011 44 (0)20 7031 3000", "US", 442070313000),
    ],
)
def test_a_zero_in_brackets(cell: str, country: str, number: int | None) -> None:
    assert one(cell, country) == number


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("30123456.0", "DE", 4930123456),
        ("030 123456.0", "DE", 4930123456),  # white space is layout, so that this is a float
        ("+4930123456.0", "DE", None),
        ("30123456.00", "DE", None),
        ("030.123456.0", "DE", 49301234560),  # dots between groups
    ],
)
def test_a_dataframes_float(cell: str, country: str, number: int | None) -> None:
    assert one(cell, country) == number


@pytest.mark.parametrize(
    ("cell", "country", "number"),
    [
        ("11 15 2345 6789", "AR", 5491123456789),  # a mobile number as it is dialled from nearby
        ("0 15 11 91234 5678", "BR", 5511912345678),  # behind a carrier code
        ("044 55 1234 5678", "MX", None),
        ("55 1234 5678", "MX", 525512345678),
        ("4601234", "AG", 12684601234),  # a local number without its area code
        ("(201) 555-0123", "US", 12015550123),
        ("011 31 6 12345678", "US", MOBILE),
        ("8 912 345-67-89", "RU", 79123456789),
        ("06 1 234 5678", "HU", 3612345678),
        ("3100612345678", "NL", None),  # one trunk prefix goes, not two
        ("17951 13123456789", "CN", None),  # behind one of China's carrier codes
        ("+99 0 31 612345678", "FI", None),  # a plus and an international prefix that begins with no zero
        ("990 31 612345678", "FI", MOBILE),
        ("+800 1234 5678", "NL", 80012345678),
        ("010 81 0037 0000 0000 0000 0", "JP", None),
    ],
)
def test_other_countries(cell: str, country: str, number: int | None) -> None:
    assert one(cell, country) == number


def test_a_column_keeps_its_length_order_and_name() -> None:
    cells = pl.concat(
        [pl.Series("vast", ["0612345678", None]), pl.Series("vast", ["x", "+31 (0)20 6241111", ""])], rechunk=False
    )
    assert cells.n_chunks() == 2
    numbers = read_numbers(cells, "NL")
    assert numbers.to_list() == [MOBILE, None, None, 31206241111, None]
    assert (numbers.dtype, numbers.name) == (pl.UInt64, "vast")


@pytest.mark.parametrize("cells", [[], [None, None]])
def test_a_column_without_text(cells: list[None]) -> None:
    for dtype in (pl.String, pl.Null):
        numbers = read_numbers(pl.Series(cells, dtype=dtype), "NL")
        assert (numbers.to_list(), numbers.dtype) == (cells, pl.UInt64)
        assert in_countries(numbers, ["NL"]).to_list() == [False] * len(cells)


def test_a_slice_is_read_as_itself() -> None:
    cells = pl.Series(["x", "0612345678", "06-12345678", "y"])
    assert read_numbers(cells[1:3], "NL").to_list() == [MOBILE, MOBILE]


def test_in_countries() -> None:
    numbers = pl.Series([MOBILE, 32470123456, None, 442070313000, 447624123456, 80012345678, 316], dtype=pl.UInt64)
    assert in_countries(numbers, {"NL", "BE"}).to_list() == [True, True, False, False, False, False, False]
    assert in_countries(numbers, ["GB"]).to_list() == [False, False, False, True, False, False, False]
    assert in_countries(numbers, ["IM"]).to_list() == [False, False, False, False, True, False, False]
    assert not in_countries(numbers, []).any()


def test_e164() -> None:
    frame = pl.DataFrame({"number": pl.Series([MOBILE, None], dtype=pl.UInt64)})
    for column in ("number", pl.col("number")):
        assert frame.select(text=e164(column))["text"].to_list() == ["+31612345678", None]


def test_countries() -> None:
    assert {"NL", "BE", "XK"} <= known_countries()
    assert not {"001", "ZZ", "nl"} & known_countries()
    for wrong in ("nl", "ZZ", "", "001"):
        with pytest.raises(UsageError):
            read_numbers(pl.Series(["0612345678"]), wrong)


def test_importing_loads_no_metadata() -> None:
    code = "import sys, balansfilter.phone; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
