"""A model's settings as CDK wrote them, and how it shows when they are missing or malformed."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from steelyard.aws.catalog import Catalog, GoldenPlace, ModelSettings
from steelyard.codec import encode
from steelyard.errors import EndpointBusy, InvalidPolicy, NeedsHuman, UnknownEndpoint
from steelyard.rollout.scaling import ScalingSettings
from tests.functional.fake_sagemaker import refusal
from tests.functional.settings import ALARMS, POLICY, ROLE
from tests.functional.world import Clients, World

PREFIX = "/steelyard/test/models"
SETTINGS: dict[str, Any] = {
    "endpoint": "completion",
    "package_group": "completion",
    "execution_role_arn": ROLE,
    "rollout": encode(POLICY),
    "alarms": ALARMS,
    "autoscaling": {
        "min_instances": 2,
        "max_instances": 6,
        "invocations_per_instance": 300,
    },
    "golden": {"path": f"{PREFIX}/completion/golden", "count": 12},
}
PLACE = GoldenPlace(f"{PREFIX}/completion/golden", 12)


@pytest.fixture
def catalog(clients: Clients) -> Catalog:
    """A catalog without any model."""
    return Catalog(PREFIX, clients["ssm"])


def deploy(clients: Clients, **changes: Any) -> None:
    """Write the parameter of one model."""
    value = json.dumps({**SETTINGS, **changes})
    clients["ssm"].put_parameter(Name=f"{PREFIX}/completion", Value=value, Type="String")


def test_settings_read_back_as_they_were_deployed(catalog: Catalog, clients: Clients) -> None:
    deploy(clients)
    assert catalog.settings("completion") == ModelSettings(
        "completion", "completion", ROLE, POLICY, ALARMS, ScalingSettings(2, 6, 300.0), PLACE
    )


def test_model_without_autoscaling_has_none(catalog: Catalog, clients: Clients) -> None:
    deploy(clients, autoscaling=None)
    assert catalog.settings("completion").scaling is None


def deploy_golden(clients: Clients, numbers: range, **changes: Any) -> None:
    """Write golden requests, the last one first."""
    for number in reversed(numbers):
        expect = [{"at": "", "equals": number}]
        request = {"name": f"is-{number}", "request": number, "expect": expect, **changes}
        name = f"{PLACE.path}/{number:02}"
        clients["ssm"].put_parameter(Name=name, Value=json.dumps(request), Type="String")


def test_golden_requests_are_read_page_by_page_in_order(catalog: Catalog, clients: Clients) -> None:
    deploy(clients)
    deploy_golden(clients, range(1, 13))
    assert [golden.name for golden in catalog.golden(PLACE)] == [f"is-{n}" for n in range(1, 13)]


@pytest.mark.parametrize("there", [0, 11, 13])
def test_golden_requests_that_are_not_all_there_mean_try_again(
    catalog: Catalog, clients: Clients, there: int
) -> None:
    deploy_golden(clients, range(1, there + 1))
    with pytest.raises(EndpointBusy, match=f"got {there} golden requests, accepted: 12"):
        catalog.golden(PLACE)


def test_golden_request_that_is_none_needs_a_person(catalog: Catalog, clients: Clients) -> None:
    deploy_golden(clients, range(1, 13), expect=[])
    with pytest.raises(NeedsHuman, match=r"golden/01: expect: got \[\], accepted: a list"):
        catalog.golden(PLACE)


def test_model_without_golden_requests_has_none(catalog: Catalog, clients: Clients) -> None:
    deploy(clients, golden=None)
    assert catalog.golden(catalog.settings("completion").golden) == ()


def test_settings_with_few_words_get_the_policys_defaults(
    catalog: Catalog, clients: Clients
) -> None:
    deploy(clients, rollout={"bake": 300.0}, alarms=[])
    settings = catalog.settings("completion")
    assert settings.rollout.bake == timedelta(minutes=5)
    assert settings.rollout.steps == (1, 5, 10, 25, 50)
    assert settings.alarms == ()


@pytest.mark.parametrize("name", ["other", "e" * 63])
def test_endpoint_without_settings_is_unknown(catalog: Catalog, name: str) -> None:
    with pytest.raises(UnknownEndpoint, match=f"no settings at {PREFIX}/{name}: is {name}"):
        catalog.settings(name)


def test_policy_that_does_not_fit_together_is_named(catalog: Catalog, clients: Clients) -> None:
    deploy(clients, rollout={"alpha": 2.0})
    with pytest.raises(InvalidPolicy, match=r"alpha: got 2\.0, accepted: more than 0"):
        catalog.settings("completion")


def test_parameters_that_are_throttled_mean_try_again(catalog: Catalog, world: World) -> None:
    def throttled() -> None:
        raise refusal("ThrottlingException", "Rate exceeded", "GetParameter")

    world.before["GetParameter"] = [throttled]
    with pytest.raises(EndpointBusy):
        catalog.settings("completion")
