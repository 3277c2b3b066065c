"""Where things go that people must see: quarantine and pages.

Used by `service.py` and `handlers/`.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from steelyard.aws.calls import translated
from steelyard.rollout.model import Decision

_SHOWN = 20_000  # characters of a quarantined body; the digest tells the rest apart
_SUBJECT = 100  # SNS takes no longer one


class Quarantine:
    """A queue for events that can't be understood: nothing is lost, nothing waits behind them."""

    def __init__(self, queue_url: str, sqs: Any) -> None:
        self._queue_url = queue_url
        self._sqs = sqs

    def put(self, body: str, endpoint: str, reason: str) -> None:
        """Keep an event with the reason why it was refused, and its digest.

        Raises:
            EndpointBusy, NeedsHuman: it could not be kept; the message must come again.
        """
        record = {
            "endpoint": endpoint,
            "reason": reason,
            "sha256": hashlib.sha256(body.encode(errors="surrogatepass")).hexdigest(),
            "length": len(body),
            "body": body[:_SHOWN],
        }
        with translated("quarantine"):
            self._sqs.send_message(QueueUrl=self._queue_url, MessageBody=json.dumps(record))


class Pager:
    """Tells people, through an SNS topic."""

    def __init__(self, topic_arn: str, sns: Any) -> None:
        self._topic_arn = topic_arn
        self._sns = sns

    def tell(self, endpoint: str, decision: Decision) -> None:
        """Send what was decided and why.

        Raises:
            EndpointBusy, NeedsHuman: it could not be sent.
        """
        subject = f"Steelyard: {endpoint} is {decision.phase or decision.kind}"
        with translated("page"):
            self._sns.publish(
                TopicArn=self._topic_arn, Subject=subject[:_SUBJECT], Message=decision.reason
            )
