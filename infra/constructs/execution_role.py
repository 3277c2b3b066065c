"""A role that SageMaker runs a model's container under. Used by registry and serving stacks."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.arns import Arns
from infra.constructs.encryption import use_key
from infra.constructs.exceptions import accept_wildcards
from infra.environments import Environment
from infra.images import Image


class ExecutionRole(iam.Role):
    """What every container needs (its image, logs, metrics), and `own` statements besides.

    Args:
        log_group: CloudWatch log group that SageMaker writes its output to.
        key: encrypts the bucket.
    """

    def __init__(  # noqa: PLR0913 - knobs are keyword-only arguments
        self,
        scope: Construct,
        construct_id: str,
        *,
        role_name: str,
        description: str,
        image: Image,
        log_group: str,
        key: kms.IKey,
        own: Sequence[iam.PolicyStatement],
    ) -> None:
        arns = Arns.of(scope)
        policy = iam.PolicyDocument(
            statements=[
                *own,
                use_key(key.key_arn, arns, "s3"),
                *_image(arns, image),
                *_output(arns, log_group),
            ]
        )
        super().__init__(
            scope,
            construct_id,
            role_name=role_name,
            description=description,
            assumed_by=_sagemaker(arns),
            # Inline, so that the role never exists without its permissions.
            inline_policies={"Execution": policy},
        )
        accept_wildcards(self, policy)


def read_objects(arns: Arns, environment: Environment, prefix: str) -> iam.PolicyStatement:
    """Read the objects below a prefix of the environment's bucket."""
    return iam.PolicyStatement(
        sid="ReadObjects",
        actions=["s3:GetObject", "s3:GetObjectVersion"],
        resources=[arns.bucket(environment, f"{prefix}*")],
    )


def list_objects(arns: Arns, environment: Environment, prefix: str) -> iam.PolicyStatement:
    """List the objects below a prefix of the environment's bucket."""
    return iam.PolicyStatement(
        sid="ListObjects",
        actions=["s3:ListBucket"],
        resources=[arns.bucket(environment)],
        conditions={"StringLike": {"s3:prefix": f"{prefix}*"}},
    )


def write_objects(arns: Arns, environment: Environment, prefix: str) -> iam.PolicyStatement:
    """Write objects below a prefix of the environment's bucket."""
    return iam.PolicyStatement(
        sid="WriteObjects",
        actions=["s3:PutObject"],
        resources=[arns.bucket(environment, f"{prefix}*")],
    )


def _sagemaker(arns: Arns) -> iam.IPrincipal:
    """SageMaker, on behalf of this account alone (the confused-deputy conditions)."""
    return iam.ServicePrincipal(
        "sagemaker.amazonaws.com",
        conditions={
            "StringEquals": {"aws:SourceAccount": arns.stack.account},
            "ArnLike": {"aws:SourceArn": arns.regional("sagemaker", "*")},
        },
    )


def _image(arns: Arns, image: Image) -> list[iam.PolicyStatement]:
    repository = (
        f"arn:{arns.stack.partition}:ecr:{image.region}:{image.account}"
        f":repository/{image.repository}"
    )
    return [
        iam.PolicyStatement(
            sid="PullImage",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            resources=[repository],
        ),
        iam.PolicyStatement(
            sid="LogInToRegistry",
            actions=["ecr:GetAuthorizationToken"],
            resources=["*"],  # has no resource to name
        ),
    ]


def _output(arns: Arns, log_group: str) -> list[iam.PolicyStatement]:
    group = arns.regional("logs", f"log-group:{log_group}")
    return [
        iam.PolicyStatement(
            sid="WriteLogs",
            actions=[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            resources=[group, f"{group}:log-stream:*"],
        ),
        iam.PolicyStatement(
            sid="WriteMetrics",
            actions=["cloudwatch:PutMetricData"],
            resources=["*"],  # has no resource to name; the namespace bounds it
            conditions={
                "StringLike": {"cloudwatch:namespace": ["AWS/SageMaker*", "/aws/sagemaker/*"]}
            },
        ),
    ]
