"""Lambda functions of ours: the same zip and layer, a role of their own, a log that ends.

Imported by the constructs that have one.
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import AssetHashType, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.exceptions import accept, accept_wildcards
from infra.environments import Environment
from infra.names import Names
from infra.packaging import Package, function_package, layer_package

OPERATIONS = "SteelyardOperations"  # namespace of what functions tell through their logs
_RUNTIME = lambda_.Runtime.PYTHON_3_12
_OLDER_RUNTIME = "all tests run on it, and the layer is built for it; newer ones come after both"


def libraries(scope: Construct, environment: Environment) -> lambda_.LayerVersion:
    """The layer of all functions."""
    return lambda_.LayerVersion(
        scope,
        "Libraries",
        layer_version_name=f"{Names(environment.name).prefix}-libraries",
        code=_code(layer_package()),
        compatible_runtimes=[_RUNTIME],
    )


def python_function(  # noqa: PLR0913 - knobs are keyword-only arguments
    scope: Construct,
    *,
    environment: Environment,
    name: str,
    description: str,
    handler: str,
    layer: lambda_.ILayerVersion,
    policy: iam.PolicyDocument,
    variables: Mapping[str, str],
    seconds: int,
    key: kms.IKey,
) -> lambda_.Function:
    """A function, its role and its log, as children of `scope`.

    Args:
        name: of the function and of its role.
        handler: a module below `steelyard.handlers`.
        policy: all that the role may do.
        variables: besides those of Powertools.
        seconds: time-out.
    """
    function = lambda_.Function(
        scope,
        "Function",
        function_name=name,
        description=description,
        runtime=_RUNTIME,
        architecture=lambda_.Architecture.ARM_64,
        handler=f"steelyard.handlers.{handler}.handler",
        code=_code(function_package()),
        layers=[layer],
        role=_role(scope, name, policy),
        timeout=Duration.seconds(seconds),
        memory_size=256,
        tracing=lambda_.Tracing.ACTIVE,
        log_group=_log(scope, name, environment, key),
        environment={
            **variables,
            "POWERTOOLS_SERVICE_NAME": "steelyard",
            "POWERTOOLS_METRICS_NAMESPACE": OPERATIONS,
            "POWERTOOLS_LOG_LEVEL": "INFO",
        },
    )
    accept(function, "AwsSolutions-L1", _OLDER_RUNTIME)
    return function


def _role(scope: Construct, name: str, policy: iam.PolicyDocument) -> iam.IRole:
    role = iam.Role(
        scope,
        "Role",
        role_name=name,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={scope.node.id: policy},
    )
    accept_wildcards(role, policy)
    # CDK would add permissions of its own making (for tracing); all stand in `policy`.
    return role.without_policy_updates()


def _log(scope: Construct, name: str, environment: Environment, key: kms.IKey) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        "Log",
        log_group_name=f"/aws/lambda/{name}",
        retention=logs.RetentionDays[environment.log_retention],
        encryption_key=key,
        removal_policy=RemovalPolicy.DESTROY,  # the ledger is the record, not the log
    )


def _code(package: Package) -> lambda_.AssetCode:
    """The folder as an asset, known by what it was built from."""
    return lambda_.Code.from_asset(
        str(package.folder), asset_hash=package.digest, asset_hash_type=AssetHashType.CUSTOM
    )
