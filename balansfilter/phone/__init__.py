"""Phone numbers, read from whatever a spreadsheet made of them, in columns of millions.

A cell is read as libphonenumber reads it with a default country (``parse``, then ``is_valid_number``), and becomes the
E.164 digits as an integer: the calling code comes first, so that the integer keeps an Italian leading zero. Because a
number that is not known for certain may never be called, and because columns are not prose, these differ on purpose:

1.  Layout is no content (see :mod:`balansfilter.wording.spelling`): white space, invisible and directional characters
    and export guards are dropped, dashes of any kind and full-width digits are read as what they look like. Then a cell
    holds ASCII digits, ``+ - . ( )`` and at most one slash. Anything else, such as letters, other scripts' digits or
    an extension, makes it invalid. A slash stands right behind a national prefix or an area code (at most six digits
    before it, six or more behind); any other divides two numbers, and the cell is none.
2.  A plus occurs once, and before every digit.
3.  Digits followed by ``.0`` are a float of a dataframe: the ``.0`` goes. Where the only dot of any other cell comes
    before a last ``0`` or ``00``, that may be a digit or a decimal, and the cell is invalid.
4.  ``(0)`` right after an international prefix or plus and its calling code is read both as a digit and as nothing. In
    most countries it is the trunk zero and both readings agree; in Italy the zero belongs to a fixed number, and only
    the reading with it is valid; in Spain, Poland or Luxembourg only the one without. Two different valid numbers (an
    Italian mobile number behind ``(0)`` may look like a fixed one) make the cell invalid.
5.  After a bare calling code, one trunk prefix is taken off, not two.
6.  A plus before an international prefix is overlooked only where the prefix begins with a zero ("+0031…").
7.  A cell has at most 19 digits, or 20 of which the first two are zeros. E.164 numbers have at most 15.
8.  A Chinese number behind a carrier selection code (such as 17951) is invalid.
9.  One digit repeated, such as 0000000000, is how people write "none".

Whether a person may answer a valid number is a question of its own (:class:`Regions`): toll-free, premium-rate,
shared-cost and short numbers, pagers and voicemail are never called, but an objection may name them.

What may be a number in a cell that is none is found by :func:`numbers_within`, for those who objected.

A table of a country's numbers is compiled when it is first needed, which takes some milliseconds.

Rule: no other room says what number a cell holds.
"""

from balansfilter.phone.metadata import known_countries
from balansfilter.phone.reader import Phones, Regions, e164, in_countries, read_numbers, read_phones
from balansfilter.phone.within import Within, numbers_within

__all__ = [
    "Phones",
    "Regions",
    "Within",
    "e164",
    "in_countries",
    "known_countries",
    "numbers_within",
    "read_numbers",
    "read_phones",
]
