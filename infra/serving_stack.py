"""The bootstrap model, endpoint config and endpoint: made once, then the reconciler's.

From the first event on the reconciler owns models, configs and weights. A later deployment that
replaced any of the three would undo a promotion, hence: L1 with literal values, Retain,
termination protection, RetainAllVariantProperties, and a stack policy set by `steelyard deploy`.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.encryption import environment_key
from infra.constructs.execution_role import ExecutionRole, read_objects, write_objects
from infra.environments import Environment
from infra.model_file import ModelFile
from infra.model_images import model_images
from infra.names import BOOTSTRAP_VARIANT, CAPTURES, ModelNames, Names

_KEEP = cdk.RemovalPolicy.RETAIN


class ServingStack(cdk.Stack):
    """One endpoint a model."""

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
            description=f"Steelyard {environment.name}: bootstrap endpoints; not to be updated",
            termination_protection=environment.deletion_protection,
        )
        for model in models:
            BootstrapEndpoint(self, model.name, environment=environment, model=model)


class BootstrapEndpoint(Construct):
    """The first endpoint of a model, serving the package that a parameter names."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, model: ModelFile
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._file = model
        self._names = ModelNames.of(environment, model.name)
        key = environment_key(self, Names(environment.name))
        bootstrap = self._model(self._role(key))
        config = self._config()
        config.add_resource_dependency(bootstrap)
        endpoint = self._endpoint()
        endpoint.add_resource_dependency(config)
        # SageMaker makes the group with the first line, and keeps it for ever, if there is none.
        endpoint.node.add_dependency(self._log(key))

    def _log(self, key: kms.IKey) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=self._names.log_group,
            retention=logs.RetentionDays[self._environment.log_retention],
            encryption_key=key,
            removal_policy=_KEEP,  # as the endpoint that writes to it
        )

    def _role(self, key: kms.IKey) -> ExecutionRole:
        names, arns = self._names, Arns.of(self)
        role = ExecutionRole(
            self,
            "ServingRole",
            role_name=names.serving_role,
            description=f"Every version of {names.endpoint}",
            image=model_images(self._environment, self._file).serving,
            log_group=names.log_group,
            key=key,
            own=[
                read_objects(arns, self._environment, names.artifact_prefix),
                write_objects(arns, self._environment, names.capture_prefix),
            ],
        )
        role.apply_removal_policy(_KEEP)  # without it a retained endpoint can't replace an instance
        return role

    def _model(self, role: ExecutionRole) -> sagemaker.CfnModel:
        package = cdk.CfnParameter(
            self,
            "BootstrapPackage",
            type="AWS::SSM::Parameter::Value<String>",
            default=self._names.bootstrap_parameter,
            description="Parameter with the ARN of the package; `steelyard bootstrap` writes it.",
        )
        bootstrap = sagemaker.CfnModel(
            self,
            "Model",
            model_name=self._names.bootstrap,
            execution_role_arn=role.role_arn,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                model_package_name=package.value_as_string
            ),
        )
        bootstrap.apply_removal_policy(_KEEP)
        return bootstrap

    def _config(self) -> sagemaker.CfnEndpointConfig:
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            endpoint_config_name=self._names.bootstrap,
            production_variants=[self._variant()],
            data_capture_config=self._capture(),
            metrics_config=self._metrics(),
        )
        config.apply_removal_policy(_KEEP)
        return config

    def _metrics(self) -> sagemaker.CfnEndpointConfig.MetricsConfigProperty:
        seconds = int(self._file.serving.metrics_every.total_seconds())
        finer = seconds < 60  # or else as SageMaker does by itself
        return sagemaker.CfnEndpointConfig.MetricsConfigProperty(
            # True since 2026-06 where nothing is said, and then SageMaker polls /metrics:8080.
            enable_detailed_observability=False,
            # A frequency alone would be that of utilization metrics.
            enable_enhanced_metrics=True if finer else None,
            metric_publish_frequency_in_seconds=seconds if finer else None,
        )

    def _endpoint(self) -> sagemaker.CfnEndpoint:
        endpoint = sagemaker.CfnEndpoint(
            self,
            "Endpoint",
            endpoint_name=self._names.endpoint,
            endpoint_config_name=self._names.bootstrap,
            retain_all_variant_properties=True,
        )
        endpoint.apply_removal_policy(_KEEP)
        return endpoint

    def _variant(self) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        serving = self._file.serving
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=BOOTSTRAP_VARIANT,
            model_name=self._names.bootstrap,
            instance_type=serving.instance_type or self._environment.serving_instance_type,
            initial_instance_count=self._environment.stable_instances,
            initial_variant_weight=100,
            model_data_download_timeout_in_seconds=int(serving.download_timeout.total_seconds()),
            container_startup_health_check_timeout_in_seconds=int(
                serving.startup_timeout.total_seconds()
            ),
        )

    def _capture(self) -> sagemaker.CfnEndpointConfig.DataCaptureConfigProperty | None:
        percent = self._file.serving.data_capture_percent
        if percent == 0:
            return None
        stack = cdk.Stack.of(self)
        bucket = Names(self._environment.name).bucket(stack.account, stack.region)
        option = sagemaker.CfnEndpointConfig.CaptureOptionProperty
        return sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=percent,
            # SageMaker appends /<endpoint>/<variant>/yyyy/mm/dd/hh by itself.
            destination_s3_uri=f"s3://{bucket}/{CAPTURES}",
            capture_options=[option(capture_mode="Input"), option(capture_mode="Output")],
            capture_content_type_header=(
                sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                    json_content_types=["application/json"]
                )
            ),
        )
