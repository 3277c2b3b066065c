"""Every refusal reads alike on both sides: code, words and HTTP status."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from tests.contract.stage import ARN, IN_PROGRESS, NAME, Answer, Stage, refused, variant
from tests.functional.fake_endpoint import STATUSES

INVALID = "ValidationException"
Act = Callable[[Stage], object]


def no_such(what: str, kind: str, name: str) -> Answer:
    return INVALID, f'Could not find {what} "{ARN}:{kind}/{name}".', 400


def taken(what: str, kind: str, name: str) -> Answer:
    return INVALID, f'Cannot create already existing {what} "{ARN}:{kind}/{name}".', 400


CONFIG, MODEL = "endpoint configuration", "model"
SUM = "their sum must be greater than 0"
WEIGHT = "give a finite number of at least 0 that fits a 32-bit float"
REFUSALS: dict[str, tuple[Act, Answer]] = {
    "endpoint_that_is_not_there": (
        lambda s: s.call("DescribeEndpoint", EndpointName="other"),
        no_such("endpoint", "endpoint", "other"),
    ),
    "update_of_an_endpoint_that_is_not_there": (
        lambda s: s.call("UpdateEndpoint", EndpointName="other", EndpointConfigName="c2"),
        no_such("endpoint", "endpoint", "other"),
    ),
    "deletion_of_an_endpoint_that_is_not_there": (
        lambda s: s.call("DeleteEndpoint", EndpointName="other"),
        no_such("endpoint", "endpoint", "other"),
    ),
    "endpoint_whose_name_is_taken": (
        lambda s: s.call("CreateEndpoint", EndpointName=NAME, EndpointConfigName="c2"),
        taken("endpoint", "endpoint", NAME),
    ),
    "endpoint_of_a_config_that_is_not_there": (
        lambda s: s.call("CreateEndpoint", EndpointName="other", EndpointConfigName="c9"),
        no_such(CONFIG, "endpoint-config", "c9"),
    ),
    "update_to_a_config_that_is_not_there": (
        lambda s: s.update("c9"),
        no_such(CONFIG, "endpoint-config", "c9"),
    ),
    "update_to_a_config_that_was_deleted": (
        lambda s: s.update("gone"),
        no_such(CONFIG, "endpoint-config", "gone"),
    ),
    "update_to_the_config_that_serves": (
        lambda s: s.update("c1"),
        (
            INVALID,
            'Cannot update endpoint with the currently in use endpoint configuration "c1".',
            400,
        ),
    ),
    "config_that_is_not_there": (
        lambda s: s.call("DescribeEndpointConfig", EndpointConfigName="C9"),
        no_such(CONFIG, "endpoint-config", "c9"),
    ),
    "deletion_of_a_config_that_is_not_there": (
        lambda s: s.call("DeleteEndpointConfig", EndpointConfigName="gone"),
        no_such(CONFIG, "endpoint-config", "gone"),
    ),
    "config_whose_name_is_taken": (
        lambda s: s.config("c2", v1=1),
        taken(CONFIG, "endpoint-config", "c2"),
    ),
    "config_of_a_model_that_is_not_there": (
        lambda s: s.config("c3", v9=1),
        no_such(MODEL, "model", "v9"),
    ),
    "config_without_traffic": (
        lambda s: s.config("c3", v1=0, v2=0),
        (INVALID, f"Weights {{'v1': 0.0, 'v2': 0.0}} are not accepted: {SUM}", 400),
    ),
    "model_that_is_not_there": (
        lambda s: s.call("DescribeModel", ModelName="v9"),
        no_such(MODEL, "model", "v9"),
    ),
    "deletion_of_a_model_that_is_not_there": (
        lambda s: s.call("DeleteModel", ModelName="v9"),
        no_such(MODEL, "model", "v9"),
    ),
    "model_whose_name_is_taken": (lambda s: s.model("v1"), taken(MODEL, "model", "v1")),
    "weight_of_a_variant_that_is_not_there": (
        lambda s: s.weights(v1=1, v9=1),
        (
            INVALID,
            'The variant name(s) "v9" is/are not present within endpoint configuration "c1".',
            400,
        ),
    ),
    "variant_that_is_given_twice": (
        lambda s: s.call(
            "UpdateEndpointWeightsAndCapacities",
            EndpointName=NAME,
            DesiredWeightsAndCapacities=[{"VariantName": "v1", "DesiredWeight": 1.0}] * 2,
        ),
        (INVALID, 'The variant name "v1" was non-unique within the request.', 400),
    ),
    "weights_without_traffic": (
        lambda s: s.weights(v1=0.0, v2=0.0),
        (INVALID, f"Weights {{'v1': 0.0, 'v2': 0.0}} are not accepted: {SUM}", 400),
    ),
    "weight_beyond_a_32_bit_float": (
        lambda s: s.weights(v1=1e308),
        (INVALID, f"Weight 1e+308 of variant 'v1' is not accepted: {WEIGHT}", 400),
    ),
    "counts_of_two_variants": (
        lambda s: s.change(v1={"DesiredInstanceCount": 2}, v2={"DesiredInstanceCount": 2}),
        (
            INVALID,
            "The capacities of ['v1', 'v2'] can't be updated at once: one in each call",
            400,
        ),
    ),
}


@pytest.mark.parametrize(("act", "answer"), REFUSALS.values(), ids=REFUSALS)
def test_call_that_cannot_be_done_is_refused_in_the_same_words(
    still: Stage, act: Act, answer: Answer
) -> None:
    before = still.describe()
    assert refused(lambda: act(still)) == answer
    assert still.describe() == before


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_weight_that_is_no_finite_number_of_at_least_0_is_refused_by_the_model(
    still: Stage, weight: float
) -> None:
    """Before anything is looked at, so on both sides by the same code."""
    code, message, status = refused(lambda: still.weights(v1=weight))
    assert (code, status) == (INVALID, 400)
    assert str(weight) in message


CALLS: dict[str, tuple[Act, set[str]]] = {
    "weights": (lambda s: s.weights(v1=1), {"InService"}),
    "count": (lambda s: s.change(v1={"DesiredInstanceCount": 2}), {"InService"}),
    "update": (lambda s: s.update("c2"), {"InService", "UpdateRollbackFailed"}),
    "deletion": (
        lambda s: s.delete(),
        {"InService", "Failed", "OutOfService", "UpdateRollbackFailed"},
    ),
}
FORBIDDEN = [
    (status, call)
    for status in STATUSES
    for call, (_, allowed) in CALLS.items()
    if status not in allowed
]


@pytest.mark.parametrize(("status", "call"), FORBIDDEN)
def test_status_that_forbids_a_call_says_in_progress(still: Stage, status: str, call: str) -> None:
    still.fault("status", endpoint=NAME, status=status)
    try:
        assert still.status() == status
        assert refused(lambda: CALLS[call][0](still)) == (*IN_PROGRESS, 400)
    finally:
        still.fault("status", endpoint=NAME, status="InService")
    assert still.status() == "InService"


STRUCK: dict[str, Answer] = {
    "throttle": ("ThrottlingException", "Rate exceeded", 400),
    "quota": (
        "ResourceLimitExceeded",
        (
            "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 4 Instances, "
            "with current utilization of 4 Instances and a request delta of 1 Instances. Please "
            "use AWS Service Quotas to request an increase for this quota. If AWS Service Quotas "
            "is not available, contact AWS support to request an increase for this quota."
        ),
        400,
    ),
    "access-denied": (
        "AccessDeniedException",
        (
            "User: arn:aws:sts::000000000000:assumed-role/reconciler/steelyard is not authorized "
            f"to perform: sagemaker:UpdateEndpoint on resource: {ARN}:endpoint/completion "
            "because no identity-based policy allows the sagemaker:UpdateEndpoint action"
        ),
        400,
    ),
    "unavailable": (
        "ServiceUnavailable",
        "The service is unavailable. Please try again later.",
        503,
    ),
}


@pytest.mark.parametrize(("fault", "answer"), STRUCK.items(), ids=STRUCK)
def test_call_that_a_fault_strikes_is_refused_and_does_nothing(
    still: Stage, fault: str, answer: Answer
) -> None:
    before = still.describe()
    still.fault(fault, operation="UpdateEndpoint")
    still.call("DescribeEndpointConfig", EndpointConfigName="c2")  # another operation
    assert refused(lambda: still.update("c2")) == answer
    assert still.describe() == before


def test_config_says_what_it_was_given(still: Stage) -> None:
    config = still.call("DescribeEndpointConfig", EndpointConfigName="c2")
    assert config["ProductionVariants"] == [variant("v1", 99)]
    assert config["EndpointConfigArn"] == f"{ARN}:endpoint-config/c2"


@pytest.mark.parametrize("status", STATUSES)
def test_status_says_whether_requests_are_answered(still: Stage, status: str) -> None:
    """`OutOfService`: "not available to take incoming requests" (botocore's model)."""
    still.fault("status", endpoint=NAME, status=status)
    try:
        away = status in {"OutOfService", "Creating", "Deleting"}
        assert still.invokes("v1") == (set() if away else {"v1"})
    finally:
        still.fault("status", endpoint=NAME, status="InService")
    assert still.invokes("v1") == {"v1"}
