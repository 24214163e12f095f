"""The benchmark's lists in Polars: ``python polars_peer.py FOLDER OUT``."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import polars as pl

REASON = pl.Enum(
    str.split(
        "objected invalid_phone unknown_product missing_date unreadable_date future_date expired listed duplicate"
    )
)
TERMS = {"dagblad": "24mo", "weekblad": "12mo"}
NSN = r"^(?:(?:\+31|0031|31)0?|0)?(?:6[1-58]\d{7}|[1-57]\d{8}|8[4578]\d{7}|91\d{7})$"


def number_in(cell: pl.Expr) -> pl.Expr:
    """Return the Dutch number in a cell, without its zero or country code; nothing where there is none."""
    text = cell.str.strip_chars()
    text = pl.when(text.str.contains(r"^[0-9]+\.0$")).then(text.str.strip_suffix(".0")).otherwise(text)
    bare = text.str.replace_all(r"[-.()\p{Zs}]", "")
    return pl.when(bare.str.contains(NSN)).then(bare.str.tail(9)).cast(pl.Int32)


def day_in(cell: pl.Expr) -> pl.Expr:
    """Return the day in a cell; nothing where it is not written with four, two and two digits."""
    return pl.when(cell.str.len_bytes() == 10).then(cell.str.to_date("%Y-%m-%d", strict=False))


def text_in(column: str) -> pl.Expr:
    """Return a trimmed cell; nothing where it is empty."""
    text = pl.col(column).str.strip_chars()
    return pl.when(text != "").then(text)


def decide(folder: Path, as_of: date) -> pl.DataFrame:
    """Return a reason, or none, for each row of the call list, and what is written beside it."""
    objections = (
        pl.scan_csv(folder / "objections.csv", infer_schema=False)
        .filter((day_in(pl.col("ingetrokken_op")) <= as_of).fill_null(value=False).not_())
        .select(number=number_in(pl.col("telefoon")), customer_id=text_in("klantnummer"))
        .collect()
    )
    register = (
        pl.scan_csv(folder / "register.txt", has_header=False, new_columns=["number"], infer_schema=False)
        .select(pl.col("number").str.tail(9).cast(pl.Int32))
        .collect()["number"]
    )
    bought, ended, active = pl.col("bought"), pl.col("ended"), pl.col("active")
    spoilt = (pl.col("bought_text").is_not_null() & bought.is_null()) | (
        pl.col("ended_text").is_not_null() & ended.is_null()
    )
    term = pl.col("product")
    ends = (
        pl.when(term == "dagblad")
        .then(pl.col("anchor").dt.offset_by(TERMS["dagblad"]))
        .when(term == "weekblad")
        .then(pl.col("anchor").dt.offset_by(TERMS["weekblad"]))
    )
    objected = pl.col("customer_id").is_in(objections["customer_id"].drop_nulls().implode()) | pl.col("number").is_in(
        objections["number"].drop_nulls().implode()
    )
    rules = {
        "objected": objected,
        "invalid_phone": pl.col("number").is_null(),
        "unknown_product": ~term.is_in(list(TERMS)),
        "missing_date": ~active & pl.col("bought_text").is_null() & pl.col("ended_text").is_null(),
        "unreadable_date": ~active & spoilt,
        "future_date": ~active & (bought > as_of),
        "expired": pl.col("ends") < as_of,
        "listed": pl.col("number").is_in(register.implode()),
    }
    reason = pl.lit(None, dtype=REASON)
    for name in reversed(REASON.categories.to_list()[:-1]):
        reason = pl.when(rules[name]).then(pl.lit(name, dtype=REASON)).otherwise(reason)
    return (
        pl.scan_csv(folder / "call_list.csv", infer_schema=False)
        .select(
            customer_id=pl.col("klantnummer").str.strip_chars(),
            product=pl.col("product").str.strip_chars(),
            number=number_in(pl.col("telefoon")),
            bought_text=text_in("laatste_aankoop"),
            ended_text=text_in("einddatum"),
        )
        .with_columns(bought=day_in(pl.col("bought_text")), ended=day_in(pl.col("ended_text")))
        .with_columns(active=(ended > as_of).fill_null(value=False))
        .with_columns(anchor=pl.when(active).then(pl.lit(as_of)).otherwise(pl.max_horizontal(bought, ended)))
        .with_columns(ends=ends)
        .select("customer_id", "product", "number", "anchor", "ends", reason=reason)
        .with_row_index("row", offset=1)
        .collect()
    )


def main(folder: Path, out: Path, as_of: date = date(2026, 11, 23), screened_until: date = date(2026, 12, 14)) -> None:
    """Make both lists."""
    out.mkdir(parents=True, exist_ok=True)
    decided = decide(folder, as_of)
    left = decided.filter(pl.col("reason").is_null()).select("row", "number", "anchor")
    twice = left.filter(pl.col("number").is_duplicated()).sort("anchor", "row", descending=[True, False])
    later = twice.filter(~pl.col("number").is_first_distinct())["row"]
    keeps = decided["reason"].is_null().scatter(later - 1, values=False)
    until = pl.min_horizontal("ends", pl.lit(screened_until))
    decided = decided.with_columns(
        reason=pl.when(pl.col("reason").is_null() & ~keeps).then(pl.lit("duplicate", dtype=REASON)).otherwise("reason"),
        until=pl.when(pl.col("reason").is_null()).then(until).when(pl.col("reason") == "expired").then("ends"),
    )
    dropped = decided.lazy().filter(~keeps).select("row", "customer_id", "product", "reason", callable_until="until")
    notes = decided.lazy().select(keeps=keeps, callable_until="until")
    callable_rows = (
        pl.concat([pl.scan_csv(folder / "call_list.csv", infer_schema=False), notes], how="horizontal")
        .filter("keeps")
        .drop("keeps")
    )
    header = [name for name in callable_rows.collect_schema().names() if name != "callable_until"]
    callable_rows = callable_rows.select(*header, pl.lit("customer").alias("basis"), "callable_until")
    pl.collect_all(
        [callable_rows.sink_csv(out / "callable.csv", lazy=True), dropped.sink_csv(out / "dropped.csv", lazy=True)]
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
