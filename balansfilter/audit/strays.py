"""What stands in the folders of the audit and of the runs, and is not known to the ledger."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from balansfilter.audit.decision_files import RunDecisions
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History
from balansfilter.audit.ledger_files import Expected
from balansfilter.errors import Problem
from balansfilter.frozen import dataclass

_PAGE = re.compile(r"report(\.[a-z]{2})?\.html")
"""The page of a run in some language: no evidence, since it can be made again from the manifest and the ledger."""
_HINT = "it was put there by hand, or the ledger was changed; a run that was killed is cleared by the next run"


@dataclass(frozen=True)
class Strays:
    """What stood in the folders at one moment."""

    audit: BrandAudit
    runs: Path
    files: tuple[Path, ...]
    """Files, and links, which are followed nowhere."""
    folders: tuple[Path, ...]

    def unknown_files(self, expected: Sequence[Expected], past: History) -> list[Path]:
        """Return the files that the ledger does not know; links are none."""
        known = {file.path for file in expected} | set(_secrets(self.audit, past)) | {self.audit.ledger}
        return [path for path in self.files if path not in known and not path.is_symlink() and path.is_file()]

    def unknown(self, expected: Sequence[Expected], past: History, busy: str | None) -> Iterator[Problem]:
        """Yield what the ledger does not know; what belongs to a run that is at work is left out."""
        for path in (self.audit.root, *self.folders, *self.files):
            if path.is_symlink():
                yield Problem(str(path), message="is a symbolic link", hint="evidence stands where it is said to stand")
        for path in self.unknown_files(expected, past):
            if path.parent == self.audit.pending:
                if busy is None:
                    message = "was to take the place of the decisions, and has not yet"
                    yield Problem(str(path), message=message, hint="a command was killed; the next one finishes it")
            elif not _of(path, busy):
                yield Problem(str(path), message="is not known to the ledger", hint=_HINT)
        for path in sorted(_secrets(self.audit, past)):
            if not path.is_file():
                message = "is gone, and with it the way to show what stood in the decisions"
                yield Problem(str(path), message=message, hint="put it back from your backup")
        above = {self.runs, self.audit.dossiers, self.audit.decisions_folder, self.audit.secrets}
        paths = [*(file.path for file in expected), *_secrets(self.audit, past)]
        known = {folder for path in paths for folder in path.parents if above & set(folder.parents)}
        yield from self._unknown_folders(known, busy)

    def _unknown_folders(self, known: Collection[Path], busy: str | None) -> Iterator[Problem]:
        audit = self.audit
        usual = {audit.decisions_folder, audit.secrets, audit.policies, audit.laws, audit.pending, audit.dossiers}
        for folder in self.folders:
            if not folder.exists():
                continue
            if folder.parent == self.runs:
                if folder not in known and folder.name != busy:
                    message = "is the folder of a run that the ledger does not know"
                    yield Problem(str(folder), message=message, hint=_HINT)
            elif folder not in usual and folder not in known and folder.name != busy:
                yield Problem(str(folder), message="is a folder that the ledger does not know", hint=_HINT)


def _secrets(audit: BrandAudit, past: History) -> Iterator[Path]:
    """Yield the secrets that must be there: of each file under a root, until somebody is forgotten in it."""
    for run in past.runs.values():
        if run.root is not None and not run.decisions_pruned:
            files = RunDecisions.of(audit, run).files
            yield from (file.place.secret for file in files if file.known.nonces_sha256 is None)


def _of(path: Path, busy: str | None) -> bool:
    return busy is not None and (
        busy in (path.stem, path.parent.name, path.parent.parent.name) or path.parent.name in ("policies", "laws")
    )


def strays(audit: BrandAudit, runs: Path) -> Strays:
    """List what stands in the folders of the audit and of the runs."""
    files: list[Path] = []
    folders: list[Path] = []
    for top in (audit.root, runs):
        for root, below, names in os.walk(top):
            folders += [Path(root, name) for name in below]
            files += [Path(root, name) for name in names if top != runs or not _PAGE.fullmatch(name)]
    return Strays(audit, runs, tuple(sorted(files)), tuple(sorted(folders)))
