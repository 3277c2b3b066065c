"""Where things go that people must see: quarantine, pages, and word of a ledger tampered with.

Used by `service.py`, `archiving.py` and `handlers/`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from steelyard.aws.calls import translated
from steelyard.aws.metrics import NAMESPACE
from steelyard.rollout.model import Decision

_SHOWN = 20_000  # characters of a quarantined body; the digest tells the rest apart
_REASON = 1000  # characters; a record that SQS refuses would come again and block its endpoint
_SUBJECT = 100  # SNS takes no longer one
_PROBLEMS = 50  # in one page; SNS takes 256 KiB


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
            "reason": reason[:_REASON],
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
        """Send what people have to be told, of this decision and of earlier ones that were not.

        Raises:
            EndpointBusy, NeedsHuman: it could not be sent.
        """
        # Between rollouts there is no phase; and what was not told before is not this decision's.
        where = f"{endpoint} is {decision.phase}" if decision.phase else f"about {endpoint}"
        subject = f"Steelyard: {where}"
        with translated("page"):
            self._sns.publish(
                TopicArn=self._topic_arn,
                Subject=subject[:_SUBJECT],
                Message=decision.state.untold,
            )


class Alert:
    """Tells people, and an alarm, that a ledger is not as it was written."""

    def __init__(self, ledger_table: str, topic_arn: str, sns: Any, cloudwatch: Any) -> None:
        self._ledger_table = ledger_table
        self._topic_arn = topic_arn
        self._sns = sns
        self._cloudwatch = cloudwatch

    def tell(self, problems: Sequence[str]) -> None:
        """Send what was found, and count it where the alarm on it looks.

        Raises:
            EndpointBusy, NeedsHuman: it could not be sent.
        """
        lines = [f"In the table {self._ledger_table}:", *problems[:_PROBLEMS]]
        if len(problems) > _PROBLEMS:
            lines.append(f"and {len(problems) - _PROBLEMS} more")
        lines.append(
            "The archive keeps what was appended. `steelyard history ENDPOINT --verify` shows the "
            "first entry that differs; CloudTrail's data events, where they are on, say who did it."
        )
        with translated("page"):
            self._sns.publish(
                TopicArn=self._topic_arn,
                Subject="Steelyard: the ledger was tampered with",
                Message="\n".join(lines),
            )
        dimensions = [{"Name": "Ledger", "Value": self._ledger_table}]
        with translated("publish metrics"):
            self._cloudwatch.put_metric_data(
                Namespace=NAMESPACE,
                MetricData=[
                    {"MetricName": "Tampering", "Dimensions": dimensions, "Value": len(problems)}
                ],
            )
