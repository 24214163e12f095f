"""What must hold within each file that a policy names: its path, its columns, how it is written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from balansfilter.policy.date_format import mistakable, wrong_with_format
from balansfilter.policy.findings import Finding, nearest
from balansfilter.policy.scalars import shown
from balansfilter.policy.tree import Tree
from balansfilter.remote import is_database, is_spark, wrong_with

MAY_SHARE = frozenset({frozenset({"last_purchase_on", "first_payment_on"}), frozenset({"customer_id", "phone"})})
"""Roles that one column may hold together: of a single purchase the first payment is the last, and some lists write
either an id or a number in one column."""

_HAS_PASSWORD = re.compile(r"\bpassword\s*=", re.IGNORECASE)
_AS_OF = re.compile(r"as_of:(?=.*%)([^%{}]|%[Yymdj])+")


def sources(policy: Tree) -> list[Tree]:
    """Return every file that a policy names."""
    named = [policy / "call_list", *(policy / "objections").items(), policy / "contacts"]
    return [source for source in [*named, policy / "bel_me_niet" / "register"] if source]


def source_findings(policy: Tree) -> Iterator[Finding]:
    """Yield what does not hold within the files that a policy names."""
    for source in sources(policy):
        for check in SOURCE_CHECKS:
            yield from check(source)


# --- the path -------------------------------------------------------------------------------------------------


def path_is_fillable(source: Tree) -> Iterator[Finding]:
    """A path holds no placeholder but {brand}, {as_of} and {as_of:%Y%m%d}, and no home folder."""
    at = source / "path"
    text = at.text or ""
    for name in re.findall(r"\{([^{}]*)\}", text):
        if name not in ("brand", "as_of") and not _AS_OF.fullmatch(name):
            yield Finding(at.path, f"has an unknown placeholder {{{shown(name)}}}", _placeholder_hint(name))
    if re.search(r"[{}]", re.sub(r"\{[^{}]*\}", "", text)):
        yield Finding(
            at.path, "has a brace that is not closed, or not opened", "write {brand}, {as_of} or {as_of:%Y%m%d}"
        )
    if text.startswith("~"):
        yield Finding(at.path, "starts with ~, which is not filled in here", "write the folder out")


def _placeholder_hint(name: str) -> str:
    near = nearest(name, ["brand", "as_of"])
    return near if near.startswith("did") else "write {brand}, {as_of} or {as_of:%Y%m%d}, with %Y %y %m %d %j"


def address_is_no_secret(source: Tree) -> Iterator[Finding]:
    """An address holds no password and no key, and is one that can be read."""
    at = source / "path"
    if wrong := wrong_with(at.text or ""):
        yield Finding(at.path, *wrong)
    query = source / "query"
    if _HAS_PASSWORD.search(query.text or ""):
        yield Finding(query.path, "holds a password", "take it out: a policy is kept with the audit log")


def database_has_rows_to_read(source: Tree) -> Iterator[Finding]:
    """Of a database a query or a table is read, and of nothing else."""
    at, query, table = source / "path", source / "query", source / "table"
    if not is_database(at.text or ""):
        for asked in (query, table, source / "key"):
            if asked:
                yield Finding(asked.path, "is for a database, but the path names none", "take it out", at_key=True)
        return
    if bool(query) == bool(table):
        message = "is the address of a database, of which " + ("both are" if query else "neither is") + " named"
        yield Finding(at.path, message, "write `query: SELECT …`, or `table: schema.name`")
    if query and not re.match(r"(?is)\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|table|values)\b", query.text or ""):
        yield Finding(query.path, "is no query that only reads", "begin it with SELECT or WITH")
    yield from _names_a_table(table, in_spark=is_spark(at.text or ""))
    for file_only in ("format", "csv", "sheet", "leave_sheets", "skip_rows", "header"):
        if source / file_only:
            yield Finding((source / file_only).path, "is for a file, not for a database", "take it out", at_key=True)
    if (source / "snapshot_on").text == "filename":
        message = "is `filename`, but a database has none"
        yield Finding((source / "snapshot_on").path, message, "use `newest` for objections, or leave it out")


def rows_of_spark_have_an_order(source: Tree) -> Iterator[Finding]:
    """Of the catalog of Spark a key is named, since its rows have no order of their own."""
    at = source / "path"
    if is_spark(at.text or "") and not source / "key":
        message = "is the catalog of Spark, whose rows have no order"
        yield Finding(at.path, message, "name the column, or columns, that give it: `key: row_number`")


def _names_a_table(table: Tree, *, in_spark: bool) -> Iterator[Finding]:
    above, written = (2, "catalog.schema.name") if in_spark else (1, "schema.name")
    if table and not re.fullmatch(rf"[^.\s][^.]*(\.[^.\s][^.]*){{0,{above}}}", table.text or ""):
        yield Finding(table.path, "is no name of a table", f"write it as name, or as {written}")


# --- how it is written ----------------------------------------------------------------------------------------


def date_format_is_exact(source: Tree) -> Iterator[Finding]:
    """A date format tells year, month and day, each once, in digits, in one way."""
    for formats in _date_formats(source):
        for at in formats.texts():
            if wrong := wrong_with_format(at.text or ""):
                yield Finding(at.path, *wrong)


def date_formats_are_told_apart(source: Tree) -> Iterator[Finding]:
    """Of several date formats none is there twice, and no two read one text as two days of our time."""
    for formats in _date_formats(source):
        usable = [at for at in formats.items() if at.text and not wrong_with_format(at.text)]
        for n, at in enumerate(usable):
            yield from islice(_mistaken(at, usable[:n]), 1)


def _mistaken(at: Tree, earlier: Sequence[Tree]) -> Iterator[Finding]:
    for other in earlier:
        if at.text == other.text:
            yield Finding(at.path, "names a format twice", "name it once")
        elif mistakable(str(at.text), str(other.text)):
            message = f"reads dates such as 01-02-2026 as other days than {other.text} does"
            yield Finding(
                at.path, message, "keep the one that the file is written in; if it holds both, have it mended"
            )


def _date_formats(source: Tree) -> Iterator[Tree]:
    """Yield the date formats of a file and of its columns, each one or several."""
    yield source / "date_format"
    for _, column in (source / "columns").pairs():
        yield column / "date_format"


def csv_marks_are_marks(source: Tree) -> Iterator[Finding]:
    """Separator, quote and escape are ASCII characters that no cell is made of; only a separator may be a space."""
    examples = {"separator": '",", ";", "|", " " or "\\t"', "quote": "'\"' or null", "escape": '"\\\\" or null'}
    for key, example in examples.items():
        at = source / "csv" / key
        mark = at.value if isinstance(at.value, str) and len(at.value) == 1 else ","
        if mark in "\r\n\0" or (mark == " " and key != "separator") or mark.isalnum() or not mark.isascii():
            space = "" if key == "separator" else "a space, "
            message = f"cannot be a line end, {space}a letter, a digit or a character beyond ASCII"
            yield Finding(at.path, message, f"use {example}")


def csv_marks_differ(source: Tree) -> Iterator[Finding]:
    """Separator, quote and escape are three characters."""
    written = dict((source / "csv").pairs())
    marks = {"separator": ",", "quote": '"', "escape": None, **{key: at.value for key, at in written.items()}}
    for one, other in (("separator", "quote"), ("separator", "escape"), ("quote", "escape")):
        if marks[one] is not None and marks[one] == marks[other]:
            at = source / "csv" / (other if other in written else one)
            yield Finding(at.path, f"is the same character for the {one} and the {other}", "choose two that differ")


def csv_is_for_text(source: Tree) -> Iterator[Finding]:
    """A file that is no text has no separator, quote or encoding."""
    form = (source / "format").text
    if form in ("parquet", "excel") and (source / "csv"):
        yield Finding(
            (source / "csv").path, f"says how a text file is written, but the format is {form}", "take one out", True
        )


def sheets_are_for_spreadsheets(source: Tree) -> Iterator[Finding]:
    """Only a spreadsheet has sheets, and a title above its header."""
    form = (source / "format").text
    for key in ("sheet", "leave_sheets", "skip_rows", "header"):
        if form in ("csv", "parquet") and source / key:
            yield Finding(
                (source / key).path, f"says how a spreadsheet is read, but the format is {form}", "take one out", True
            )


# --- the columns ----------------------------------------------------------------------------------------------


def _names(columns: Tree) -> Iterator[Tree]:
    """Return the names of columns, here and below."""
    return (at for at in columns.texts() if "date_format" not in at.path[len(columns.path) :])


def columns_have_one_role(source: Tree) -> Iterator[Finding]:
    """A column holds one thing; above all the day of an objection is never the day it was taken back."""
    roles: dict[str, str] = {}
    for role, at in (source / "columns").pairs():
        for column in _names(at):
            other = roles.setdefault(column.text or "", role)
            if other != role and frozenset({other, role}) not in MAY_SHARE:
                yield Finding(
                    column.path, f"is the column of {other} already", "name another column, or leave one of them out"
                )


def columns_are_named_once(source: Tree) -> Iterator[Finding]:
    """A list of columns names each once."""
    for _, at in (source / "columns").pairs():
        named: set[str] = set()
        for column in _names(at):
            if column.text in named:
                yield Finding(column.path, "names a column twice", "name it once")
            named.add(column.text or "")


def columns_are_numbers_without_header(source: Tree) -> Iterator[Finding]:
    """In a file without a header the columns are "1", "2", …."""
    if (source / "csv" / "header").value is not False and (source / "header").value is not False:
        return
    for column in _names(source / "columns"):
        if not re.fullmatch(r"[1-9][0-9]{0,3}", column.text or ""):
            yield Finding(
                column.path, "should be the number of a column, as the file has no header", 'write "1" for the first'
            )


def countries_fit_numbers(source: Tree) -> Iterator[Finding]:
    """One column tells the country of all numbers, or each number has a column of its own."""
    columns = source / "columns"
    at, phones = columns / "phone_country", columns / "phone"
    numbers = len(phones.items()) or 1
    if len(at.items()) > 1 and len(at.items()) != numbers:
        message = f"names {len(at.items())} columns for {numbers} phone number{'s' if numbers > 1 else ''}"
        yield Finding(at.path, message, "name one column for all numbers, or one for each in the same order")


def words_are_taken_or_left(source: Tree) -> Iterator[Finding]:
    """A word of `where` says that a row counts, or that it does not."""
    from balansfilter.wording.spelling import folded

    for _, at in (source / "where").pairs():
        taken = {folded(word.text or "") for word in (at / "take").items()}
        for word in (at / "leave").items():
            if folded(word.text or "") in taken:
                yield Finding(word.path, "is taken as well as left", "take the word, or leave it")


SOURCE_CHECKS: tuple[Callable[[Tree], Iterator[Finding]], ...] = (
    path_is_fillable,
    address_is_no_secret,
    database_has_rows_to_read,
    rows_of_spark_have_an_order,
    date_format_is_exact,
    date_formats_are_told_apart,
    csv_marks_are_marks,
    csv_marks_differ,
    csv_is_for_text,
    sheets_are_for_spreadsheets,
    columns_have_one_role,
    columns_are_named_once,
    columns_are_numbers_without_header,
    countries_fit_numbers,
    words_are_taken_or_left,
)
