"""The Lambda function that reconciles endpoints with what the ledger says."""

from __future__ import annotations

from aws_cdk import AssetHashType, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.queues import FUNCTION_SECONDS, EventQueues
from infra.environments import Environment
from infra.names import Names
from infra.packaging import Package, function_package, layer_package

_RUNTIME = lambda_.Runtime.PYTHON_3_12
_LEAST_CONCURRENCY = 2  # SQS takes no less; one writer an endpoint comes from the message group


class Reconciler(Construct):
    """The function, its libraries, its log and its role, fed by the queue of events."""

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
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = Names(environment.name)
        self._environment = environment
        function = self._function(self._role(policy), self._variables(queues, topic_arn))
        lambda_.EventSourceMapping(
            self,
            "EventSource",
            target=function,
            event_source_arn=queues.events.queue_arn,
            batch_size=10,  # the most that a FIFO queue hands out
            report_batch_item_failures=True,
            max_concurrency=max(_LEAST_CONCURRENCY, endpoints),
        )

    def _role(self, policy: iam.PolicyDocument) -> iam.IRole:
        role = iam.Role(
            self,
            "Role",
            role_name=self._names.function,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"Reconciler": policy},
        )
        # CDK would add permissions of its own making (for tracing); all stand in permissions.py.
        return role.without_policy_updates()

    def _function(self, role: iam.IRole, variables: dict[str, str]) -> lambda_.Function:
        return lambda_.Function(
            self,
            "Function",
            function_name=self._names.function,
            description="Moves rollouts on: load, step, record, act, confirm",
            runtime=_RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="steelyard.handlers.reconcile.handler",
            code=_code(function_package()),
            layers=[self._layer()],
            role=role,
            timeout=Duration.seconds(FUNCTION_SECONDS),
            memory_size=256,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=self._log(),
            environment=variables,
        )

    def _layer(self) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            "Libraries",
            layer_version_name=f"steelyard-{self._environment.name}-libraries",
            code=_code(layer_package()),
            compatible_runtimes=[_RUNTIME],
        )

    def _log(self) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{self._names.function}",
            retention=logs.RetentionDays[self._environment.log_retention],
            removal_policy=RemovalPolicy.DESTROY,  # the ledger is the record, not the log
        )

    def _variables(self, queues: EventQueues, topic_arn: str) -> dict[str, str]:
        return {
            "STEELYARD_LEDGER_TABLE": self._names.ledger,
            "STEELYARD_QUARANTINE_URL": queues.quarantine.queue_url,
            "STEELYARD_TOPIC_ARN": topic_arn,
            "STEELYARD_PARAMETER_PREFIX": self._names.settings_prefix,
            "STEELYARD_ACCOUNT": Arns.of(self).stack.account,
            "POWERTOOLS_SERVICE_NAME": "steelyard",
            "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }


def _code(package: Package) -> lambda_.AssetCode:
    """The folder as an asset, known by what it was built from."""
    return lambda_.Code.from_asset(
        str(package.folder), asset_hash=package.digest, asset_hash_type=AssetHashType.CUSTOM
    )
