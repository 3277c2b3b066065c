"""The Lambda behind the ledger's stream: what was appended is copied to where it can't change."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord

from steelyard.archive_composition import archiver
from steelyard.archiving import Change
from steelyard.telemetry import logger, metrics

_processor = BatchProcessor(event_type=EventType.DynamoDBStreams)


def take(record: DynamoDBRecord) -> None:
    """Deal with one change of the table; what raises comes again, and all behind it."""
    archiver().take(Change.of(record.raw_event))


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process a batch, oldest first; Lambda begins again at the first that failed."""
    response = process_partial_response(
        event=event, record_handler=take, processor=_processor, context=context
    )
    return dict(response)
