"""What moves rollouts: rules, queues, reconciler, settings, labels, archive, who is called."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from constructs import Construct

from infra.constructs.archiver import Archiver
from infra.constructs.arns import Arns
from infra.constructs.dashboard import RolloutDashboard
from infra.constructs.encryption import environment_key
from infra.constructs.functions import libraries
from infra.constructs.intake import LabelsIntake
from infra.constructs.operators import Operators
from infra.constructs.pages import Pages
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
        key = environment_key(self, names)
        pages = Pages(self, "Pages", names=names, addresses=environment.notify, key=key)
        topic_arn = pages.topic_arn
        queues = EventQueues(
            self, "Queues", names=names, models=model_names, key=key, topic_arn=topic_arn
        )
        layer = libraries(self, environment)
        Reconciler(
            self,
            "Reconciler",
            environment=environment,
            policy=reconciler_policy(
                arns, names, model_names, topic_arn=topic_arn, key_arn=key.key_arn
            ),
            queues=queues,
            topic_arn=topic_arn,
            endpoints=len(models),
            layer=layer,
            key=key,
        )
        LabelsIntake(
            self, "Labels", environment=environment, models=model_names, layer=layer, key=key
        )
        Archiver(
            self, "Archiver", environment=environment, topic_arn=topic_arn, layer=layer, key=key
        )
        Operators(self, "Operators", names=names)
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
        RolloutDashboard(scope, "Dashboard", model=model, names=names)
