"""Opening sources in tests with few words."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.policy.model import Csv, SourceFile
from balansfilter.sources import Source, open_source

AS_OF = date(2026, 3, 1)
_OF_THE_SPEC = {"format", "date_format", "max_age", "snapshot_on", "min_rows"}
_OF_THE_CSV = {"separator", "quote", "encoding", "header"}


def open_file(folder: Path, paths: Path | list[Path] | str, columns: list[str] | None = None, **options) -> Source:
    """Open files; options are those of the policy's source, of its `csv`, and of open_source."""
    csv = Csv(**{key: options.pop(key) for key in _OF_THE_CSV & options.keys()})
    spec = SourceFile(path="data", csv=csv, **{key: options.pop(key) for key in _OF_THE_SPEC & options.keys()})
    defaults = {"role": "call_list", "time_zone": ZoneInfo("Europe/Amsterdam"), "as_of": AS_OF, "scratch": folder}
    return open_source(
        spec, paths=[paths] if isinstance(paths, Path) else paths, columns=columns, **(defaults | options)
    )
