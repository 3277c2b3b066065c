"""UpdateEndpoint: new fleets, retained numbers, the silent rollback, faults on demand."""

import pytest

from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import NEVER_PINGS, Scene, answer, variant_of

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/completion"


def test_update_brings_new_processes_for_unchanged_variants_too(scene: Scene) -> None:
    scene.serving(stable=1)
    old = answer(scene.invoke())["pid"]
    scene.model("canary")
    scene.config("c2", variant_of("stable"), variant_of("canary", weight=0))
    scene.update("c2")
    updating = scene.describe()
    assert updating["EndpointStatus"] == "Updating"
    assert updating["EndpointConfigName"] == "completion-1"
    assert updating["PendingDeploymentSummary"]["EndpointConfigName"] == "c2"
    assert answer(scene.invoke())["pid"] == old
    assert scene.settled()["EndpointConfigName"] == "c2"
    assert answer(scene.invoke(target_variant="stable"))["pid"] != old
    assert answer(scene.invoke(target_variant="canary"))["model"] == "canary"


def test_update_that_never_answers_ping_rolls_back_silently(scene: Scene) -> None:
    scene.serving(stable=1)
    pid = answer(scene.invoke())["pid"]
    scene.model("mute", serve=NEVER_PINGS)
    scene.config(
        "c2",
        variant_of("stable"),
        variant_of("mute", weight=0, ContainerStartupHealthCheckTimeoutInSeconds=60),
    )
    scene.update("c2")
    described = scene.settled()
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "completion-1"
    assert [one["VariantName"] for one in described["ProductionVariants"]] == ["stable"]
    assert "mute did not pass the ping health check" in described["FailureReason"]
    assert answer(scene.invoke())["pid"] == pid
    scene.weights(stable=2)
    assert "FailureReason" not in scene.describe()
    assert "FailureReason" not in scene.settled()


def test_update_whose_model_data_is_gone_rolls_back_and_names_it(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.model("canary", ModelDataUrl="s3://artifacts/nowhere/model.tar.gz")
    scene.config("c2", variant_of("canary"))
    scene.update("c2")
    assert "s3://artifacts/nowhere/model.tar.gz" in scene.settled()["FailureReason"]
    assert scene.describe()["EndpointConfigName"] == "completion-1"


def test_update_whose_model_data_is_no_archive_rolls_back_and_names_it(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.put("plain/model.tar.gz", b"no archive at all")
    uri = f"s3://{scene.cloud.bucket}/plain/model.tar.gz"
    scene.model("canary", ModelDataUrl=uri)
    scene.config("c2", variant_of("canary"))
    scene.update("c2")
    assert f"{uri} is not a readable .tar.gz" in scene.settled()["FailureReason"]


def test_fault_silent_rollback_returns_to_the_old_config_without_a_reason(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable"))
    scene.service.set_fault("silent-rollback")
    scene.update("c2")
    assert scene.describe()["EndpointStatus"] == "Updating"
    described = scene.settled()
    assert described["EndpointStatus"] == "InService"
    assert described["EndpointConfigName"] == "completion-1"
    assert "FailureReason" not in described
    scene.update("c2")
    assert scene.settled()["EndpointConfigName"] == "c2"


def test_fault_capacity_fails_a_creation(scene: Scene) -> None:
    scene.service.set_fault("silent-rollback")
    scene.service.set_fault("capacity")
    scene.model("stable")
    scene.config("c1", variant_of("stable"))
    scene.api("CreateEndpoint", EndpointName="completion", EndpointConfigName="c1")
    described = scene.settled()
    assert described["EndpointStatus"] == "Failed"
    assert "InsufficientInstanceCapacity" in described["FailureReason"]


def test_unknown_fault_is_refused_with_the_known_ones(scene: Scene) -> None:
    with refused("ValidationException", "'flood'", "capacity, delay, lost-answer"):
        scene.service.set_fault("flood")


@pytest.mark.parametrize("retain", [True, False])
def test_update_keeps_live_numbers_only_when_told_to_retain(scene: Scene, *, retain: bool) -> None:
    scene.serving(stable=1)
    scene.weights(stable=7)
    scene.settled()
    scene.model("canary")
    scene.config(
        "c2", variant_of("stable", weight=3, InitialInstanceCount=2), variant_of("canary", weight=0)
    )
    scene.update("c2", RetainAllVariantProperties=retain)
    stable, canary = scene.settled()["ProductionVariants"]
    kept = (7, 1) if retain else (3, 2)
    assert (stable["CurrentWeight"], stable["CurrentInstanceCount"]) == kept
    assert (canary["CurrentWeight"], canary["CurrentInstanceCount"]) == (0, 1)


def test_both_updates_are_refused_while_updating_in_awss_words(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable"))
    scene.update("c2")
    words = f'Cannot update in-progress endpoint "{ARN}".'
    with refused("ValidationException", words):
        scene.update("c2")
    with refused("ValidationException", words):
        scene.weights(stable=2)
    with refused("ValidationException", words):
        scene.api("DeleteEndpoint", EndpointName="completion")
    scene.settled()


def test_update_to_the_config_in_use_is_refused(scene: Scene) -> None:
    scene.serving(stable=1)
    with refused("ValidationException", 'currently in use endpoint configuration "completion-1".'):
        scene.update("completion-1")


def test_deployment_config_is_refused_loudly(scene: Scene) -> None:
    scene.serving(stable=1)
    scene.config("c2", variant_of("stable"))
    policy = {
        "MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": 60,
    }
    with refused("NotImplemented", "UpdateEndpoint with DeploymentConfig"):
        scene.update("c2", DeploymentConfig={"RollingUpdatePolicy": policy})


def test_two_updates_at_once_start_one_change(scene: Scene) -> None:
    scene.serving(stable=1)
    outcomes = []
    for config in ("c2", "c3"):
        scene.config(config, variant_of("stable"))
    for config in ("c2", "c3"):
        try:
            scene.update(config)
            outcomes.append("started")
        except Exception as error:  # noqa: BLE001 - the outcome is what is counted
            outcomes.append(type(error).__name__)
    assert outcomes == ["started", "AwsError"]
    assert scene.settled()["EndpointConfigName"] == "c2"
