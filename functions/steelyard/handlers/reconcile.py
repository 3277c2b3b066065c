"""The Lambda behind the queue: one message, one endpoint, one pass of the reconciler."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from steelyard.composition import Runtime
from steelyard.errors import ForeignEvent, IllegalTransition, InvalidEvent, UnknownEndpoint
from steelyard.messages import instant, parse
from steelyard.telemetry import count, logger, metrics

_runtime = Runtime()
# A message that fails blocks its own endpoint's later ones alone, not those of other endpoints.
_processor = SqsFifoPartialProcessor(skip_group_on_error=True)


def take(record: SQSRecord, runtime: Runtime = _runtime) -> None:
    """Deal with one message; what raises comes again."""
    endpoint = record.attributes.message_group_id or ""
    try:
        trigger = parse(record.body, endpoint, runtime.home)
        sent = instant("SentTimestamp", record.attributes.get("SentTimestamp"))
        runtime.reconciler(endpoint).handle(trigger, sent)
    except (InvalidEvent, IllegalTransition, UnknownEndpoint) as error:
        logger.warning("event.quarantined", extra={"endpoint": endpoint, "why": str(error)})
        count("Quarantined")
        count("ForeignEvents", isinstance(error, ForeignEvent))
        runtime.quarantine.put(record.body, endpoint, str(error))
    except Exception:  # the queue keeps the message, but nobody would hear why
        logger.exception("event.failed", extra={"endpoint": endpoint})
        count("EventsFailed")
        raise


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch; what failed comes again, what was invalid is in quarantine."""
    response = process_partial_response(
        event=event, record_handler=take, processor=_processor, context=context
    )
    return dict(response)
