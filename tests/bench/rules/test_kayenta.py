"""Kayenta's analysis judges each hour by its own minutes."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from bench.rules.counters import AVERAGE_LATENCY, band_above
from bench.rules.kayenta import Kayenta
from bench.rules.kayenta_judge import Label, MetricConfig, classify
from tests.bench.rules.traffic import BANDS, drawn, first_rollback, latency_look, look, rolled_back

HOURLY = Kayenta(name="hourly")
HEALTHY, BAD = (100, 1), (100, 20)


def test_bad_canary_is_rolled_back_at_the_end_of_the_first_hour() -> None:
    looks = [look(minute, BAD, (1900, 19 + minute % 2)) for minute in range(1, 121)]
    assert first_rollback(Kayenta(name="all", baseline=False), looks) == 60


def test_hour_is_judged_by_its_own_minutes() -> None:
    looks = [
        look(minute, BAD if minute > 60 else HEALTHY, (1900, 19 + minute % 2))
        for minute in range(1, 181)
    ]
    assert first_rollback(Kayenta(name="all", baseline=False), looks) == 120


def test_whole_day_asks_where_the_judge_classifies_as_high() -> None:
    rule = Kayenta(name="all", baseline=False)
    looks = list(drawn(50, 60, ratio=1.7))
    control, experiment = (
        100 * np.stack([side.errors / side.requests for side in sides], axis=1)
        for sides in ([each.stable for each in looks], [each.canary for each in looks])
    )
    labels = classify(control, experiment, MetricConfig(direction="increase")).labels
    asked = rolled_back(rule, iter(looks), 50)
    assert (asked == (labels == Label.HIGH)).all()
    assert 5 < asked.sum() < 45


def test_baseline_is_drawn_without_replacement_from_stable() -> None:
    # All of stable's requests fit into a baseline of the canary's size: it is all of stable.
    looks = [look(minute, BAD, (100, 1 + minute % 2)) for minute in range(1, 61)]
    assert first_rollback(HOURLY, looks) == 60
    same = [look(minute, BAD, (100, 20)) for minute in range(1, 61)]
    assert first_rollback(HOURLY, same) is None


def test_hour_without_canary_requests_fails_as_no_data_does() -> None:
    looks = [look(minute, (0, 0), (1900, 19)) for minute in range(1, 61)]
    assert first_rollback(HOURLY, looks) == 60


def test_ten_second_batches_make_the_same_minutes() -> None:
    fine = [
        look(batch / 6, (20, 4), (300, 3 + batch // 6 % 2), length=10.0) for batch in range(1, 361)
    ]
    assert first_rollback(Kayenta(name="all", baseline=False), fine) == 360


def test_slow_canary_is_found_by_its_average() -> None:
    fast, slow = [0] * BANDS, [0] * BANDS
    place = band_above(timedelta(milliseconds=300))
    fast[place], slow[place + 3] = 50, 50
    looks = [latency_look(minute, slow, [*fast[:-1], minute % 3]) for minute in range(1, 61)]
    rule = Kayenta(name="latency", metrics=(AVERAGE_LATENCY,))
    assert first_rollback(rule, looks) == 60
    assert (
        first_rollback(rule, [latency_look(minute, fast, fast) for minute in range(1, 61)]) is None
    )


def test_two_metrics_are_two_groups() -> None:
    rule = Kayenta(name="both", marginal=50.0, metrics=(AVERAGE_LATENCY, AVERAGE_LATENCY))
    rising = np.arange(60.0)[None]
    good, bad = (rising, rising[:, ::-1]), (rising, rising + 100)
    assert rule.fails([good, bad]).tolist() == [False]
    assert rule.fails([bad, bad]).tolist() == [True]
