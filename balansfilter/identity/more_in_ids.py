"""What else a cell with a customer id may mean, where somebody wrote more in it than one plain id.

People write two ids in a cell, a word in front of one, points between its digits, a phone number, or a sentence. The
whole cell is an id as well, so the question is what it names besides. This is asked of objections alone: each reading
protects, and nobody is lost by one too many.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from balansfilter.identity.numbers import NumberColumns
from balansfilter.native.text_loops import trimmed
from balansfilter.wording.spelling import in_plain_signs

_OF_WHOM = "klant|relatie|debiteur|abonnee|lid|donateur|deelnemer|contact|customer|client|member|account|donor"
_WHICH = "nummer|number|nrs?|nos?|num|ids?|code"
_LABEL = rf"(?:(?:{_OF_WHOM})[ _-]?(?:{_WHICH})|{_OF_WHOM}|{_WHICH})"
_LABELLED = rf"(?i)^(?:{_LABEL}(?:[ .:=]+|$)|[#\x{{2116}}][ .:]*)+"
"""Words and marks in front of an id: `klantnr. 1009`, `#1003`, `id: 12`."""

_NOT_BARE = "[^0-9A-Za-z]"
_ODD = rf"[\s,;|/\\&+#\x{{2116}}:=()\[\]]|^[0-9]{{1,3}}(?:[.'’][0-9]{{3}})+|^0[0-9]*[-.]|^(?i:{_LABEL})\."
"""Whatever else than a plain id may be is written so. Hyphens and points within an id are usual."""
_LINE_END = r"[\n\v\f\r\x{85}\x{2028}\x{2029}]+"
_BETWEEN = r"[;|/\\&+]"
_BETWEEN_OR_COMMA = r"[,;|/\\&+]"
_AROUND = " .,:;#()[]\"'!?"
_THOUSANDS = r"^[0-9]{1,3}(?:[.,'’][0-9]{3})+(?:[.,]0{1,2})?$"
_NO_CENTS = r"[.,]0{1,2}$"

_NUMBERS = tuple(rf"(?:^|[^0-9])(?:[+(]{{1,2}}|0)[0-9().+{marks}-]{{6,}}[0-9]" for marks in (" /", " ", ""))
"""A phone number amid other text: it begins with a zero, a plus or a bracket. A slash or space may end it."""
_NUMBER = r"^(?:[+(]{1,2}[0-9]|0)"
_POWER_OF_TEN = r"^[0-9]+(?:[.,][0-9]+)?[eE]\+[0-9]+$"
_NO_WORDS = rf"(?i)\b(?:{_LABEL}|en|and|of|or)\b"
_WORD = r"(?:^| )[^ 0-9]*\p{L}{2}[^ 0-9]*(?: |$)"
_WORDS = pl.col("text").str.replace_all(_NO_WORDS, "").str.replace_all(" ", "  ").str.count_matches(_WORD)
_SENTENCE, _SENTENCE_WITH_DIGITS = 2, 3
"""So many words are a sentence. A cell with digits names an id, and may have a name or a remark of two beside it."""


class MoreInIds(NamedTuple):
    """What some cells hold besides the id that the whole of each is; by their places in the column."""

    ids: pl.DataFrame
    """`place` and `text` of whatever else may be an id; perhaps of the whole as well."""
    numbers: pl.DataFrame
    """`place` and `number`: every reading of each phone number."""
    unclear: pl.Series
    """Places of cells that are a sentence, or of which digits were lost: nobody is sure whom they name."""


def more_in_ids(cells: pl.Series, phones: NumberColumns, *, mixed: bool, exact: bool) -> MoreInIds | None:
    """Return what else cells with ids may mean; None where each holds a plain id.

    :param cells: without nulls.
    :param phones: how a phone number is read that stands among them.
    :param mixed: whether the column holds phone numbers as well.
    :param exact: whether ids are compared as they are written, so that points between digits belong to them.
    """
    texts = trimmed(cells)
    odd = texts.str.contains(_NOT_BARE).arg_true()
    odd = odd.filter(texts.gather(odd).str.contains(_ODD))
    if not len(odd):
        return None
    text = in_plain_signs(texts.gather(odd).str.replace_all(_LINE_END, ";"))
    whole = pl.DataFrame({"place": odd, "text": text})
    is_number = _read(whole if mixed else whole.filter(pl.col("text").str.contains(_NUMBER)), phones)
    others = whole.join(is_number, on="place", how="anti", maintain_order="left")
    within = _read(_amid(others), phones)
    ids = _ids(_without(others, within), exact=exact)
    numbers = pl.concat([is_number, within]).select("place", "number").unique(maintain_order=True)
    return MoreInIds(ids, numbers, _unclear(others, within))


def _read(texts: pl.DataFrame, phones: NumberColumns) -> pl.DataFrame:
    """Return every reading of the texts that are a phone number, each with its text."""
    readings = phones.readings(texts["text"])
    return pl.concat([texts.with_columns(one.alias("number")) for one in readings]).drop_nulls("number")


def _amid(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the texts amid others that may be a phone number."""
    found = [cells.select("place", pl.col("text").str.extract_all(pattern)) for pattern in _NUMBERS]
    texts = pl.concat(found).explode("text", empty_as_null=True).drop_nulls()
    texts = pl.concat([texts, texts.with_columns(pl.col("text").str.slice(1))])  # behind what stands before a number
    return texts.filter(pl.col("text").str.contains(_NUMBER)).unique(maintain_order=True)


def _without(cells: pl.DataFrame, numbers: pl.DataFrame) -> pl.DataFrame:
    """Return cells without the phone numbers in them, whose digits are no ids."""
    if not numbers.height:
        return cells
    left = dict(cells.iter_rows())
    longest_first = numbers.sort(pl.col("text").str.len_chars(), "text", descending=True)
    for place, number in longest_first.select("place", "text").unique(maintain_order=True).iter_rows():
        left[place] = left[place].replace(number, ";")
    return pl.DataFrame({"place": list(left), "text": list(left.values())}, schema=cells.schema)


def _ids(cells: pl.DataFrame, *, exact: bool) -> pl.DataFrame:
    parts = pl.concat([cells, _parted(cells, _BETWEEN), _parted(cells, _BETWEEN_OR_COMMA)])
    words = _parted(parts.filter(pl.col("text").str.contains(" ")), " ").filter(pl.col("text").str.contains("[0-9]"))
    bare = pl.col("text").str.strip_chars(_AROUND).str.replace(_LABELLED, "").str.strip_chars(_AROUND)
    parts = pl.concat([parts, words]).unique(maintain_order=True)
    parts = pl.concat([parts, parts.with_columns(bare)])
    if exact:
        return parts
    in_thousands = parts.filter(pl.col("text").str.contains(_THOUSANDS))
    digits = pl.col("text").str.replace(_NO_CENTS, "").str.replace_all("[^0-9]", "")
    return pl.concat([parts, in_thousands.with_columns(digits)])


def _parted(cells: pl.DataFrame, between: str) -> pl.DataFrame:
    """Return the parts of texts."""
    parts = pl.col("text").str.replace_all(between, "\n").str.split("\n").alias("text")
    return cells.select("place", parts).explode("text", empty_as_null=True)


def are_sentences(cells: pl.Series) -> pl.Series:
    """Say of cells whether they hold several words, whatever digits there are among them."""
    return in_plain_signs(cells).to_frame("text").select(_WORDS >= _SENTENCE).to_series()


def _unclear(cells: pl.DataFrame, numbers: pl.DataFrame) -> pl.Series:
    """Return the places of sentences without a phone number, and of digits that a spreadsheet rounded: 1,002E+09."""
    fewest = pl.when(pl.col("text").str.contains("[0-9]")).then(_SENTENCE_WITH_DIGITS).otherwise(_SENTENCE)
    told = cells.filter(
        pl.col("text").str.contains(_POWER_OF_TEN)
        | ((fewest <= _WORDS) & ~pl.col("place").is_in(numbers["place"].implode()))
    )
    return told["place"]
