"""What people need who give orders to rollouts. Used by the rollout stack."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.rules import COMMAND_SOURCE, COMMAND_TYPE
from infra.constructs.statements import allow
from infra.names import Names

# Source: "Using IAM policy conditions in Amazon EventBridge". A call may carry several events, so
# `events:source` has several values; without any, "for all" alone would be true.
_ORDERS_ALONE = {
    "ForAllValues:StringEquals": {"events:source": COMMAND_SOURCE},
    "Null": {"events:source": "false"},
    "StringEquals": {"events:detail-type": COMMAND_TYPE},
}


class Operators(Construct):
    """A policy to attach to people's roles: orders to every endpoint of the environment.

    No condition can bind an event's detail: neither the endpoint nor the name of who orders.
    """

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=names.operators,
            description=f"May give orders to the rollouts of {names.environment}",
            statements=[
                allow(
                    "Orders",
                    "events:PutEvents",
                    on=[Arns.of(self).regional("events", "event-bus/default")],
                    where=_ORDERS_ALONE,
                )
            ],
        )
