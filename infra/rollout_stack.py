"""What moves rollouts: rules, queues, the reconciler, its settings, and who is called."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.permissions import reconciler_policy
from infra.constructs.queues import EventQueues
from infra.constructs.reconciler import Reconciler
from infra.constructs.rules import EndpointRules
from infra.constructs.settings_parameter import SettingsParameter
from infra.constructs.watchdogs import Watchdogs
from infra.environments import Environment
from infra.model_file import ModelFile
from infra.names import ModelNames, Names


class RolloutStack(cdk.Stack):
    """One reconciler for all endpoints of an environment."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        models: Sequence[ModelFile],
        env: cdk.Environment,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Steelyard {environment.name}: reconciler, queues, rules and alarms",
        )
        names, arns = Names(environment.name), Arns.of(self)
        model_names = [ModelNames.of(environment, model.name) for model in models]
        topic_arn = self._topic(names, arns)
        queues = EventQueues(self, "Queues", names=names, models=model_names)
        Reconciler(
            self,
            "Reconciler",
            environment=environment,
            policy=reconciler_policy(arns, names, model_names, topic_arn),
            queues=queues,
            topic_arn=topic_arn,
            endpoints=len(models),
        )
        for model, its_names in zip(models, model_names, strict=True):
            self._endpoint(model, its_names, queues, topic_arn)

    def _endpoint(
        self, model: ModelFile, names: ModelNames, queues: EventQueues, topic_arn: str
    ) -> None:
        scope = Construct(self, model.name)
        settings = SettingsParameter(
            scope, "Settings", model=model, names=names, topic_arn=topic_arn
        )
        rules = EndpointRules(scope, "Rules", names=names, queues=queues)
        # A tick of an endpoint without settings would be taken for a stray and quarantined.
        rules.node.add_dependency(settings)
        Watchdogs(scope, "Watchdogs", names=names, alpha=model.rollout.alpha, topic_arn=topic_arn)

    def _topic(self, names: Names, arns: Arns) -> str:
        """The topic that people are called through.

        Unencrypted at rest: CloudWatch can't publish through AWS's own key, and a page holds only
        names, numbers and reasons.
        """
        topic = sns.Topic(self, "Pages", topic_name=names.pages, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": self.account},
                    "ArnLike": {"aws:SourceArn": arns.regional("cloudwatch", "alarm:steelyard/*")},
                },
            )
        )
        return topic.topic_arn
