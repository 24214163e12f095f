"""A brand as the audit sees it: its ledger, lists and keys, and the lock under which they are changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, PublishedRun, history
from balansfilter.audit.ledger import Chain, Ledger, read_chain, utc_now
from balansfilter.audit.sign_off import kept_policy
from balansfilter.errors import AuditError, PolicyError, UsageError
from balansfilter.frozen import dataclass
from balansfilter.policy.loading import brand_file, load_policy
from balansfilter.policy.model import is_brand_id
from balansfilter.policy.site import Site
from balansfilter.publish.folders import BrandFolders

if TYPE_CHECKING:  # a question about a person needs none of these
    from balansfilter.audit.removal import Kept
    from balansfilter.audit.verify import Place
    from balansfilter.pipeline.recovery import BrandPlaces


@dataclass(frozen=True)
class AuditedBrand:
    """One brand, and everything of it that the audit log speaks of."""

    configs: Path
    site: Site
    brand: str

    @classmethod
    def find(cls, configs: Path, site: Site, brand: str) -> AuditedBrand:
        """Find a brand that has a ledger or a policy.

        :raises UsageError: it has neither.
        """
        found = cls(configs, site, brand)
        if not is_brand_id(brand) or not found.audit.ledger.exists():
            brand_file(configs, brand)
        return found

    @property
    def audit(self) -> BrandAudit:
        """Its audit folder."""
        return BrandAudit(self.site.audit.dir / self.brand)

    @property
    def folders(self) -> BrandFolders:
        """The folders of its lists."""
        return BrandFolders(self.site.output.dir / self.brand)

    @property
    def indexes(self) -> Path:
        """The folder of the indexes of its decisions, which can be made again."""
        return self.site.cache.dir / "audit" / self.brand

    @property
    def places(self) -> BrandPlaces:
        """Where everything of it stands that a command may have left half done."""
        from balansfilter.pipeline.recovery import brand_places

        return brand_places(self.configs, self.site, self.brand)

    @property
    def kept(self) -> Kept:
        """What may have been kept long enough."""
        from balansfilter.audit.removal import Kept

        return Kept(self.site, self.audit, self.folders.runs, self.indexes)

    @property
    def place(self) -> Place:
        """What a verification looks at."""
        from balansfilter.audit.verify import Place
        from balansfilter.publish.lock import lock_holder

        return Place(
            self.audit,
            self.folders.runs,
            self.site.audit.key_file,
            self.folders.current_run,
            lambda: lock_holder(self.folders.lock),
        )

    def chain(self) -> Chain:
        """Read its ledger.

        :raises AuditError: the chain is broken: what it says proves nothing.
        """
        chain = read_chain(self.audit.ledger)
        if chain.problems:
            raise AuditError(f"the ledger {self.audit.ledger} does not verify:", chain.problems)
        return chain

    def history(self) -> History:
        """Return what the events of its ledger add up to.

        :raises AuditError: the chain is broken.
        """
        return history(self.chain().events)

    def run(self, run_id: str) -> PublishedRun:
        """Return a published run.

        :raises UsageError: the ledger knows no such run.
        """
        run = self.history().runs.get(run_id)
        if run is None:
            raise UsageError(f"the ledger of {self.brand} knows no published run {run_id}; see: balansfilter audit log")
        return run

    @contextmanager
    def locked(self, doing: str, wait: float) -> Iterator[Ledger]:
        """Hold the brand's lock, with its ledger mended and open for adding.

        :raises LockError: a run is busy.
        """
        from balansfilter.pipeline.recovery import opened
        from balansfilter.publish.lock import brand_lock

        with brand_lock(self.folders.lock, self.brand, doing, utc_now(), wait):
            yield opened(self.places, self.site)

    def default_country(self, past: History) -> str:
        """Return the country as one of which a phone number is read: that of the last policy that was used.

        :raises PolicyError: no run was published, and the policy of the brand is wrong.
        """
        if past.last is not None:
            policy = kept_policy(self.audit, past.last.prepared.body["policy"]["sha256"])
            if policy is not None:
                return policy.call_list.default_country
        try:
            return load_policy(brand_file(self.configs, self.brand)).call_list.default_country
        except UsageError as error:
            raise PolicyError(
                f"the policy that the runs of {self.brand} went by cannot be read; put it back"
            ) from error
