"""The Lambda behind the queue: one message, one endpoint, one pass of the reconciler."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steelyard.composition import Runtime
from steelyard.reception import Message, take
from steelyard.telemetry import logger, metrics

_runtime = Runtime()
# A message that fails blocks its own endpoint's later ones alone, not those of other endpoints.
_processor = SqsFifoPartialProcessor(skip_group_on_error=True)


def _take(record: SQSRecord) -> None:
    attributes, given = record.attributes, record.raw_event
    message = Message(
        body=given.get("body", ""),
        endpoint=attributes.message_group_id or "",
        sent=attributes.get("SentTimestamp"),
        receipt=given.get("receiptHandle", ""),
        receives=int(attributes.approximate_receive_count or 1),
    )
    take(message, _runtime)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch; what failed comes again, what was invalid is in quarantine."""
    response = process_partial_response(
        event=event, record_handler=_take, processor=_processor, context=context
    )
    return dict(response)
