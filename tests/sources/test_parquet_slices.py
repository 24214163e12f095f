"""Where a Parquet file is cut, and the slice that is read before it is asked for."""

import struct
import threading
from contextlib import suppress
from itertools import accumulate

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from balansfilter.errors import SourceError
from balansfilter.fs.thrift import Long, NoStructureError, ThriftReader, thrift
from balansfilter.sources.parquet_slices import Cuts, SlicesAhead, ends_of_groups

ROWS = 1000

# --- thrift -------------------------------------------------------------------------------------------------------

numbers = st.integers(-(2**31), 2**31 - 1)
longs = st.integers(-(2**63), 2**63 - 1)
leaves = st.one_of(numbers, longs.map(Long), st.text(max_size=20), st.binary(max_size=20))


def structures(values):
    return st.dictionaries(st.integers(1, 15), values, max_size=4).map(lambda fields: dict(sorted(fields.items())))


values = st.recursive(
    leaves,
    lambda inner: structures(inner) | st.lists(numbers, max_size=20) | st.lists(structures(leaves), max_size=20),
    max_leaves=20,
)


def as_read(value):
    if isinstance(value, dict):
        return {number: as_read(inner) for number, inner in value.items()}
    if isinstance(value, list):
        return [as_read(inner) for inner in value]
    return value.encode() if isinstance(value, str) else value


@given(structures(values))
def test_what_is_written_is_read_again(fields):
    assert ThriftReader(thrift(fields)).structure() == as_read(fields)


@given(structures(values), st.data())
def test_what_is_cut_off_is_refused(fields, data):
    whole = thrift(fields)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(NoStructureError):
        ThriftReader(whole[:cut]).structure()


@given(st.binary(max_size=200))
def test_of_any_bytes_a_structure_is_made_or_they_are_refused(data):
    with suppress(NoStructureError):
        assert isinstance(ThriftReader(data).structure(), dict)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\x1c" * 100_000, id="structures in structures"),
        pytest.param(b"\x19" * 100_000, id="lists in lists"),
        pytest.param(b"\x15" + b"\xff" * 100_000, id="a number without end"),
        pytest.param(b"\x18" + b"\xff" * 9 + b"\x01", id="a text longer than memory"),
        pytest.param(b"\x19\xf5" + b"\xff" * 9 + b"\x01" + b"\0" * 100, id="a list longer than memory"),
        pytest.param(b"\x1b\0", id="a map"),
    ],
)
def test_bombs_are_refused(data):
    with pytest.raises(NoStructureError):
        ThriftReader(data).structure()


def test_of_a_number_with_a_fraction_and_of_what_is_or_is_not_something_is_read_too():
    data = b"\x17" + struct.pack("<d", 0.5) + b"\x11\x12\x13\x07\x19\x21\x01\x02\x16\x03\0"
    assert ThriftReader(data).structure() == {
        1: struct.pack("<d", 0.5),
        2: True,
        3: False,
        4: 7,
        5: [True, False],
        6: -2,
    }


# --- row groups ---------------------------------------------------------------------------------------------------


@pytest.fixture
def frame():
    return pl.DataFrame({"id": [f"K{n}" for n in range(ROWS)], "n": range(ROWS), "x": [n / 7 for n in range(ROWS)]})


def groups_by_duckdb(path):
    found = duckdb.execute(
        f"SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('{path}') ORDER BY 1"
    ).fetchall()
    return list(accumulate(rows for _, rows in found))


@pytest.mark.parametrize("size", [1, 7, 100, 999, 1000, 5000])
def test_where_row_groups_end_is_what_polars_wrote(tmp_path, frame, size):
    path = tmp_path / "list.parquet"
    frame.write_parquet(path, row_group_size=size)
    assert ends_of_groups(path, ROWS) == groups_by_duckdb(path)


def test_where_row_groups_end_is_what_duckdb_wrote(tmp_path):
    path = tmp_path / "list.parquet"
    duckdb.execute(f"COPY (SELECT range AS n FROM range(10000)) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 2048)")
    assert len(groups_by_duckdb(path)) > 1
    assert ends_of_groups(path, 10_000) == groups_by_duckdb(path)


def test_a_file_without_rows_ends_where_it_begins(tmp_path, frame):
    path = tmp_path / "list.parquet"
    frame.clear().write_parquet(path)
    assert ends_of_groups(path, 0) == [0]
    assert list(Cuts([0], 10)) == []


def test_a_footer_that_tells_other_rows_or_none_tells_nothing(tmp_path, frame):
    path = tmp_path / "list.parquet"
    frame.write_parquet(path, row_group_size=100)
    assert ends_of_groups(path, ROWS + 1) == [ROWS + 1]
    assert ends_of_groups(tmp_path / "none.parquet", ROWS) == [ROWS]


def footer(groups):
    data = thrift({1: 2, 4: groups})
    return data + len(data).to_bytes(4, "little") + b"PAR1"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PAR1",
        b"\xff\xff\xff\xffPAR1",
        b"\xff\xff\0\0PAR1",
        b"\0\0\0\0PAR1",
        footer([{3: Long(ROWS + 1)}, {3: Long(-1)}]),
        footer([{2: Long(ROWS)}]),
        footer([{3: "text"}]),
        footer([ROWS]),
        footer("text"),
        footer([{3: Long(1), 4: "x" * (1 << 18)}, {3: Long(ROWS - 1)}]),
    ],
    ids=range(11),
)
def test_a_footer_that_is_odd_tells_nothing(tmp_path, data):
    path = tmp_path / "list.parquet"
    path.write_bytes(data)
    assert ends_of_groups(path, ROWS) == [ROWS]


# --- cuts ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 300), min_size=1, max_size=30), st.integers(1, 400))
def test_slices_are_all_rows_in_order_and_none_is_much_too_large(sizes, rows):
    ends = list(accumulate(sizes))
    slices = list(Cuts(ends, rows))
    assert [row for each in slices for row in each] == list(range(ends[-1]))
    assert all(0 < len(each) <= rows + rows // 4 for each in slices)


@given(st.integers(1, 100), st.integers(1, 50), st.integers(4, 1000))
def test_small_row_groups_are_not_cut(size, count, rows):
    rows = max(rows, 2 * size)
    ends = [size * n for n in range(1, count + 1)]
    assert {each.stop for each in Cuts(ends, rows)} <= set(ends)


@pytest.mark.parametrize(
    ("ends", "expected"),
    [([1000], [250] * 4), ([500, 1000], [250] * 4), ([301, 602], [301, 301]), ([10, 1010], [253, 253, 252, 252])],
)
def test_large_row_groups_fall_into_parts_of_one_size(ends, expected):
    assert [len(each) for each in Cuts(ends, 300)] == expected


# --- reading ahead ------------------------------------------------------------------------------------------------


class Reading:
    """Reads slices, and notes which."""

    def __init__(self):
        self.begun, self.may_go_on, self.broken = [], threading.Event(), set()
        self.may_go_on.set()

    def __call__(self, rows):
        self.begun.append(rows.start)
        self.may_go_on.wait(10)
        if rows.start in self.broken:
            raise SourceError([])
        return pl.DataFrame({"n": rows})


@pytest.fixture
def cuts():
    return Cuts([50], 10)


FIVE = [range(n, n + 10) for n in range(0, 50, 10)]


def starts(frame):
    return frame["n"][0]


def test_slices_are_taken_in_order_and_each_is_read_once(cuts):
    reading = Reading()
    ahead = SlicesAhead(reading, cuts)
    assert [starts(ahead.take(rows)) for rows in cuts] == [0, 10, 20, 30, 40]
    assert sorted(reading.begun) == [0, 10, 20, 30, 40]


@given(st.lists(st.sampled_from(FIVE), max_size=12))
def test_slices_may_be_taken_in_any_order_and_again(order):
    ahead = SlicesAhead(Reading(), Cuts([50], 10))
    assert [starts(ahead.take(rows)) for rows in order] == [rows.start for rows in order]


def test_slices_may_be_taken_by_many_threads_at_once(cuts):
    ahead, taken = SlicesAhead(Reading(), cuts), []
    threads = [
        threading.Thread(target=lambda rows=rows: taken.append((rows.start, starts(ahead.take(rows))))) for rows in FIVE
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(taken) == [(n, n) for n in range(0, 50, 10)]


def test_the_first_slices_wait_to_be_taken_and_later_on_one_at_most():
    reading = Reading()
    ahead = SlicesAhead(reading, Cuts([70], 10))
    begun = []
    for n in range(5):
        ahead._thread.submit(int).result(10)
        begun.append(len(reading.begun))
        ahead.take(range(10 * n, 10 * n + 10))
    assert begun == [3, 3, 3, 4, 5]


def test_an_error_belongs_to_its_slice(cuts):
    reading = Reading()
    reading.broken = {20}
    ahead = SlicesAhead(reading, cuts)
    assert [starts(ahead.take(rows)) for rows in FIVE[:2]] == [0, 10]
    with pytest.raises(SourceError):
        ahead.take(FIVE[2])
    assert [starts(ahead.take(rows)) for rows in FIVE[3:]] == [30, 40]


def test_whoever_takes_no_more_holds_nothing_up_and_leaves_no_thread(cuts):
    ahead = SlicesAhead(Reading(), cuts)
    ahead.take(FIVE[0])
    (thread,) = ahead._thread._threads
    del ahead
    thread.join(10)
    assert not thread.is_alive()


def test_a_file_of_one_slice_needs_no_thread():
    ahead = SlicesAhead(Reading(), Cuts([10], 10))
    assert starts(ahead.take(range(10))) == 0
    assert not ahead._thread._threads


def test_of_rows_that_nobody_has_seen_no_list_is_made():
    assert next(iter(Cuts([1 << 62], 1))) == range(1)
