"""Alarms ring when M of N periods breach, and not otherwise."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bench.rules.cloudwatch import Alarm, RatioAlarm
from bench.rules.counters import AVERAGE_LATENCY, band_above, slow_from
from tests.bench.rules.traffic import BANDS, first_rollback, latency_look, look

TWO_OF_TWO = Alarm(name="2 of 2", threshold=0.02)
GOOD, BAD = (100, 2), (100, 3)


@pytest.mark.parametrize(
    ("pattern", "rings_at"),
    [("bbb", 3), ("bgbgb", 5), ("bbggb", 5), ("bggbg", None), ("gbgbg", None), ("ggggg", None)],
)
def test_three_of_five_minutes_ring(pattern: str, rings_at: int | None) -> None:
    alarm = Alarm(name="3 of 5", threshold=0.02, datapoints=3, periods=5, seconds=60.0)
    looks = [look(minute, BAD if each == "b" else GOOD) for minute, each in enumerate(pattern, 1)]
    assert first_rollback(alarm, looks) == rings_at


def test_second_period_begins_with_its_first_minute() -> None:
    assert first_rollback(TWO_OF_TWO, [look(minute, BAD) for minute in range(1, 30)]) == 11


def test_periods_are_cut_anew_every_minute() -> None:
    # Minutes 6 to 25 are bad: periods cut at 20 and 30 would hold good ones, too.
    looks = [look(m, (100, 4) if 6 <= m <= 25 else (100, 0)) for m in range(1, 40)]
    found = first_rollback(TWO_OF_TWO, looks)
    assert found is not None
    assert 20 < found <= 25


def test_rate_at_the_limit_does_not_breach() -> None:
    assert first_rollback(TWO_OF_TWO, [look(minute, (100, 2)) for minute in range(1, 40)]) is None


def test_periods_without_requests_do_not_breach() -> None:
    alarm = Alarm(name="2 of 2", threshold=0.02, seconds=60.0)
    looks = [look(minute, BAD if minute % 2 else (0, 0)) for minute in range(1, 20)]
    assert first_rollback(alarm, looks) is None


def test_p99_above_a_limit_is_more_than_one_percent_slower() -> None:
    place = band_above(timedelta(seconds=1))
    alarm = Alarm(name="p99", threshold=0.01, datapoints=1, periods=1, seconds=60.0,
                  counter=slow_from(place))  # fmt: skip
    one, two = [0] * BANDS, [0] * BANDS
    one[place - 1], one[place] = 99, 1
    two[place - 1], two[place] = 98, 2
    assert first_rollback(alarm, [latency_look(1, one, one)]) is None
    assert first_rollback(alarm, [latency_look(1, two, two)]) == 1


def test_average_latency_is_of_the_bands_middles() -> None:
    place = band_above(timedelta(seconds=1))  # 1 to 1.3 s: its middle is 1.14 s
    counts = [0] * BANDS
    counts[place] = 10
    for limit, rings in ((1_130_000.0, True), (1_150_000.0, False)):
        alarm = Alarm(
            name="average", threshold=limit, datapoints=1, periods=1, counter=AVERAGE_LATENCY
        )
        assert (first_rollback(alarm, [latency_look(1, counts, counts)]) == 1) is rings


RATIO = RatioAlarm(name="ratio", threshold=1.5, datapoints=2, periods=2, seconds=60.0)


@pytest.mark.parametrize(
    ("canary", "stable", "rings"),
    [
        ((100, 16), (1000, 100), True),
        ((100, 15), (1000, 100), False),
        ((100, 90), (1000, 800), False),  # an incident that both share
        ((100, 90), (1000, 0), False),  # metric math divides by zero: no datapoint
        ((0, 0), (1000, 100), False),
        ((100, 90), (0, 0), False),
    ],
)
def test_ratio_alarm_compares_with_stable(
    canary: tuple[int, int], stable: tuple[int, int], *, rings: bool
) -> None:
    looks = [look(minute, canary, stable) for minute in (1, 2)]
    assert first_rollback(RATIO, looks) == (2 if rings else None)
