"""Model package groups and versions: numbers, approval, lists, events."""

from typing import Any

from infra.local.ports import Params
from tests.local.sagemaker.checked_api import CheckedApi
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import Scene

GROUP_ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model-package-group/completion"
VERSION_ARN = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/completion"
SPECIFICATION = {
    "Containers": [
        {
            "Image": f"000000000000.dkr.ecr.eu-west-1.amazonaws.com/x@sha256:{'0' * 64}",
            "ModelDataUrl": "s3://artifacts/model.tar.gz",
        }
    ],
    "SupportedContentTypes": ["application/json"],
    "SupportedResponseMIMETypes": ["application/json"],
}


def group(api: CheckedApi, name: str = "completion") -> None:
    api("CreateModelPackageGroup", ModelPackageGroupName=name)


def version(api: CheckedApi, name: str = "completion", **more: Any) -> str:
    arn: str = api(
        "CreateModelPackage",
        **{
            "ModelPackageGroupName": name,
            "InferenceSpecification": SPECIFICATION,
            "ModelApprovalStatus": "PendingManualApproval",
            **more,
        },
    )["ModelPackageArn"]
    return arn


def test_versions_count_from_one_in_each_group_and_are_never_reused(api: CheckedApi) -> None:
    group(api)
    group(api, "other")
    assert [version(api), version(api), version(api, "other")] == [
        f"{VERSION_ARN}/1",
        f"{VERSION_ARN}/2",
        f"{VERSION_ARN.replace('completion', 'other')}/1",
    ]
    api("DeleteModelPackage", ModelPackageName=f"{VERSION_ARN}/2")
    assert version(api) == f"{VERSION_ARN}/3"


def test_version_is_described_as_it_was_given(api: CheckedApi) -> None:
    group(api)
    given: Params = {
        "CustomerMetadataProperties": {"artifact-sha256": "ab" * 32},
        "ModelMetrics": {
            "ModelQuality": {
                "Statistics": {"ContentType": "application/json", "S3Uri": "s3://artifacts/q.json"}
            }
        },
        "ModelPackageDescription": "trained on more modules",
    }
    arn = version(api, **given)
    described = api("DescribeModelPackage", ModelPackageName=arn)
    assert {member: described[member] for member in given} == given
    assert described["InferenceSpecification"] == SPECIFICATION
    assert described["ModelPackageVersion"] == 1
    assert described["ModelPackageStatus"] == "Completed"
    assert described["CreatedBy"]["IamIdentity"]["Arn"] == "arn:aws:iam::000000000000:root"
    assert "LastModifiedTime" not in described
    assert api("DescribeModelPackage", ModelPackageName="completion/1") == described


def test_equal_client_tokens_make_one_version(api: CheckedApi) -> None:
    group(api)
    assert version(api, ClientToken="t-1") == version(api, ClientToken="t-1")
    assert version(api, ClientToken="t-2") == f"{VERSION_ARN}/2"


def test_approval_sets_who_and_when_and_keeps_the_reason(api: CheckedApi, scene: Scene) -> None:
    group(api)
    arn = version(api)
    before = scene.cloud.clock.now()
    api(
        "UpdateModelPackage",
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="beats the baseline",
        CustomerMetadataProperties={"ticket": "7"},
    )
    described = api("DescribeModelPackage", ModelPackageName=arn)
    assert described["ModelApprovalStatus"] == "Approved"
    assert described["ApprovalDescription"] == "beats the baseline"
    assert described["CustomerMetadataProperties"] == {"ticket": "7"}
    assert described["LastModifiedTime"] >= before
    assert described["LastModifiedBy"]["IamIdentity"]["PrincipalId"] == "000000000000"
    api("UpdateModelPackage", ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["ticket"])
    assert "CustomerMetadataProperties" not in api("DescribeModelPackage", ModelPackageName=arn)


def test_approval_event_has_the_documented_shape_without_approver_or_previous_status(
    api: CheckedApi, scene: Scene
) -> None:
    group(api)
    arn = version(api)
    api("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    api("UpdateModelPackage", ModelPackageArn=arn, ModelApprovalStatus="Approved")
    made, approved = scene.cloud.events("SageMaker Model Package State Change")
    assert made.detail["ModelApprovalStatus"] == "PendingManualApproval"
    assert approved.source == "aws.sagemaker"
    assert approved.resources == [arn]
    for member in ("CreationTime", "LastModifiedTime"):
        text = approved.detail.pop(member)
        assert len(text) == len("2021-02-24T17:00:14Z")
        assert text.endswith("Z")
    assert approved.detail == {
        "ModelPackageGroupName": "completion",
        "ModelPackageVersion": 1,
        "ModelPackageArn": arn,
        "InferenceSpecification": SPECIFICATION,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": False,
        "ModelApprovalStatus": "Approved",
    }


def test_versions_are_listed_by_group_approval_and_age_in_pages(api: CheckedApi) -> None:
    group(api)
    group(api, "other")
    for _ in range(3):
        version(api)
    version(api, "other", ModelApprovalStatus="Approved")
    api("UpdateModelPackage", ModelPackageArn=f"{VERSION_ARN}/1", ModelApprovalStatus="Approved")
    api("UpdateModelPackage", ModelPackageArn=f"{VERSION_ARN}/3", ModelApprovalStatus="Approved")
    asked = {
        "ModelPackageGroupName": "completion",
        "ModelApprovalStatus": "Approved",
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 1,
    }
    first = api("ListModelPackages", **asked)
    second = api("ListModelPackages", **asked, NextToken=first["NextToken"])
    found = first["ModelPackageSummaryList"] + second["ModelPackageSummaryList"]
    assert [one["ModelPackageVersion"] for one in found] == [3, 1]
    assert "NextToken" not in second
    everything = api("ListModelPackages", ModelPackageType="Versioned")["ModelPackageSummaryList"]
    assert len(everything) == 4
    assert api("ListModelPackages")["ModelPackageSummaryList"] == []


def test_list_knows_only_versions_made_after_a_time(api: CheckedApi, scene: Scene) -> None:
    group(api)
    version(api)
    between = scene.cloud.clock.now()
    version(api)
    asked = {"ModelPackageGroupName": "completion"}
    after = api("ListModelPackages", **asked, CreationTimeAfter=between)
    before = api("ListModelPackages", **asked, CreationTimeBefore=between)
    found = [
        [one["ModelPackageVersion"] for one in page["ModelPackageSummaryList"]]
        for page in (before, after)
    ]
    assert found == [[1], [2]]


def test_group_with_versions_cannot_be_deleted(api: CheckedApi) -> None:
    group(api)
    arn = version(api)
    with refused("ConflictException", arn):
        api("DeleteModelPackageGroup", ModelPackageGroupName="completion")
    api("DeleteModelPackage", ModelPackageName=arn)
    api("DeleteModelPackageGroup", ModelPackageGroupName=GROUP_ARN)
    assert api("ListModelPackageGroups") == {"ModelPackageGroupSummaryList": []}


def test_group_is_described_and_its_name_taken(api: CheckedApi) -> None:
    made = api(
        "CreateModelPackageGroup",
        ModelPackageGroupName="completion",
        ModelPackageGroupDescription="code completion",
    )
    assert made == {"ModelPackageGroupArn": GROUP_ARN}
    described = api("DescribeModelPackageGroup", ModelPackageGroupName=GROUP_ARN)
    assert described["ModelPackageGroupDescription"] == "code completion"
    assert described["ModelPackageGroupStatus"] == "Completed"
    with refused("ValidationException", "already exists", GROUP_ARN):
        group(api)


def test_unknown_group_or_version_is_refused_by_name(api: CheckedApi) -> None:
    with refused("ValidationException", f"ModelPackageGroup {GROUP_ARN} does not exist."):
        version(api)
    group(api)
    with refused("ValidationException", f"ModelPackage {VERSION_ARN}/4 does not exist."):
        api(
            "UpdateModelPackage",
            ModelPackageArn=f"{VERSION_ARN}/4",
            ModelApprovalStatus="Approved",
        )


def test_what_the_registry_does_not_emulate_is_named(api: CheckedApi) -> None:
    group(api)
    with refused("NotImplemented", "an unversioned model package"):
        api("CreateModelPackage", ModelPackageName="completion")
    with refused("NotImplemented", "ModelCard"):
        version(api, ModelCard={"ModelCardContent": "{}", "ModelCardStatus": "Draft"})
    with refused("NotImplemented", "the operation CreateProcessingJob"):
        api(
            "CreateProcessingJob",
            ProcessingJobName="p",
            ProcessingResources={
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                }
            },
            AppSpecification={"ImageUri": "image"},
            RoleArn="arn:aws:iam::000000000000:role/x",
        )
