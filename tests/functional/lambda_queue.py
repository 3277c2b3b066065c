"""SQS as the Lambda sees it: records in, ids of those that come again out. Not a test itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from types import SimpleNamespace
from typing import Any

from tests.functional.fake_sagemaker import ACCOUNT, REGION
from tests.functional.world import START, Clients

CONTEXT = SimpleNamespace(
    function_name="steelyard-test-reconcile",
    memory_limit_in_mb=512,
    invoked_function_arn=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:steelyard-test-reconcile",
    aws_request_id="8f7d",
    get_remaining_time_in_millis=lambda: 30_000,
)
TICK: dict[str, Any] = {
    "id": "c4c1",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": ACCOUNT,
    "region": REGION,
    "time": "2026-03-02T09:00:00Z",
    "resources": [],
    "detail": {},
}
_numbers = count(1)


@dataclass
class Queue:
    """What lies before and behind the handler."""

    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    clients: Clients
    url: str

    def send(self, *records: dict[str, Any]) -> list[str]:
        """Invoke the Lambda with a batch; the message ids that must come again."""
        answer = self.handler({"Records": list(records)}, CONTEXT)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def quarantined(self) -> list[dict[str, Any]]:
        """What lies in quarantine."""
        answer = self.clients["sqs"].receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def record(body: str, group: str = "completion", sent: datetime = START) -> dict[str, Any]:
    """A record as SQS hands it to a Lambda."""
    number = next(_numbers)
    return {
        "messageId": f"m{number}",
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(int(sent.timestamp() * 1000)),
            "SequenceNumber": str(number),
            "MessageGroupId": group,
            "SenderId": "events.amazonaws.com",
            "MessageDeduplicationId": hashlib.sha256(body.encode("utf-8", "replace")).hexdigest(),
            "ApproximateFirstReceiveTimestamp": str(int(sent.timestamp() * 1000)),
        },
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:steelyard-test-events.fifo",
        "awsRegion": REGION,
    }


def event(**changes: Any) -> str:
    """A tick, or whatever the changes make of it."""
    return json.dumps({**TICK, **changes})
