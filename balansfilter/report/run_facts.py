"""What a page tells of one run, read out of its manifest once into frozen types. No words and no looks yet. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from balansfilter.decision.reasons import REASONS
from balansfilter.errors import AuditError
from balansfilter.frozen import dataclass
from balansfilter.policy.grounds import GROUNDS

REVIEW_SOON = timedelta(days=60)
"""How long before its review date a balanstest is pointed out."""


@dataclass(frozen=True)
class Counted:
    """How many rows had one answer: a reason or a ground."""

    name: str
    rows: int


@dataclass(frozen=True)
class RunTally:
    """Rows by ground and reason, in the order of the decision: of a whole list, or of its part under one balanstest."""

    grounds: tuple[Counted, ...]
    reasons: tuple[Counted, ...]

    @property
    def callable(self) -> int:
        """Rows that may be called."""
        return sum(ground.rows for ground in self.grounds)

    @property
    def dropped(self) -> int:
        """Rows that are dropped."""
        return sum(reason.rows for reason in self.reasons)

    @property
    def rows(self) -> int:
        """All rows."""
        return self.callable + self.dropped

    def of(self, name: str) -> int:
        """Return the rows of one ground or reason; 0 if there are none."""
        return next((counted.rows for counted in (*self.grounds, *self.reasons) if counted.name == name), 0)


@dataclass(frozen=True)
class BalanstestFacts:
    """One balanstest: its approval and its rows."""

    id: str
    """Empty for the rows that fall under none."""
    tally: RunTally
    max_term: str | None
    approved_on: date | None
    approved_by: str | None
    """Who approved it, and in which role; None where the manifest does not tell."""
    review_by: date | None
    digest: str | None


@dataclass(frozen=True)
class FileFacts:
    """One file that the run read."""

    name: str
    """Name without its folder."""
    rows: int
    sha256: str


@dataclass(frozen=True)
class SourceFacts:
    """One source: what it held, of which day it is, and how long it may be used."""

    role: str
    """`call_list`, `objections`, `register` or `contacts`."""
    number: int | None
    """Which one of several of its role, from 1; None where there can be only one."""
    rows: int
    unreadable: int
    in_force: int | None
    numbers_in_list: int | None
    """How many of its numbers occur in the call list; None where nobody looked."""
    ids_in_list: int | None
    snapshot_on: date
    dated_by: str
    """What its day was taken from; empty where the manifest does not tell."""
    age_unlimited: bool
    """Whether it is a list of objections for which the policy sets no largest age."""
    valid_until: date | None
    sha256: str
    files: tuple[FileFacts, ...]


@dataclass(frozen=True)
class GuardFacts:
    """One guard: what it asked and what was found."""

    name: str
    limit: str
    found: int
    passed: bool


@dataclass(frozen=True)
class RunFacts:
    """All that a page tells of a run."""

    run_id: str
    made_at: str
    version: str
    brand: str
    name: str
    controller: str
    sector: str
    as_of: date
    valid_until: date | None
    law: str
    law_sha256: str
    own_law: bool
    """Whether the law profile is the user's own file instead of the one that comes with the program."""
    call_window: str | None
    """The hours of calling on that day; None where nothing limits them, or the manifest does not tell."""
    agreed: str | None
    """The engine that decided every row a second time, and the same; None where none did."""
    lawful: tuple[str, ...]
    """The grounds that the law gave that day."""
    policy_sha256: str
    tally: RunTally
    balanstests: tuple[BalanstestFacts, ...]
    sources: tuple[SourceFacts, ...]
    guards: tuple[GuardFacts, ...]
    outputs: tuple[FileFacts, ...]
    warnings: tuple[str, ...]

    @property
    def next_review(self) -> date | None:
        """The first day by which a balanstest must be reviewed."""
        return min((test.review_by for test in self.balanstests if test.review_by), default=None)

    @property
    def reviews_soon(self) -> tuple[BalanstestFacts, ...]:
        """The balanstests whose approval lapses soon after the as-of date."""
        return tuple(t for t in self.balanstests if t.review_by and t.review_by <= self.as_of + REVIEW_SOON)

    @property
    def approvals(self) -> tuple[BalanstestFacts, ...]:
        """The balanstests of the policy."""
        return tuple(test for test in self.balanstests if test.id)

    @property
    def judged(self) -> tuple[BalanstestFacts, ...]:
        """The balanstests, and last those without one, as far as rows fall under them."""
        return tuple(test for test in self.balanstests if test.id or test.tally.rows)


def read_facts(manifest: Mapping[str, Any]) -> RunFacts:
    """Read the manifest of a run.

    :raises AuditError: its rows by ground and reason are not all its rows: a page may not pass over any.
    """
    law, policy = manifest["law"], manifest["policy"]
    tally = _tally(manifest["bases"] | manifest["reasons"])
    if (tally.rows, tally.callable) != (manifest["rows"], manifest["callable"]):
        message = f"the manifest of run {manifest['run_id']} does not add up"
        raise AuditError(f"{message}: some of its rows have no reason or ground that this program knows")
    return RunFacts(
        **{name: manifest[name] for name in ("run_id", "made_at", "version", "brand", "name", "controller", "sector")},
        as_of=date.fromisoformat(manifest["as_of"]),
        valid_until=_day(manifest["valid_until"]),
        law=law["name"],
        law_sha256=law["sha256"],
        own_law=law["origin"] != "packaged",
        call_window=manifest.get("call_window"),
        agreed=(manifest.get("agreed") or {}).get("engine"),
        lawful=tuple(ground for ground in GROUNDS if ground in law["grounds"]),
        policy_sha256=policy["sha256"],
        tally=tally,
        balanstests=tuple(_balanstests(policy["balanstests"], manifest["balanstests"])),
        sources=tuple(_source(source, manifest.get("age_unlimited", ())) for source in manifest["sources"]),
        guards=tuple(GuardFacts(g["guard"], g["limit"], g["found"], g["passed"]) for g in manifest["guards"]),
        outputs=tuple(_file(output["name"], output) for output in manifest["outputs"].values()),
        warnings=tuple(manifest["warnings"]),
    )


def _tally(counts: Mapping[str, int]) -> RunTally:
    return RunTally(
        tuple(Counted(name, counts[name]) for name in GROUNDS if counts.get(name)),
        tuple(Counted(name, counts[name]) for name in REASONS if counts.get(name)),
    )


def _balanstests(approvals: list[dict[str, Any]], counts: Mapping[str, Mapping[str, int]]) -> Iterator[BalanstestFacts]:
    for test in approvals:
        yield BalanstestFacts(
            id=test["id"],
            tally=_tally(counts.get(test["id"], {})),
            max_term=test["max_term"],
            approved_on=_day(test["approved_on"]),
            approved_by=", ".join(filter(None, (test.get("approved_by"), test.get("role")))) or None,
            review_by=_day(test["review_by"]),
            digest=test["digest"],
        )
    yield BalanstestFacts("", _tally(counts.get("", {})), None, None, None, None, None)


def _source(source: Mapping[str, Any], unlimited: Sequence[str]) -> SourceFacts:
    role, _, index = source["role"].partition("[")
    found = source.get("in_call_list") or {}
    return SourceFacts(
        role=role,
        number=int(index.removesuffix("]")) + 1 if index else None,
        rows=source["rows"],
        unreadable=source["unreadable"],
        in_force=source.get("in_force"),
        numbers_in_list=found.get("numbers"),
        ids_in_list=found.get("ids"),
        snapshot_on=date.fromisoformat(source["snapshot_on"]),
        dated_by=source.get("dated_by", ""),
        age_unlimited=source["role"] in unlimited,
        valid_until=_day(source["valid_until"]),
        sha256=source["sha256"],
        files=tuple(_file(file["path"], file) for file in source["files"]),
    )


def _file(path: str, described: Mapping[str, Any]) -> FileFacts:
    return FileFacts(path.replace("\\", "/").rsplit("/", 1)[-1], described["rows"], described["sha256"])


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


@dataclass(frozen=True)
class LedgerPlace:
    """A place in the ledger that proves all before it: the position and the hash of an event."""

    seq: int
    hash: str
    at: str
    """When the event was written: UTC, ISO 8601."""
