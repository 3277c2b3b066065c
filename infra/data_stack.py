"""The bucket and the ledger: what must outlive everything else."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.environments import Environment
from infra.names import CAPTURES, Names


class DataStack(cdk.Stack):
    """A versioned bucket for training data, artifacts and captures, and the ledger's table."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, env: cdk.Environment
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Steelyard {environment.name}: bucket and ledger",
            termination_protection=environment.deletion_protection,
        )
        names = Names(environment.name)
        self._bucket(names, environment)
        self._ledger(names, environment)

    def _bucket(self, names: Names, environment: Environment) -> None:
        s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.bucket(self.account, self.region),
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="UnfinishedUploads", abort_incomplete_multipart_upload_after=_days(7)
                ),
                s3.LifecycleRule(
                    # Captured requests may hold personal data. Everything else stays: an old
                    # version of the training data is what makes an old model reproducible.
                    id="Captures",
                    prefix=f"{CAPTURES}/",
                    expiration=_days(environment.capture_days),
                    noncurrent_version_expiration=_days(1),
                ),
            ],
        )

    def _ledger(self, names: Names, environment: Environment) -> None:
        dynamodb.Table(
            self,
            "Ledger",
            table_name=names.ledger,
            partition_key=_key("endpoint"),
            sort_key=_key("version"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=environment.deletion_protection,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _days(count: int) -> cdk.Duration:
    return cdk.Duration.days(count)
