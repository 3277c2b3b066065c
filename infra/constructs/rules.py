"""The EventBridge rules of one endpoint: everything that may move its rollout."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_events as events
from constructs import Construct

from infra.constructs.queues import EventQueues
from infra.names import ModelNames, RuleKind

COMMAND_SOURCE, COMMAND_TYPE = "steelyard", "Steelyard Command"


class EndpointRules(Construct):
    """A tick, and one rule a source of events, all into one message group.

    One set an endpoint, since a rule's group is constant: the group makes the queue hand out an
    endpoint's messages one after the other. No rule has an input of its own, so that each tick
    carries its time and isn't taken for a duplicate of the last.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, names: ModelNames, queues: EventQueues
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._queues = queues
        # The tick makes progress alone: SageMaker's events are best effort.
        self._rule("Tick", "tick", schedule_expression="rate(1 minute)")
        self._rule("Alarm", "alarm", event_pattern=_alarm(names))
        self._rule("Endpoint", "endpoint", event_pattern=_endpoint(names))
        self._rule("Approval", "approval", event_pattern=_approval(names))
        self._rule("Command", "command", event_pattern=_command(names))

    def _rule(self, construct_id: str, kind: RuleKind, **trigger: Any) -> None:
        target = events.CfnRule.TargetProperty(
            id="Events",
            arn=self._queues.events.queue_arn,
            sqs_parameters=events.CfnRule.SqsParametersProperty(
                message_group_id=self._names.endpoint
            ),
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(
                arn=self._queues.undelivered.queue_arn
            ),
        )
        events.CfnRule(
            self,
            construct_id,
            name=self._names.rule(kind),
            description=f"{kind} of {self._names.endpoint}, to the reconciler",
            state="ENABLED",
            targets=[target],
            **trigger,
        )


def _alarm(names: ModelNames) -> dict[str, Any]:
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": names.alarm_prefix}]},
    }


def _endpoint(names: ModelNames) -> dict[str, Any]:
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
        "detail": {"EndpointName": [names.endpoint]},
    }


def _approval(names: ModelNames) -> dict[str, Any]:
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": [names.package_group]},
    }


def _command(names: ModelNames) -> dict[str, Any]:
    return {
        "source": [COMMAND_SOURCE],
        "detail-type": [COMMAND_TYPE],
        "detail": {"endpoint": [names.endpoint]},
    }
