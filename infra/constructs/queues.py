"""The queue of events, where what can't be delivered or understood ends up, and who hears of it."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.exceptions import accept
from infra.names import ModelNames, Names

FUNCTION_SECONDS = 30

# AWS asks for at least six times the function's time-out. Until it ends, the message of a function
# that was killed holds back the others of its endpoint; after other failures it comes again sooner
# (functions/steelyard/aws/inbox.py), and eight times take a quarter of an hour.
_VISIBILITY = cdk.Duration.seconds(6 * FUNCTION_SECONDS)
_ATTEMPTS = 8
_FORTNIGHT = cdk.Duration.days(14)  # the longest that SQS keeps a message


class EventQueues(Construct):
    """One FIFO queue for all endpoints (group: endpoint), and three that people look into."""

    def __init__(  # noqa: PLR0913 - knobs are keyword-only arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        models: Sequence[ModelNames],
        key: kms.IKey,
        topic_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.dead = self._queue("Dead", names.dead, fifo=True)
        self.undelivered = self._queue("Undelivered", names.undelivered)
        self.quarantine = self._queue("Quarantine", names.quarantine)
        accept(self.undelivered, "AwsSolutions-SQS3", "the rules' own dead-letter queue")
        accept(self.quarantine, "AwsSolutions-SQS3", "people read it; nothing fails on it")
        self.events = sqs.Queue(
            self,
            "Events",
            queue_name=names.events,
            fifo=True,
            # A rule can't name a deduplication id, so EventBridge demands this. Equal messages
            # within five minutes vanish: a tick must never be given a constant input.
            content_based_deduplication=True,
            visibility_timeout=_VISIBILITY,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=key,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=_ATTEMPTS, queue=self.dead),
        )
        for queue in (self.events, self.undelivered):
            queue.add_to_resource_policy(_from_rules(queue, Arns.of(self), models))
        why = {
            names.dead: "could not be dealt with",
            names.undelivered: "did not reach the queue",
            names.quarantine: "could not be understood",
        }
        for queue_name, reason in why.items():
            self._tell(names, queue_name, reason, topic_arn)

    def _tell(self, names: Names, queue: str, why: str, topic_arn: str) -> None:
        """Call people while anything lies in a queue that nobody else empties."""
        what = queue.removesuffix(".fifo").rsplit("-", 1)[-1]
        cloudwatch.CfnAlarm(
            self,
            f"{what.title()}Alarm",
            alarm_name=f"{names.queue_alarm_prefix}{what}",
            alarm_description=f"Events that {why} lie in {queue}; an order may be among them.",
            namespace="AWS/SQS",
            metric_name="ApproximateNumberOfMessagesVisible",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="QueueName", value=queue)],
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            threshold=1,
            # SQS sends nothing of a queue that has been empty for hours.
            treat_missing_data="notBreaching",
            alarm_actions=[topic_arn],
        )

    def _queue(self, construct_id: str, name: str, *, fifo: bool | None = None) -> sqs.Queue:
        return sqs.Queue(
            self,
            construct_id,
            queue_name=name,
            fifo=fifo,  # CloudFormation takes true or nothing
            retention_period=_FORTNIGHT,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            enforce_ssl=True,
        )


def _from_rules(queue: sqs.Queue, arns: Arns, models: Sequence[ModelNames]) -> iam.PolicyStatement:
    """Let the models' rules send. One statement for all: a queue's policy takes only twenty."""
    return iam.PolicyStatement(
        sid="Rules",
        principals=[iam.ServicePrincipal("events.amazonaws.com")],
        actions=["sqs:SendMessage"],
        resources=[queue.queue_arn],
        conditions={
            "StringEquals": {"aws:SourceAccount": arns.stack.account},
            "ArnLike": {
                "aws:SourceArn": [
                    arns.regional("events", f"rule/steelyard-{names.endpoint}-*")
                    for names in models
                ]
            },
        },
    )
