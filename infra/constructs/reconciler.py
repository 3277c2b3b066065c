"""The Lambda function that reconciles endpoints with what the ledger says."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.functions import python_function
from infra.constructs.queues import FUNCTION_SECONDS, EventQueues
from infra.environments import Environment
from infra.names import Names

_LEAST_CONCURRENCY = 2  # SQS takes no less; one writer an endpoint comes from the message group


class Reconciler(Construct):
    """The function, its log and its role, fed by the queue of events."""

    def __init__(  # noqa: PLR0913 - knobs are keyword-only arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        policy: iam.PolicyDocument,
        queues: EventQueues,
        topic_arn: str,
        endpoints: int,
        layer: lambda_.ILayerVersion,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        names = Names(environment.name)
        function = python_function(
            self,
            environment=environment,
            name=names.function,
            description="Moves rollouts on: load, step, record, act, confirm",
            handler="reconcile",
            layer=layer,
            policy=policy,
            variables={
                "STEELYARD_LEDGER_TABLE": names.ledger,
                "STEELYARD_LABELS_TABLE": names.labels,
                "STEELYARD_EVENTS_URL": queues.events.queue_url,
                "STEELYARD_QUARANTINE_URL": queues.quarantine.queue_url,
                "STEELYARD_TOPIC_ARN": topic_arn,
                "STEELYARD_PARAMETER_PREFIX": names.settings_prefix,
                "STEELYARD_ACCOUNT": Arns.of(self).stack.account,
            },
            seconds=FUNCTION_SECONDS,
            key=key,
        )
        lambda_.EventSourceMapping(
            self,
            "EventSource",
            target=function,
            event_source_arn=queues.events.queue_arn,
            # A batch's records run one after the other within the function's 30 seconds: one slow
            # endpoint would keep the rollback of another waiting. It costs a call per message.
            batch_size=1,
            report_batch_item_failures=True,
            max_concurrency=max(_LEAST_CONCURRENCY, endpoints),
        )
