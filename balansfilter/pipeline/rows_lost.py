"""What is wrong with the rows of a source that cannot be used: how many, for what reason, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator

from balansfilter.errors import Problem
from balansfilter.evidence.tally import NO_CHOICE, NO_DAY, NO_FLAG, NO_ID, NO_NUMBER, NOBODY, Tally
from balansfilter.policy.values import ShareOrCount
from balansfilter.sources import describe_cells


def rows_lost(file: str, role: str, tally: Tally, limit: ShareOrCount) -> Iterator[Problem]:
    """Return what is wrong with the rows of a source: more of them than may be protect nobody, or may do so."""
    lost = tally.unreadable
    if limit.exceeded_by(lost.count, tally.rows):
        found = f"rows that cannot be used, and protect nobody: {lost.count:,} of {tally.rows:,} ({lost})"
        message = f"{found}; at most {limit} may be"
        hint = "mend the rows, or check that the columns and the date format are the right ones"
        yield Problem(file, path=role, message=message, hint=hint)
        for reason, rows in tally.reasons.items():
            message = f"{rows.count} of them ha{'s' if rows.count == 1 else 've'} {reason} ({rows})"
            looks = describe_cells(tally.unread) if reason == NO_NUMBER else None
            yield Problem(file, path=role, message=message, hint=looks or _HINTS[reason])
    elif NO_CHOICE in tally.reasons:
        rows = tally.reasons[NO_CHOICE]
        message = f"{rows.count} row{' has' if rows.count == 1 else 's have'} {NO_CHOICE} ({rows})"
        yield Problem(file, path=role, message=message, hint=_HINTS[NO_CHOICE])


def more_than_ids(role: str, tally: Tally) -> Iterator[str]:
    """Yield a sentence where cells hold more than one plain id: operators mend them, or see that nobody is meant."""
    rows = tally.more_than_id
    if rows.count:
        yield (
            f"{role}: {rows.count} row{'s have' if rows.count > 1 else ' has'} more than one plain id as the customer "
            f"id ({rows}): the objection holds for every id and number that the cell may mean; write one id in a cell"
        )


_HINTS = {
    NO_NUMBER: "write one whole number in a cell, or an empty cell",
    NO_ID: "write one customer id in a cell; where the column holds remarks, map another column",
    NOBODY: "name a phone number or a customer id in each row",
    NO_DAY: "check the column called_on and the date format",
    NO_FLAG: "write ja or nee, yes or no, 1 or 0",
    NO_CHOICE: "add the word to `take` or to `leave`",
}
