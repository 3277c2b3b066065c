"""One model package group a model, and the role that its training jobs run under."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.encryption import environment_key
from infra.constructs.execution_role import (
    ExecutionRole,
    list_objects,
    read_objects,
    write_objects,
)
from infra.environments import Environment
from infra.model_file import ModelFile
from infra.model_images import model_images
from infra.names import ModelNames, Names


class RegistryStack(cdk.Stack):
    """Where versions are kept, and what may make new ones."""

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
            description=f"Steelyard {environment.name}: model package groups and training roles",
        )
        for model in models:
            _Registered(self, model.name, environment=environment, model=model)


class _Registered(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, model: ModelFile
    ) -> None:
        super().__init__(scope, construct_id)
        names, arns = ModelNames.of(environment, model.name), Arns.of(self)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "PackageGroup",
            model_package_group_name=names.package_group,
            model_package_group_description=model.description,
        )
        # A group that has versions can't be deleted, and versions are worth more than the stack.
        group.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        ExecutionRole(
            self,
            "TrainingRole",
            role_name=names.training_role,
            description=f"Training jobs of {names.endpoint}",
            image=model_images(environment, model).training,
            log_group="/aws/sagemaker/TrainingJobs",
            key=environment_key(self, Names(environment.name)),
            own=[
                read_objects(arns, environment, names.data_prefix),
                list_objects(arns, environment, names.data_prefix),
                write_objects(arns, environment, names.artifact_prefix),
            ],
        )
