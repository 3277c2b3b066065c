"""The Lambda behind the API of labels: one batch of reports, one answer."""

from __future__ import annotations

import json
from typing import Any

from steelyard.errors import EndpointBusy, InvalidEvent, UnknownEndpoint
from steelyard.intake_composition import intake
from steelyard.labels.reports import BatchTooLarge
from steelyard.request import read_request
from steelyard.telemetry import count, logger, metrics

_REFUSALS = {BatchTooLarge: 413, InvalidEvent: 400, UnknownEndpoint: 404, EndpointBusy: 503}


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer a request; what fails for a passing reason may be sent again as it is."""
    try:
        request = read_request(event)
        answer = intake().take(request.endpoint, request.body, request.at)
    except tuple(_REFUSALS) as error:
        logger.warning("batch.refused", extra={"why": str(error)})
        count("LabelBatchRefused")
        status = next(status for kind, status in _REFUSALS.items() if isinstance(error, kind))
        return {"statusCode": status, "body": json.dumps({"message": str(error)})}
    return {"statusCode": 200, "body": json.dumps(answer)}
