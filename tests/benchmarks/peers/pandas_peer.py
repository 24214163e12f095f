"""The benchmark's lists in pandas: ``python pandas_peer.py FOLDER OUT``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd

MONTHS = {"dagblad": 24, "weekblad": 12}
NSN = r"(?:(?:\+31|0031|31)0?|0)?(?:6[1-58][0-9]{7}|[1-57][0-9]{8}|8[4578][0-9]{7}|91[0-9]{7})"


def read(path: Path, **options: object) -> pd.DataFrame:
    """Read a file as text."""
    return pd.read_csv(path, dtype="str", keep_default_na=False, engine="pyarrow", **options)


def number_in(cells: pd.Series) -> pd.Series:
    """Return the Dutch number in each cell, without its zero or country code; 0 where there is none."""
    text = cells.str.strip()
    text = text.where(~text.str.fullmatch(r"[0-9]+\.0"), text.str.removesuffix(".0"))
    bare = text.str.replace("[-.() \u00a0\u2009\u202f]", "", regex=True)
    return bare.str[-9:].where(bare.str.fullmatch(NSN), "0").astype("int64")


def days_in(cells: pd.Series) -> pd.Series:
    """Return the day in each cell; none where it is not written with four, two and two digits."""
    return pd.to_datetime(cells.where(cells.str.len() == 10), format="%Y-%m-%d", errors="coerce")


def main(folder: Path, out: Path, as_of: str = "2026-11-23", screened_until: str = "2026-12-14") -> None:
    """Make both lists."""
    out.mkdir(parents=True, exist_ok=True)
    today, last = pd.Timestamp(as_of), pd.Timestamp(screened_until)
    objections = read(folder / "objections.csv")
    objections = objections[~(days_in(objections["ingetrokken_op"]) <= today)]
    objected_numbers = number_in(objections["telefoon"])
    objected_ids = objections["klantnummer"].str.strip()
    register = pd.read_csv(folder / "register.txt", header=None, engine="pyarrow")[0]

    calls = read(folder / "call_list.csv")
    ids, products = calls["klantnummer"].str.strip(), calls["product"].str.strip()
    bought_text, ended_text = calls["laatste_aankoop"].str.strip(), calls["einddatum"].str.strip()
    numbers, bought, ended = number_in(calls["telefoon"]), days_in(bought_text), days_in(ended_text)
    active = ended > today
    anchor = pd.Series(np.where(active, today, np.fmax(bought, ended)), index=calls.index)
    ends = pd.Series(pd.NaT, index=calls.index, dtype=anchor.dtype)
    for product, months in MONTHS.items():
        of_product = products == product
        ends[of_product] = anchor[of_product] + pd.DateOffset(months=months)
    spoilt = ((bought_text != "") & bought.isna()) | ((ended_text != "") & ended.isna())
    rules = {
        "objected": numbers.isin(objected_numbers[objected_numbers > 0]) | ids.isin(objected_ids[objected_ids != ""]),
        "invalid_phone": numbers == 0,
        "unknown_product": ~products.isin(list(MONTHS)),
        "missing_date": ~active & (bought_text == "") & (ended_text == ""),
        "unreadable_date": ~active & spoilt,
        "future_date": ~active & (bought > today),
        "expired": ends < today,
        "listed": numbers.isin(register),
    }
    reason = pd.Series(np.select(list(rules.values()), list(rules), default=""), index=calls.index)
    kept = pd.DataFrame({"number": numbers, "anchor": anchor})[reason == ""]
    kept = kept.sort_values("anchor", ascending=False, kind="stable")
    reason[kept.index[kept.duplicated("number")]] = "duplicate"

    until = ends.where(ends < last, last)
    callable_rows = calls[reason == ""].assign(basis="customer", callable_until=until.dt.strftime("%Y-%m-%d"))
    callable_rows.to_csv(out / "callable.csv", index=False)
    dropped = pd.DataFrame({"row": calls.index + 1, "customer_id": ids, "product": products, "reason": reason})
    shown = until.where(reason == "duplicate", ends.where(reason == "expired"))
    dropped["callable_until"] = shown.dt.strftime("%Y-%m-%d")
    dropped[reason != ""].to_csv(out / "dropped.csv", index=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
