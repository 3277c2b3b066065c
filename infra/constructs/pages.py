"""The topic that people are called through, and who is subscribed to it by the template."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.arns import Arns
from infra.names import Names


class Pages(Construct):
    """One topic an environment.

    Args:
        addresses: email addresses; AWS asks each whether it wants to.
        key: CloudWatch can't publish through AWS's own key, but through this one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: Names,
        addresses: Sequence[str],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        topic = sns.Topic(self, "Topic", topic_name=names.pages, enforce_ssl=True, master_key=key)
        topic.add_to_resource_policy(_from_alarms(topic, Arns.of(self)))
        for number, address in enumerate(addresses, start=1):
            sns.CfnSubscription(
                self,
                f"Address{number}",
                topic_arn=topic.topic_arn,
                protocol="email",
                endpoint=address,
            )
        self.topic_arn = topic.topic_arn


def _from_alarms(topic: sns.Topic, arns: Arns) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="Alarms",
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=["sns:Publish"],
        resources=[topic.topic_arn],
        conditions={
            "StringEquals": {"aws:SourceAccount": arns.stack.account},
            "ArnLike": {"aws:SourceArn": arns.regional("cloudwatch", "alarm:steelyard/*")},
        },
    )
