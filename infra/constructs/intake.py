"""Where labels are reported to: an HTTP API with IAM, a Lambda, and the key of inference ids."""

from __future__ import annotations

import json
import string
from collections.abc import Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.aws_apigatewayv2_authorizers import HttpIamAuthorizer
from aws_cdk.aws_apigatewayv2_integrations import HttpLambdaIntegration
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.encryption import use_key
from infra.constructs.exceptions import accept
from infra.constructs.functions import python_function
from infra.constructs.statements import allow, logs_and_traces
from infra.environments import Environment
from infra.names import LABELS_URL, ModelNames, Names

# A minute's labels are read `metric_lag` after it: its last ones must have been counted by then.
_FUNCTION_SECONDS = 20
_RATE, _BURST = 20, 40  # requests a second, all callers together, of up to 500 reports
_ROUTE = "/endpoints/{endpoint}/labels"
_NO_ROTATION = "ids of a week are bound to it: a person replaces it, when no label is outstanding"
_LOGGED = {
    name: f"$context.{name}"
    for name in ("requestId", "requestTime", "routeKey", "path", "status", "responseLength")
} | {
    "caller": "$context.identity.userArn",
    "source": "$context.identity.sourceIp",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class LabelsIntake(Construct):
    """Everything of the intake, and a policy a model for the roles of those who report."""

    def __init__(  # noqa: PLR0913 - knobs are keyword-only arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        models: Sequence[ModelNames],
        layer: lambda_.ILayerVersion,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._environment = environment
        self._names = names = Names(environment.name)
        self._key = key
        self._arns = Arns.of(self)
        self._secret_arn = self._secret()
        function = python_function(
            self,
            environment=environment,
            name=names.intake,
            description="Counts reported labels, each once",
            handler="intake",
            layer=layer,
            policy=self._policy(),
            variables={
                "STEELYARD_LEDGER_TABLE": names.ledger,
                "STEELYARD_LABELS_TABLE": names.labels,
                "STEELYARD_LABELS_KEY": names.labels_key,
            },
            seconds=_FUNCTION_SECONDS,
            key=key,
        )
        api = self._api(function)
        for model in models:
            self._for_clients(api, model)

    def _secret(self) -> str:
        secret = secretsmanager.Secret(
            self,
            "Key",
            secret_name=self._names.labels_key,
            description="Steelyard: what inference ids are issued with",
            encryption_key=self._key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                password_length=64, exclude_characters=string.punctuation
            ),
        )
        accept(secret, "AwsSolutions-SMG4", _NO_ROTATION)
        resource = cast("secretsmanager.CfnSecret", secret.node.default_child)
        return resource.attr_id  # its ARN, which `Ref` gives on AWS alone

    def _policy(self) -> iam.PolicyDocument:
        arns, names = self._arns, self._names
        ledger, labels = (
            arns.regional("dynamodb", f"table/{table}") for table in (names.ledger, names.labels)
        )
        return iam.PolicyDocument(
            statements=[
                allow("Ledger", "dynamodb:Query", on=[ledger]),
                # A transaction needs what its parts need.
                allow("Labels", "dynamodb:PutItem", "dynamodb:UpdateItem", on=[labels]),
                allow("LabelsKey", "secretsmanager:GetSecretValue", on=[self._secret_arn]),
                *logs_and_traces(arns, names.intake),
                use_key(self._key.key_arn, arns, "dynamodb", "secretsmanager"),
            ]
        )

    def _api(self, function: lambda_.IFunction) -> apigateway.HttpApi:
        names = self._names
        api = apigateway.HttpApi(
            self,
            "Api",
            api_name=names.labels,
            description=f"Steelyard {self._environment.name}: what users really wanted",
            create_default_stage=False,
        )
        api.add_routes(
            path=_ROUTE,
            methods=[apigateway.HttpMethod.POST],
            integration=HttpLambdaIntegration("Intake", function),
            authorizer=HttpIamAuthorizer(),
        )
        log = logs.LogGroup(
            self,
            "AccessLog",
            log_group_name=names.labels_log,
            retention=logs.RetentionDays[self._environment.log_retention],
            encryption_key=self._key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        apigateway.CfnStage(
            self,
            "Stage",
            api_id=api.api_id,
            stage_name="$default",
            auto_deploy=True,
            default_route_settings=apigateway.CfnStage.RouteSettingsProperty(
                throttling_rate_limit=_RATE, throttling_burst_limit=_BURST
            ),
            access_log_settings=apigateway.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn, format=json.dumps(_LOGGED)
            ),
        )
        url = cdk.CfnOutput(self, "Url", value=api.api_endpoint, description="POST " + _ROUTE)
        url.override_logical_id(LABELS_URL)
        return api

    def _for_clients(self, api: apigateway.HttpApi, model: ModelNames) -> None:
        """What the roles of those who report are given: one route, and the key to issue ids."""
        route = f"{api.api_id}/$default/POST/endpoints/{model.endpoint}/labels"
        iam.ManagedPolicy(
            self,
            f"ForClients-{model.model}",
            managed_policy_name=model.labels_clients,
            description=f"May report labels of {model.endpoint}, and issue inference ids",
            statements=[
                allow(
                    "Report", "execute-api:Invoke", on=[self._arns.regional("execute-api", route)]
                ),
                allow("IssueIds", "secretsmanager:GetSecretValue", on=[self._secret_arn]),
                use_key(self._key.key_arn, self._arns, "secretsmanager"),
            ],
        )
