"""What else a cell with the id of somebody who objected may mean: read sign by sign, in plain Python."""

from __future__ import annotations

import re

from tests.oracle.writing import WHITE_SPACE, plain

_WHOSE = re.findall(
    r"\w+", "klant relatie debiteur abonnee lid donateur deelnemer contact customer client member account donor"
)
_WHICH = ("nummer", "number", "nrs", "nr", "nos", "no", "num", "ids", "id", "code")
_LABELS = {*_WHOSE, *_WHICH, *(a + mark + b for a in _WHOSE for b in _WHICH for mark in ("", " ", "_", "-"))}
_AROUND = " .,:;#()[]\"'!?"
_LINE_ENDS = "\n\v\f\r\x85\u2028\u2029"


def is_plain(cell: str | None) -> bool:
    """Whether nothing in a cell says that it may be more than one id."""
    text = (cell or "").strip(WHITE_SPACE)
    if any(sign in WHITE_SPACE or sign in ",;|/\\&+#\u2116:=()[]" for sign in text):
        return False
    before = text.split(".")[0]
    return not (
        re.match(r"[0-9]{1,3}([.'’][0-9]{3})+", text)
        or re.match(r"0[0-9]*[-.]", text)
        or ("." in text and before.lower() in _LABELS)
    )


def ids_in_part(text: str, *, exact: bool) -> frozenset[str]:
    """Return every text that may be an id in a text, which is one itself."""
    parts = {text, *re.split(r"[;|/\\&+]", text), *re.split(r"[,;|/\\&+]", text)}
    parts |= {word for part in set(parts) for word in part.split(" ") if re.search("[0-9]", word) and " " in part}
    parts |= {_without_label(part.strip(_AROUND)).strip(_AROUND) for part in parts}
    if not exact:
        parts |= set(filter(None, map(_without_thousands, parts)))
    return frozenset(parts)


def told(cell: str | None) -> str:
    """Return a cell as it looks, its lines parted."""
    text = (cell or "").strip(WHITE_SPACE)
    return plain("".join(";" if sign in _LINE_ENDS else sign for sign in text))


def _without_label(text: str) -> str:
    """Take the words and marks away that stand in front of an id."""
    while True:
        if text[:1] in ("#", "\u2116") and text:
            text = text[1:].lstrip(" .:")
            continue
        for length in range(len(text), 0, -1):
            rest = text[length:]
            if text[:length].lower() in _LABELS and (not rest or rest[0] in " .:="):
                text = rest.lstrip(" .:=")
                break
        else:
            return text


def _without_thousands(text: str) -> str:
    """Return the digits of a number written with points between its thousands; empty for any other text."""
    groups = re.split("[.,'’]", text)
    if len(groups) > 1 and groups[-1] in ("0", "00"):
        groups = groups[:-1]
    if len(groups) < 2 or not all(group.isascii() and group.isdigit() for group in groups):
        return ""
    return "".join(groups) if len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]) else ""


def begins_as_number(text: str) -> bool:
    """Whether a text begins as phone numbers do."""
    return re.match(r"[+(]{0,2}[0-9]", text) is not None and text[0] in "+(0"


def numbers_amid(text: str) -> list[str]:
    """Return the parts of a text that may be a phone number; a slash or a space may stand in one, or between two."""
    signs = [r"[0-9 ().+/-]", r"[0-9 ().+-]", "[0-9().+-]"]
    found = [one for some in signs for one in re.findall(rf"(?:^|[^0-9])(?:[+(]{{1,2}}|0){some}{{6,}}[0-9]", text)]
    tried = {one for text in found for one in (text, text[1:]) if begins_as_number(one)}
    return sorted(tried, key=lambda one: (len(one), one), reverse=True)


def is_sentence(text: str) -> bool:
    """Whether a text holds as many words as no id has: three beside digits, two without."""
    words = [word for word in text.split(" ") if not re.search("[0-9]", word) and _is_word(word)]
    return len(words) >= (3 if re.search("[0-9]", text) else 2)


def _is_word(word: str) -> bool:
    parts = re.split(r"(\W+|_)", word)
    told = "".join(part for part in parts if part.lower() not in {*_LABELS, "en", "and", "of", "or"})
    return bool(re.search(r"[^\W\d_]{2}", told))


def has_lost_digits(text: str) -> bool:
    """Whether a spreadsheet made a power of ten of an id."""
    return bool(re.fullmatch(r"[0-9]+([.,][0-9]+)?[eE]\+[0-9]+", text))
