"""Key, buckets, ledger and counted labels: what must outlive everything else."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.constructs.archive_bucket import NO_ACCESS_LOG, ArchiveBucket
from infra.constructs.encryption import EnvironmentKey
from infra.constructs.exceptions import accept
from infra.environments import Environment
from infra.names import CAPTURES, Names


class DataStack(cdk.Stack):
    """A bucket for training data, artifacts and captures, a write-once one, two tables, a key."""

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, env: cdk.Environment
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Steelyard {environment.name}: key, bucket and ledger",
            termination_protection=environment.deletion_protection,
        )
        names = Names(environment.name)
        key = EnvironmentKey(self, "Encryption", environment=environment).key
        self._bucket(names, environment, key)
        self._tables(names, environment, key)
        ArchiveBucket(self, "Archive", environment=environment, key=key)

    def _bucket(self, names: Names, environment: Environment, key: kms.IKey) -> None:
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.bucket(self.account, self.region),
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,  # one call to KMS for many objects
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

        accept(bucket, "AwsSolutions-S1", NO_ACCESS_LOG)

    def _tables(self, names: Names, environment: Environment, key: kms.IKey) -> None:
        shared: dict[str, Any] = {
            "billing_mode": dynamodb.BillingMode.PAY_PER_REQUEST,
            "encryption": dynamodb.TableEncryption.CUSTOMER_MANAGED,
            "encryption_key": key,
            "point_in_time_recovery_specification": dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            "deletion_protection": environment.deletion_protection,
            "removal_policy": cdk.RemovalPolicy.RETAIN,
        }
        ledger = dynamodb.Table(
            self,
            "Ledger",
            table_name=names.ledger,
            partition_key=_key("endpoint"),
            sort_key=_key("version"),
            # Of a change or removal, the archive must see what there was before.
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            **shared,
        )
        ssm.CfnParameter(
            self,
            "LedgerStream",
            name=names.ledger_stream_parameter,
            type="String",
            value=str(ledger.table_stream_arn),
            description=f"Steelyard: changes of the ledger of {environment.name}",
        )
        dynamodb.Table(
            self,
            "Labels",
            table_name=names.labels,
            partition_key=_key("key"),
            sort_key=_key("at"),
            time_to_live_attribute="expires",
            **shared,
        )


def _key(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


def _days(count: int) -> cdk.Duration:
    return cdk.Duration.days(count)
