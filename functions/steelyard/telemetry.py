"""Logger and operational metrics. The only user of Powertools' logger and metrics.

No Tracer: it brings compiled code into the layer. What an alarm reads does not go through here but
through PutMetricData (`aws/metrics.py`); these metrics are for people.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

_NAMESPACE = "SteelyardOperations"

# Most ticks find nothing to count, which is no news.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
# Named here too: without a namespace a batch would fail after all of it was processed.
metrics = Metrics(namespace=_NAMESPACE)


def count(name: str, times: int = 1) -> None:
    """So many more of `name`, without further dimensions."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=times)


def outcomes(name: str, endpoint: str, variant: str, bad: Iterable[bool]) -> None:
    """0 or 1 for each of a variant's outcomes, so that the average of the metric is the rate.

    A line in the log, which CloudWatch reads: it costs no call, and can't fail.
    """
    apart = EphemeralMetrics(namespace=_NAMESPACE)
    apart.add_dimension(name="EndpointName", value=endpoint)
    apart.add_dimension(name="VariantName", value=variant)
    for one in bad:
        apart.add_metric(name=name, unit=MetricUnit.NoUnit, value=float(one))
    apart.flush_metrics()
