"""What AWS's errors mean: by code and message, since codes alone don't tell."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from steelyard.aws.calls import client, client_without_retries, translated
from steelyard.errors import (
    EndpointBusy,
    InvalidCounts,
    NeedsHuman,
    NoAnswer,
    NoCapacity,
    SteelyardError,
)
from steelyard.rollout.policy import Policy
from tests.functional.fake_sagemaker import arn, denied, refusal

QUOTA = (
    "The account-level service limit 'ml.g5.xlarge for endpoint usage' is 1 Instances, with "
    "current utilization of 1 Instances and a request delta of 1 Instances. Please use AWS "
    "Service Quotas to request an increase for this quota."
)
SHORT = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity error. "
    "Please retry using a different ML instance type or after some time."
)
ERRORS: dict[str, tuple[Exception, type[SteelyardError]]] = {
    "in_progress": (
        refusal(
            "ValidationException",
            f'Cannot update in-progress endpoint "{arn("endpoint", "completion")}".',
        ),
        EndpointBusy,
    ),
    "not_found": (
        refusal("ValidationException", f'Could not find endpoint "{arn("endpoint", "x")}".'),
        NeedsHuman,
    ),
    "throttled": (refusal("ThrottlingException", "Rate exceeded"), EndpointBusy),
    "internal": (refusal("InternalFailure", "internal failure"), EndpointBusy),
    "denied": (denied("UpdateEndpointWeightsAndCapacities"), NeedsHuman),
    "servers_fault": (
        ClientError(
            {
                "Error": {"Code": "InternalServiceFault", "Message": "oops"},
                "ResponseMetadata": {"HTTPStatusCode": 500},
            },
            "DescribeAlarms",
        ),
        EndpointBusy,
    ),
    "quota": (refusal("ResourceLimitExceeded", QUOTA), NeedsHuman),
    "short_of_instances": (refusal("ResourceLimitExceeded", SHORT), NoCapacity),
    "lost_answer": (ReadTimeoutError(endpoint_url="https://sagemaker"), NoAnswer),
    "unreachable": (EndpointConnectionError(endpoint_url="https://sagemaker"), NoAnswer),
    "never_seen_before": (refusal("TeapotException", "short and stout"), NeedsHuman),
}


@pytest.mark.parametrize(("error", "meaning"), ERRORS.values(), ids=ERRORS)
def test_error_of_aws_becomes_one_of_ours_with_its_words(
    error: Exception, meaning: type[SteelyardError]
) -> None:
    with pytest.raises(SteelyardError) as caught, translated("update endpoint"):
        raise error
    assert type(caught.value) is meaning
    assert str(caught.value).startswith("update endpoint: ")
    if isinstance(error, ClientError):
        assert error.response["Error"]["Message"] in str(caught.value)


def test_error_that_is_not_of_aws_passes_as_it_is() -> None:
    with pytest.raises(RuntimeError), translated("anything"):
        raise RuntimeError


@pytest.mark.parametrize(
    "error", [KeyError("Items"), ValueError("nan"), ResponseParserError("<html>"), OverflowError()]
)
def test_answer_of_another_shape_is_unreadable_and_says_what_was_asked(error: Exception) -> None:
    with pytest.raises(EndpointBusy) as caught, translated("read a thing"):
        raise error
    assert str(caught.value) == f"read a thing: not as documented: {error!r}"


def test_error_of_ours_keeps_its_meaning() -> None:
    with pytest.raises(InvalidCounts), translated("anything"):
        raise InvalidCounts("a ValueError, too")


@pytest.mark.parametrize(("make", "attempts"), [(client, 2), (client_without_retries, 1)])
def test_only_reading_is_repeated_by_botocore_itself(
    make: Any, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    retries = make("sagemaker").meta.config.retries
    assert retries["total_max_attempts"] == attempts


def test_service_that_does_not_answer_leaves_time_to_roll_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = client("cloudwatch").meta.config
    for waited in (config.connect_timeout, config.read_timeout):
        assert 2 * config.retries["total_max_attempts"] * waited <= 16  # of the Lambda's 30 s


def test_change_is_in_flight_for_less_than_the_shortest_hold_after_a_rollback(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    config = client_without_retries("sagemaker").meta.config
    hold = Policy().settle.total_seconds()
    assert 3 * (config.connect_timeout + config.read_timeout) < hold
