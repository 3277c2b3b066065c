"""What AWS answers to a call that a fault makes it refuse. For `weather.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from botocore.exceptions import ClientError

from tests.functional import sagemaker_refusals as refused


def _throttled(service: str, operation: str) -> Exception:
    if service == "dynamodb":
        code = "ProvisionedThroughputExceededException"
        message = "The level of configured throughput was exceeded"
        error: Exception = refused.refusal(code, message, operation)
    else:
        error = refused.throttled()
    return error


def is_passing(error: ClientError) -> bool:
    """Whether botocore tries once more: throttling, and AWS's own fault."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return "Throttling" in str(error) or "ThroughputExceeded" in str(error) or status >= 500


REFUSALS: Mapping[str, Callable[[str, str], Exception]] = {
    "throttle": _throttled,
    "server error": lambda _service, _operation: refused.broken(),
    "access denied": lambda _service, operation: refused.denied(operation),
    "quota": lambda _service, _operation: refused.quota("ml.g5.xlarge", 4, 4, 2),
    "in-progress endpoint": lambda _service, _operation: refused.in_progress("completion"),
    "could not find endpoint": lambda _service, _operation: refused.not_found(
        "endpoint", "endpoint", "completion"
    ),
    "config not found": lambda _service, _operation: refused.not_found(
        "endpoint configuration", "endpoint-config", "completion"
    ),
    "changed by hand while busy": lambda _service, _operation: refused.in_progress("completion"),
    "changed by hand while throttled": _throttled,
    "variant not found": lambda _service, _operation: refused.not_present(["v2"], "completion"),
}
