"""The local CloudWatch: metrics, alarms and dashboards. The server and tests import it."""

from infra.local.cloudwatch.api import CloudWatch

__all__ = ["CloudWatch"]
