"""The benchmark's lists in DuckDB SQL: ``python duckdb_peer.py FOLDER OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb

NUMBER = r"""
    CREATE MACRO without_float(cell) AS
        CASE WHEN ends_with(cell, '.0') AND regexp_full_match(cell, '[0-9]+\.0') THEN left(cell, -2) ELSE cell END;
    CREATE MACRO bare(cell) AS regexp_replace(without_float(trim(cell)), '[-.()\p{Zs}]', '', 'g');
    CREATE MACRO number_in(cell) AS CASE
        WHEN regexp_matches(bare(cell), '^(?:(?:\+31|0031|31)0?|0)?(6[1-58]\d{7}|[1-57]\d{8}|8[4578]\d{7}|91\d{7})$')
        THEN CAST(right(bare(cell), 9) AS INTEGER) END;
"""

SOURCES = r"""
    CREATE TABLE objections AS
        SELECT number_in(telefoon) AS number, nullif(trim(klantnummer), '') AS customer_id
        FROM read_csv('{folder}/objections.csv', all_varchar = true)
        WHERE try_strptime(ingetrokken_op, '%Y-%m-%d') IS NULL
           OR try_strptime(ingetrokken_op, '%Y-%m-%d') > DATE '{as_of}';
    CREATE TABLE register AS
        SELECT CAST(number AS INTEGER) AS number
        FROM read_csv('{folder}/register.txt', header = false, columns = {{'number': 'VARCHAR'}});
"""

DECIDED = r"""
    CREATE TABLE list AS FROM read_csv('{folder}/call_list.csv', all_varchar = true);
    CREATE TABLE decided AS
    WITH parsed AS (
        SELECT rowid + 1 AS row, trim(klantnummer) AS customer_id, trim(product) AS of_product, number_in(telefoon) AS number,
            nullif(trim(laatste_aankoop), '') AS bought_text, nullif(trim(einddatum), '') AS ended_text,
            CASE WHEN length(bought_text) = 10 THEN try_cast(bought_text AS DATE) END AS bought,
            CASE WHEN length(ended_text) = 10 THEN try_cast(ended_text AS DATE) END AS ended,
            coalesce(ended > DATE '{as_of}', false) AS active,
            CASE WHEN active THEN DATE '{as_of}' ELSE greatest(bought, ended) END AS anchor,
            CASE of_product WHEN 'dagblad' THEN 24 WHEN 'weekblad' THEN 12 END AS months,
            CAST(anchor + to_months(months) AS DATE) AS ends,
        FROM list
    )
    SELECT row, customer_id, of_product AS product, number, anchor, ends,
        CASE
            WHEN customer_id IN (SELECT customer_id FROM objections WHERE customer_id IS NOT NULL)
              OR number IN (SELECT number FROM objections WHERE number IS NOT NULL) THEN 'objected'
            WHEN number IS NULL THEN 'invalid_phone'
            WHEN months IS NULL THEN 'unknown_product'
            WHEN NOT active AND bought_text IS NULL AND ended_text IS NULL THEN 'missing_date'
            WHEN NOT active AND (bought_text IS NOT NULL AND bought IS NULL OR ended_text IS NOT NULL AND ended IS NULL)
                THEN 'unreadable_date'
            WHEN NOT active AND bought > DATE '{as_of}' THEN 'future_date'
            WHEN ends < DATE '{as_of}' THEN 'expired'
            WHEN number IN (FROM register) THEN 'listed'
        END AS reason
    FROM parsed;

    UPDATE decided SET reason = 'duplicate' FROM (
        SELECT row AS later FROM decided WHERE reason IS NULL
        QUALIFY row_number() OVER (PARTITION BY number ORDER BY anchor DESC, row) > 1
    ) WHERE row = later;
"""

LISTS = r"""
    COPY (
        SELECT list.*, 'customer' AS basis, least(ends, DATE '{screened_until}') AS callable_until
        FROM list JOIN decided ON row = list.rowid + 1
        WHERE reason IS NULL
        ORDER BY row
    ) TO '{out}/callable.csv' (HEADER);
    COPY (
        SELECT row, customer_id, product, reason,
            CASE reason
                WHEN 'expired' THEN ends
                WHEN 'duplicate' THEN least(ends, DATE '{screened_until}')
            END AS callable_until
        FROM decided
        WHERE reason IS NOT NULL
        ORDER BY row
    ) TO '{out}/dropped.csv' (HEADER);
"""


def main(folder: Path, out: Path, as_of: str = "2026-11-23", screened_until: str = "2026-12-14") -> None:
    """Make both lists."""
    out.mkdir(parents=True, exist_ok=True)
    names = {"folder": folder, "out": out, "as_of": as_of, "screened_until": screened_until}
    with duckdb.connect() as connection:
        for statements in (NUMBER, SOURCES.format(**names), DECIDED.format(**names), LISTS.format(**names)):
            connection.execute(statements)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
