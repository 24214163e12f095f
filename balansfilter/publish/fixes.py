"""The list of rows that somebody has to mend: those of the call list that cannot be read, with the reason in words."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.decision.reasons import UNREADABLE
from balansfilter.fs.scratch import NAME, put
from balansfilter.publish.folders import as_output_error
from balansfilter.publish.list_files import DROPPED
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import Language

FIXES = "fixes.csv"
_SEPARATORS: dict[Language, str] = {"nl": ";", "en": ","}
"""What a spreadsheet in that language takes for the sign between two cells."""
MOST_ROWS = 100_000
"""More are left out: nobody mends them by hand, and the first show what is wrong."""


def leave_fixes(lists: Path, brand: Path, language: Language) -> Path:
    """Write the unreadable rows of a run's lists to the brand's folder, for the owner alone, and return the file.

    It takes the place of the one that the run before left. Its columns are `row`, `customer_id`, `reason` and, in the
    site's language, what is wrong.

    :raises OutputError: the file cannot be written.
    """
    path = brand / FIXES
    with as_output_error("write", path):
        dropped = pl.scan_csv(lists / DROPPED, infer_schema=False)
        rows = dropped.filter(pl.col("reason").is_in(UNREADABLE)).head(MOST_ROWS).collect()
        words = load_wording(language)
        meanings = {reason: words(f"terms.reasons.{reason}.meaning") for reason in UNREADABLE}
        told = rows.select("row", "customer_id", "reason", pl.col("reason").replace_strict(meanings).alias("what"))
        text = told.write_csv(separator=_SEPARATORS[language], line_terminator="\r\n", include_bom=True)
        put(brand / NAME, path, text.encode())
    return path
