"""Operations on metrics: put, list, read. Only `infra/local/cloudwatch` imports it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.local.clock import Clock
from infra.local.cloudwatch import statistics
from infra.local.cloudwatch.errors import (
    bad_combination,
    invalid_value,
    missing_parameter,
    not_emulated,
)
from infra.local.cloudwatch.metric_data import checked_data
from infra.local.cloudwatch.paging import page
from infra.local.cloudwatch.queries import aligned, check_period, dimensions_of, plan
from infra.local.cloudwatch.series import Series
from infra.local.cloudwatch.store import MetricKey, MetricStore
from infra.local.ports import Params

_MAX_QUERIES = 500
_MAX_DATAPOINTS = 100_800
_MAX_STATISTICS_POINTS = 1440
_PAGE = 500
_RECENT_SECONDS = 3 * 3600


class MetricsApi:
    """PutMetricData, ListMetrics, GetMetricStatistics and GetMetricData."""

    def __init__(self, store: MetricStore, clock: Clock, account: str) -> None:
        """Work on `store`, in the time of `clock`."""
        self._store = store
        self._clock = clock
        self._account = account

    def put_metric_data(self, params: Params) -> Params:
        """Store samples; all of them, or none when one is not acceptable."""
        for datum in checked_data(params, self._clock.time()):
            datum.keep(self._store)
        return {}

    def list_metrics(self, params: Params) -> Params:
        """List metrics with a sample in the past two weeks (or three hours)."""
        if params.get("IncludeLinkedAccounts") or "OwningAccount" in params:
            raise not_emulated("metrics of linked accounts")
        recent = {"active_within": _RECENT_SECONDS} if "RecentlyActive" in params else {}
        found = [key for key in self._store.keys(**recent) if _listed(key, params)]
        keys, token = page(found, _PAGE, params.get("NextToken"))
        metrics = [
            {
                "Namespace": key.namespace,
                "MetricName": key.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in key.dimensions],
            }
            for key in keys
        ]
        return {"Metrics": metrics} | token

    def get_metric_statistics(self, params: Params) -> Params:
        """Read statistics of one metric, for each unit by itself."""
        wanted = _wanted_statistics(params)
        period = check_period(params["Period"])
        start, end = _range(params)
        span = range(aligned(start, period), end, period)
        if len(span) > _MAX_STATISTICS_POINTS:
            raise bad_combination(
                f"The range holds {len(span)} points: ask for at most {_MAX_STATISTICS_POINTS}."
            )
        key = MetricKey.of(
            params["Namespace"], params["MetricName"], dimensions_of(params.get("Dimensions", []))
        )
        units = [params["Unit"]] if "Unit" in params else self._store.units(key)
        points = [
            _datapoint(at, unit, summary, wanted)
            for unit in units
            for at, summary in sorted(self._store.read(key, span, unit).items())
        ]
        return {"Label": params["MetricName"], "Datapoints": [p for p in points if p is not None]}

    def get_metric_data(self, params: Params) -> Params:
        """Run queries and metric math, a page at a time."""
        queries = params["MetricDataQueries"]
        if not queries or len(queries) > _MAX_QUERIES:
            raise invalid_value(
                "MetricDataQueries", f"{len(queries)} queries", f"1 to {_MAX_QUERIES}"
            )
        if params.get("LabelOptions"):
            raise not_emulated("LabelOptions")
        most = params.get("MaxDatapoints", _MAX_DATAPOINTS)
        if not 0 < most <= _MAX_DATAPOINTS:
            raise invalid_value("MaxDatapoints", most, f"1 to {_MAX_DATAPOINTS}")
        checked = plan(queries, self._account)
        start, end = _range(params)
        values = checked.run(self._store, lambda period: aligned(start, period), end)
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        shown, token = page(
            _numbered(_flat(checked.returned, values), newest_first=newest_first),
            most,
            params.get("NextToken"),
        )
        return {"MetricDataResults": _results(shown), "Messages": []} | token


def _listed(key: MetricKey, params: Params) -> bool:
    if params.get("Namespace", key.namespace) != key.namespace:
        return False
    if params.get("MetricName", key.name) != key.name:
        return False
    dimensions = dict(key.dimensions)
    return all(
        each["Name"] in dimensions
        and each.get("Value", dimensions[each["Name"]]) == dimensions[each["Name"]]
        for each in params.get("Dimensions", [])
    )


def _wanted_statistics(params: Params) -> dict[str, statistics.Statistic]:
    simple, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
    if not simple and not extended:
        raise missing_parameter("Statistics", "unless ExtendedStatistics is given")
    return {name: statistics.parse(name, "Statistics") for name in [*simple, *extended]}


def _range(params: Params) -> tuple[int, int]:
    start, end = params["StartTime"].timestamp(), params["EndTime"].timestamp()
    if start >= end:
        raise invalid_value("StartTime", params["StartTime"].isoformat(), "a time before EndTime")
    return math.floor(start), math.ceil(end)


def _stamped(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _datapoint(
    at: int, unit: str, summary: statistics.Summary, wanted: dict[str, statistics.Statistic]
) -> Params | None:
    values = {name: statistic(summary) for name, statistic in wanted.items()}
    told = {name: value for name, value in values.items() if value is not None}
    simple = {name: value for name, value in told.items() if name in statistics.SIMPLE}
    extended = {name: value for name, value in told.items() if name not in simple}
    if not told:
        return None
    point: Params = {"Timestamp": _stamped(at), "Unit": unit} | simple
    return point | ({"ExtendedStatistics": extended} if extended else {})


def _flat(
    returned: Iterable[str], values: dict[str, Series | list[Series]]
) -> list[tuple[str, Series]]:
    """Answer the series to return; an array of series shares one id."""
    return [
        (name, series)
        for name in returned
        for each in (values[name],)
        for series in (each if isinstance(each, list) else [each])
    ]


@dataclass(frozen=True, slots=True)
class _Point:
    """A point of a result, or the place of a result that has none."""

    result: int
    name: str
    label: str
    point: tuple[int, float] | None
    last: bool


def _numbered(series: Iterable[tuple[str, Series]], *, newest_first: bool) -> list[_Point]:
    numbered: list[_Point] = []
    for result, (name, each) in enumerate(series):
        points: list[tuple[int, float] | None] = [*each.in_order()] or [None]
        if newest_first:
            points.reverse()
        numbered += [
            _Point(result, name, each.label, point, place == len(points))
            for place, point in enumerate(points, 1)
        ]
    return numbered


def _results(shown: Iterable[_Point]) -> list[Params]:
    """Gather the points of a page by result."""
    results: dict[int, Params] = {}
    for each in shown:
        new: Params = {"Id": each.name, "Label": each.label, "Timestamps": [], "Values": []}
        result = results.setdefault(each.result, new)
        result["StatusCode"] = "Complete" if each.last else "PartialData"
        if each.point is not None:
            result["Timestamps"].append(_stamped(each.point[0]))
            result["Values"].append(each.point[1])
    return list(results.values())
