"""Logger and operational metrics. The only user of Powertools' logger and metrics.

No Tracer: it brings compiled code into the layer. What an alarm reads does not go through here but
through PutMetricData (`aws/metrics.py`); these metrics are for people.
"""

from __future__ import annotations

import warnings

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

# Most ticks find nothing to count, which is no news.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
# Named here too: without a namespace a batch would fail after all of it was processed.
metrics = Metrics(namespace="SteelyardOperations")


def count(name: str, times: int = 1) -> None:
    """So many more of `name`, without further dimensions."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=times)
