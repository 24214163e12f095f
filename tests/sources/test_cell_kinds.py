"""What a column without phone numbers seems to hold: told in a sentence, never with a cell in it."""

import base64
import hashlib

import polars as pl
import pytest

from balansfilter.sources import describe_cells

NUMBERS = [f"06{n:08d}" for n in range(40)]
HONEST = [
    *NUMBERS,
    "020-1234567",
    "+31 (0)20 123 45 67",
    "0612345678/0687654321",
    "06-12345678 / 020-1234567",
    "010-1234567-89",
    "0031612345678",
    "0800-1351",
    "onbekend",
    "5/6",
    "1e verdieping",
    "06 x",
    "",
]


def digests(name: str) -> list[str]:
    return [hashlib.new(name, number.encode()).hexdigest() for number in NUMBERS]


def in_base64(name: str) -> list[str]:
    return [base64.b64encode(hashlib.new(name, number.encode()).digest()).decode() for number in NUMBERS]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (digests("md5"), "MD5 digests"),
        (digests("sha1"), "SHA-1 digests"),
        (digests("sha256"), "SHA-256 digests"),
        ([cell.upper() for cell in digests("sha256")], "SHA-256 digests"),
        ([f" sha256:{cell}" for cell in digests("sha256")], "SHA-256 digests"),
        (digests("sha512"), "SHA-512 digests"),
        (in_base64("sha256"), "SHA-256 digests in base64"),
        (in_base64("sha1"), "SHA-1 digests in base64"),
        (["$2b$12$" + cell[:53] for cell in digests("sha256")], "salted digests"),
        ([f"{cell[:8]}-{cell[8:12]}-{cell[12:16]}-{cell[16:20]}-{cell[20:32]}" for cell in digests("md5")], "GUIDs"),
        (["j.jansen@voorbeeld.nl", "p@voorbeeld.nl"], "e-mail addresses"),
        ([*NUMBERS, "020*"], "wildcard"),
        ([*NUMBERS, "0612xxxxxx"], "wildcard"),
        ([*NUMBERS, "020 12%"], "wildcard"),
        ([*NUMBERS, "0201234…"], "wildcard"),
        ([*NUMBERS, "0201234000-0201234999"], "from one number to another"),
        ([*NUMBERS, "020 1234000 t/m 020 1234999"], "from one number to another"),
        (["06****5678"], "digits made unreadable"),
        (["0612xxx678"], "digits made unreadable"),
        (["6,1234E+08", "3.161e10"], "a spreadsheet rounded"),
    ],
)
def test_the_kind_of_cells_is_told(cells: list[str], told: str) -> None:
    sentence = describe_cells(pl.Series([*cells, "", None]))
    assert sentence is not None
    assert told in sentence
    assert " — " in sentence
    assert not [cell for cell in cells if cell.strip() in sentence]


@pytest.mark.parametrize("cell", HONEST)
def test_numbers_and_words_are_no_such_kind(cell: str) -> None:
    assert describe_cells(pl.Series([cell])) is None


def test_nothing_is_told_of_nothing_nor_by_a_few_of_many() -> None:
    assert describe_cells(pl.Series([], dtype=pl.String)) is None
    assert describe_cells(pl.Series([None, " "])) is None
    assert describe_cells(pl.Series([*NUMBERS, *digests("sha256")[:5]])) is None
