"""The files that a policy names: the call list, objections, a register and the call history."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from balansfilter.policy.base import CountryCode, Frozen, Sha256, Text
from balansfilter.policy.date_format import ISO_8601
from balansfilter.policy.source_columns import (
    Column,
    Columns,
    DateColumn,
    DateFormats,
    PhoneColumns,
    as_columns,
    is_dated,
)
from balansfilter.policy.values import Share, ShareOrCount, Size, Span
from balansfilter.remote import is_database

Encoding = Literal["utf-8", "windows-1252", "iso-8859-1", "utf-16"]
InputFormat = Literal["csv", "parquet", "excel"]
OutputFormat = Literal["csv", "parquet", "xlsx"]


class Csv(Frozen):
    """How a delimited text file is written."""

    separator: Annotated[str, StringConstraints(min_length=1, max_length=1)] = Field(
        default=",", description="The character between two cells."
    )
    quote: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        default='"', description="The character around a cell; null where quotes have no meaning."
    )
    escape: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = Field(
        default=None,
        description="The character that takes its meaning away from the one behind it, such as MySQL's backslash.",
    )
    line_end: Literal["lf", "cr"] = Field(
        default="lf",
        description="lf: a line feed, with or without a carriage return before it; cr: a carriage return alone.",
    )
    skip_lines: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="Lines before the header, or before the first row, such as a title: they are left out."
    )
    trailer_lines: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="Lines below the last row that are not empty, such as a total: they are left out."
    )
    max_record: Size = Field(
        default=Size("1 MB"), description="The largest record; a longer one is taken for a quote that is not closed."
    )
    encoding: Encoding = Field(default="utf-8", description="The encoding of the file.")
    header: bool = Field(
        default=True, description='Whether the first line names the columns; if not they are "1", "2", ….'
    )


Word = Annotated[str, StringConstraints(max_length=200)]


class Words(Frozen):
    """Which rows of a source count, by a word in one of its columns; compared without layout and case."""

    take: tuple[Word, ...] = Field(min_length=1, description="Words of the rows that count.")
    leave: tuple[Word, ...] = Field(default=(), description='Words of the rows that are left out; "" is an empty cell.')


class SourceFile(Frozen):
    """What every source has: where it is, how it is written, how old it may be."""

    path: Text = Field(
        description="File, folder or glob; s3://, gs:// or az:// with bucket and key; postgresql://host/database; or "
        "spark:// for the catalog of Spark. "
        "{brand}, {as_of} and {as_of:%Y%m%d} are filled in."
    )
    query: Text | None = Field(default=None, description="Of a database: the SELECT whose rows are read.")
    table: Text | None = Field(default=None, description="Of a database: the table that is read, instead of a query.")
    key: Columns | None = Field(
        default=None, description="Of a database: the column, or columns, that put the rows in order."
    )
    format: InputFormat | None = Field(
        default=None,
        description="csv, parquet, or excel (.xlsx, .xlsm, .xls or .ods); by the name of the file unless given.",
    )
    csv: Csv = Field(default=Csv.usual(), description="How the text is written.")
    sheet: Text | None = Field(default=None, description="The sheet of a spreadsheet; needed where it has several.")
    skip_rows: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Rows above the header of a spreadsheet, such as a title, that are passed over."
    )
    header: bool = Field(
        default=True,
        description='Whether the first row of a spreadsheet names the columns; if not they are "1", "2", ….',
    )
    date_format: DateFormats = Field(
        default="%Y-%m-%d",
        description="How dates are written: as strftime says it, or iso8601; several in a list. %-d and %-m may be of"
        " one digit; %f is a fraction, %z an offset from UTC.",
    )
    max_age: Span | None = Field(default=None, description="How old the file may be on the as-of date.")
    snapshot_on: date | Literal["modified", "filename", "newest"] = Field(
        default="modified",
        description="The day that the file speaks of: the day it was last modified, the day in its name, a date, "
        "or, of objections, the day of the newest one. What a database gives is of the moment in which it is read.",
    )
    min_rows: Annotated[int, Field(ge=0)] = Field(default=1, description="Fewer rows than this stop the run.")
    null_words: tuple[Text, ...] = Field(
        default=(),
        description="Words for nothing that the file writes, beside NULL, N/A, -, onbekend, geen and others.",
    )
    where: dict[Column, Words] = Field(
        default={}, description="Which rows count: by column, the words of those to take and of those to leave."
    )

    def formats_of(self, column: str) -> tuple[str, ...]:
        """Return how the dates of a column are written."""
        own = (named.formats for _, named in getattr(self, "columns", ()) if named == column and is_dated(named))
        return next(own, self.formats)

    @property
    def formats(self) -> tuple[str, ...]:
        """How dates are written; in a database, unless something else is said, as it writes them itself."""
        if is_database(self.path) and "date_format" not in self.model_fields_set:
            return (ISO_8601,)
        return as_columns(self.date_format)


class CallListColumns(Frozen):
    """Which column of the call list holds what."""

    customer_id: Column = Field(description="The customer's id.")
    phone: PhoneColumns = Field(description="The column, or columns, with phone numbers, or {join: [area, number]}.")
    phone_country: Columns | None = Field(default=None, description="The country of the number, or of each number.")
    product: Column | None = Field(default=None, description="The product code.")
    last_purchase_on: DateColumn | None = Field(default=None, description="Day of the last purchase or delivery.")
    contract_ended_on: DateColumn | None = Field(
        default=None, description="Day on which the contract ended or will end."
    )
    active: Column | None = Field(default=None, description="Whether the person is a customer still.")
    first_payment_on: DateColumn | None = Field(
        default=None, description="Day on which a payment obligation first arose."
    )
    relation_began_on: DateColumn | None = Field(
        default=None, description="Day on which a relation without a payment began, such as a volunteer's."
    )
    consent_on: DateColumn | None = Field(default=None, description="Day on which the person consented to calls.")
    consent_for: Column | None = Field(
        default=None, description="The product that the consent names, or several between ; | or commas."
    )
    consent_proof: Column | None = Field(default=None, description="A reference to the proof of the consent.")
    source: Column | None = Field(default=None, description="Where the number comes from, for letters to the person.")
    obtained_on: DateColumn | None = Field(default=None, description="Since when the number is known, for letters.")


class CallList(SourceFile):
    """The rows that a campaign wants to call."""

    columns: CallListColumns = Field(description="Which column holds what.")
    default_country: CountryCode = Field(default="NL", description="Country of a number written without one.")
    allow_countries: tuple[CountryCode, ...] = Field(
        default=("NL",), min_length=1, description="Countries whose numbers may be called."
    )
    on_bad_row: Literal["stop", "drop"] = Field(default="stop", description="What to do with an unreadable row.")


class ObjectionColumns(Frozen):
    """Which column of an objections file holds what. A phone number or a customer id is needed, or both."""

    phone: PhoneColumns | None = Field(default=None, description="The columns with phone numbers, or {join: […]}.")
    phone_country: Columns | None = Field(default=None, description="The country of the number, or of each number.")
    customer_id: Column | None = Field(default=None, description="The customer's id.")
    objected_on: DateColumn | None = Field(default=None, description="Day of the objection; it never excuses a call.")
    withdrawn_on: DateColumn | None = Field(default=None, description="Day on which the person took it back.")
    brand: Column | None = Field(default=None, description="The brand it was made to; empty or * means all.")

    @model_validator(mode="after")
    def _protects_somebody(self) -> Self:
        if self.phone is None and self.customer_id is None:
            raise ValueError("name the column with the phone number, or the one with the customer id, or both")
        return self


class Closed(Frozen):
    """An archive to which nothing is added any more."""

    on: date = Field(description="The last day of which it holds objections.")
    sha256: Sha256 = Field(description="The SHA-256 of the file, which must stay what it is.")


class MayHoldObjections(SourceFile):
    """A file in which people may have objected."""

    leave_sheets: tuple[Text, ...] = Field(default=(), description="Other sheets, without objections to this brand.")


class Objections(MayHoldObjections):
    """A file of people who said: do not call me again."""

    closed: Closed | None = Field(default=None, description="Set for an archive, which has no age.")

    columns: ObjectionColumns = Field(description="Which column holds what.")
    country: CountryCode | None = Field(default=None, description="Country of a number written without one.")
    max_shrink: Share = Field(
        default=Share("10%"), description="How much smaller than in the last published run, or in a later recheck."
    )
    max_unreadable: ShareOrCount = Field(
        default=ShareOrCount("0"), description="Rows that can protect nobody: a count, or a share of the rows."
    )


class RegisterColumns(Frozen):
    """Which column, or joined columns, of a register hold the number."""

    phone: PhoneColumns = Field(description="The column with the number, or {join: [area, number]}.")
    phone_country: Columns | None = Field(default=None, description="The country of the number, or of each number.")


class Register(SourceFile):
    """A do-not-call register."""

    columns: RegisterColumns = Field(description="Which column holds the number.")
    country: CountryCode | None = Field(default=None, description="Country of a number written without one.")
    max_unreadable: ShareOrCount = Field(
        default=ShareOrCount("0"), description="Rows without a readable number: a count, or a share of the rows."
    )


class ContactColumns(Frozen):
    """Which column of the call history holds what."""

    phone: PhoneColumns | None = Field(default=None, description="The columns with the number called, or {join: […]}.")
    phone_country: Columns | None = Field(default=None, description="The country of the number, or of each number.")
    customer_id: Column | None = Field(default=None, description="The customer's id.")
    called_on: DateColumn = Field(description="Day of the call.")
    reached: Column | None = Field(default=None, description="Whether somebody was spoken to.")
    converted: Column | None = Field(default=None, description="Whether the call led to a sale or a gift.")
    objected: Column | None = Field(default=None, description="Whether the person objected.")
    complained: Column | None = Field(default=None, description="Whether the person complained.")
    last_purchase_on: DateColumn | None = Field(default=None, description="The last purchase as it was on that day.")
    product: Column | None = Field(default=None, description="The product code.")

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if self.phone is None and self.customer_id is None:
            raise ValueError("name the column with the phone number, or the one with the customer id, or both")
        return self


class Contacts(MayHoldObjections):
    """The brand's own call history, one row a call."""

    columns: ContactColumns = Field(description="Which column holds what.")
    country: CountryCode | None = Field(default=None, description="Country of a number written without one.")
    max_shrink: Share = Field(
        default=Share("10%"),
        description="How many fewer calls that ended in an objection than in the last published run, or in a later "
        "recheck.",
    )
    max_unreadable: ShareOrCount = Field(
        default=ShareOrCount("0"), description="Calls without a readable person or day: a count, or a share."
    )
