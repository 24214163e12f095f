"""Where a published list goes once it stands: into a table, to an object store, and its ledger's head to who keeps it.

Each receiver gets the list that stands, whole or not at all. That it goes, went or could not is in the ledger; what
failed, or was killed, the next run or `balansfilter deliver` does again, which does no harm where it was done already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.handing_over import HandOver, HandOverError, attempt, hand_over
from balansfilter.audit.history import History, PublishedRun, history
from balansfilter.audit.ledger import Ledger
from balansfilter.audit.list_standing import list_standing
from balansfilter.audit.names import LIST_DID_NOT_GO, LIST_GOES, LIST_WENT
from balansfilter.audit.sign_off import kept_policy
from balansfilter.errors import SourceError
from balansfilter.frozen import dataclass
from balansfilter.fs.outputs import files_of
from balansfilter.fs.private import sha256_file
from balansfilter.pipeline.delta import as_published
from balansfilter.policy.model import Output, Policy
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders
from balansfilter.remote import DATABASE, RemoteError, is_postgres, shown
from balansfilter.sources import Source, open_source

_PAGE = "report.html"
_Give = Callable[[PublishedRun], Mapping[str, Any]]


@dataclass(frozen=True)
class Delivery:
    """The list of a brand that stands, and where it is to go."""

    site: Site
    policy: Policy
    """The policy of today: it says where the list goes."""

    @property
    def folders(self) -> BrandFolders:
        """Where the lists of the brand are."""
        return BrandFolders(self.site.output.dir / self.policy.brand)

    @property
    def audit(self) -> BrandAudit:
        """Where its audit log is."""
        return BrandAudit(self.site.audit.dir / self.policy.brand)

    @property
    def receivers(self) -> tuple[str, ...]:
        """Where the list is to go, as the ledger names it."""
        return tuple(self._receivers())

    def hand_all_over(self, ledger: Ledger) -> list[str]:
        """Hand the list and the head of its ledger over; gives what could not be done.

        :raises AuditError: it cannot be recorded.
        """
        past = history(ledger.events) if self.receivers else None
        run = past.runs.get(past.standing or "") if past else None
        failures = [attempt(one, ledger) for one in self._hand_overs(run)] if run else []
        failures.append(hand_over(self.site.audit.checkpoint, ledger) if ledger.events else None)
        return [failure for failure in failures if failure is not None]

    def undone(self, past: History) -> Iterator[str]:
        """Return of each receiver that has not got the list that stands why that is so."""
        for to in self.receivers if past.standing in past.runs else ():
            last = past.lists_gone.get(to)
            if last is None or last.body["run_id"] != past.standing:
                yield f"the list was not handed over to {to} yet"
            elif last.event == LIST_DID_NOT_GO:
                yield f"the list could not be handed over to {to}: {last.body['message']}"
            elif last.event == LIST_GOES:
                yield f"the handing over of the list to {to} was cut off: it may be there, or not"

    def _receivers(self) -> dict[str, _Give]:
        """Return what gives a list to each receiver, by how the ledger names it."""
        found: dict[str, _Give] = {}
        if self.policy.output.postgres is not None:
            url, table = _table(self.policy)
            found[f"{shown(url)} {table}"] = self._to_table
        if self.policy.output.copy_to is not None:
            found[_copy_to(self.policy)] = self._to_store
        return found

    def _hand_overs(self, run: PublishedRun) -> Iterator[HandOver]:
        for to, give in self._receivers().items():

            def work(give: _Give = give) -> Mapping[str, Any]:
                try:
                    self._refuse(run)
                    return give(run)
                except RemoteError as error:
                    raise HandOverError(str(error)) from error
                except SourceError as error:
                    raise HandOverError("; ".join(str(problem) for problem in error.as_problems())) from error

            yield HandOver("the list", to, {"run_id": run.run_id}, LIST_WENT, LIST_DID_NOT_GO, work, begun=LIST_GOES)

    def _refuse(self, run: PublishedRun) -> None:
        """Refuse a list that must not be called any more, is gone, or is not what was published."""
        refusal = list_standing(run).refusal
        if refusal is not None:
            raise HandOverError(refusal)
        for name, digest in _digests(run).items():
            path = self.folders.runs / run.run_id / name
            try:
                if sha256_file(path) != digest:
                    raise HandOverError(f"{path} was changed after it was published")
            except OSError as error:
                raise HandOverError(f"{path} cannot be read: {error.strerror}") from error

    def _to_table(self, run: PublishedRun) -> Mapping[str, Any]:
        from balansfilter.publish.postgres_table import ListOfRun, put_in_table

        written, body = run.outputs["callable"], run.prepared.body
        with self._rows(run) as source:
            of_run = ListOfRun(
                self.policy.brand, run.run_id, body["as_of"], body["valid_until"], written["rows"], written["sha256"]
            )
            url, table = _table(self.policy)
            return put_in_table(url, table, of_run, source.header, _cells(source))

    def _rows(self, run: PublishedRun) -> Source:
        """Open the published list, as it was written under the policy of its run."""
        policy = kept_policy(self.audit, run.prepared.body["policy"]["sha256"]) or self.policy
        paths = [self.folders.runs / run.run_id / name for name in files_of(run.outputs["callable"])]
        zone = ZoneInfo(self.site.timezone)
        spec = as_published(policy.call_list)
        return open_source(spec, role="callable", paths=paths, columns=None, time_zone=zone, as_of=date.max)

    def _to_store(self, run: PublishedRun) -> Mapping[str, Any]:
        from balansfilter.publish.object_store_copy import copy_run

        folder = self.folders.runs / run.run_id
        names = [*_digests(run), *([_PAGE] if (folder / _PAGE).is_file() else [])]
        return copy_run(_copy_to(self.policy), self.policy.brand, run.run_id, folder, names)


def _table(policy: Policy) -> tuple[str, str]:
    """Return the database and the table that the rows go into."""
    output: Output = policy.output
    if output.postgres is None:
        raise ValueError("the policy names no table")
    call_list = policy.call_list.path
    return output.postgres.url or (call_list if is_postgres(call_list) else f"{DATABASE}://"), output.postgres.table


def _copy_to(policy: Policy) -> str:
    return (policy.output.copy_to or "").replace("{brand}", policy.brand)


def _digests(run: PublishedRun) -> dict[str, str]:
    """Return the digest of each file of a run that goes out with it, by its name."""
    return {**run.list_files, "manifest.json": str(run.prepared.body["manifest_sha256"])}


def _cells(source: Source) -> Iterator[pl.DataFrame]:
    for chunk in source.chunks():
        yield chunk.cells.select(source.header)
