"""The list of rows that somebody has to mend: those of the call list that cannot be read, with the reason in words."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from balansfilter.decision.reasons import UNREADABLE
from balansfilter.fs.scratch import NAME, put
from balansfilter.publish.folders import as_output_error
from balansfilter.wording.catalogue import load_wording
from balansfilter.wording.formats import Language

FIXES = "fixes.csv"
_SEPARATORS: dict[Language, str] = {"nl": ";", "en": ","}
"""What a spreadsheet in that language takes for the sign between two cells."""
MOST_ROWS = 100_000
"""More are left out: nobody mends them by hand, and the first show what is wrong."""


def leave_fixes(dropped: Path, brand: Path, language: Language) -> Path:
    """Write the unreadable rows of a dropped list to the brand's folder, for the owner alone, and return the file.

    It takes the place of the one that the run before left. Its columns are `row`, `customer_id`, `reason` and, in the
    site's language, what is wrong.

    :raises OutputError: the file cannot be written.
    """
    path = brand / FIXES
    with as_output_error("write", path):
        rows = _read(dropped).filter(pl.col("reason").is_in(UNREADABLE)).head(MOST_ROWS).collect()
        words = load_wording(language)
        meanings = {reason: words(f"terms.reasons.{reason}.meaning") for reason in UNREADABLE}
        told = rows.select("row", "customer_id", "reason", pl.col("reason").replace_strict(meanings).alias("what"))
        text = told.write_csv(separator=_SEPARATORS[language], line_terminator="\r\n", include_bom=True)
        put(brand / NAME, path, text.encode())
    return path


def _read(dropped: Path) -> pl.LazyFrame:
    """Return a dropped list, of any format, in one file or in parts."""
    if dropped.is_dir():
        return pl.concat(_read(part) for part in sorted(dropped.iterdir()))
    if dropped.suffix == ".csv":
        return pl.scan_csv(dropped, infer_schema=False)
    if dropped.suffix == ".parquet":
        return pl.scan_parquet(dropped)
    from python_calamine import CalamineWorkbook

    with CalamineWorkbook.from_path(str(dropped)) as book:
        names, *rows = book.get_sheet_by_index(0).to_python()
    return pl.LazyFrame(rows, schema={str(name): pl.String for name in names}, orient="row")
