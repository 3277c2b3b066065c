"""The deployer's own rules; deploying itself is tested on the local cloud (tests/local)."""

import io
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.assembly_manifest import InvalidAssembly, Place, read_stacks
from infra.deployer import Deployer, DeploymentFailed, Progress, StackBusy, UnknownStack, zipped
from tests.assembly_folder import write_stack

TOPIC = {"Topic": {"Type": "AWS::SNS::Topic"}}
PLACE = Place("111111111111", "eu-west-1")


class FakeCloud:
    """S3, STS and CloudFormation of an account in which each stack has one status."""

    meta = SimpleNamespace(region_name="eu-west-1")

    def __init__(self, **statuses: str) -> None:
        self.statuses = {name.replace("_", "-"): status for name, status in statuses.items()}
        self.calls: list[tuple[str, Any]] = []
        self.failure = ""

    def client(self, _service: str) -> "FakeCloud":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111111111111"}

    def head_object(self, **where: str) -> None:
        if where["Key"].startswith("there"):
            return
        raise ClientError({"Error": {"Code": "404"}}, "HeadObject")

    def put_object(self, **what: Any) -> None:
        self.calls.append(("put", f"{what['Bucket']}/{what['Key']}"))

    def describe_stacks(self, **which: str) -> dict[str, Any]:
        status = self.statuses.get(which["StackName"])
        if status is None:
            message = f"Stack with id {which['StackName']} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "D")
        return {"Stacks": [{"StackStatus": status}]}

    def create_stack(self, **request: Any) -> None:
        self.calls.append(("create", request))
        self.statuses[request["StackName"]] = (
            "ROLLBACK_COMPLETE" if self.failure else "CREATE_COMPLETE"
        )

    def delete_stack(self, **which: str) -> None:
        self.calls.append(("delete", which["StackName"]))
        del self.statuses[which["StackName"]]

    def update_termination_protection(self, **request: Any) -> None:
        self.calls.append(("protect", request["EnableTerminationProtection"]))

    def get_paginator(self, _name: str) -> Any:
        def paginate(**which: str) -> list[dict[str, Any]]:
            status = "CREATE_FAILED" if self.failure else "CREATE_COMPLETE"
            events = [
                event(which["StackName"], "DELETE_COMPLETE", ""),
                event("Other", status, "Resource creation cancelled"),
                event("Topic", status, self.failure),
            ]
            return [{"StackEvents": events}]

        return SimpleNamespace(paginate=paginate)


def event(resource: str, status: str, reason: str) -> dict[str, str]:
    return {
        "EventId": f"{resource}-{status}-{reason}",
        "LogicalResourceId": resource,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    write_stack(tmp_path, "rollout", TOPIC, after=["data"], terminationProtection=True)
    write_stack(tmp_path, "data", TOPIC, tags={"project": "steelyard"})
    return tmp_path


@pytest.fixture
def deployer(assembly: Path) -> Callable[[FakeCloud], Deployer]:
    def make(cloud: FakeCloud) -> Deployer:
        return Deployer(assembly, cloud.client, lambda _: None, lambda _: None)

    return make


def test_stacks_come_after_those_that_they_depend_on(assembly: Path) -> None:
    assert [stack.name for stack in read_stacks(assembly, PLACE)] == ["data", "rollout"]


def test_placeholders_are_filled_with_account_and_region(assembly: Path) -> None:
    data, _ = read_stacks(assembly, PLACE)
    assert data.template_bucket == "cdk-hnb659fds-assets-111111111111-eu-west-1"
    (upload,) = data.uploads
    assert upload.bucket == data.template_bucket
    assert upload.key == data.template_key


def test_stacks_in_a_circle_are_refused(tmp_path: Path) -> None:
    write_stack(tmp_path, "one", TOPIC, after=["two"])
    write_stack(tmp_path, "two", TOPIC, after=["one"])
    with pytest.raises(InvalidAssembly, match=r"one.*two"):
        read_stacks(tmp_path, PLACE)


def test_container_images_among_the_assets_are_refused(tmp_path: Path) -> None:
    write_stack(tmp_path, "data", TOPIC, assets={"dockerImages": {"x": {}}})
    with pytest.raises(InvalidAssembly, match="digest"):
        read_stacks(tmp_path, PLACE)


def test_folder_without_a_manifest_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(InvalidAssembly, match="synthesize"):
        read_stacks(tmp_path, PLACE)


def test_new_stack_is_created_with_its_template_tags_and_protection(
    deployer: Callable[[FakeCloud], Deployer],
) -> None:
    cloud = FakeCloud()
    deployer(cloud).deploy()
    kinds = [kind for kind, _ in cloud.calls]
    assert kinds == ["put", "create", "protect"] * 2
    (_, request), (_, protected) = cloud.calls[1], cloud.calls[5]
    assert request["StackName"] == "data"
    assert request["TemplateURL"].endswith(cloud.calls[0][1])
    assert request["Tags"] == [{"Key": "project", "Value": "steelyard"}]
    assert protected is True


def test_asset_that_is_there_is_not_sent_again(tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("x = 1")
    source = {"path": "code", "packaging": "zip"}
    files = {
        key: {"source": source, "destinations": {"d": {"bucketName": "b", "objectKey": key}}}
        for key in ("there.zip", "new.zip")
    }
    write_stack(tmp_path, "data", TOPIC, assets={"files": files})
    cloud = FakeCloud()
    Deployer(tmp_path, cloud.client, lambda _: None, lambda _: None).deploy()
    sent = [what for kind, what in cloud.calls if kind == "put"]
    assert "b/new.zip" in sent
    assert "b/there.zip" not in sent


def test_stack_whose_creation_failed_earlier_is_made_anew(
    deployer: Callable[[FakeCloud], Deployer],
) -> None:
    cloud = FakeCloud(data="ROLLBACK_COMPLETE")
    deployer(cloud).deploy(["data"])
    assert [kind for kind, _ in cloud.calls] == ["put", "delete", "create", "protect"]


def test_failure_names_the_resource_and_its_reason_and_not_the_cancelled_ones(
    deployer: Callable[[FakeCloud], Deployer],
) -> None:
    cloud = FakeCloud()
    cloud.failure = "the name is taken"
    with pytest.raises(DeploymentFailed) as caught:
        deployer(cloud).deploy()
    assert str(caught.value) == "stack data is ROLLBACK_COMPLETE: Topic: the name is taken"
    assert cloud.statuses.keys() == {"data"}, "what depends on it is not tried"


def test_stack_that_is_busy_is_left_alone(deployer: Callable[[FakeCloud], Deployer]) -> None:
    with pytest.raises(StackBusy, match="data is UPDATE_IN_PROGRESS"):
        deployer(FakeCloud(data="UPDATE_IN_PROGRESS")).deploy()


def test_unknown_stack_is_refused_with_the_known_ones(
    deployer: Callable[[FakeCloud], Deployer],
) -> None:
    with pytest.raises(UnknownStack, match=r"dta.*data.*rollout"):
        deployer(FakeCloud()).deploy(["dta"])


def test_progress_is_told_in_the_order_in_which_it_happened(assembly: Path) -> None:
    told: list[Progress] = []
    cloud = FakeCloud()
    Deployer(assembly, cloud.client, told.append, lambda _: None).deploy(["data"])
    assert [progress.resource for progress in told] == [
        "data.template.json",
        "Topic",
        "Other",
        "data",
    ]


def test_zip_is_the_same_whenever_it_is_made_and_keeps_the_mode(tmp_path: Path) -> None:
    (tmp_path / "run.sh").write_text("echo")
    (tmp_path / "run.sh").chmod(0o755)
    first = zipped(tmp_path)
    os.utime(tmp_path / "run.sh", (1, 1))
    assert zipped(tmp_path) == first
    (entry,) = zipfile.ZipFile(io.BytesIO(first)).infolist()
    assert entry.external_attr >> 16 == 0o755
