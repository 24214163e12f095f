"""Wilson's interval equals a reference library's and published values; sums and ratios are what they say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from balansfilter.balanstest.rates import MAX_WIDTH, Interval, Rate, ratio, weighted_sum, wilson

COUNTS = st.integers(1, 10**7).flatmap(lambda calls: st.tuples(st.integers(0, calls), st.just(calls)))


@given(COUNTS)
def test_wilson_equals_scipy(counts: tuple[int, int]) -> None:
    count, calls = counts
    reference = binomtest(count, calls).proportion_ci(0.95, method="wilson")
    found = wilson(count, calls)
    assert found.low == pytest.approx(reference.low, abs=1e-12)
    assert found.high == pytest.approx(reference.high, abs=1e-12)
    assert found.value == count / calls


@pytest.mark.parametrize(
    ("count", "calls", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_equals_the_values_that_newcombe_published_in_1998(count, calls, low, high) -> None:
    found = wilson(count, calls)
    assert (round(found.low, 4), round(found.high or 0, 4)) == (low, high)


@pytest.mark.parametrize(("count", "calls"), [(0, 0), (-1, 5), (6, 5)])
def test_a_share_of_nothing_is_refused(count, calls) -> None:
    with pytest.raises(ValueError, match="at least one call"):
        wilson(count, calls)


def test_no_calls_have_no_interval_and_carry_nothing() -> None:
    assert Rate(0, 0).interval is None
    assert not Rate(0, 0).carries


@given(COUNTS)
def test_a_rate_carries_when_its_interval_is_narrow(counts: tuple[int, int]) -> None:
    found = wilson(*counts)
    assert Rate(*counts).carries == (found.high - found.low <= MAX_WIDTH)


@pytest.mark.parametrize(("share", "fewest"), [(0.0, 93), (0.05, 480), (0.10, 870)])
def test_the_number_of_calls_that_the_documentation_tells(share, fewest) -> None:
    carrying = next(n for n in range(1, 2000) if Rate(round(n * share), n).carries and round(n * share) == n * share)
    assert carrying == pytest.approx(fewest, rel=0.03)


@given(COUNTS, st.floats(0.1, 1000))
def test_the_sum_of_one_share_is_that_share(counts: tuple[int, int], weight: float) -> None:
    share = wilson(*counts)
    found = weighted_sum([(weight, share)])
    assert found.value == pytest.approx(weight * share.value)
    assert found.low == pytest.approx(weight * share.low, abs=1e-6)
    assert found.high == pytest.approx(weight * share.high, abs=1e-6)


def test_the_sum_of_shares_adds_their_squares() -> None:
    found = weighted_sum([(10, Interval(0.5, 0.2, 0.9)), (5, Interval(0.4, 0.2, 0.6))])
    assert found.value == pytest.approx(7.0)
    assert found.low == pytest.approx(7 - (9 + 1) ** 0.5)
    assert found.high == pytest.approx(7 + (16 + 1) ** 0.5)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_the_ratio_is_the_odds_of_the_reference_interval(count: int, per: int) -> None:
    reference = binomtest(count, count + per).proportion_ci(0.95, method="wilson")
    found = ratio(count, per)
    assert found is not None
    assert found.high is not None
    assert found.value == count / per
    assert found.low == pytest.approx(reference.low / (1 - reference.low), rel=1e-6, abs=1e-12)
    assert found.high == pytest.approx(reference.high / (1 - reference.high), rel=1e-6)


def test_there_is_no_ratio_to_nothing() -> None:
    assert ratio(5, 0) is None
