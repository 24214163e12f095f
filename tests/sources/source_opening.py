"""Opening sources in tests with few words."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from balansfilter.policy.model import Csv, SourceFile
from balansfilter.sources import Source, open_source

AS_OF = date(2026, 3, 1)
_OF_THE_SPEC = {"format", "date_format", "max_age", "snapshot_on", "min_rows"}
_OF_THE_CSV = {
    "max_record",
    "separator",
    "quote",
    "escape",
    "encoding",
    "header",
    "line_end",
    "skip_lines",
    "trailer_lines",
}


def open_file(folder: Path, paths: Path | list[Path] | str, columns: list[str] | None = None, **options) -> Source:
    """Open files; options are those of the policy's source, of its `csv`, and of open_source."""
    csv = Csv(**{key: options.pop(key) for key in _OF_THE_CSV & options.keys()})
    spec = SourceFile(path="data", csv=csv, **{key: options.pop(key) for key in _OF_THE_SPEC & options.keys()})
    defaults = {"role": "call_list", "time_zone": ZoneInfo("Europe/Amsterdam"), "as_of": AS_OF, "scratch": folder}
    return open_source(
        spec, paths=[paths] if isinstance(paths, Path) else paths, columns=columns, **(defaults | options)
    )


def raw_records(text: str, separator: str = ",", quote: str | None = '"') -> list[list[str]]:
    """Split a text into cells as they are written, one letter at a time; it must be what the csv module reads."""
    records: list[list[str]] = [[""]]
    inside = False
    for letter in text:
        cell = records[-1][-1]
        if not inside and letter in (separator, "\n"):
            if letter == "\n":
                records[-1][-1] = cell.removesuffix("\r")
                records.append([])
            records[-1].append("")
            continue
        if quote and letter == quote and (not cell or cell.startswith(quote)):
            inside = not inside
        records[-1][-1] += letter
    return [cells for cells in records if cells != [""]]


def lacks_a_separator(cells: list[str], quote: str = '"') -> bool:
    """Whether a quote within a cell seems to open one, and one in a later cell to close it."""
    odd = [cell.count(quote) % 2 == 1 and not cell.startswith(quote) for cell in cells]
    for n, cell in enumerate(cells):
        inner = [
            (cell[max(0, i - 4) : i], cell[i + 1])
            for i in range(1, len(cell) - 1)
            if cell[i] == quote and cell[i - 1] != quote
        ]
        opens = any(
            after != " " or not before[-1].isdecimal() or (len(before) == 4 and before.isdecimal())
            for before, after in inner
        )
        closes = [
            other.endswith(quote)
            or any(
                other[i] == quote and other[i - 1] not in (" ", quote) and other[i + 1] not in (" ", quote)
                for i in range(1, len(other) - 1)
            )
            for other in cells
        ]
        if odd[n] and opens and any(odd[m] and closes[m] for m in range(n + 1, len(cells))):
            return True
    return False


def is_several_rows(record: str, width: int, separator: str = ",", quote: str | None = '"') -> bool:
    """Whether each line of a record has the separators of a whole row, so that quotes may have swallowed rows."""
    lines = [line for line in record.split("\n") if line.strip(f"{quote or ''}\r ")]
    if len(lines) < 2:
        return False
    if width > 1 and (len(lines) == 2 or width == 2):
        if separator == " ":
            return False
        return all(line.replace(separator + " ", "").count(separator) == width - 1 for line in lines)
    return width == 1 or all(line.count(separator) == width - 1 for line in lines)


PIECES_OF_CSV = ["a", "é", ",", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", '"a"', " "]
"""What any text of CSV is put together of, the usual ones more than once."""
