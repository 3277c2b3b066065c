"""Statistics against plain computations on the list of samples."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.cloudwatch import statistics
from infra.local.cloudwatch.statistics import Summary, least_samples, parse
from infra.local.ports import AwsError

SAMPLES = st.lists(st.integers(0, 40).map(float), min_size=1, max_size=60)
BOUND = st.integers(-2, 42)


def summary(samples: list[float]) -> Summary:
    found = Summary()
    for sample in samples:
        found.add(sample)
    return found


@given(SAMPLES)
def test_simple_statistics_are_those_of_the_list(samples: list[float]) -> None:
    found = summary(samples)
    assert parse("SampleCount")(found) == len(samples)
    assert parse("Sum")(found) == sum(samples)
    assert parse("Average")(found) == pytest.approx(sum(samples) / len(samples))
    assert parse("Minimum")(found) == min(samples)
    assert parse("Maximum")(found) == max(samples)


@given(SAMPLES, st.decimals(0, 100, places=2))
def test_percentile_is_the_nearest_rank_of_the_sorted_list(
    samples: list[float], percent: object
) -> None:
    rank = max(1, math.ceil(Fraction(str(percent)) * len(samples) / 100))
    assert parse(f"p{percent}")(summary(samples)) == sorted(samples)[rank - 1]


def test_percentile_rank_is_not_moved_by_rounding() -> None:
    # 0.07 * 100 is 7.000000000000001 as floats, which would be the eighth sample.
    assert parse("p7")(summary([float(n) for n in range(1, 101)])) == 7


@given(SAMPLES, BOUND, BOUND)
def test_trimmed_statistics_count_the_half_open_range(
    samples: list[float], lower: int, upper: int
) -> None:
    if lower >= upper:
        lower, upper = upper, lower + 1
    inside = [sample for sample in samples if lower < sample <= upper]
    bounds, found = f"({lower}:{upper})", summary(samples)
    assert parse(f"TC{bounds}")(found) == len(inside)
    assert parse(f"TS{bounds}")(found) == sum(inside)
    assert parse(f"PR{bounds}")(found) == pytest.approx(100 * len(inside) / len(samples))
    mean = sum(inside) / len(inside) if inside else None
    assert parse(f"TM{bounds}")(found) == (None if mean is None else pytest.approx(mean))


@given(SAMPLES, BOUND)
def test_open_ranges_split_all_samples_in_two(samples: list[float], bound: int) -> None:
    found = summary(samples)
    below, above = parse(f"TC(:{bound})")(found), parse(f"TC({bound}:)")(found)
    assert below == sum(sample <= bound for sample in samples)
    assert above == sum(sample > bound for sample in samples)


@given(SAMPLES, SAMPLES, st.sampled_from(["Sum", "SampleCount", "Maximum", "p50", "TC(3:9)"]))
def test_merged_summaries_are_the_summary_of_all(
    first: list[float], second: list[float], stat: str
) -> None:
    merged = summary(first)
    merged.merge(summary(second))
    assert parse(stat)(merged) == parse(stat)(summary(first + second))


def test_weighted_values_count_as_often_as_they_weigh() -> None:
    found = Summary()
    found.add(1.0, 99.0)
    found.add(5.0)
    assert (parse("p99")(found), parse("p99.1")(found), parse("Sum")(found)) == (1, 5, 104)


@pytest.mark.parametrize("total", [6, 7])
@pytest.mark.parametrize("stat", ["p50", "TC(:3)", "PR(:3)", "TM(:3)", "TS(:3)"])
def test_statistic_set_of_unequal_samples_has_no_rank_statistics(stat: str, total: int) -> None:
    found = summary([1.0])
    found.add_set(count=2, total=total, low=3, high=4)
    assert parse(stat)(found) is None
    assert parse("Sum")(found) == total + 1


def test_statistic_set_of_equal_samples_stands_for_them() -> None:
    found = Summary()
    found.add_set(count=10, total=30, low=3, high=3)
    assert (parse("p50")(found), parse("TC(2:3)")(found)) == (3, 10)


@pytest.mark.parametrize("stat", ["p50", "TC(:3)", "PR(:3)"])
def test_negative_samples_have_no_rank_statistics(stat: str) -> None:
    assert parse(stat)(summary([-1.0, 2.0])) is None


@pytest.mark.parametrize("stat", ["tm99", "tc90", "ts95.5", "wm98", "IQM", "TM(2%:98%)", "WM(1:2)"])
def test_statistic_that_only_aws_has_is_refused_by_name(stat: str) -> None:
    with pytest.raises(AwsError, match="does not emulate") as caught:
        parse(stat)
    assert stat in caught.value.message


@pytest.mark.parametrize(
    "stat",
    [
        "",
        "avg",
        "average",
        "Median",
        "p",
        "p101",
        "p100.5",
        "p-1",
        "P99",
        "p99.12345678901",
        "TC(:)",
        "TC(3)",
        "TC(5:5)",
        "TC(7:5)",
        "PR(1e3:)",
        "tc(1:2)",
        " Sum",
    ],
)
def test_unknown_statistic_is_an_error_and_never_a_guess(stat: str) -> None:
    with pytest.raises(AwsError, match="is not accepted") as caught:
        parse(stat)
    assert repr(stat) in caught.value.message


@pytest.mark.parametrize(
    ("stat", "least"), [("p99", 1000), ("p50", 20), ("p10", 100), ("p99.9", 10_000), ("p100", 0)]
)
def test_significant_percentile_needs_the_documented_number_of_samples(
    stat: str, least: int
) -> None:
    percent = statistics.percentile(stat)
    assert percent is not None
    assert least_samples(percent) == least
