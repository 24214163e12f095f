"""The policy of one brand, parsed once into frozen types.

A policy says who answers for the calls, what the balanstest of each product category allows, which files to
read, and what must hold before a list is published. Nothing here touches the disk or a clock: whether an approval
still holds on a date is a question to :mod:`balansfilter.policy.loading`, what the law allows on a date one to
:mod:`balansfilter.policy.law`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from balansfilter.policy.balanstest import (
    Answers,
    Approval,
    Assessment,
    Balanstest,
    CustomerRelation,
    Impact,
    MaxAttempts,
    Weighing,
)
from balansfilter.policy.base import (
    BRAND_PATTERN,
    BalanstestId,
    BrandId,
    CountryCode,
    Frozen,
    Sector,
    Text,
    Version,
    is_brand_id,
    json_value,
)
from balansfilter.policy.law_rules import CallingHours
from balansfilter.policy.source_columns import Column, Columns, DateColumn, JoinedColumns, as_columns, phone_columns
from balansfilter.policy.source_files import (
    CallList,
    CallListColumns,
    ContactColumns,
    Contacts,
    Csv,
    Encoding,
    InputFormat,
    MayHoldObjections,
    ObjectionColumns,
    Objections,
    OutputFormat,
    Register,
    RegisterColumns,
    SourceFile,
    Words,
)
from balansfilter.policy.values import Share, ShareOrCount, Span

__all__ = [
    "BRAND_PATTERN",
    "WEEKDAYS",
    "Answers",
    "Approval",
    "Assessment",
    "Balanstest",
    "BalanstestId",
    "BelMeNiet",
    "BrandId",
    "CallList",
    "CallListColumns",
    "Calling",
    "Column",
    "Columns",
    "Consent",
    "ContactColumns",
    "Contacts",
    "CountryCode",
    "Csv",
    "CustomerRelation",
    "DateColumn",
    "Encoding",
    "Frozen",
    "Guards",
    "Impact",
    "InputFormat",
    "JoinedColumns",
    "MaxAttempts",
    "ObjectionColumns",
    "Objections",
    "Output",
    "OutputFormat",
    "Policy",
    "Register",
    "RegisterColumns",
    "Screen",
    "Sector",
    "SourceFile",
    "Text",
    "Weighing",
    "Words",
    "as_columns",
    "is_brand_id",
    "json_value",
    "phone_columns",
]

Screen = Literal["never", "after_term", "always"]
Annotation = Literal["basis", "callable_until", "phone_e164", "call_window"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class BelMeNiet(Frozen):
    """Whether the call list is screened against a do-not-call register."""

    screen: Screen = Field(default="never", description="never, after_term (only past the term), or always.")
    register_file: Register | None = Field(default=None, alias="register", description="The register.")


class Consent(Frozen):
    """Whether prior consent is a ground to call, and for how long."""

    accept: bool = Field(description="Whether consent is accepted as a ground.")
    valid_for: Span = Field(description="How long after the day of the consent.")
    names_first_call: bool = Field(
        default=False,
        description="Whether the consent named when the first call would come, so that it carries a late first call.",
    )


class Calling(Frozen):
    """On which days, and within which hours, the brand calls: never wider than the law."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = Field(
        default=WEEKDAYS, description="The days of the week; every day that the law has, unless given."
    )
    hours: CallingHours = Field(
        default=CallingHours.usual(), description="The hours by kind of day; those of the law where left out."
    )


class Guards(Frozen):
    """What must hold of a decided list before it is published."""

    min_rows: Annotated[int, Field(ge=0)] = Field(default=1, description="Fewest rows of the call list.")
    max_unreadable: ShareOrCount | None = Field(
        default=ShareOrCount("5%"), description="Most rows whose number or date cannot be read: a count or a share."
    )
    max_dropped: ShareOrCount | None = Field(default=None, description="Most rows dropped: a count or a share.")
    max_reached: ShareOrCount | None = Field(
        default=ShareOrCount("1%"),
        description="Most rows dropped for an objection that names another row of the same person; unless given, a "
        "share of the rows, and 20 rows in any case.",
    )
    max_row_change: Share | None = Field(
        default=None, description="Largest change in rows against the last published run."
    )


class AnnotateAs(Frozen):
    """What the added columns are named."""

    basis: Text | None = Field(default=None, description="The name of the column with the ground.")
    callable_until: Text | None = Field(default=None, description="The name of the column with the last day.")
    phone_e164: Text | None = Field(default=None, description="The name of the column with the first number.")
    call_window: Text | None = Field(default=None, description="The name of the column with the hours of calling.")


class ToPostgres(Frozen):
    """A table that the callable rows of each published run go into, instead of those of the run before."""

    table: Text = Field(description="The table, as name or schema.name; made if it is not there.")
    url: Text | None = Field(
        default=None,
        description="postgresql://host/database, without a password; that of the call list unless given, and where "
        "that is a file, what PGHOST, PGDATABASE or PGSERVICE say.",
    )


class Output(Frozen):
    """How the lists are written."""

    format: OutputFormat | None = Field(
        default=None, description="csv, parquet or xlsx; as the input unless given, xlsx for any spreadsheet."
    )
    dropped_format: OutputFormat | None = Field(
        default=None, description="The format of the dropped list; that of the callable list unless given."
    )
    annotate: tuple[Annotation, ...] = Field(
        default=("basis", "callable_until"), description="Columns added behind those of the call list."
    )
    rows_per_part: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="Publish both lists, and keep the decisions, as folders of parts, each of so many rows at most; "
        "one file each unless given.",
    )
    delta: bool = Field(
        default=False, description="Whether delta.csv tells which rows came and went against the run before."
    )
    copy_to: Text | None = Field(
        default=None,
        description="s3://, gs:// or az:// with bucket and folder: where each published run is copied to. {brand} is "
        "filled in.",
    )
    postgres: ToPostgres | None = Field(default=None, description="The table that the callable rows go into.")
    annotate_as: AnnotateAs = Field(
        default=AnnotateAs.usual(), description="Other names for added columns, where the list has such a name itself."
    )

    @property
    def annotations(self) -> dict[Annotation, str]:
        """The added columns, each with its name in the list."""
        return {added: getattr(self.annotate_as, added) or added for added in self.annotate}


class Policy(Frozen):
    """The policy of one brand, version 1."""

    policy: Version = Field(description="Version of the policy format.")
    brand: BrandId = Field(description="Id of the brand; the file's name without .yaml.")
    name: Text = Field(description="Name of the brand as people know it.")
    controller: Text = Field(description="The legal person that answers for the brand.")
    contact: Text | None = Field(
        default=None, description="Where a person can reach the controller, for letters: an address or a number."
    )
    sector: Sector = Field(description="The sector; the law knows grounds for some sectors only.")
    law: Literal["nl", "none"] = Field(description="nl: the dated Dutch rules; none: every ground on every date.")
    balanstests: tuple[Balanstest, ...] = Field(default=(), description="One per product category, or one for all.")
    bel_me_niet: BelMeNiet = Field(default=BelMeNiet.usual(), description="Screening against a register.")
    consent: Consent | None = Field(default=None, description="Prior consent as a ground.")
    calling: Calling | None = Field(default=None, description="Days and hours of calling, within those of the law.")
    call_list: CallList = Field(description="The rows that a campaign wants to call.")
    objections: tuple[Objections, ...] = Field(min_length=1, description="One or more files of objections.")
    contacts: Contacts | None = Field(default=None, description="The brand's own call history.")
    guards: Guards = Field(default=Guards.usual(), description="What must hold before a list is published.")
    duplicates: Literal["keep_latest", "keep_all"] = Field(
        default="keep_latest", description="What to do with two callable rows with one number."
    )
    id_match: Literal["key", "exact"] = Field(
        default="key", description="key: ids are the same whatever their zeros in front, case and `.0`; exact: as text."
    )
    objections_reach: Literal["person", "row"] = Field(
        default="person",
        description="person: an objection holds for every row of the same id, and of their numbers; row: for the rows "
        "that it names alone.",
    )
    output: Output = Field(default=Output.usual(), description="How the lists are written.")

    @property
    def sources(self) -> dict[str, SourceFile]:
        """Every source that the policy names, by its role."""
        named: dict[str, SourceFile | None] = {"call_list": self.call_list}
        named |= {f"objections[{i}]": spec for i, spec in enumerate(self.objections)}
        named |= {"register": self.bel_me_niet.register_file, "contacts": self.contacts}
        return {role: spec for role, spec in named.items() if spec is not None}

    def sheets_with_objections(self, spec: SourceFile) -> frozenset[str] | None:
        """Return the sheets of a workbook that are read for objections, or left; None of one that can hold none."""
        if not isinstance(spec, MayHoldObjections) or (isinstance(spec, Contacts) and not spec.columns.objected):
            return None
        named: list[MayHoldObjections] = [*self.objections, *([self.contacts] if self.contacts else [])]
        same = [source for source in named if source.path == spec.path]
        return frozenset(sheet for source in same for sheet in (source.sheet, *source.leave_sheets) if sheet)

    @property
    def accepts_consent(self) -> bool:
        """Whether prior consent is a ground under this policy."""
        return self.consent is not None and self.consent.accept
