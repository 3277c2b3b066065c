"""From messages to triggers: AWS's documented events, and the table of bad inputs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from steelyard.errors import InvalidEvent
from steelyard.messages import Home, parse
from steelyard.rollout.observation import Command, CommandName, Hint

ACCOUNT, REGION = "123456789012", "eu-west-1"
HOME = Home(ACCOUNT, REGION)
ALARM = "steelyard/completion/v2-r1/errors"
COMMAND = {
    "endpoint": "completion",
    "rollout": "completion-r1",
    "command": "rollback",
    "actor": "arn:aws:iam::123456789012:user/ada",
    "reason": "users complain",
    "key": "0f3c",
}


def envelope(detail_type: str, source: str, detail: Any, **other: Any) -> dict[str, Any]:
    """What EventBridge puts around a detail."""
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-03-02T09:12:00Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
        **other,
    }


def alarm(**changes: Any) -> dict[str, Any]:
    """An alarm's state change as CloudWatch documents it."""
    detail = {
        "alarmName": ALARM,
        "configuration": {"metrics": [{"id": "rate", "expression": "100*e/i"}]},
        "previousState": {"timestamp": "2026-03-02T09:05:00.000+0000", "value": "OK"},
        "state": {
            "reason": "Threshold Crossed: 2 out of the last 3 datapoints [22.0, 31.0]",
            "reasonData": '{"version":"1.0"}',
            "timestamp": "2026-03-02T09:12:00.000+0000",
            "value": "ALARM",
        },
        **changes,
    }
    return envelope("CloudWatch Alarm State Change", "aws.cloudwatch", detail)


def command(**changes: Any) -> dict[str, Any]:
    """A person's command as the console sends it."""
    return envelope("Steelyard Command", "steelyard", {**COMMAND, **changes})


def approval(arn: str) -> dict[str, Any]:
    """A model package's state change, as SageMaker documents it."""
    detail = {
        "ModelPackageGroupName": "completion",
        "ModelPackageVersion": 2,
        "ModelPackageArn": arn,
        "CreationTime": "2026-03-02T08:00:00Z",
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": "Approved",
        "LastModifiedTime": "2026-03-02T09:11:59Z",
    }
    return envelope("SageMaker Model Package State Change", "aws.sagemaker", detail)


ENDPOINT = envelope(
    "SageMaker Endpoint State Change",
    "aws.sagemaker",
    {
        "EndpointName": "completion",
        "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/completion",
        "EndpointConfigName": "completion-v2-r1",
        "ProductionVariants": [{"VariantName": "v1", "CurrentWeight": 100.0}],
        "EndpointStatus": "IN_SERVICE",
        "CreationTime": 1772442000000,
        "LastModifiedTime": 1772442720000,
        "Tags": {},
    },
)
PACKAGE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/completion/2"

GOOD = {
    "tick": (envelope("Scheduled Event", "aws.events", {}), Hint("tick")),
    "alarm": (alarm(), Hint("alarm", f"{ALARM} is ALARM")),
    "alarm_without_data": (
        alarm(state={"value": "INSUFFICIENT_DATA"}),
        Hint("alarm", f"{ALARM} is INSUFFICIENT_DATA"),
    ),
    "evidence_alarm": (
        alarm(alarmName="steelyard/completion/evidence"),
        Hint("alarm", "steelyard/completion/evidence is ALARM"),
    ),
    "endpoint": (ENDPOINT, Hint("endpoint", "IN_SERVICE")),
    "approval": (approval(PACKAGE), Hint("approval", f"{PACKAGE} is Approved")),
    "command": (
        command(),
        Command(CommandName.ROLLBACK, "completion-r1", COMMAND["actor"], "users complain", "0f3c"),
    ),
}


@pytest.mark.parametrize(("event", "trigger"), GOOD.values(), ids=GOOD)
def test_event_in_its_documented_shape_becomes_a_trigger(
    event: dict[str, Any], trigger: Hint | Command
) -> None:
    assert parse(json.dumps(event), "completion", HOME) == trigger


def nested(levels: int, value: str = "[]") -> str:
    """A tick whose detail holds lists in lists."""
    body = json.dumps(envelope("Scheduled Event", "aws.events", {"x": "HERE"}))
    return body.replace('"HERE"', "[" * levels + value + "]" * levels)


BAD: dict[str, tuple[str, str]] = {
    "1_alarm_that_is_not_json": ("{'alarmName': 'x'}", "not JSON"),
    "1_empty_body": ("", "not JSON"),
    "1_json_but_no_object": ("[1, 2]", "got list, accepted: an object"),
    "1_detail_that_is_text": (
        json.dumps(envelope("Scheduled Event", "aws.events", "x")),
        "detail: got 'x', accepted: an object",
    ),
    "1_kind_that_nobody_knows": (
        json.dumps(envelope("EC2 Instance State-change Notification", "aws.ec2", {})),
        "detail-type: got 'EC2 Instance State-change Notification', accepted: Scheduled Event",
    ),
    "2_alarm_without_state": (json.dumps(alarm(state=None)), "state.value: got None"),
    "2_alarm_with_state_as_text": (json.dumps(alarm(state="ALARM")), "state.value: got None"),
    "3_alarm_in_an_unknown_state": (
        json.dumps(alarm(state={"value": "PANIC"})),
        "state.value: got 'PANIC', accepted: OK, ALARM, INSUFFICIENT_DATA",
    ),
    "4_event_of_another_account": (
        json.dumps(alarm() | {"account": "999999999999"}),
        f"account: got '999999999999', accepted: {ACCOUNT}",
    ),
    "4_package_of_another_account": (
        json.dumps(approval(PACKAGE.replace(ACCOUNT, "999999999999"))),
        "ModelPackageArn: got 'arn:aws:sagemaker:eu-west-1:999999999999",
    ),
    "4_package_that_is_no_arn": (
        json.dumps(approval("completion/2")),
        "ModelPackageArn: got 'completion/2'",
    ),
    "5_event_of_another_region": (
        json.dumps(alarm() | {"region": "us-east-1"}),
        "region: got 'us-east-1', accepted: eu-west-1",
    ),
    "5_package_of_another_region": (
        json.dumps(approval(PACKAGE.replace(REGION, "us-east-1"))),
        "ModelPackageArn: got 'arn:aws:sagemaker:us-east-1",
    ),
    "6_alarm_of_somebody_else": (
        json.dumps(alarm(alarmName="cpu-high")),
        "alarmName: got 'cpu-high', accepted: steelyard/completion/...",
    ),
    "6_alarm_of_an_endpoint_whose_name_begins_alike": (
        json.dumps(alarm(alarmName="steelyard/completion2/v1/errors")),
        "accepted: steelyard/completion/...",
    ),
    "20_alarm_name_that_climbs_out": (
        json.dumps(alarm(alarmName="../steelyard/completion/v1/errors")),
        "alarmName: got '../steelyard",
    ),
    "20_command_for_an_endpoint_of_64_characters": (
        json.dumps(command(endpoint="e" * 64)),
        "endpoint: got 'eeee",
    ),
    "20_endpoint_event_with_a_unicode_name": (
        json.dumps({**ENDPOINT, "detail": {"EndpointName": "complétion"}}),
        "EndpointName: got 'complétion', accepted: completion",
    ),
    "24_body_of_two_megabytes": ("x" * 2_000_000, "2000000 characters, accepted: at most 262144"),
    # Which of two checks refuses it depends on how deep this Python's parser goes.
    "25_json_of_1001_levels": (nested(1001), ""),
    "25_json_as_deep_as_the_parser_goes": (nested(900), ""),
    "25_json_of_200_levels": (nested(200), "nested deeper than 100 levels"),
    "command_that_does_not_exist": (
        json.dumps(command(command="explode")),
        "command: got 'explode', accepted: start, promote, pause, resume, abort, rollback",
    ),
    "command_without_a_reason": (json.dumps(command(reason="")), "reason: got ''"),
    "command_whose_actor_is_a_number": (json.dumps(command(actor=7)), "actor: got 7"),
    "command_whose_reason_is_a_novel": (json.dumps(command(reason="x" * 1001)), "reason: got 'xx"),
    "command_whose_reason_steers_terminals": (
        json.dumps(command(reason="\x1b[2Jgone")),
        "accepted: 1 to 1000 printable characters",
    ),
    "command_whose_key_is_long": (
        json.dumps(command(key="k" * 65)),
        "accepted: 1 to 64 printable characters",
    ),
    "command_whose_reason_is_half_a_character": (
        json.dumps(command(reason="\ud83d")),
        "accepted: 1 to 1000 printable characters",
    ),
}


@pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_saying_what_was_found_and_what_is_accepted(
    body: str, reason: str
) -> None:
    with pytest.raises(InvalidEvent) as caught:
        parse(body, "completion", HOME)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("name", ["", "e" * 64, "complétion", "../other", "a b", "-a", "a\n"])
def test_group_that_can_not_be_an_endpoint_is_refused(name: str) -> None:
    with pytest.raises(InvalidEvent, match="endpoint: got"):
        parse(json.dumps(envelope("Scheduled Event", "aws.events", {})), name, HOME)


def test_nesting_up_to_the_limit_is_read() -> None:
    assert parse(nested(97), "completion", HOME) == Hint("tick")
    with pytest.raises(InvalidEvent, match="nested deeper than 100 levels"):
        parse(nested(98), "completion", HOME)


def test_text_of_a_thousand_letters_of_any_script_is_accepted() -> None:
    trigger = parse(json.dumps(command(reason="ж" * 1000)), "completion", HOME)
    assert isinstance(trigger, Command)
    assert trigger.reason == "ж" * 1000


def test_order_out_of_an_archive_is_refused_and_a_hint_is_not() -> None:
    """Its key is remembered for the latest twenty orders alone."""
    replayed = {**command(), "replay-name": "after-the-incident"}
    with pytest.raises(InvalidEvent, match="replay-name: got 'after-the-incident', accepted: none"):
        parse(json.dumps(replayed), "completion", HOME)
    hint = parse(json.dumps({**alarm(), "replay-name": "after"}), "completion", HOME)
    assert hint.kind == "alarm"
