"""The Lambda behind the queue: one message, one endpoint, one pass of the reconciler."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steelyard.composition import Runtime
from steelyard.errors import IllegalTransition, InvalidEvent, UnknownEndpoint
from steelyard.messages import parse
from steelyard.telemetry import count, logger, metrics

_runtime = Runtime()
# A message that fails blocks its own endpoint's later ones alone, not those of other endpoints.
_processor = SqsFifoPartialProcessor(skip_group_on_error=True)


def _record(record: SQSRecord) -> None:
    endpoint = record.attributes.message_group_id or ""
    sent = int(record.attributes.sent_timestamp) / 1000
    try:
        trigger = parse(record.body, endpoint, _runtime.home)
        _runtime.reconciler(endpoint).handle(trigger, datetime.fromtimestamp(sent, UTC))
    except (InvalidEvent, IllegalTransition, UnknownEndpoint) as error:
        logger.warning("event.quarantined", extra={"endpoint": endpoint, "why": str(error)})
        count("Quarantined")
        _runtime.quarantine.put(record.body, endpoint, str(error))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch; what failed comes again, what was invalid is in quarantine."""
    response = process_partial_response(
        event=event, record_handler=_record, processor=_processor, context=context
    )
    return dict(response)
