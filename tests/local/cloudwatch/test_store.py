"""The store of samples: identity, periods, units and what is forgotten when."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.clock import Clock
from infra.local.cloudwatch.statistics import parse
from infra.local.cloudwatch.store import (
    FINE,
    KEPT_SECONDS,
    LISTED_SECONDS,
    RAW_SECONDS,
    MetricKey,
    MetricStore,
)
from infra.local.ports import AwsError

from .fakes import Hands

START = int(datetime(2026, 11, 24, tzinfo=UTC).timestamp())
KEY = MetricKey.of("Test", "Errors", {"Variant": "canary", "EndpointName": "completion"})
HOUR = range(START, START + 3600, 60)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(hands: Hands) -> MetricStore:
    return MetricStore(Clock(start=START, monotonic=hands))


def add(store: MetricStore, at: float, *values: float, unit: str = "None", step: int = 60) -> None:
    store.add(KEY, [(value, 1.0) for value in values], unit=unit, at=START + at, step=step)


SAMPLES = st.lists(st.tuples(st.integers(0, 3599), st.integers(0, 9).map(float)), max_size=40)


@given(SAMPLES, st.sampled_from([60, 120, 300, 420]), st.integers(0, 50))
def test_samples_are_summed_by_periods_counted_from_the_start(
    samples: list[tuple[int, float]], period: int, shift: int
) -> None:
    store = MetricStore(Clock(start=START, monotonic=Hands()))
    expected: Counter[int] = Counter()
    first = 60 * shift
    for at, value in samples:
        add(store, at, value)
        if at >= first:
            expected[first + (at - first) // period * period] += 1
    found = store.read(KEY, range(START + first, START + 3600, period))
    assert {at - START: summary.count for at, summary in found.items()} == expected


def test_order_of_dimensions_makes_no_difference_and_a_subset_is_another_metric(
    store: MetricStore,
) -> None:
    add(store, 0, 1.0)
    same = MetricKey.of("Test", "Errors", {"EndpointName": "completion", "Variant": "canary"})
    fewer = MetricKey.of("Test", "Errors", {"EndpointName": "completion"})
    assert store.read(same, HOUR)
    assert not store.read(fewer, HOUR)


def test_sample_at_the_end_belongs_to_the_next_period(store: MetricStore) -> None:
    add(store, 59.999, 1.0)
    add(store, 60, 2.0)
    found = store.read(KEY, range(START, START + 60, 60))
    assert [summary.total for summary in found.values()] == [1.0]


def test_units_are_kept_apart_and_mixing_them_is_an_error(store: MetricStore) -> None:
    add(store, 0, 1.0, unit="Count")
    add(store, 0, 2.0, unit="Percent")
    assert store.read(KEY, HOUR, "Percent")[START].total == 2.0
    with pytest.raises(AwsError, match="Count, Percent"):
        store.read(KEY, HOUR)


def test_high_resolution_samples_can_be_read_by_ten_seconds(store: MetricStore) -> None:
    add(store, 9, 1.0, step=FINE)
    add(store, 11, 2.0, step=FINE)
    found = store.read(KEY, range(START, START + 60, 10))
    assert {at - START: summary.total for at, summary in found.items()} == {0: 1.0, 10: 2.0}
    assert store.read(KEY, HOUR)[START].total == 3.0


def test_reading_without_ranks_leaves_single_values_out(store: MetricStore) -> None:
    add(store, 0, 1.0, 2.0)
    assert store.read(KEY, HOUR, ranks=False)[START].values is None
    assert store.read(KEY, HOUR)[START].values == {1.0: 1.0, 2.0: 1.0}


def test_old_samples_keep_their_sums_and_lose_their_ranks(store: MetricStore, hands: Hands) -> None:
    add(store, 0, 1.0, 3.0)
    add(store, 10, 5.0, step=FINE)
    hands.seconds = RAW_SECONDS + 61
    add(store, hands.seconds, 1.0)
    summary = store.read(KEY, HOUR)[START]
    assert (summary.count, summary.total, summary.low, summary.high) == (3, 9.0, 1.0, 5.0)
    assert parse("p50")(summary) is None


def test_recent_samples_keep_their_ranks_when_old_ones_are_aged(
    store: MetricStore, hands: Hands
) -> None:
    hands.seconds = RAW_SECONDS + 61
    add(store, 120, 1.0, 3.0)
    add(store, hands.seconds, 1.0)
    assert parse("p50")(store.read(KEY, HOUR)[START + 120]) == 1.0


def test_samples_are_dropped_after_the_retention_and_the_metric_with_them(
    store: MetricStore, hands: Hands
) -> None:
    add(store, 0, 1.0)
    other = MetricKey.of("Test", "Other", {})
    hands.seconds = KEPT_SECONDS + 3601
    store.add(other, [(1.0, 1.0)])
    assert not store.read(KEY, HOUR)
    assert KEY not in store._metrics


def test_metric_without_recent_samples_is_not_listed(store: MetricStore, hands: Hands) -> None:
    add(store, 0, 1.0)
    hands.seconds = LISTED_SECONDS
    assert store.keys() == [KEY]
    assert store.keys(active_within=3600) == []
    hands.seconds += 1
    assert store.keys() == []


def test_memory_of_a_busy_metric_is_bounded(store: MetricStore, hands: Hands) -> None:
    for minute in range(0, 10 * 60, 5):
        hands.seconds = minute * 60
        add(store, hands.seconds, *[minute * 1000.0 + n for n in range(20)])
    stream = store._metrics[KEY]["None"]
    kept = sum(len(slot.values or {}) for slot in (stream.fresh | stream.aged).values())
    assert kept <= 20 * (4 * 12 + 1)  # three hours, and up to one more until the next pruning


def test_samples_of_several_threads_are_all_counted_while_others_read(store: MetricStore) -> None:
    def record() -> None:
        for number in range(500):
            add(store, number % 120, float(number))

    def read() -> None:
        for _ in range(50):
            store.read(KEY, HOUR)

    with ThreadPoolExecutor(6) as pool:
        done = [pool.submit(record) for _ in range(4)] + [pool.submit(read) for _ in range(2)]
    assert [each.exception() for each in done] == [None] * 6
    summaries = store.read(KEY, HOUR).values()
    assert sum(summary.count for summary in summaries) == 2000
    assert sum(summary.total for summary in summaries) == 4 * sum(range(500))
