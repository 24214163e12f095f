"""What DuckDB is asked about the people of a list: its own joins, windows and terms. The rules are not in here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from balansfilter.decision.plan import Plan
from balansfilter.decision.reasons import reason_code
from balansfilter.engines.polars.reach import MOST_ROWS
from balansfilter.policy.values import Span

Statement = tuple[str, str]
"""The name of a table, and the query that makes it."""


def written_day(day: date | None) -> str:
    """Return a day as DuckDB writes it."""
    return "NULL::DATE" if day is None else f"DATE '{day.isoformat()}'"


def interval(span: Span) -> str:
    """Return a span as DuckDB writes it; months and years are counted in one step, to the end of a shorter month."""
    return f"INTERVAL {span.count} {span.unit.upper()}"


def text(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def plan_tables(plan: Plan) -> Iterator[Statement]:
    """Return the plan as two small tables: the balanstests, and which of them holds for each product."""
    windows = [
        f"({i}::SMALLINT, {written_day(window.earliest_anchor)}, {written_day(window.latest_anchor)}, "
        f"{'NULL' if window.max_attempts is None else window.max_attempts}::BIGINT, "
        f"{written_day(window.attempts_after)}, {interval(window.max_term)})"
        for i, window in enumerate(plan.windows)
    ]
    columns = '"window", earliest_anchor, latest_anchor, max_attempts, attempts_after, term'
    nothing = "(NULL::SMALLINT, NULL::DATE, NULL::DATE, NULL::BIGINT, NULL::DATE, NULL::INTERVAL)"
    yield "windows", f"SELECT * FROM (VALUES {_lines(windows or [nothing])}) AS windows({columns})"
    products = [f"({text(product)}, {window}::SMALLINT)" for product, window in plan.products.items()]
    nothing = "(NULL::VARCHAR, NULL::SMALLINT)"
    yield "products", f'SELECT * FROM (VALUES {_lines(products or [nothing])}) AS products(product, "window")'


def _lines(values: list[str]) -> str:
    return ",\n  ".join(values)


def people_tables(plan: Plan) -> Iterator[Statement]:
    """Return who objected, and what each row of the list has to do with objections, the register and calls."""
    yield "row_numbers", _numbers(plan, "valid")
    yield "hidden_numbers", _HIDDEN
    yield "protected_numbers", 'SELECT "row", number FROM row_numbers UNION SELECT "row", number FROM hidden_numbers'
    yield "objections_by_call", _STANDING
    yield "in_force", _IN_FORCE
    yield "objected_numbers", "SELECT DISTINCT number FROM in_force WHERE number IS NOT NULL"
    yield "objected_keys", "SELECT DISTINCT key FROM in_force WHERE key <> ''"
    yield "listed_numbers", "SELECT DISTINCT number FROM register"
    yield "hits", _HITS
    general = "NULL" if plan.general_window is None else str(plan.general_window)
    window = f'coalesce(p."window", {general}::SMALLINT) AS "window"'
    yield "weighed", f'SELECT c."row", {window} FROM cells c LEFT JOIN products p USING (product)'
    yield "called", _called(plan)
    yield "first_calls", _FIRST_CALLS if plan.asks_for_use else _NO_FIRST_CALLS


def _numbers(plan: Plan, fact: str) -> str:
    """Return the query for the different numbers of each row."""
    if len(plan.phones) == 1:
        return f'SELECT "row", {fact}_0 AS number FROM cells WHERE {fact}_0 IS NOT NULL'
    columns = ", ".join(f"{fact}_{i}" for i in range(len(plan.phones)))
    return f'SELECT DISTINCT * FROM (SELECT "row", unnest([{columns}]) AS number FROM cells) WHERE number IS NOT NULL'


_HIDDEN = """
SELECT "row", unnest(string_split(hidden, ' '))::UBIGINT AS number FROM cells WHERE hidden IS NOT NULL
""".strip()
"""The numbers in cells that cannot be read, against which objections are held as well."""

_IN_FORCE = """
SELECT role, number, key FROM objectors
UNION ALL SELECT 'contacts' AS role, number, key FROM objections_by_call
""".strip()

_HITS = """
SELECT "row" FROM cells SEMI JOIN objected_keys USING (key)
UNION SELECT "row" FROM protected_numbers SEMI JOIN objected_numbers USING (number)
""".strip()

_NO_FIRST_CALLS = 'SELECT NULL::UBIGINT AS "row", NULL::DATE AS day LIMIT 0'

_STANDING = """
WITH objections AS (
    SELECT key, number, day FROM calls WHERE objected UNION ALL SELECT key, number, day FROM meant_by_calls
),
ended AS (SELECT *, row_number() OVER () AS line FROM objections),
taken_back AS (
    SELECT line FROM ended e JOIN withdrawals w ON e.key = w.key AND e.key <> '' AND w.day > e.day
    UNION
    SELECT line FROM ended e JOIN withdrawals w ON e.number = w.number AND w.day > e.day
    WHERE e.key = '' OR w.key = ''
)
SELECT number, key FROM ended WHERE line NOT IN (SELECT line FROM taken_back)
""".strip()


def _called(plan: Plan) -> str:
    """Count the different calls to the person of a row within the window of its balanstest."""
    if not plan.limits_attempts:
        return 'SELECT NULL::UBIGINT AS "row", NULL::BIGINT AS attempts LIMIT 0'
    counted = f"(k.day IS NULL OR (k.day > l.attempts_after AND k.day <= {written_day(plan.as_of)}))"
    return (
        'WITH limited AS (\n    SELECT "row", attempts_after FROM weighed JOIN windows USING ("window")\n'
        "    WHERE attempts_after IS NOT NULL\n),\nmatched AS (\n"
        '    SELECT l."row", k.call FROM limited l JOIN cells c USING ("row") JOIN calls k ON c.key = k.key\n'
        f"    WHERE c.key <> '' AND {counted}\n"
        '    UNION\n    SELECT l."row", k.call FROM limited l JOIN row_numbers n USING ("row")\n'
        f"    JOIN calls k ON n.number = k.number WHERE {counted}\n)\n"
        'SELECT "row", count(*) AS attempts FROM matched GROUP BY "row"'
    )


_FIRST_CALLS = """
SELECT "row", min(day) AS day FROM (
    SELECT c."row", k.day FROM cells c JOIN calls k ON c.key = k.key WHERE c.key <> '' AND k.day > c.consent_on
    UNION ALL
    SELECT c."row", k.day FROM cells c JOIN row_numbers n USING ("row") JOIN calls k ON n.number = k.number
    WHERE k.day > c.consent_on
) GROUP BY "row"
""".strip()


def facts(plan: Plan) -> str:
    """Return the query for what the rules are asked about, but for what follows from it."""
    phones = range(len(plan.phones))
    listed = [f"r{i}.number IS NOT NULL AS listed_{i}" for i in phones]
    joins = [f"LEFT JOIN listed_numbers r{i} ON c.number_{i} = r{i}.number" for i in phones]
    within = plan.first_call_within
    used_by = f"CAST(c.consent_on + {interval(within)} AS DATE)" if within else "NULL::DATE"
    ended = (
        f"CAST(c.consent_on + {interval(plan.consent_valid_for)} AS DATE)" if plan.consent_valid_for else "NULL::DATE"
    )
    return (
        'SELECT c.*, w."window", t.earliest_anchor, t.latest_anchor, t.max_attempts, t.term,\n'
        f"    {', '.join(listed)},\n"
        '    h."row" IS NOT NULL AS objected, coalesce(k.attempts, 0) AS attempts,\n'
        f"    f.day AS first_call_on, {used_by} AS consent_used_by, {ended} AS consent_end\n"
        'FROM cells c JOIN weighed w USING ("row") LEFT JOIN windows t USING ("window")\n'
        + "\n".join(joins)
        + '\nLEFT JOIN hits h USING ("row") LEFT JOIN called k USING ("row") LEFT JOIN first_calls f USING ("row")'
    )


def reach_tables(plan: Plan) -> Iterator[Statement]:
    """Return the rows that an objection reaches beyond those that it hits: :mod:`balansfilter.engines.polars.reach`."""
    if not plan.reaches_person:
        yield "reached", 'SELECT "row" FROM decided LIMIT 0'
        return
    named = f'{_numbers(plan, "number")}\nUNION SELECT "row", number FROM hidden_numbers'
    yield "row_callable", named
    yield from ((name, query.strip().format(most=MOST_ROWS)) for name, query in _REACH.items())


_REACH = {
    "wide_numbers": """
SELECT number FROM protected_numbers SEMI JOIN objected_numbers USING (number) GROUP BY number HAVING count(*) > {most}
""",
    "wide_keys": """
SELECT key FROM cells SEMI JOIN objected_keys USING (key) GROUP BY key HAVING count(*) > {most}
""",
    "near_numbers": "SELECT number FROM objected_numbers ANTI JOIN wide_numbers USING (number)",
    "near_keys": "SELECT key FROM objected_keys ANTI JOIN wide_keys USING (key)",
    "near": """
SELECT "row" FROM cells SEMI JOIN near_keys USING (key)
UNION SELECT "row" FROM row_callable SEMI JOIN near_numbers USING (number)
""",
    "their_keys": """
SELECT DISTINCT key FROM cells SEMI JOIN near USING ("row") ANTI JOIN wide_keys USING (key) WHERE key <> ''
""",
    "of_their_keys": """
SELECT "row", key FROM cells SEMI JOIN their_keys USING (key) QUALIFY count(*) OVER (PARTITION BY key) <= {most}
""",
    "person_rows": 'SELECT "row" FROM near UNION SELECT "row" FROM of_their_keys',
    "person_keys": """
SELECT key FROM of_their_keys UNION SELECT key FROM near_keys
""",
    "their_calls": """
SELECT number FROM (SELECT DISTINCT key, number FROM calls SEMI JOIN person_keys USING (key) WHERE number IS NOT NULL)
QUALIFY count(*) OVER (PARTITION BY key) <= {most}
""",
    "their_numbers": """
SELECT number FROM (
    SELECT number FROM row_callable SEMI JOIN person_rows USING ("row")
    UNION SELECT number FROM their_calls
) ANTI JOIN objected_numbers USING (number)
""",
    "of_their_numbers": """
SELECT "row", number FROM row_callable SEMI JOIN their_numbers USING (number)
QUALIFY count(*) OVER (PARTITION BY number) <= {most}
""",
    "reached": """
SELECT "row" FROM of_their_keys ANTI JOIN hits USING ("row")
UNION SELECT "row" FROM of_their_numbers ANTI JOIN hits USING ("row")
""",
}


WIDELY_SHARED = (
    f"""
SELECT (SELECT count(*) FROM cells SEMI JOIN wide_keys USING (key)) + (
    SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM cells SEMI JOIN their_keys USING (key) GROUP BY key)
    WHERE n > {MOST_ROWS}
)
""",
    f"""
SELECT (SELECT count(*) FROM protected_numbers SEMI JOIN wide_numbers USING (number)) + (
    SELECT coalesce(sum(n), 0)
    FROM (SELECT count(*) AS n FROM row_callable SEMI JOIN their_numbers USING (number) GROUP BY number)
    WHERE n > {MOST_ROWS}
)
""",
)
"""The queries for how many rows have an id, and a number, of an objector that more rows share than one person has."""

SEEN = """
SELECT role, count(DISTINCT key) FILTER (key <> '' AND key IN (SELECT key FROM cells)),
    count(DISTINCT number) FILTER (number IN (SELECT number FROM protected_numbers))
FROM in_force GROUP BY role
"""


def listed(plan: Plan) -> str:
    """Return the query for how many numbers of the list stand in the register."""
    each = (f"count(*) FILTER (listed_{i})" for i in range(len(plan.phones)))
    return f"SELECT {' + '.join(each)} FROM facts"


def settled(plan: Plan) -> str:
    """Return the query for the decisions as they stand: with the rows that are reached, then the duplicates."""
    objected, duplicate = reason_code("objected"), reason_code("duplicate")
    first = 'row_number() OVER (PARTITION BY first_number ORDER BY decided_anchor DESC NULLS LAST, "row")'
    may_call = ", ".join(f"may_call_{i}" for i in range(len(plan.phones)))
    loses = 'd.reason = 0 AND r."row" IS NULL AND c.place > 1' if plan.keep_latest else "FALSE"
    return (
        "WITH contenders AS (\n"
        f'    SELECT "row", {first} AS place FROM decided ANTI JOIN reached USING ("row") WHERE reason = 0\n)\n'
        'SELECT d."row",\n'
        f'    CAST(CASE WHEN r."row" IS NOT NULL THEN {objected} WHEN {loses} THEN {duplicate} ELSE d.reason END'
        " AS UTINYINT) AS reason,\n"
        f'    CAST(CASE WHEN r."row" IS NOT NULL OR {loses} THEN 0 ELSE d.basis END AS UTINYINT) AS basis,\n'
        '    CASE WHEN r."row" IS NULL THEN d.callable_until END AS callable_until,\n'
        f'    d.anchor, d."window", d.first_number, {may_call}\n'
        'FROM decided d LEFT JOIN reached r USING ("row") LEFT JOIN contenders c USING ("row")'
    )
