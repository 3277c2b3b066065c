"""Flagger counts failed checks and rolls back at the next run of the analysis."""

from __future__ import annotations

from datetime import timedelta

from bench.rules.counters import band_above, slow_from
from bench.rules.flagger import Check, Flagger
from tests.bench.rules.traffic import BANDS, first_rollback, latency_look, look

DEFAULT = Flagger(name="default")
GOOD, BAD = (100, 1), (100, 2)


def test_canary_that_fails_each_check_is_rolled_back_one_run_after_the_tenth() -> None:
    assert first_rollback(DEFAULT, [look(minute, BAD) for minute in range(1, 20)]) == 11


def test_success_rate_at_the_minimum_passes() -> None:
    assert first_rollback(DEFAULT, [look(minute, GOOD) for minute in range(1, 200)]) is None


def test_successes_do_not_take_failed_checks_off() -> None:
    rule = Flagger(name="endless", checks=None, threshold=3)
    looks = [look(minute, BAD if minute % 10 == 0 else GOOD) for minute in range(1, 60)]
    assert first_rollback(rule, looks) == 31


def test_canary_is_promoted_after_its_checks_and_no_longer_looked_at() -> None:
    looks = [look(minute, GOOD if minute <= 10 else BAD) for minute in range(1, 60)]
    assert first_rollback(DEFAULT, looks) is None
    sooner = [look(minute, GOOD if minute <= 9 else BAD) for minute in range(1, 60)]
    assert first_rollback(DEFAULT, sooner) == 20


def test_check_without_a_value_fails() -> None:
    assert first_rollback(DEFAULT, [look(minute, (0, 0)) for minute in range(1, 20)]) == 11


def test_any_metric_fails_the_check() -> None:
    slow = slow_from(band_above(timedelta(seconds=1)))
    rule = Flagger(name="both", metrics=(Check(), Check(slow, 0.01)), threshold=2)
    bands = [0] * BANDS
    bands[0], bands[-1] = 90, 10
    assert first_rollback(rule, [latency_look(m, bands, bands) for m in range(1, 9)]) == 3


def test_longer_metric_window_reaches_back() -> None:
    rule = Flagger(name="window", window=300.0, threshold=3)
    looks = [look(minute, (100, 10 if minute == 1 else 0)) for minute in range(1, 9)]
    assert first_rollback(rule, looks) == 4
