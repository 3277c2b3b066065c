"""Metric data queries, as GetMetricData and alarms know them: checked, then read from the store.

Only `infra/local/cloudwatch` imports it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.local.cloudwatch import metric_math, statistics
from infra.local.cloudwatch.errors import invalid_request, invalid_value, not_emulated
from infra.local.cloudwatch.math_functions import Scope
from infra.local.cloudwatch.metric_math import Expression
from infra.local.cloudwatch.series import Series
from infra.local.cloudwatch.statistics import Statistic, Summary
from infra.local.cloudwatch.store import FINE, MINUTE, MetricKey, MetricStore

Query = Mapping[str, Any]
"""A MetricDataQuery in botocore's shape."""

_ID = re.compile(r"[a-z][A-Za-z0-9_]*", re.ASCII)
_SUBMINUTE = (10, 20, 30)


@dataclass(frozen=True, slots=True)
class MetricQuery:
    """One statistic of one metric."""

    key: MetricKey
    stat: str
    statistic: Statistic
    period: int
    unit: str | None
    label: str

    def of(self, summaries: Mapping[int, Summary]) -> Series:
        """Answer the statistic of each summary that allows it."""
        values = {at: self.statistic(summary) for at, summary in summaries.items()}
        return Series({at: v for at, v in values.items() if v is not None}, self.label)


@dataclass(frozen=True, slots=True)
class Plan:
    """Checked queries.

    Attributes:
        declared: the Period that a query gives outside its MetricStat.
        returned: ids of the queries whose results are asked for.
        order: ids of the expressions, each after those that it reads.
    """

    metrics: Mapping[str, MetricQuery]
    expressions: Mapping[str, Expression]
    labels: Mapping[str, str]
    declared: Mapping[str, int]
    returned: Sequence[str]
    order: Sequence[str]

    def periods(self) -> set[int]:
        """Answer the periods of the metrics."""
        return {query.period for query in self.metrics.values()}

    def run(
        self, store: MetricStore, start_of: Callable[[int], int], end: int
    ) -> dict[str, Series | list[Series]]:
        """Answer the result of each query, by id.

        Args:
            start_of: the second at which to start, given a period; `end` is exclusive.

        Raises:
            AwsError: an expression can't be evaluated.
        """
        read: dict[tuple[MetricKey, range, str | None, bool], dict[int, Summary]] = {}
        values: dict[str, Series | list[Series]] = {}
        for name, query in self.metrics.items():
            span = range(start_of(query.period), end, query.period)
            place = (query.key, span, query.unit, query.stat not in statistics.SIMPLE)
            if place not in read:
                read[place] = store.read(*place[:3], ranks=place[3])
            values[name] = query.of(read[place])
        return self._with_expressions(values, start_of, end)

    def kinds(self) -> dict[str, Series | list[Series]]:
        """Answer empty results, which show what each query gives: a series or an array.

        Raises:
            AwsError: an expression can never be evaluated.
        """
        empty = {name: Series({}, query.label) for name, query in self.metrics.items()}
        return self._with_expressions(dict(empty), lambda _: 0, 0)

    def _with_expressions(
        self,
        values: dict[str, Series | list[Series]],
        start_of: Callable[[int], int],
        end: int,
    ) -> dict[str, Series | list[Series]]:
        periods = {name: query.period for name, query in self.metrics.items()}
        for name in self.order:
            expression, label = self.expressions[name], self.labels[name]
            period = self._period_of(name)
            scope = Scope(values, list(self.metrics), range(start_of(period), end, period))
            result = expression.evaluate(scope, periods)
            if isinstance(result, Series):
                values[name] = Series(result.points, label)
            else:
                values[name] = [Series(e.points, f"{label} {e.label}".strip()) for e in result]
        return values

    def _period_of(self, name: str) -> int:
        read = self._metrics_read(self.expressions[name], set())
        periods = {self.metrics[each].period for each in read}
        periods |= {self.declared[name]} if name in self.declared else set()
        periods = periods or self.periods() or {MINUTE}
        if len(periods) > 1:
            raise not_emulated(
                f"expressions over different periods ({self.expressions[name].text!r}: "
                f"{', '.join(str(period) for period in sorted(periods))} seconds)"
            )
        return periods.pop()

    def _metrics_read(self, expression: Expression, seen: set[str]) -> set[str]:
        found = set(self.metrics) if expression.every_metric else set()
        for name in expression.names - seen:
            if name in self.metrics:
                found.add(name)
            else:
                found |= self._metrics_read(self.expressions[name], seen | {name})
        return found


def aligned(second: int, period: int) -> int:
    """Round down as AWS does: to the minute, or to the division of it that a short period is."""
    return second - second % min(period, MINUTE)


def check_period(period: int, parameter: str = "Period") -> int:
    """Answer the period if AWS takes it and the store can tell it.

    Raises:
        AwsError: it is neither.
    """
    if period in (1, 5):
        raise not_emulated(f"periods below {FINE} seconds ({parameter}={period})")
    if period not in _SUBMINUTE and (period <= 0 or period % MINUTE):
        raise invalid_value(parameter, period, "10, 20, 30 or a multiple of 60")
    return period


def dimensions_of(given: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Answer dimensions as a mapping.

    Raises:
        AwsError: a name is given twice.
    """
    dimensions = {each["Name"]: each["Value"] for each in given}
    if len(dimensions) < len(given):
        names = ", ".join(each["Name"] for each in given)
        raise invalid_value("Dimensions", names, "each name once")
    return dimensions


def plan(queries: Sequence[Query], account: str) -> Plan:
    """Check queries and put them in order.

    Raises:
        AwsError: something that AWS or the local cloud would not take.
    """
    metrics: dict[str, MetricQuery] = {}
    expressions: dict[str, Expression] = {}
    for query in queries:
        name = _checked_id(query, metrics.keys() | expressions.keys())
        if query.get("AccountId", account) != account:
            raise not_emulated(f"metrics of another account ({query['AccountId']})")
        if ("MetricStat" in query) == ("Expression" in query):
            raise invalid_request(f"The query {name!r} needs one of MetricStat and Expression.")
        if "Expression" in query:
            expressions[name] = metric_math.parse(query["Expression"])
        else:
            metrics[name] = _metric_query(query)
    labels = {query["Id"]: query.get("Label") or query["Id"] for query in queries}
    returned = [query["Id"] for query in queries if query.get("ReturnData", True)]
    declared = {q["Id"]: check_period(q["Period"]) for q in queries if "Period" in q}
    order = _in_order(set(metrics), expressions)
    return Plan(metrics, expressions, labels, declared, returned, order)


def _checked_id(query: Query, taken: set[str]) -> str:
    name: str = query["Id"]
    if not _ID.fullmatch(name):
        raise invalid_value("Id", name, "a lowercase letter, then letters, digits, underscores")
    if name in taken:
        raise invalid_request(f"The id {name!r} is used by two queries.")
    if "${" in query.get("Label", ""):
        raise not_emulated(f"dynamic labels ({query['Label']!r})")
    return name


def _metric_query(query: Query) -> MetricQuery:
    stat = query["MetricStat"]
    metric = stat["Metric"]
    if query.get("Period", stat["Period"]) != stat["Period"]:
        raise invalid_request(f"The query {query['Id']!r} has two Periods.")
    for required in ("Namespace", "MetricName"):
        if required not in metric:
            raise invalid_request(f"The metric of the query {query['Id']!r} has no {required}.")
    return MetricQuery(
        key=MetricKey.of(
            metric["Namespace"], metric["MetricName"], dimensions_of(metric.get("Dimensions", []))
        ),
        stat=stat["Stat"],
        statistic=statistics.parse(stat["Stat"]),
        period=check_period(stat["Period"]),
        unit=stat.get("Unit"),
        label=query.get("Label") or metric["MetricName"],
    )


def _in_order(metrics: set[str], expressions: Mapping[str, Expression]) -> list[str]:
    """Answer expressions, each after those that it reads."""
    known, order, waiting = metrics, list[str](), dict(expressions)
    while waiting:
        ready = [name for name, each in waiting.items() if each.names <= known]
        if not ready:
            name, expression = next(iter(waiting.items()))
            unknown = sorted(expression.names - known - waiting.keys())
            problem = f"unknown ids ({', '.join(unknown)})" if unknown else "a cycle of ids"
            raise invalid_request(f"The expression {name!r} ({expression.text}) reads {problem}.")
        order += ready
        known = known.union(ready)
        for name in ready:
            del waiting[name]
    return order
