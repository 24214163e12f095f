"""Which templates of a catalogue a sentence was made of, so that it is told whole in another language. Pure.

One sentence can be read in several ways. `has 2 cells; 3 wanted` is `{0}; {1} wanted` with `has {0} cells` in it. It is
also `has {0} cells` with `2` in it, and behind it something that nobody knows. So every way is tried, and the one that
leaves the fewest words in English is taken; of equals the one whose template has the most letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import NamedTuple

_PLACE = re.compile(r"\{(\d+)\}")
_TARGET = re.compile(r"\{(\d+)(?::([^{}]*))?\}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_QUOTED = re.compile(r"`[^`]*`|(?<!\w)'[^']*'(?!\w)|(?<!\w)\"[^\"]*\"(?!\w)|«[^»]*»")
"""What stands between quotes is a name or is typed as it is."""
_QUOTES = ("`", "'", '"')
_TYPED = re.compile(r"\S*(?:[\d_/\\@=<>\[\]{}]|\w\.\w)\S*|(?<!\S)-\S+")
"""A path, an option, the name of a key or a figure: no words."""
_JOINED = (" — ", "; ", ": ")
"""What joins sentences that were made apart, the widest first."""
_ONE_WORD = frozenset({"text", "empty", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"})
"""Values of one word that are ours. Any other may be the name of a column, which stays as it is."""
CODES = frozenset(
    {"consent", "contacts", "customer", "duplicate", "expired", "listed", "objected", "objections", "register"}
)
"""Words of ours that are names as well: reasons, grounds and sources, as a policy and a list write them."""
_FIGURE = re.compile(r"[+-]?(\d{1,3}(,\d{3})+(\.\d+)? ?%?|\d+\.\d+ ?%)")
_SEPARATORS = str.maketrans(",.", ".,")
_FEW_LETTERS = 10
"""A template of fewer, such as `{0} of {1}`, is tried behind the splits."""
_WAYS = 12
"""So many ways to fit one template are tried."""
_REST = "{99}"
"""The place of what stands before a template that is the end of a sentence, or behind one that is its beginning."""


class _Told(NamedTuple):
    text: str
    left: int = 0
    """How many words of ours are English still."""
    unknown: int = 0
    """How many texts of several words nobody knows: names, or what another program said."""

    @property
    def cost(self) -> int:
        """Of two ways, the one of the lower is the better."""
        return self.left + self.unknown


class _Template(NamedTuple):
    pieces: tuple[str, ...]
    """What stands around its values."""
    places: tuple[str, ...]
    """The numbers of its values, between the pieces."""
    choices: Mapping[str, Mapping[str, str]]
    """Of a value that is one of a few: each, and what it is in the language."""
    quoted: frozenset[str]
    """The values that stand between quotes, which are names."""
    longest: str
    """Its longest piece, which every such sentence holds."""
    letters: int
    told: str


class Messages:
    """The catalogue of one language."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """Take a catalogue: each template, and what it is in the language."""
        self.texts = dict(_also_by_themselves(texts)) | dict(texts)
        made = (_template(*pair) for pair in (*self.texts.items(), *_with_a_rest(texts)) if _PLACE.search(pair[0]))
        templates = sorted(made, key=lambda one: -one.letters)
        self._strong = [one for one in templates if one.letters >= _FEW_LETTERS]
        self._weak = [one for one in templates if one.letters < _FEW_LETTERS]
        self._english = _words(texts) - _words(told for english, told in texts.items() if told != english)

    def translated(self, text: str) -> str:
        """Return a text in the language; parts that the catalogue does not know stay as they are."""
        return self._best(text, {}).text

    def english_in(self, text: str) -> list[str]:
        """Return the words of a text that only the English of the catalogue has; names and what is typed are none."""
        return [word for word in _spoken(text) if word in self._english and word not in CODES]

    def _best(self, text: str, known: dict[str, _Told]) -> _Told:
        """Return the text in the way that leaves the fewest words English."""
        if text not in known:
            known[text] = best = self._as_it_is(text)
            ways = self._ways(text, known) if best.cost else iter(())
            while best.cost and (way := next(ways, None)):
                best = min(best, way, key=lambda one: one.cost)
            known[text] = best
        return known[text]

    def _as_it_is(self, text: str) -> _Told:
        """Return what the text is as a whole: one of the catalogue, a figure, or nothing that is known."""
        told = self.texts.get(text) or _figure(text)
        return _Told(told) if told else _Told(text, len(self.english_in(text)), int(" " in text.strip()))

    def _ways(self, text: str, known: dict[str, _Told]) -> Iterator[_Told]:
        """Yield each way to read a text, the likeliest first.

        What holds a list or a template of few letters together is little to go by: only where all parts are known.
        """
        yield from self._filled(text, self._strong, known)
        for mark in _JOINED:
            yield from self._split(text, mark, known)
        for way in (*self._split(text, ", ", known), *self._filled(text, self._weak, known)):
            if not way.left:
                yield way

    def _split(self, text: str, mark: str, known: dict[str, _Told]) -> Iterator[_Told]:
        """Yield the text as two parts, wherever a mark stands between them."""
        for found in re.finditer(re.escape(mark), text):
            before, after = (self._best(part, known) for part in (text[: found.start()], text[found.end() :]))
            yield _Told(before.text + mark + after.text, before.left + after.left, before.unknown + after.unknown)

    def _filled(self, text: str, templates: Iterable[_Template], known: dict[str, _Told]) -> Iterator[_Told]:
        for one in templates:
            if one.longest in text:
                for values in islice(_fits(one, text), _WAYS):
                    yield self._with(one, values, known)

    def _with(self, template: _Template, values: Mapping[str, str], known: dict[str, _Told]) -> _Told:
        told = {
            place[0]: _Told(values[place[1]])
            if place[1] in template.quoted
            else self._value(values[place[1]], place[2], known)
            for place in _TARGET.finditer(template.told)
        }
        text = _TARGET.sub(lambda place: told[place[0]].text, template.told)
        return _Told(text, sum(one.left for one in told.values()), sum(one.unknown for one in told.values()))

    def _value(self, value: str, how: str | None, known: dict[str, _Told]) -> _Told:
        if how == "raw" and not any(mark in value for mark in _JOINED):
            return _Told(value)
        chosen = _choices(how).get(value) if how and how != "raw" else None
        if chosen is not None:
            return _Told(chosen)
        if how is not None or (" " not in value.strip() and value not in _ONE_WORD):
            return _Told(_figure(value) or value, len(self.english_in(value)))
        return self._best(value, known)


def _also_by_themselves(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield what stands behind a split, and headings that stand before one, as they are without it."""
    for english, told in texts.items():
        if english.startswith("; "):
            yield english[2:], told[2:]
        if english.endswith(":") and told.endswith(":"):
            yield english[:-1], told[:-1]


def _with_a_rest(texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the ends and the beginnings of sentences with a place for the rest."""
    for english, told in texts.items():
        if english.startswith((" ", ",", ";")):
            yield _REST + english, _REST + told
        if english.endswith(" "):
            yield english + _REST, told + _REST
        if english.endswith(":") and told.endswith(":"):
            yield f"{english} {_REST}", f"{told} {_REST}"


def _template(english: str, told: str) -> _Template:
    split = _PLACE.split(english)
    choices = {place: _choices(how) for place, how in _TARGET.findall(told) if "=" in how}
    pieces, places = tuple(split[::2]), tuple(split[1::2])
    around = zip(places, pieces[:-1], pieces[1:], strict=True)
    quoted = frozenset(place for place, before, after in around if before[-1:] == after[:1] and before[-1:] in _QUOTES)
    return _Template(pieces, places, choices, quoted, max(pieces, key=len), sum(map(len, pieces)), told)


def _choices(how: str) -> dict[str, str]:
    return dict(choice.split("=", 1) for choice in how.split("|"))


def _fits(one: _Template, text: str) -> Iterator[dict[str, str]]:
    """Yield each way in which a text is the template with values in it, those with short values first."""
    first, last = one.pieces[0], one.pieces[-1]
    if text.startswith(first) and text.endswith(last) and len(first) + len(last) <= len(text):
        yield from _fits_behind(one, text, 0, len(first), {})


def _fits_behind(one: _Template, text: str, number: int, at: int, found: dict[str, str]) -> Iterator[dict[str, str]]:
    """Yield the values of the places from one on, of which the first begins at a position of the text."""
    if number == len(one.places):
        yield found
        return
    place, piece = one.places[number], one.pieces[number + 1]
    for end in _ends(one, text, number, at):
        value = text[at:end]
        few = one.choices.get(place, {})
        if found.get(place, value) == value and ("" not in few or value in few):
            yield from _fits_behind(one, text, number + 1, end + len(piece), {**found, place: value})


def _ends(one: _Template, text: str, number: int, at: int) -> Iterator[int]:
    """Yield the positions at which a value can end: where the piece behind it begins, and not within a word."""
    piece, last = one.pieces[number + 1], len(text) - len(one.pieces[-1])
    if number == len(one.places) - 1:
        yield from [last] if at <= last else []
        return
    end = text.find(piece, at)
    while end >= 0 and end + len(piece) <= last:
        if piece or not text[end - 1 : end + 1].isalnum():
            yield end
        end = text.find(piece, end + 1)


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _spoken(_TARGET.sub(" ", text))}


def _spoken(text: str) -> list[str]:
    """Return the words of a text that are said, and not typed."""
    return _WORD.findall(_TYPED.sub(" ", _QUOTED.sub(" ", text)))


def _figure(value: str) -> str | None:
    """Return a value that is a share or a number of thousands with the separators of the language; None for another."""
    return value.translate(_SEPARATORS) if _FIGURE.fullmatch(value) else None
