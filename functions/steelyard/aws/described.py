"""DescribeEndpoint's answer, checked: an impossible one must read as unreadable, not as a change.

For `aws/endpoint.py` alone. botocore hands on NaN, Infinity, 1e308 and text where a number should
be, just as they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from steelyard.rollout.observation import IN_SERVICE, Live, Variant

# Source: EndpointStatus in the API reference of DescribeEndpoint.
_STATUSES = (
    "OutOfService",
    "Creating",
    "Updating",
    "SystemUpdating",
    "RollingBack",
    IN_SERVICE,
    "Deleting",
    "Failed",
    "UpdateRollbackFailed",
)
_LARGEST = 3.4028235e38  # a weight is a 32-bit float
_SHOWN = 1024  # FailureReason is no longer; a page and a ledger entry must take it


def live_of(answer: Mapping[str, Any]) -> Live:
    """The endpoint as an answer shows it.

    One in service shows a weight and counts for each variant; in other states some may be missing.

    Raises:
        ValueError: not as documented; names the field, the value and what is accepted.
    """
    status = answer.get("EndpointStatus")
    _require(status in _STATUSES, "EndpointStatus", status, ", ".join(_STATUSES))
    shown = answer.get("ProductionVariants", [])
    serves = status == IN_SERVICE
    some = isinstance(shown, list) and bool(shown or not serves)
    _require(some, "ProductionVariants", shown, "a list, not empty while InService")
    variants = tuple(_variant(one, serves=serves) for one in shown)
    names = [variant.name for variant in variants]
    _require(len(set(names)) == len(names), "VariantName", names, "each once")
    return Live(
        status=str(status),
        config=_name(answer, "EndpointConfigName"),
        variants=variants,
        failure=str(answer.get("FailureReason", ""))[:_SHOWN],
        metrics_every=_metrics_every(answer.get("MetricsConfig", {})),
    )


def _variant(shown: Mapping[str, Any], *, serves: bool) -> Variant:
    missing = {} if serves else {"CurrentWeight": 0.0, "CurrentInstanceCount": 0}
    given = {**missing, **shown}
    weight: Any = given.get("CurrentWeight")
    fits = type(weight) in (int, float) and 0 <= weight <= _LARGEST  # nor is NaN
    _require(fits, "CurrentWeight", weight, "a 32-bit float of 0 or more")
    have = _count(given, "CurrentInstanceCount")
    want = _count({"DesiredInstanceCount": have, **given}, "DesiredInstanceCount")
    return Variant(_name(shown, "VariantName"), float(weight), have, want)


def _count(shown: Mapping[str, Any], key: str) -> int:
    count = shown.get(key)
    if type(count) is not int or count < 0:
        raise ValueError(f"{key}: got {count!r:.100}, accepted: a whole number of 0 or more")
    return count


def _name(shown: Mapping[str, Any], key: str) -> str:
    name = shown.get(key)
    if not isinstance(name, str) or not name:
        raise ValueError(f"{key}: got {name!r:.100}, accepted: a name")
    return name


def _metrics_every(config: Mapping[str, Any]) -> timedelta | None:
    """How often invocations are counted by instance; without that, a frequency is for others.

    Source: "SageMaker AI enhanced metrics for inference endpoints".
    """
    if not config.get("EnableEnhancedMetrics"):
        return None
    return timedelta(seconds=config.get("MetricPublishFrequencyInSeconds", 60))


def _require(fits: bool, key: str, value: object, accepted: str) -> None:  # noqa: FBT001 - a condition
    if not fits:
        raise ValueError(f"{key}: got {value!r:.100}, accepted: {accepted}")
