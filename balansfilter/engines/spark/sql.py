"""What Spark is asked about the people of a list: its own joins and groups. The rules are not in here.

A query names the frames that it looks at in braces.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import reason_code
from balansfilter.policy.values import Span

Statement = tuple[str, str]
"""The name of a frame, and the query that makes it."""


def written_day(day: date | None) -> str:
    """Return a day as Spark writes it."""
    return "CAST(NULL AS DATE)" if day is None else f"DATE '{day.isoformat()}'"


def months_and_days(span: Span) -> tuple[int, int]:
    """Return a span as months, to the end of a shorter month, and days; one of the two is 0."""
    size = {"days": (0, 1), "weeks": (0, 7), "months": (1, 0), "years": (12, 0)}[span.unit]
    return span.count * size[0], span.count * size[1]


def end(day: str, span: Span | None) -> str:
    """Return the last day of a span from a day; null where there is none."""
    if span is None:
        return "CAST(NULL AS DATE)"
    return later(day, *months_and_days(span))


def later(day: str, months: object, days: object) -> str:
    """Return the day that is so many months after another, and then so many days."""
    return f"date_add(add_months({day}, {months}), {days})"


def numbers(plan: Plan, fact: str, frame: str, beside: str = "row") -> str:
    """Return the query for the different numbers of each row.

    :param beside: the other columns that are asked for.
    """
    columns = ", ".join(f"{fact}_{i}" for i in range(len(plan.phones)))
    each = f"SELECT {beside}, explode(array_distinct(array({columns}))) AS number FROM {{{frame}}}"
    return f"SELECT {beside}, number FROM ({each}) WHERE number IS NOT NULL"


def people(plan: Plan) -> Iterator[Statement]:
    """Return who objected, what each row is weighed by, and what the rows have to do with calls."""
    yield "objections_by_call", _STANDING
    yield "in_force", _IN_FORCE
    yield "objected_numbers", "SELECT DISTINCT number FROM {in_force} WHERE number IS NOT NULL"
    yield "objected_keys", "SELECT DISTINCT key FROM {in_force} WHERE key <> ''"
    yield "hidden_numbers", _HIDDEN
    yield "hidden_hits", "SELECT row, number FROM {hidden_numbers} LEFT SEMI JOIN {objected_numbers} USING (number)"
    yield "listed_numbers", "SELECT DISTINCT number FROM {register} WHERE number IS NOT NULL"
    general = "NULL" if plan.general_window is None else str(plan.general_window)
    yield "placed", _PLACED.format(general=general)
    yield "weighed", "SELECT c.*, t.* FROM {placed} c LEFT JOIN {windows} t ON c.window = t.place"
    if plan.limits_attempts or plan.asks_for_use:
        yield "row_valid", numbers(plan, "valid", "cells")
    if plan.limits_attempts:
        yield "called", _called(plan)
    if plan.asks_for_use:
        yield "first_calls", _FIRST_CALLS


_STANDING = """
SELECT c.number, c.key FROM (
    SELECT key, number, day FROM {calls} WHERE objected UNION ALL SELECT key, number, day FROM {meant_by_calls}
) c
LEFT ANTI JOIN {withdrawals} w ON nullif(c.key, '') = w.key AND w.day > c.day
LEFT ANTI JOIN {withdrawals} v ON c.number = v.number AND v.day > c.day AND (c.key = '' OR v.key = '')
"""

_IN_FORCE = """
SELECT role, number, key FROM {objectors}
UNION ALL SELECT 'contacts' AS role, number, key FROM {objections_by_call}
"""

_HIDDEN = """
SELECT row, CAST(number AS BIGINT) AS number
FROM (SELECT row, explode(split(hidden, ' ')) AS number FROM {cells} WHERE hidden IS NOT NULL)
"""
"""The query for the numbers in cells that cannot be read, against which objections are held as well."""

_PLACED = """
SELECT c.*, coalesce(p.place, CAST({general} AS SMALLINT)) AS window
FROM {{cells}} c LEFT JOIN {{products}} p ON c.product = p.product
"""


def _called(plan: Plan) -> str:
    """Count the different calls to the person of a row within the window of its balanstest."""
    counted = (
        f"l.attempts_after IS NOT NULL AND (k.day IS NULL OR (k.day > l.attempts_after AND k.day <= "
        f"{written_day(plan.as_of)}))"
    )
    return (
        "SELECT row, count(*) AS attempts FROM (\n"
        "    SELECT l.row, k.call FROM {weighed} l JOIN {calls} k ON l.key = k.key\n"
        f"    WHERE l.key <> '' AND {counted}\n"
        "    UNION SELECT l.row, k.call FROM {weighed} l JOIN {row_valid} n ON l.row = n.row\n"
        f"    JOIN {{calls}} k ON n.number = k.number WHERE {counted}\n"
        ") GROUP BY row"
    )


_FIRST_CALLS = """
SELECT row, min(day) AS first_call_on FROM (
    SELECT c.row, k.day FROM {cells} c JOIN {calls} k ON c.key = k.key WHERE c.key <> '' AND k.day > c.consent_on
    UNION ALL
    SELECT c.row, k.day FROM {cells} c JOIN {row_valid} n ON c.row = n.row JOIN {calls} k ON n.number = k.number
    WHERE k.day > c.consent_on
) GROUP BY row
"""


def facts(plan: Plan) -> str:
    """Return the query for what the rules are asked about, but for what follows from it."""
    phones = range(len(plan.phones))
    listed = [f"r{i}.number IS NOT NULL AS listed_{i}" for i in phones]
    hits = ["k.key IS NOT NULL AS key_hit", *(f"o{i}.number IS NOT NULL AS hit_{i}" for i in phones)]
    objected = " OR ".join(["h.row IS NOT NULL", *(hit.partition(" AS ")[0] for hit in hits)])
    columns = [*listed, *hits, f"({objected}) AS objected"]
    joins = [f"LEFT JOIN {{listed_numbers}} r{i} ON c.number_{i} = r{i}.number" for i in phones]
    joins += [f"LEFT JOIN {{objected_numbers}} o{i} ON c.valid_{i} = o{i}.number" for i in phones]
    joins.append("LEFT JOIN {objected_keys} k ON c.key = k.key")
    joins.append("LEFT JOIN (SELECT DISTINCT row FROM {hidden_hits}) h ON c.row = h.row")
    columns.append("coalesce(a.attempts, 0) AS attempts" if plan.limits_attempts else "CAST(0 AS BIGINT) AS attempts")
    joins += ["LEFT JOIN {called} a ON c.row = a.row"] if plan.limits_attempts else []
    columns.append("f.first_call_on" if plan.asks_for_use else "CAST(NULL AS DATE) AS first_call_on")
    joins += ["LEFT JOIN {first_calls} f ON c.row = f.row"] if plan.asks_for_use else []
    columns.append(f"{end('c.consent_on', plan.first_call_within)} AS consent_used_by")
    columns.append(f"{end('c.consent_on', plan.consent_valid_for)} AS consent_end")
    return "\n".join([f"SELECT c.*, {', '.join(columns)}", "FROM {weighed} c", *joins])


def found(plan: Plan) -> str:
    """Return the query for the objected ids and numbers that stand in the list, and in how many rows each."""
    columns = ", ".join(f"CASE WHEN hit_{i} THEN valid_{i} END" for i in range(len(plan.phones)))
    each = f"SELECT explode(array_distinct(array({columns}))) AS number FROM {{decided}} WHERE objected"
    return (
        "SELECT key, CAST(NULL AS BIGINT) AS number, count(*) AS rows_of FROM {decided} WHERE key_hit GROUP BY key\n"
        "UNION ALL SELECT NULL AS key, number, count(*) AS rows_of\n"
        f"FROM ({each} UNION ALL SELECT number FROM {{hidden_hits}})\n"
        "WHERE number IS NOT NULL GROUP BY number"
    )


def near(plan: Plan) -> str:
    """Return the query for the rows that are hit by an id or a number that few rows share."""
    phones = range(len(plan.phones))
    hit = ["d.key_hit AND wk.key IS NULL", "h.row IS NOT NULL"]
    hit += [f"d.hit_{i} AND d.number_{i} IS NOT NULL AND w{i}.number IS NULL" for i in phones]
    joins = "\n".join(f"LEFT JOIN {{wide_numbers}} w{i} ON d.number_{i} = w{i}.number" for i in phones)
    return (
        f"SELECT d.row, {_person(plan)} FROM {{decided}} d LEFT JOIN {{wide_keys}} wk ON d.key = wk.key\n{joins}\n"
        "LEFT JOIN (SELECT DISTINCT row FROM {hidden_hits} LEFT ANTI JOIN {wide_numbers} USING (number)) h\n"
        "ON d.row = h.row\n"
        f"WHERE d.objected AND (({') OR ('.join(hit)}))"
    )


def of_keys(plan: Plan) -> str:
    """Return the query for the rows with one of some ids."""
    return (
        f"SELECT d.row, d.objected, {_person(plan)} FROM {{decided}} d LEFT SEMI JOIN {{few_keys}} k ON d.key = k.key"
    )


def _person(plan: Plan) -> str:
    """Return the id of a row, and its numbers but for those that an objection names."""
    numbers = (f"CASE WHEN NOT d.hit_{i} THEN d.number_{i} END AS number_{i}" for i in range(len(plan.phones)))
    return ", ".join(["d.key", *numbers])


def row_callable(plan: Plan) -> str:
    """Return the query for the different numbers by which each row is known: `row`, `objected` and `number`."""
    return (
        f"{numbers(plan, 'number', 'decided', 'row, objected')}\nUNION ALL SELECT d.row, d.objected, h.number\n"
        "FROM {hidden_numbers} h JOIN {decided} d ON h.row = d.row"
    )


THEIR_HIDDEN = """
SELECT DISTINCT number FROM {hidden_numbers}
LEFT SEMI JOIN (SELECT row FROM {near} UNION ALL SELECT row FROM {of_keys}) USING (row)
LEFT ANTI JOIN {objected_numbers} USING (number)
"""
"""The query for the numbers in cells that cannot be read of those people, but for those that an objection names."""

ROWS_OF_KEYS = "SELECT key, count(*) AS rows_of FROM {decided} LEFT SEMI JOIN {their_keys} USING (key) GROUP BY key"
ROWS_OF_NUMBERS = """
SELECT number, count(*) AS rows_of FROM {row_callable} LEFT SEMI JOIN {their_numbers} USING (number) GROUP BY number
"""
CALLED_ON = """
SELECT DISTINCT c.key, c.number, o.number IS NOT NULL AS objected
FROM {calls} c LEFT SEMI JOIN (
    SELECT key FROM {few_keys} UNION ALL SELECT key FROM {objected_keys} LEFT ANTI JOIN {wide_keys} USING (key)
) k ON c.key = k.key LEFT JOIN {objected_numbers} o ON c.number = o.number WHERE c.number IS NOT NULL
"""
"""The query for the numbers on which the people were called whom an objection names or reaches by an id."""

REACHED = """
SELECT DISTINCT row FROM (
    SELECT row FROM {of_keys} WHERE NOT objected
    UNION ALL SELECT row FROM {row_callable} LEFT SEMI JOIN {few_numbers} USING (number) WHERE NOT objected
)
"""
NOBODY = "SELECT row FROM {decided} LIMIT 0"

SEEN = """
SELECT role, count(DISTINCT k.key) AS ids, count(DISTINCT n.number) AS numbers FROM {in_force} i
LEFT JOIN {found} k ON i.key = k.key LEFT JOIN {found} n ON i.number = n.number GROUP BY role
"""
"""The query for how many ids and numbers of each source of objections stand in the list."""


def listed(plan: Plan) -> str:
    """Return the query for how many numbers of the list stand in the register."""
    each = " + ".join(f"count_if(listed_{i})" for i in range(len(plan.phones)))
    return f"SELECT {each} AS found FROM {{decided}}"


WINNERS = """
SELECT best.row AS row FROM (
    SELECT first_number, min(struct(decided_anchor IS NULL AS undated, -unix_date(decided_anchor) AS day, row)) AS best
    FROM {contending} GROUP BY first_number
)
"""
"""The query for the row that stays of those with one number: the latest anchor, then the first in the list.

It is a group and no window, so that a number that very many rows have is compared where those rows are.
"""

CONTENDING = (
    "SELECT row, first_number, decided_anchor FROM {decided} LEFT ANTI JOIN {reached} USING (row) WHERE reason = 0"
)


def settled(plan: Plan) -> str:
    """Return the query for the decisions as they stand: with the rows that are reached, then the duplicates."""
    objected, duplicate = reason_code("objected"), reason_code("duplicate")
    may_call = ", ".join(f"d.may_call_{i}" for i in range(len(plan.phones)))
    loses = "d.reason = 0 AND r.row IS NULL AND w.row IS NULL" if plan.keep_latest else "FALSE"
    joined = "\nLEFT JOIN {winners} w ON d.row = w.row" if plan.keep_latest else ""
    return (
        "SELECT d.row,\n"
        f"    CAST(CASE WHEN r.row IS NOT NULL THEN {objected} WHEN {loses} THEN {duplicate} ELSE d.reason END"
        " AS SMALLINT) AS reason,\n"
        f"    CAST(CASE WHEN r.row IS NOT NULL OR {loses} THEN 0 ELSE d.basis END AS SMALLINT) AS basis,\n"
        "    CASE WHEN r.row IS NULL THEN d.callable_until END AS callable_until,\n"
        f"    d.anchor, CAST(d.window AS SMALLINT) AS window, d.first_number, {may_call}\n"
        f"FROM {{decided}} d LEFT JOIN {{reached}} r ON d.row = r.row{joined}"
    )
