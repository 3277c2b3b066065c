"""Versions are kept, and a training job reaches only its own model's data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Resources = Callable[..., list[dict[str, Any]]]
Statements = Callable[..., dict[str, dict[str, Any]]]


def test_package_group_is_named_as_the_endpoint_and_retained(resources: Resources) -> None:
    (group,) = resources("registry", "AWS::SageMaker::ModelPackageGroup", "dev")
    assert group["Properties"]["ModelPackageGroupName"] == "dev-completion"
    assert (group["DeletionPolicy"], group["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_training_reads_data_and_writes_artifacts_of_its_model_alone(
    statements: Statements,
) -> None:
    role = statements("registry", "steelyard-local-completion-training")
    bucket = "arn:${AWS::Partition}:s3:::steelyard-local-000000000000-eu-west-1"
    assert role["ReadObjects"]["Resource"] == [f"{bucket}/data/completion/*"]
    assert role["WriteObjects"]["Resource"] == [f"{bucket}/artifacts/completion/*"]
    assert role["ListObjects"]["Condition"] == {"StringLike": {"s3:prefix": "data/completion/*"}}


def test_image_can_be_pulled_from_its_repository_alone(statements: Statements) -> None:
    role = statements("registry", "steelyard-local-completion-training")
    assert role["PullImage"]["Resource"] == [
        "arn:${AWS::Partition}:ecr:eu-west-1:123456789012:repository/steelyard/completion"
    ]


def test_only_sagemaker_of_this_account_takes_the_role(resources: Resources) -> None:
    (role,) = resources("registry", "AWS::IAM::Role")
    (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "sagemaker.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "000000000000"},
        "ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:sagemaker:eu-west-1:000000000000:*"},
    }
