"""What copies the ledger into its archive: a function behind the table's stream, and its alarms."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.encryption import use_key
from infra.constructs.exceptions import accept
from infra.constructs.functions import python_function
from infra.constructs.statements import allow, logs_and_traces
from infra.constructs.watchdogs import NAMESPACE
from infra.environments import Environment
from infra.names import ARCHIVED, Names

# Long enough to copy some thousand entries of a ledger that is older than its archive; what is
# left then comes with the next attempt.
_FUNCTION_SECONDS = 300
_BATCH = 10
# A stream keeps a change for 24 hours. Half of that for what holds up all behind it.
_PATIENCE = cdk.Duration.hours(12)
_FORTNIGHT = cdk.Duration.days(14)
_BEHIND = cdk.Duration.hours(1)


class Archiver(Construct):
    """The function, its source, where what it can't archive is noted, and who is called.

    Args:
        topic_arn: who is called.
    """

    def __init__(  # noqa: PLR0913 - knobs are keyword-only arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        topic_arn: str,
        layer: lambda_.ILayerVersion,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names = Names(environment.name)
        self._arns = arns = Arns.of(self)
        self._topic_arn = topic_arn
        self._key = key
        self._bucket = names.archive(arns.stack.account, arns.stack.region)
        self._stream_arn = ssm.StringParameter.value_for_string_parameter(
            self, names.ledger_stream_parameter
        )
        unarchived = self._unarchived()
        function = python_function(
            self,
            environment=environment,
            name=names.archiver,
            description="Copies the ledger to where nothing can be changed",
            handler="archive",
            layer=layer,
            policy=self._policy(unarchived.queue_arn),
            variables={
                "STEELYARD_LEDGER_TABLE": names.ledger,
                "STEELYARD_ARCHIVE_BUCKET": self._bucket,
                "STEELYARD_TOPIC_ARN": topic_arn,
            },
            seconds=_FUNCTION_SECONDS,
            key=key,
        )
        self._feed(function, unarchived)
        self._watch()

    def _unarchived(self) -> sqs.Queue:
        queue = sqs.Queue(
            self,
            "UnarchivedChanges",
            queue_name=self._names.unarchived,
            retention_period=_FORTNIGHT,
            encryption=sqs.QueueEncryption.KMS,
            encryption_master_key=self._key,
            enforce_ssl=True,
        )
        accept(queue, "AwsSolutions-SQS3", "people read it; nothing fails on it")
        return queue

    def _policy(self, unarchived_arn: str) -> iam.PolicyDocument:
        arns, names = self._arns, self._names
        bucket = f"arn:{arns.stack.partition}:s3:::{self._bucket}"
        return iam.PolicyDocument(
            statements=[
                allow(
                    "Changes",
                    "dynamodb:DescribeStream",
                    "dynamodb:GetRecords",
                    "dynamodb:GetShardIterator",
                    on=[self._stream_arn],
                ),
                allow("ListStreams", "dynamodb:ListStreams", on=["*"]),  # has no resource to name
                allow(
                    "Ledger",
                    "dynamodb:Query",
                    on=[arns.regional("dynamodb", f"table/{names.ledger}")],
                ),
                allow("Archive", "s3:GetObject", "s3:PutObject", on=[f"{bucket}/{ARCHIVED}/*"]),
                # Without it, S3 says "denied" of an object that isn't there.
                allow("Missing", "s3:ListBucket", on=[bucket]),
                allow("Unarchived", "sqs:SendMessage", on=[unarchived_arn]),
                allow("Pages", "sns:Publish", on=[self._topic_arn]),
                allow(
                    "WriteMetrics",
                    "cloudwatch:PutMetricData",
                    on=["*"],  # has no resource to name; the namespace bounds it
                    where={"StringEquals": {"cloudwatch:namespace": NAMESPACE}},
                ),
                *logs_and_traces(arns, names.archiver),
                use_key(self._key.key_arn, arns, "dynamodb", "s3", "sns", "sqs"),
            ]
        )

    def _feed(self, function: lambda_.Function, unarchived: sqs.Queue) -> None:
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "EventSource",
            function_name=function.function_name,
            event_source_arn=self._stream_arn,
            starting_position="TRIM_HORIZON",
            batch_size=_BATCH,
            function_response_types=["ReportBatchItemFailures"],
            maximum_record_age_in_seconds=int(_PATIENCE.to_seconds()),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=unarchived.queue_arn
                )
            ),
        )
        mapping.node.add_dependency(function)

    def _watch(self) -> None:
        queue = [_dimension("QueueName", self._names.unarchived)]
        function = [_dimension("FunctionName", self._names.archiver)]
        ledger = [_dimension("Ledger", self._names.ledger)]
        self._alarm(
            "Tampering",
            "The ledger is not as it was written.",
            {"namespace": NAMESPACE, "metric_name": "Tampering", "dimensions": ledger},
            {"statistic": "Sum", "threshold": 1},
        )
        self._alarm(
            "Unarchived",
            "Some changes of the ledger could not be archived in half a day.",
            {
                "namespace": "AWS/SQS",
                "metric_name": "ApproximateAgeOfOldestMessage",
                "dimensions": queue,
            },
            {"statistic": "Maximum", "threshold": 1},
        )
        self._alarm(
            "Behind",
            "The archive is an hour behind the ledger.",
            {"namespace": "AWS/Lambda", "metric_name": "IteratorAge", "dimensions": function},
            {"statistic": "Maximum", "threshold": _BEHIND.to_milliseconds()},
        )

    def _alarm(
        self, construct_id: str, description: str, metric: dict[str, Any], limit: dict[str, Any]
    ) -> None:
        cloudwatch.CfnAlarm(
            self,
            construct_id,
            alarm_name=f"{self._names.ledger_alarm_prefix}{construct_id.lower()}",
            alarm_description=description,
            period=60,
            evaluation_periods=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            # All three are silent while there is nothing to tell.
            treat_missing_data="notBreaching",
            alarm_actions=[self._topic_arn],
            **metric,
            **limit,
        )


def _dimension(name: str, value: str) -> cloudwatch.CfnAlarm.DimensionProperty:
    return cloudwatch.CfnAlarm.DimensionProperty(name=name, value=value)
