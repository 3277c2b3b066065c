"""Samples as PutMetricData brings them, checked before any is stored.

Only `infra/local/cloudwatch` imports it. Limits: API reference, PutMetricData and MetricDatum.
"""

import math
from dataclasses import dataclass

from infra.local.cloudwatch.errors import (
    bad_combination,
    invalid_value,
    missing_parameter,
    not_emulated,
)
from infra.local.cloudwatch.queries import dimensions_of
from infra.local.cloudwatch.store import FINE, MINUTE, MetricKey, MetricStore
from infra.local.ports import Params

_LARGEST = 2.0**360
_OLDEST_SECONDS = 14 * 86400
_NEWEST_SECONDS = 2 * 3600
_MAX_DATA = 1000
_MAX_VALUES = 150


@dataclass(frozen=True, slots=True)
class Datum:
    """Checked samples of one metric: either (value, weight) pairs, or a statistic set."""

    key: MetricKey
    unit: str
    at: float
    step: int
    samples: tuple[tuple[float, float], ...]
    statistic_set: tuple[float, float, float, float] | None

    def keep(self, store: MetricStore) -> None:
        """Store it."""
        if self.statistic_set is None:
            store.add(self.key, self.samples, unit=self.unit, at=self.at, step=self.step)
        else:
            store.add_set(self.key, self.statistic_set, unit=self.unit, at=self.at, step=self.step)


def checked_data(params: Params, now: float) -> list[Datum]:
    """Answer the samples of a PutMetricData request.

    Raises:
        AwsError: one of them is not acceptable.
    """
    if params.get("EntityMetricData"):
        raise not_emulated("EntityMetricData")
    data = params.get("MetricData", [])
    if not data:
        raise missing_parameter("MetricData", "and must hold a metric")
    if len(data) > _MAX_DATA:
        raise invalid_value("MetricData", f"{len(data)} metrics", f"at most {_MAX_DATA}")
    return [_datum(params["Namespace"], datum, now) for datum in data]


def finite(parameter: str, value: float) -> float:
    """Answer a number that CloudWatch stores.

    Raises:
        AwsError: NaN, infinite, or too large.
    """
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise invalid_value(parameter, value, "a finite number from -2^360 to 2^360")
    return float(value)


def _datum(namespace: str, datum: Params, now: float) -> Datum:
    given = [name for name in ("Value", "Values", "StatisticValues") if name in datum]
    if len(given) != 1:
        raise bad_combination(
            f"The metric {datum['MetricName']!r} has {' and '.join(given) or 'no value'}: give "
            "one of Value, Values and StatisticValues."
        )
    resolution = datum.get("StorageResolution", MINUTE)
    if resolution not in (1, MINUTE):
        raise invalid_value("StorageResolution", resolution, "1 or 60")
    dimensions = dimensions_of(datum.get("Dimensions", []))
    return Datum(
        key=MetricKey.of(namespace, datum["MetricName"], dimensions),
        unit=datum.get("Unit", "None"),
        at=_second(datum, now),
        step=FINE if resolution == 1 else MINUTE,
        samples=_samples(datum),
        statistic_set=_statistic_set(datum) if "StatisticValues" in datum else None,
    )


def _second(datum: Params, now: float) -> float:
    at: float = datum["Timestamp"].timestamp() if "Timestamp" in datum else now
    if not now - _OLDEST_SECONDS <= at <= now + _NEWEST_SECONDS:
        raise invalid_value(
            "Timestamp", datum["Timestamp"].isoformat(), "at most 2 weeks ago, 2 hours ahead"
        )
    return at


def _samples(datum: Params) -> tuple[tuple[float, float], ...]:
    if "Value" in datum:
        return ((finite("Value", datum["Value"]), 1.0),)
    if "Values" not in datum:
        return ()
    values = [finite("Values", value) for value in datum["Values"]]
    weights = [finite("Counts", count) for count in datum.get("Counts", [1.0] * len(values))]
    if not 0 < len(values) <= _MAX_VALUES or len(values) != len(weights):
        raise invalid_value(
            "Values",
            f"{len(values)} values and {len(weights)} counts",
            f"1 to {_MAX_VALUES} values and as many counts",
        )
    if min(weights) <= 0:
        raise invalid_value("Counts", min(weights), "numbers above 0")
    return tuple(zip(values, weights, strict=True))


def _statistic_set(datum: Params) -> tuple[float, float, float, float]:
    given = datum["StatisticValues"]
    count, total, low, high = (
        finite(name, given[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum")
    )
    if count <= 0 or low > high:
        raise invalid_value("StatisticValues", given, "a SampleCount above 0, Minimum <= Maximum")
    return count, total, low, high
