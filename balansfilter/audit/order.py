"""Whether events may follow each other as they do: each later one is held against what it speaks of. Pure.

Who can write to the ledger can add an event of any form, bound to the one before. What such an event says of a run must
be what the ledger knew of it at that moment, or it is told as a break.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from balansfilter.audit.names import (
    ABANDONED,
    APPROVED,
    APPROVING,
    CONFIRMED,
    EXPORTED,
    FAILED,
    FORGOTTEN,
    HANDED_OVER,
    HELD,
    LEFT_OUT,
    LIST_DID_NOT_GO,
    LIST_GOES,
    LIST_WENT,
    NOT_HANDED_OVER,
    OPENED,
    PREPARED,
    PRUNED,
    PUBLISHED,
    RECALLED,
    RECHECKED,
    REKEYED,
    RELEASED,
    REOPENED,
    ROOTED,
    UNAPPROVED,
)
from balansfilter.fs.outputs import digest_of_files

Body = Mapping[str, Any]


@dataclass
class _Run:
    rows: int
    digest: str
    """Of its decisions."""
    parts: dict[str, str] = field(default_factory=dict)
    """The digest of each part of its decisions, in their order; none where they are one file."""
    ended: bool = False
    published: bool = False
    recalled: bool = False
    rechecked: frozenset[str] = frozenset()
    """The digests of the lists of withdrawn rows that rechecks left."""
    decisions_pruned: bool = False
    lists_pruned: bool = False

    def could_lose(self, file: Body) -> bool:
        """Whether rows may have been forgotten in its decisions as is said: in those that it had, and their parts."""
        parts = file.get("parts", [])
        if file["before"] != self.digest or not 0 < file["rows"] <= self.rows or bool(parts) != bool(self.parts):
            return False
        left = self.parts | {part["name"]: part["after"] for part in parts}
        return not parts or (
            all(part["before"] == self.parts.get(part["name"]) for part in parts)
            and all(part["rows"] > 0 for part in parts)
            and sum(part["rows"] for part in parts) == file["rows"]
            and digest_of_files(left.items()) == file["after"]
        )


class Order:
    """What the ledger knows after each event."""

    def __init__(self) -> None:
        self._runs: dict[str, _Run] = {}
        self._last: str | None = None
        self._key: str | None = None
        self._approving: tuple[str, str] | None = None
        self._heads: dict[int, str] = {}
        self._held: dict[int, frozenset[str]] = {}
        """The runs that each hold names that stands, by its number."""
        self._rules = {
            PREPARED: self._prepared,
            PUBLISHED: self._published,
            FAILED: self._not_published,
            ABANDONED: self._not_published,
            RECALLED: self._recalled,
            APPROVING: self._approves,
            APPROVED: self._approved,
            UNAPPROVED: self._approved,
            CONFIRMED: self._of_no_run,
            RECHECKED: self._rechecked,
            LEFT_OUT: self._left_out,
            REKEYED: self._rekeyed,
            PRUNED: self._pruned,
            HELD: self._is_held,
            RELEASED: self._released,
            FORGOTTEN: self._forgotten,
            EXPORTED: self._exported,
            REOPENED: self._reopened,
            HANDED_OVER: self._handed_over,
            NOT_HANDED_OVER: self._handed_over,
            LIST_GOES: self._list_goes,
            LIST_WENT: self._list_goes,
            LIST_DID_NOT_GO: self._list_goes,
            ROOTED: self._rooted,
        }

    def follow(self, seq: int, event: str, body: Body, digest: str) -> list[str]:
        """Take in the next event, whose form is right, and return what cannot be."""
        self._heads[seq] = digest
        if (event == OPENED) != (seq == 1):
            return ["stands where the ledger is opened, and does not say so" if seq == 1 else "opens the ledger again"]
        return list(self._rules[event](body)) if event != OPENED else []

    def _prepared(self, body: Body) -> Iterator[str]:
        run_id, decisions = body["run_id"], body["outputs"]["decisions"]
        if run_id in self._runs:
            yield f"prepares run {run_id} a second time"
            return
        if self._key not in (None, body["key_id"]):
            yield f"says that run {run_id} was made with the key {body['key_id']}, but {self._key} was in use"
        sums = (sum(body["reasons"].values()), sum(body["bases"].values()))
        rows = body["callable"] + body["dropped"]
        if sums != (body["dropped"], body["callable"]) or not body["rows"] == decisions["rows"] == rows:
            yield f"counts the rows of run {run_id} in ways that do not agree"
        parts = {part["name"]: part["sha256"] for part in decisions.get("parts", ())}
        self._runs[run_id] = _Run(body["rows"], decisions["sha256"], parts)
        self._key = body["key_id"]

    def _published(self, body: Body) -> Iterator[str]:
        run = self._runs.get(body["run_id"])
        if run is None:
            yield f"publishes run {body['run_id']}, which was never prepared"
        elif run.ended:
            yield f"publishes run {body['run_id']}, whose end was recorded before"
        else:
            run.ended = run.published = True
            self._last = self._last if body.get("beside") else body["run_id"]

    def _not_published(self, body: Body) -> Iterator[str]:
        run = self._runs.setdefault(body["run_id"], _Run(0, ""))
        if run.ended:
            yield f"ends run {body['run_id']}, whose end was recorded before"
        run.ended = True

    def _recalled(self, body: Body) -> Iterator[str]:
        run = yield from self._known(body["run_id"])
        if run and run.recalled:
            yield f"recalls run {body['run_id']} a second time"
        elif run:
            run.recalled = True

    def _rechecked(self, body: Body) -> Iterator[str]:
        run = yield from self._known(body["run_id"])
        if run and body["withdrawn"] != body["file"]["rows"]:
            yield f"counts the withdrawn rows of run {body['run_id']} in ways that do not agree"
        elif run:
            run.rechecked |= {body["file"]["sha256"]}

    def _left_out(self, body: Body) -> Iterator[str]:
        run = yield from self._known(body["run_id"])
        if run and body["sha256"] not in run.rechecked:
            yield f"leaves rows out of run {body['run_id']} that no recheck named"

    def _approves(self, body: Body) -> Iterator[str]:
        self._approving = (body["balanstest"], body["policy_sha256"])
        return iter(())

    def _approved(self, body: Body) -> Iterator[str]:
        if self._approving not in (None, (body["balanstest"], body["policy_sha256"])):
            yield f"ends the approval of {body['balanstest']}, but another was under way"
        self._approving = None

    def _of_no_run(self, _body: Body) -> Iterator[str]:
        return iter(())

    def _rekeyed(self, body: Body) -> Iterator[str]:
        if body["from"] != self._key:
            yield f"changes the key {body['from']}, but {self._key or 'none'} was in use"
        self._key = body["to"]

    def _pruned(self, body: Body) -> Iterator[str]:
        for file in body["decisions"]:
            run = yield from self._known(file["run_id"])
            if run and (run.decisions_pruned or (file["sha256"], file["rows"]) != (run.digest, run.rows)):
                yield f"prunes decisions of run {file['run_id']} that are not those that it had"
            elif run:
                run.decisions_pruned = True
        run_ids = [*(file["run_id"] for file in body["decisions"]), *body["lists"]]
        yield from self._lists(body["lists"])
        if self._last in run_ids:
            yield f"prunes run {self._last}, whose list stood"
        yield from self._touches_held("prunes", run_ids)

    def _forgotten(self, body: Body) -> Iterator[str]:
        for file in body["decisions"]:
            run = yield from self._known(file["run_id"])
            if run and (run.decisions_pruned or not run.could_lose(file)):
                yield f"forgets rows in decisions of run {file['run_id']} that are not those that it had"
            elif run:
                run.digest = file["after"]
                run.parts |= {part["name"]: part["after"] for part in file.get("parts", ())}
        yield from self._touches_held("forgets rows in", (file["run_id"] for file in body["decisions"]))
        if sum(file["rows"] for file in body["decisions"]) != body["rows"]:
            yield "counts the forgotten rows in ways that do not agree"
        yield from self._lists(body["lists"])
        if self._last in body["lists"]:
            yield f"removes the lists of run {self._last}, which stood"

    def _is_held(self, body: Body) -> Iterator[str]:
        if (body["run_id"] is None) == (not body["person"]):
            yield "holds neither one run nor one person"
        run_ids = [body["run_id"]] if not body["person"] else [one["run_id"] for one in body["person"]]
        self._held[max(self._heads)] = frozenset(run_ids)
        for run_id in run_ids:
            yield from self._known(run_id)

    def _touches_held(self, does: str, run_ids: Iterable[str]) -> Iterator[str]:
        for run_id in sorted(set(run_ids) & frozenset().union(*self._held.values())):
            yield f"{does} run {run_id}, which was held"

    def _released(self, body: Body) -> Iterator[str]:
        if body["hold"] not in self._held:
            yield f"releases hold {body['hold']}, which does not stand"
        self._held.pop(body["hold"], None)

    def _lists(self, run_ids: Iterable[str]) -> Iterator[str]:
        for run_id in run_ids:
            run = yield from self._known(run_id)
            if run and run.lists_pruned:
                yield f"removes the lists of run {run_id} a second time"
            elif run:
                run.lists_pruned = True

    def _exported(self, body: Body) -> Iterator[str]:
        for run_id in body["runs"]:
            yield from self._known(run_id)

    def _rooted(self, body: Body) -> Iterator[str]:
        run = yield from self._known(body["run_id"])
        if run and run.digest != body["sha256"]:
            yield f"gives a root over decisions of run {body['run_id']} that are not those that it had"

    def _reopened(self, body: Body) -> Iterator[str]:
        self._last = body["current"]
        return iter(())

    def _handed_over(self, body: Body) -> Iterator[str]:
        if self._heads.get(body["seq"]) != body["hash"]:
            yield f"says that head {body['seq']} was handed over, which is not that of this ledger"

    def _list_goes(self, body: Body) -> Iterator[str]:
        yield from self._known(body["run_id"])

    def _known(self, run_id: str) -> Generator[str, None, _Run | None]:
        """Return a published run; say of any other what is wrong, and return None."""
        run = self._runs.get(run_id)
        if run is not None and run.published:
            return run
        yield f"speaks of run {run_id}, which was never published"
        return None
