"""Each action of an intent: done, done already, busy, refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from steelyard.aws.endpoint import Endpoint
from steelyard.errors import EndpointBusy, NeedsHuman
from steelyard.rollout.actions import (
    Action,
    CreateConfig,
    CreateModel,
    DeleteAlarms,
    Intent,
    NewVariant,
    PutAlarms,
    SetWeights,
    UpdateEndpoint,
)
from tests.functional.fake_sagemaker import Fleet, arn, denied
from tests.functional.settings import ROLE
from tests.functional.world import MINUTE, START, World, lost_answer

NAME, CANARY = "completion-v2-r1", "v2-r1"
PACKAGE = arn("model-package", "completion/2")
MODEL = CreateModel(NAME, PACKAGE)
CONFIG = CreateConfig(NAME, "completion-bootstrap", "v1", NewVariant(CANARY, NAME, None))
UPDATE = UpdateEndpoint(NAME)
SHIFT = SetWeights({"v1": 90, CANARY: 10})


@pytest.fixture(autouse=True)
def _models(world: World) -> None:
    """What the configs name: the actions that make them are tested by themselves."""
    for model in (NAME, "completion-v3-r2"):
        world.sagemaker.models[model] = {"ModelName": model}


def act(endpoint: Endpoint, *actions: Action) -> None:
    """Do some actions."""
    endpoint.act(Intent(actions, config=None, weights={}))


def with_canary(world: World) -> None:
    """The canary's fleet is up, at weight 0."""
    world.sagemaker.configs[NAME] = {}
    world.endpoint.fleet = Fleet(NAME, {"v1": 1.0, CANARY: 0.0}, {"v1": 2, CANARY: 2})


def last(world: World, operation: str) -> Any:
    """Parameters of the last call of an operation."""
    return next(c.params for c in reversed(world.calls) if c.operation == operation)


def test_weights_come_back_as_32_bit_floats(endpoint: Endpoint, world: World) -> None:
    with_canary(world)
    act(endpoint, SetWeights({"v1": 99, CANARY: 1}))
    world.now += MINUTE
    assert [v.weight for v in endpoint.describe().variants] == [99.0, 1.0]


def test_model_is_made_from_the_package_under_the_given_role(
    endpoint: Endpoint, world: World
) -> None:
    world.approve(2)
    act(endpoint, MODEL)
    assert last(world, "CreateModel") == {
        "ModelName": NAME,
        "PrimaryContainer": {"ModelPackageName": PACKAGE},
        "ExecutionRoleArn": ROLE,
    }


@pytest.mark.parametrize("status", ["Rejected", "PendingManualApproval"])
def test_package_whose_approval_was_withdrawn_becomes_no_model(
    endpoint: Endpoint, world: World, status: str
) -> None:
    world.sagemaker.register(2, status=status, at=START)
    del world.sagemaker.models[NAME]
    with pytest.raises(NeedsHuman, match=f"is {status} now; accepted: Approved"):
        act(endpoint, MODEL)
    assert NAME not in world.sagemaker.models


def test_config_is_the_live_one_with_the_canary_at_weight_0(
    endpoint: Endpoint, world: World
) -> None:
    act(endpoint, CONFIG)
    made, of = world.sagemaker.configs[NAME], world.sagemaker.configs["completion-bootstrap"]
    stable, canary = made["ProductionVariants"]
    original = of["ProductionVariants"][0]
    assert stable == {**original, "InitialVariantWeight": 100.0}
    assert canary == {
        **original,
        "VariantName": CANARY,
        "ModelName": NAME,
        "InitialVariantWeight": 0.0,
        "InitialInstanceCount": 2,  # as many as stable has now, whatever its config says
    }
    assert made["DataCaptureConfig"] == of["DataCaptureConfig"]


def test_config_counts_as_often_as_the_live_one(endpoint: Endpoint, world: World) -> None:
    metrics = {"EnableEnhancedMetrics": True, "MetricPublishFrequencyInSeconds": 10}
    world.sagemaker.configs["completion-bootstrap"]["MetricsConfig"] = metrics
    act(endpoint, CONFIG)
    assert world.sagemaker.configs[NAME]["MetricsConfig"] == metrics


def test_config_has_as_many_canary_instances_as_asked(endpoint: Endpoint, world: World) -> None:
    act(endpoint, replace(CONFIG, canary=NewVariant(CANARY, NAME, 5)))
    assert world.sagemaker.configs[NAME]["ProductionVariants"][1]["InitialInstanceCount"] == 5


def test_loser_of_the_rollout_before_is_left_out_and_weights_stay_positive(
    endpoint: Endpoint, world: World
) -> None:
    """A promoted variant was a canary in its own config: initial weight 0."""
    act(endpoint, CONFIG)
    world.endpoint.fleet = Fleet(NAME, {"v1": 0.0, CANARY: 100.0}, {"v1": 2, CANARY: 2})
    new = NewVariant("v3-r2", "completion-v3-r2", None)
    act(endpoint, CreateConfig("completion-v3-r2", NAME, CANARY, new))
    variants = world.sagemaker.configs["completion-v3-r2"]["ProductionVariants"]
    assert [(v["VariantName"], v["InitialVariantWeight"]) for v in variants] == [
        (CANARY, 100.0),
        ("v3-r2", 0.0),
    ]


@pytest.mark.parametrize("field", ["AsyncInferenceConfig", "ShadowProductionVariants"])
def test_config_that_a_canary_can_not_be_beside_needs_a_person(
    endpoint: Endpoint, world: World, field: str
) -> None:
    """Once, it was left out of the copy, and with it of what serves all users."""
    world.sagemaker.configs["completion-bootstrap"][field] = {"ClientConfig": {}}
    with pytest.raises(NeedsHuman, match=f"completion-bootstrap has {field}; accepted: a config w"):
        act(endpoint, CONFIG)


def test_config_to_copy_that_is_gone_needs_a_person(endpoint: Endpoint) -> None:
    with pytest.raises(NeedsHuman, match="Could not find endpoint configuration"):
        act(endpoint, replace(CONFIG, copy_of="completion-v0-r0"))


def test_update_keeps_weights_and_counts_of_the_variant_that_stays(
    endpoint: Endpoint, world: World
) -> None:
    act(endpoint, CONFIG, UPDATE)
    assert last(world, "UpdateEndpoint") == {
        "EndpointName": "completion",
        "EndpointConfigName": NAME,
        "RetainAllVariantProperties": True,
    }
    world.now += 3 * MINUTE
    assert [(v.name, v.weight, v.instances) for v in endpoint.describe().variants] == [
        ("v1", 1.0, 2),
        (CANARY, 0.0, 2),
    ]


def test_shift_sends_weights_alone_and_no_counts(endpoint: Endpoint, world: World) -> None:
    with_canary(world)
    act(endpoint, SHIFT)
    assert last(world, "UpdateEndpointWeightsAndCapacities") == {
        "EndpointName": "completion",
        "DesiredWeightsAndCapacities": [
            {"VariantName": "v1", "DesiredWeight": 90.0},
            {"VariantName": CANARY, "DesiredWeight": 10.0},
        ],
    }


def test_what_is_done_already_is_not_done_again(endpoint: Endpoint, world: World) -> None:
    world.approve(2)
    act(endpoint, MODEL, CONFIG, PutAlarms(CANARY), UPDATE)
    world.now += 3 * MINUTE
    made = dict(world.sagemaker.configs[NAME])
    act(endpoint, MODEL, CONFIG, PutAlarms(CANARY), UPDATE)
    assert world.changes().count("UpdateEndpoint") == 1
    assert world.sagemaker.configs[NAME] == made
    assert endpoint.describe().status == "InService"


@pytest.mark.parametrize("action", [UPDATE, SHIFT])
@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
def test_endpoint_that_is_being_changed_means_try_again(
    endpoint: Endpoint, world: World, action: Action, status: str
) -> None:
    act(endpoint, CONFIG)
    world.endpoint.fleet.weights[CANARY] = 0.0
    world.endpoint.fleet.instances[CANARY] = 2
    world.endpoint.status = status
    with pytest.raises(EndpointBusy, match="Cannot update in-progress endpoint"):
        act(endpoint, action)


def test_variant_that_is_not_there_needs_a_person(endpoint: Endpoint) -> None:
    with pytest.raises(NeedsHuman, match=r"set_weights: ValidationException: The variant name"):
        act(endpoint, SHIFT)


OPERATIONS: dict[str, Action] = {
    "CreateModel": MODEL,
    "CreateEndpointConfig": CONFIG,
    "UpdateEndpoint": UPDATE,
    "UpdateEndpointWeightsAndCapacities": SHIFT,
    "PutMetricAlarm": PutAlarms(CANARY),
    "DeleteAlarms": DeleteAlarms(CANARY),
}


@pytest.fixture
def ready(endpoint: Endpoint, world: World) -> Endpoint:
    """An endpoint for which each action has something to do."""
    world.approve(2)
    act(endpoint, PutAlarms(CANARY))
    world.endpoint.fleet.weights[CANARY] = 0.0
    world.endpoint.fleet.instances[CANARY] = 2
    world.sagemaker.configs[NAME] = world.sagemaker.configs["completion-bootstrap"]
    world.calls.clear()
    return endpoint


@pytest.mark.parametrize(("operation", "action"), OPERATIONS.items(), ids=OPERATIONS)
def test_action_that_is_denied_needs_a_person_and_one_without_answer_means_look(
    ready: Endpoint, world: World, operation: str, action: Action
) -> None:
    def refused() -> None:
        raise denied(operation)

    if isinstance(action, CreateConfig):
        del world.sagemaker.configs[NAME]
    if isinstance(action, CreateModel):
        del world.sagemaker.models[NAME]
    world.before[operation] = [refused]
    with pytest.raises(NeedsHuman, match=f"{action.kind}: AccessDeniedException"):
        act(ready, action)
    world.after[operation] = [lost_answer]
    with pytest.raises(EndpointBusy, match=f"{action.kind}: Read timeout"):
        act(ready, action)
    assert [call.operation for call in world.calls].count(operation) == 1


def test_actions_after_one_that_failed_are_not_done(ready: Endpoint, world: World) -> None:
    world.before["CreateModel"] = [lost_answer]
    with pytest.raises(EndpointBusy):
        act(ready, MODEL, UPDATE)
    assert world.changes() == []
