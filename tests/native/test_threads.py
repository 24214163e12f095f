"""Threads may begin at the same moment: what libraries look up late has been looked up before."""

from __future__ import annotations

import subprocess
import sys

LATE = """
import polars as pl
import polars._dependencies as late

lazily = type(late.numpy)
assert lazily.__name__ == "_LazyModule", "this test has to begin without NumPy"
import balansfilter.native

usual = lazily._import

def look_up(module):
    found = usual(module)
    if "_globals" in vars(found):
        raise SystemExit(f"{module.__name__} is looked up by whoever asks first, and fails for the second")
    return found

lazily._import = look_up
from balansfilter.phone.reader import read_phones

print(read_phones(pl.Series(["0612345678", "06 - 87 65 43 21", "(06) 12 34 56 79"]), "NL").number.to_list())
"""


def test_numpy_has_been_looked_up_by_polars_before_there_are_threads() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, text=True, check=False)
    assert done.stdout == "[31612345678, 31687654321, 31612345679]\n", done.stderr
