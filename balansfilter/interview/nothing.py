"""Words that a file writes where a number or a day is not known, beside those that every file may write. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from balansfilter.wording.spelling import USUAL_NULL_WORDS, folded

_LONGEST = 20
_MOST_DIGITS = 2
_MOST_WORDS = 5
_OFTEN, _SHARE = 3, 200
"""A word is one of the file's own from so many cells on, and from one in so many; a slip stands there once or twice."""


def words_for_nothing(columns: Iterable[tuple[Iterable[str], Callable[[str], bool]]]) -> list[str]:
    """Return the words that stand again and again where numbers or days should, those that are used most first.

    :param columns: the filled cells of each column, and whether a cell of it can be read.
    """
    found: Counter[str] = Counter()
    for cells, is_read in columns:
        counts = Counter(cells)
        often = max(_OFTEN, counts.total() // _SHARE)
        found.update({cell: n for cell, n in counts.items() if n >= often and _is_word(cell) and not is_read(cell)})
    words = {folded(cell): cell for cell, _ in reversed(found.most_common())}
    usual = [word for word in words if USUAL_NULL_WORDS.hold(word)]
    return [words[word] for word in reversed(words) if word not in usual][:_MOST_WORDS]


def _is_word(cell: str) -> bool:
    return len(cell) <= _LONGEST and sum(map(str.isdecimal, cell)) <= _MOST_DIGITS
