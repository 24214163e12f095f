"""The form of a manifest, field by field, and its JSON Schema: for whoever reads manifests with a program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, WithJsonSchema
from pydantic.json_schema import GenerateJsonSchema

from balansfilter.decision.reasons import REASONS
from balansfilter.policy.base import SHA256_PATTERN, Sector
from balansfilter.policy.law import GROUNDS


def _text(**more: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", **more})


def _counts(names: Iterable[str]) -> WithJsonSchema:
    rows = {"type": "integer", "minimum": 0}
    return WithJsonSchema({"type": "object", "propertyNames": {"enum": list(names)}, "additionalProperties": rows})


Day = Annotated[str, _text(format="date")]
Hash = Annotated[str, _text(pattern=SHA256_PATTERN)]
Rows = Annotated[int, WithJsonSchema({"type": "integer", "minimum": 0})]
ByReason = Annotated[dict[str, int], _counts(REASONS)]
ByGround = Annotated[dict[str, int], _counts(GROUNDS)]
ByAnswer = Annotated[dict[str, int], _counts((*GROUNDS, *REASONS))]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class LawInManifest(_Part):
    """The law profile of the run."""

    name: str
    origin: str
    """Whether it is packaged with the program, or of a user."""
    sha256: Hash
    grounds: list[str]
    """The grounds on which the law let the sector call on the day."""


class BalanstestInManifest(_Part):
    """One balanstest that the run went by."""

    id: str
    digest: str
    """What was approved."""
    max_term: str
    approved_by: str | None
    role: str | None
    approved_on: Day | None
    review_by: Day | None
    """The last day on which it may be used."""


class PolicyInManifest(_Part):
    """The policy of the run."""

    file: str
    sha256: Hash
    balanstests: list[BalanstestInManifest]


class FileInManifest(_Part):
    """One file of a source, as it was read."""

    path: str
    sha256: Hash
    bytes: Rows
    rows: Rows
    taken_from: dict[str, str] | None = None
    """What tells which one it was of something that is no file: an ETag and a version, or a query and a snapshot."""


class SomeRowsInManifest(_Part):
    """Rows of a source of which one thing is told."""

    rows: Rows
    first_rows: list[int]
    """The numbers of the first of them."""


class IndexInManifest(_Part):
    """The numbers of a large register as they lie in the index that other runs use again."""

    made_of: Hash
    """Of the register's files and of how they are read."""
    sha256: Hash
    """Of its numbers."""


class FoundInManifest(_Part):
    """How much of a source occurs in the call list."""

    ids: Rows | None
    numbers: Rows


class SourceInManifest(_Part):
    """One source: its files, its age, and how much of it could be used."""

    role: str
    """`call_list`, `objections[0]`, `bel_me_niet.register` or `contacts`."""
    files: list[FileInManifest]
    sha256: Hash
    """Of the one file, or over the digests of several."""
    bytes: Rows
    rows: Rows
    unreadable: Rows
    """Rows that could not be used."""
    snapshot_on: Day
    """The day that the source is of."""
    dated_by: str
    """How that day is known."""
    valid_until: Day | None
    """The last day on which it is fresh enough."""
    newest_on: Day | None = None
    """The day of its newest objection."""
    in_force: Rows | None = None
    objections: Rows | None = None
    """Of the call history: the calls that ended in an objection."""
    oldest_objection_on: Day | None = None
    """The day of the oldest of those calls."""
    left_out: Rows | None = None
    """Rows that count for nothing here, such as those of other brands."""
    ids: Rows | None = None
    numbers: Rows | None = None
    unreadable_reasons: dict[str, SomeRowsInManifest] | None = None
    more_than_id: SomeRowsInManifest | None = None
    """Rows with more than one plain id as the customer id: every reading protects."""
    index: IndexInManifest | None = None
    in_call_list: FoundInManifest | None = None


class GuardInManifest(_Part):
    """What a guard asked, and whether the list passed."""

    guard: str
    limit: str
    found: int
    passed: bool


class PartInManifest(_Part):
    """One part of a list or of the decisions, in the folder of all of them."""

    name: str
    sha256: Hash
    """Of the bytes of its file."""
    bytes: Rows
    rows: Rows


class OutputInManifest(_Part):
    """A file that the run wrote, or a folder of parts."""

    name: str
    sha256: Hash
    """Of the file; of parts, of the lines that `sha256sum` prints for them in their order."""
    bytes: Rows
    rows: Rows
    parts: list[PartInManifest] | None = None
    """The parts in order, which is that of their names: their rows one after another are the rows of the whole."""


class DecisionsInManifest(OutputInManifest):
    """The decisions, and the root over the rows of all of them, however many files they are."""

    root: Hash
    algorithm: str
    """Names the form of the leaves and of the tree."""
    hashes: list[str]
    """The columns of keyed hashes."""


class OutputsInManifest(_Part):
    """The files that the run wrote."""

    callable: OutputInManifest
    dropped: OutputInManifest
    decisions: DecisionsInManifest
    delta: OutputInManifest | None = None
    """What came and went since the run before."""


class AgreedInManifest(_Part):
    """A second engine that decided the same of every row."""

    engine: str
    rows: Rows


class HeadInManifest(_Part):
    """The last event of the ledger on which the run was built."""

    seq: Rows
    hash: Hash


class Manifest(_Part):
    """What was made, of what, under which policy and law."""

    manifest: Literal[1]
    version: str
    """The version of the program."""
    run_id: str
    made_at: Annotated[str, _text(format="date-time")]
    brand: str
    name: str
    controller: str
    sector: Sector
    as_of: Day
    """The day for which was decided."""
    valid_until: Day | None
    """The last day on which no source is too old; null if none has a largest age."""
    call_window: str | None
    """The hours of that day within which may be called."""
    timezone: str
    law: LawInManifest
    policy: PolicyInManifest
    sources: list[SourceInManifest]
    age_unlimited: list[str]
    """Sources to which the policy sets no largest age."""
    rows: Rows
    callable: Rows
    dropped: Rows
    reasons: ByReason
    """Dropped rows by reason."""
    bases: ByGround
    """Callable rows by ground."""
    balanstests: dict[str, ByAnswer]
    """Rows by balanstest, empty for none, and by ground or reason."""
    guards: list[GuardInManifest]
    outputs: OutputsInManifest
    reached: Rows
    """Rows dropped for an objection that names another row of the same person."""
    objections_reach: Literal["person", "row"]
    id_match: str
    brands: list[str]
    """Other brands of the house, of which objections do not count here."""
    engine: str
    agreed: AgreedInManifest | None
    key_id: str
    """Names the key of the hashes in the decisions."""
    previous: str | None
    """The run that was published before."""
    warnings: list[str]
    ledger: HeadInManifest | None
    """Null for the first run of a brand, and for a rehearsal."""


class _Open(GenerateJsonSchema):
    """A field is named by itself, and a later version may add fields: whoever reads a manifest passes those over."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic's signature
        """No field has a title of its own."""
        return False


def manifest_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a manifest, version 1."""
    made = _opened(Manifest.model_json_schema(schema_generator=_Open))
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:balansfilter:manifest:1",
        "title": "balansfilter manifest, version 1",
    }
    return head | {key: value for key, value in made.items() if key not in head}


def _opened(schema: Any) -> Any:
    if isinstance(schema, dict):
        kept = {key: _opened(value) for key, value in schema.items()}
        return {key: value for key, value in kept.items() if not (key == "additionalProperties" and value is False)}
    return [_opened(one) for one in schema] if isinstance(schema, list) else schema
