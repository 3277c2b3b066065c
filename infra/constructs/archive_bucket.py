"""The bucket that the ledger is copied to: what is in it can't be changed. For the data stack."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.exceptions import accept
from infra.environments import Environment
from infra.names import Names

NO_ACCESS_LOG = (
    "server access logs can't go to a bucket under our key; CloudTrail's data events, which the "
    "account's owner may turn on, name the caller too"
)


class ArchiveBucket(Construct):
    """Object Lock keeps each version of an object; the policy lets no second one come over it.

    Object Lock alone would not: a later object, or a mere delete marker, hides the first.
    Who may change the policy can undo that half, but not the lock.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, environment: Environment, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        days = cdk.Duration.days(environment.archive_days)
        retention = {
            "COMPLIANCE": s3.ObjectLockRetention.compliance,
            "GOVERNANCE": s3.ObjectLockRetention.governance,
        }[environment.archive_mode]
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=Names(environment.name).archive(stack.account, stack.region),
            versioned=True,
            object_lock_enabled=True,
            object_lock_default_retention=retention(days),
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        objects = bucket.arn_for_objects("*")
        # Source: "Enforce conditional writes on Amazon S3 buckets" in S3's user guide.
        unconditional = {"Null": {"s3:if-none-match": "true"}}
        bucket.add_to_resource_policy(_deny("WrittenOnce", objects, unconditional, "s3:PutObject"))
        bucket.add_to_resource_policy(
            _deny("NeverDeleted", objects, {}, "s3:DeleteObject", "s3:DeleteObjectVersion")
        )
        accept(bucket, "AwsSolutions-S1", NO_ACCESS_LOG)


def _deny(
    sid: str, objects: str, where: Mapping[str, object], *actions: str
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=[objects],
        conditions=dict(where),
    )
