"""Steelyard's own calls against a running local cloud: real servers, real load, enforced IAM."""

import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from steelyard.aws.scaling import VariantScaling
from steelyard.errors import NeedsHuman
from steelyard.rollout.scaling import ScalingSettings
from tests.local.autoscaling.fakes import STABLE
from tests.local.running_cloud import REGION, RunningCloud, refusal
from tests.local.sagemaker.scene import SERVE, variant_of

SETTINGS = ScalingSettings(min_instances=1, max_instances=2, invocations_per_instance=30)
ROLE = "arn:aws:iam::000000000000:role/steelyard-execution"
REGISTER = """
import boto3
from botocore.exceptions import ClientError

def handler(event, context):
    client = boto3.client("application-autoscaling")
    try:
        client.register_scalable_target(MinCapacity=1, MaxCapacity=2, **event)
    except ClientError as error:
        return error.response["Error"]["Message"]
    return "registered"
"""

Serving = Callable[..., None]


@pytest.fixture
def serving(local_cloud: RunningCloud, tmp_path: Path) -> Iterator[Serving]:
    """`serving(endpoint, *variants)`: an endpoint InService, one instance each, for one test."""
    made: list[str] = []

    def make(endpoint: str, *variants: str) -> None:
        sagemaker = local_cloud.client("sagemaker")
        _models(local_cloud, tmp_path, endpoint)
        sagemaker.create_endpoint_config(
            EndpointConfigName=f"{endpoint}-1",
            ProductionVariants=[variant_of(name, model=endpoint) for name in variants],
        )
        sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-1")
        made.append(endpoint)
        await_in_service(local_cloud, endpoint)

    yield make
    for endpoint in made:  # its servers would keep the machine busy
        await_in_service(local_cloud, endpoint)
        local_cloud.client("sagemaker").delete_endpoint(EndpointName=endpoint)


def _models(cloud: RunningCloud, folder: Path, name: str) -> None:
    (folder / "image").mkdir()
    (folder / "image/serve.py").write_text(SERVE)
    image = cloud.post("images", {"folder": str(folder / "image"), "repository": name})["image"]
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        member = tarfile.TarInfo("name.txt")
        member.size = len(name)
        tar.addfile(member, io.BytesIO(name.encode()))
    s3, place = cloud.client("s3"), {"LocationConstraint": REGION}
    s3.create_bucket(Bucket=f"artifacts-{name}", CreateBucketConfiguration=place)
    s3.put_object(Bucket=f"artifacts-{name}", Key="model.tar.gz", Body=raw.getvalue())
    data = f"s3://artifacts-{name}/model.tar.gz"
    cloud.client("sagemaker").create_model(
        ModelName=name,
        ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": image, "ModelDataUrl": data},
    )


def describe(cloud: RunningCloud, endpoint: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    return found


def await_in_service(cloud: RunningCloud, endpoint: str) -> None:
    cloud.until(lambda: describe(cloud, endpoint)["EndpointStatus"] == "InService", 30)


def counts(cloud: RunningCloud, endpoint: str) -> dict[str, int]:
    variants = describe(cloud, endpoint)["ProductionVariants"]
    return {one["VariantName"]: one["CurrentInstanceCount"] for one in variants}


def of(cloud: RunningCloud, endpoint: str) -> VariantScaling:
    return VariantScaling(endpoint, cloud.client("application-autoscaling"), SETTINGS)


@contextmanager
def load(cloud: RunningCloud, endpoint: str, *variants: str) -> Iterator[None]:
    """Requests to each of the variants, hundreds in a virtual minute."""
    runtime, over = cloud.client("sagemaker-runtime"), threading.Event()

    def send() -> None:
        while not over.is_set():
            for variant in variants:
                runtime.invoke_endpoint(EndpointName=endpoint, TargetVariant=variant, Body=b"{}")

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@pytest.mark.long
def test_loaded_variant_grows_to_its_maximum_and_a_suspended_one_does_not(
    local_cloud: RunningCloud, serving: Serving
) -> None:
    serving("scaled", "busy", "held")
    scaling = of(local_cloud, "scaled")
    scaling.sync({"busy": "active", "held": "active"})
    scaling.sync({"busy": "active", "held": "suspended"})
    with load(local_cloud, "scaled", "busy", "held"):
        local_cloud.until(lambda: counts(local_cloud, "scaled")["busy"] == 2, 60)
        local_cloud.wait(5 * 60)
        assert counts(local_cloud, "scaled") == {"busy": 2, "held": 1}
        scaling.sync({"busy": "active", "held": "active"})
        local_cloud.until(lambda: counts(local_cloud, "scaled")["held"] == 2, 60)


def test_scaled_variant_can_be_removed_once_it_is_deregistered(
    local_cloud: RunningCloud, serving: Serving
) -> None:
    serving("shrunk", "old", "new")
    scaling, sagemaker = of(local_cloud, "shrunk"), local_cloud.client("sagemaker")
    scaling.sync({"old": "active"})
    sagemaker.create_endpoint_config(
        EndpointConfigName="shrunk-2", ProductionVariants=[variant_of("new", model="shrunk")]
    )
    update = {"EndpointName": "shrunk", "EndpointConfigName": "shrunk-2"}
    assert "'old' is a scalable target" in refusal(sagemaker.update_endpoint, **update)
    scaling.sync({"new": "active"})
    sagemaker.update_endpoint(**update)
    local_cloud.until(lambda: counts(local_cloud, "shrunk") == {"new": 1}, 30)


def test_model_that_asks_no_more_has_no_targets_left(
    local_cloud: RunningCloud, serving: Serving
) -> None:
    serving("unscaled", "stable")
    client = local_cloud.client("application-autoscaling")
    of(local_cloud, "unscaled").sync({"stable": "active"})
    VariantScaling("unscaled", client, None).sync({"stable": "active"})
    found = client.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert [one for one in found if "unscaled" in one["ResourceId"]] == []


def test_variant_that_is_not_there_is_refused_by_name(local_cloud: RunningCloud) -> None:
    with pytest.raises(NeedsHuman, match=r'register v1 .*Could not find endpoint ".*/nowhere"'):
        of(local_cloud, "nowhere").sync({"v1": "active"})


def test_role_without_the_permission_registers_nothing(local_cloud: RunningCloud) -> None:
    local_cloud.function("unscaling", REGISTER, "application-autoscaling:DescribeScalableTargets")
    told = local_cloud.call("unscaling", STABLE)
    assert "not authorized to perform: application-autoscaling:RegisterScalableTarget" in told


def test_role_that_cannot_make_the_linked_role_is_told_so(local_cloud: RunningCloud) -> None:
    may = ("DescribeEndpoint", "UpdateEndpointWeightsAndCapacities")
    local_cloud.function(
        "unlinked",
        REGISTER,
        "application-autoscaling:RegisterScalableTarget",
        *(f"sagemaker:{action}" for action in may),
    )
    told = local_cloud.call("unlinked", STABLE)
    assert "not authorized to perform: iam:CreateServiceLinkedRole" in told


def test_what_is_not_emulated_is_refused_over_the_wire(local_cloud: RunningCloud) -> None:
    client = local_cloud.client("application-autoscaling")
    with pytest.raises(ClientError, match="does not emulate the operation DescribeScheduledAct"):
        client.describe_scheduled_actions(ServiceNamespace="sagemaker")
