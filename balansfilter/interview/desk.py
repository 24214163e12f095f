"""What the interview is held with: the brand, the folder of its files, the rules of today, and looks at the files."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import date
from pathlib import Path

from balansfilter.errors import SourceError
from balansfilter.frozen import dataclass
from balansfilter.interview.look import Given, Look, look_at
from balansfilter.interview.replies import UnclearError, Value, unclear
from balansfilter.interview.roles import Role
from balansfilter.policy.base import Sector
from balansfilter.policy.law import Ground, Law
from balansfilter.policy.model import as_columns
from balansfilter.policy.site import Site, base_folder
from balansfilter.policy.yaml_file import ValuePath
from balansfilter.remote import is_remote, shown
from balansfilter.sources import resolve_paths
from balansfilter.sources.origin import Origin
from balansfilter.wording.catalogue import Wording

Answers = dict[ValuePath, Value]
"""The answers so far, by their path in the policy, in the order in which they were given."""

_DAY = re.compile(r"\{as_of[^{}]*\}")


@dataclass(frozen=True)
class Desk:
    """Everything around the answers."""

    brand: str
    configs: Path
    """The folder of the configs."""
    site: Site
    as_of: date
    """Today."""
    law: Law
    words: Wording
    call_list: str | None = None
    """The call list that was named on the command line."""
    waits: Callable[[str], object] = str
    """Tells that something takes a while."""
    counted: dict[str, object] = field(default_factory=dict, repr=False)
    """What the call history said, by what was asked of it."""
    _looks: dict[tuple[Path, Role, Given], Look] = field(default_factory=dict, repr=False)

    @property
    def base(self) -> Path:
        """The folder from which the paths of a policy count."""
        return base_folder(self.configs)

    def grounds(self, sector: Sector) -> frozenset[Ground]:
        """Return the grounds on which a sector may call today."""
        return self.law.grounds(sector, self.as_of)

    def sample_file(self, pattern: str, role: Role) -> Path:
        """Return the file of a path to look at: today's, else the last by name of those of other days.

        :raises SourceError: there is none.
        """
        if is_remote(pattern):
            hint = "name a file with the same columns, and write the address in the policy afterwards"
            raise Origin(role, shown(pattern)).error("is no file that can be looked at here", hint)
        try:
            return resolve_paths(pattern, base=self.base, brand=self.brand, as_of=self.as_of, role=role)[0]
        except SourceError:
            others = _DAY.sub("*", pattern).replace("{brand}", self.brand)
            found = sorted(self.base.glob(others)) if others != pattern and not Path(others).is_absolute() else []
            if not found and Path(others).is_absolute():
                found = sorted(map(Path, glob.glob(others)))  # noqa: PTH207 - the path may be absolute
            if not found:
                raise
            return found[-1]

    def look(self, pattern: str, role: Role, given: Given) -> Look:
        """Look at the file of a path, once for each way in which it may be written.

        :raises SourceError: it is not there, or cannot be read so.
        """
        key = (self.sample_file(pattern, role), role, given)
        if key not in self._looks:
            self._looks[key] = look_at(*key)
        return self._looks[key]

    def look_or_say(self, pattern: str, role: Role, given: Given) -> Look:
        """Look at a file.

        :raises UnclearError: it cannot be used, with what is wrong with it.
        """
        try:
            found = self.look(pattern, role, given)
        except SourceError as error:
            problem = error.as_problems()[0]
            raise UnclearError(str(problem)) from None
        if not found.columns:
            raise unclear(self.words, "no_columns")
        return found


def given_of(answers: Mapping[ValuePath, Value], at: ValuePath) -> Given:
    """Return what was said about how a file is written."""
    return Given(
        encoding=answers.get((*at, "csv", "encoding")),
        separator=answers.get((*at, "csv", "separator")),
        header=answers.get((*at, "csv", "header"), answers.get((*at, "header"))),
        sheet=answers.get((*at, "sheet")),
        date_formats=as_columns(answers.get((*at, "date_format"))) or None,
        above=answers.get((*at, "csv", "skip_lines"), answers.get((*at, "skip_rows"))),
    )
