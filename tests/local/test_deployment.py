"""Deploying a small assembly on the local cloud, with types of MiniStack's and of ours."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.deployer import Deployer, DeploymentFailed, Progress
from tests.assembly_folder import write_stack
from tests.local.running_cloud import ACCOUNT, REGION, RunningCloud, policy, statement

ALARM = {
    "Namespace": "Steelyard",
    "MetricName": "Evidence",
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 4,
    "ComparisonOperator": "GreaterThanThreshold",
}

Deploy = Callable[..., dict[str, dict[str, str]]]


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def deploy(local_cloud: RunningCloud, tmp_path: Path, told: list[Progress]) -> Deploy:
    """`deploy(name, **resources)`: deploy a stack with these resources; answers all outputs."""

    def run(name: str, *, after: tuple[str, ...] = (), **resources: Any) -> dict[str, Any]:
        write_stack(tmp_path, name, resources, after=after)
        return Deployer(tmp_path, local_cloud.client, told.append).deploy()

    return run


def alarm(name: str, **changes: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {"AlarmName": name, **ALARM, **changes},
    }


def group(name: object) -> dict[str, Any]:
    return {
        "Type": "AWS::SageMaker::ModelPackageGroup",
        "Properties": {"ModelPackageGroupName": name},
    }


def alarms(cloud: RunningCloud, prefix: str) -> dict[str, float]:
    found = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    return {one["AlarmName"]: one["Threshold"] for one in found}


def test_bucket_and_version_of_the_bootstrap_are_there(local_cloud: RunningCloud) -> None:
    bucket = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
    local_cloud.client("s3").head_bucket(Bucket=bucket)
    found = local_cloud.client("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    assert int(found["Parameter"]["Value"]) >= 6


def test_values_pass_from_stack_to_stack_and_between_types(
    local_cloud: RunningCloud, deploy: Deploy
) -> None:
    arn_of_group = {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]}
    exported = {"Arn": {"Value": arn_of_group, "Export": {"Name": "passed-arn"}}}
    deploy("passed-first", Group=group("passed"), Outputs=exported)
    parameter = {"Type": "String", "Name": "/passed", "Value": {"Fn::ImportValue": "passed-arn"}}
    outputs = deploy(
        "passed-second",
        after=("passed-first",),
        Parameter={"Type": "AWS::SSM::Parameter", "Properties": parameter},
    )
    arn = outputs["passed-first"]["Arn"]
    assert arn.endswith("model-package-group/passed")
    found = local_cloud.client("ssm").get_parameter(Name="/passed")["Parameter"]["Value"]
    assert found == arn


def test_update_changes_in_place_and_replaces_what_has_another_name(
    local_cloud: RunningCloud, deploy: Deploy, told: list[Progress]
) -> None:
    deploy("updated", One=alarm("updated-1"), Two=alarm("updated-2"))
    assert alarms(local_cloud, "updated-") == {"updated-1": 4, "updated-2": 4}
    told.clear()
    deploy("updated", One=alarm("updated-1"), Two=alarm("updated-2"))
    assert [progress.status for progress in told] == ["UNCHANGED"]
    deploy("updated", One=alarm("updated-1", Threshold=5), Two=alarm("updated-3"))
    assert alarms(local_cloud, "updated-") == {"updated-1": 5, "updated-3": 4}


def test_failed_update_says_why_and_leaves_what_was(
    local_cloud: RunningCloud, deploy: Deploy
) -> None:
    deploy("kept", One=alarm("kept-1"))
    with pytest.raises(DeploymentFailed, match=r"Two: .*EvaluationPeriods"):
        deploy("kept", One=alarm("kept-1", Threshold=6), Two=alarm("kept-2", EvaluationPeriods=0))
    assert alarms(local_cloud, "kept-") == {"kept-1": 4}


def test_stack_whose_creation_failed_can_be_deployed_again(
    local_cloud: RunningCloud, deploy: Deploy
) -> None:
    with pytest.raises(DeploymentFailed, match="One"):
        deploy("again", One=alarm("again-1", EvaluationPeriods=0))
    deploy("again", One=alarm("again-1"))
    assert alarms(local_cloud, "again-") == {"again-1": 4}


def test_key_of_one_stack_encrypts_what_another_finds_by_parameter(
    local_cloud: RunningCloud, deploy: Deploy
) -> None:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    allowed = policy(statement("kms:DescribeKey", Principal=root, Resource="*"))
    arn = {"Fn::GetAtt": ["Key", "Arn"]}
    parameter = {"Type": "String", "Name": "/keyed/key", "Value": arn}
    deploy(
        "keyed-first",
        Key={
            "Type": "AWS::KMS::Key",
            "Properties": {"KeyPolicy": allowed, "EnableKeyRotation": True},
        },
        Alias={
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": "alias/keyed", "TargetKeyId": arn},
        },
        Parameter={"Type": "AWS::SSM::Parameter", "Properties": parameter},
    )
    key = {"Ref": "KeyArn"}
    named = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/keyed/key"}
    log = {"LogGroupName": "/keyed/log", "RetentionInDays": 7, "KmsKeyId": key}
    queue = {"QueueName": "keyed", "KmsMasterKeyId": key}
    deploy(
        "keyed-second",
        after=("keyed-first",),
        Parameters={"KeyArn": named},
        Log={"Type": "AWS::Logs::LogGroup", "Properties": log},
        Queue={"Type": "AWS::SQS::Queue", "Properties": queue},
    )
    found = local_cloud.client("kms").describe_key(KeyId="alias/keyed")["KeyMetadata"]["Arn"]
    (group,) = local_cloud.client("logs").describe_log_groups(logGroupNamePrefix="/keyed/")[
        "logGroups"
    ]
    sqs = local_cloud.client("sqs")
    url = sqs.get_queue_url(QueueName="keyed")["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
    assert (group["kmsKeyId"], group["retentionInDays"]) == (found, 7)
    assert attributes["Attributes"]["KmsMasterKeyId"] == found


def test_dashboard_is_kept_as_the_template_has_it(
    local_cloud: RunningCloud, deploy: Deploy
) -> None:
    body = json.dumps({"widgets": [{"type": "text", "properties": {"markdown": "# here"}}]})
    shown = {"DashboardName": "shown", "DashboardBody": body}
    deploy("shown", Board={"Type": "AWS::CloudWatch::Dashboard", "Properties": shown})
    found = local_cloud.client("cloudwatch").get_dashboard(DashboardName="shown")
    assert json.loads(found["DashboardBody"]) == json.loads(body)
