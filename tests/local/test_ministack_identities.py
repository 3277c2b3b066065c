"""IAM on the local cloud: functions act under their roles, also on the services of ours."""

import json
from typing import Any

import pytest

from tests.local.running_cloud import ACCOUNT, REGION, RunningCloud, policy, statement

PUT = (
    "import boto3\n"
    "def handler(event, context):\n"
    "    try:\n"
    "        getattr(boto3.client(event['service']), event['call'])(**event['with'])\n"
    "    except boto3.client('sts').exceptions.ClientError as error:\n"
    "        return error.response['Error']['Code']\n"
    "    return 'done'\n"
)
INVOCATION = {"EndpointName": "e", "Body": "{}"}
CONFIG = {"EndpointName": "e", "EndpointConfigName": "c"}
MODEL = {
    "ModelName": "m",
    "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/other",
    "PrimaryContainer": {"Image": "x"},
}


@pytest.mark.parametrize(
    ("service", "call", "arguments", "outcome"),
    [
        ("ssm", "get_parameter", {"Name": "/none"}, "ParameterNotFound"),
        ("sagemaker", "update_endpoint", CONFIG, "ValidationException"),
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["x"]}, "ResourceNotFound"),
        ("sagemaker-runtime", "invoke_endpoint", INVOCATION, "ValidationError"),
    ],
)
def test_function_may_do_what_its_role_allows_and_nothing_else(
    local_cloud: RunningCloud, service: str, call: str, arguments: dict[str, Any], outcome: str
) -> None:
    event = {"service": service, "call": call, "with": arguments}
    action = f"{service.removesuffix('-runtime')}:{call.title().replace('_', '')}"
    local_cloud.function(f"may-{service}", PUT, action, Timeout=20)
    local_cloud.function(f"may-not-{service}", PUT, Timeout=20)
    assert local_cloud.call(f"may-{service}", event) == outcome
    assert local_cloud.call(f"may-not-{service}", event).startswith("AccessDenied")


def test_parameters_are_read_below_the_named_path_alone(local_cloud: RunningCloud) -> None:
    local_cloud.function("by-path", PUT, Timeout=20)
    path = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/golden/chat"
    allowed = statement("ssm:GetParametersByPath", Resource=path)
    local_cloud.client("iam").put_role_policy(
        RoleName="by-path", PolicyName="allowed", PolicyDocument=json.dumps(policy(allowed))
    )
    for asked, outcome in (
        ("/golden/chat", "done"),
        ("/golden", "AccessDeniedException"),
        ("/golden/chat/more", "AccessDeniedException"),
        ("/golden/other", "AccessDeniedException"),
    ):
        call = {"service": "ssm", "call": "get_parameters_by_path", "with": {"Path": asked}}
        assert local_cloud.call("by-path", call) == outcome


def test_role_is_passed_only_with_permission(local_cloud: RunningCloud) -> None:
    local_cloud.function("passes", PUT, "sagemaker:*", Timeout=20)
    event = {"service": "sagemaker", "call": "create_model", "with": MODEL}
    assert local_cloud.call("passes", event) == "AccessDeniedException"


def test_events_are_put_under_the_allowed_source_and_type_alone(
    local_cloud: RunningCloud,
) -> None:
    local_cloud.function("orders", PUT, Timeout=20)
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    where = {
        "ForAllValues:StringEquals": {"events:source": "steelyard"},
        "Null": {"events:source": "false"},
        "StringEquals": {"events:detail-type": "Steelyard Command"},
    }
    allowed = statement("events:PutEvents", Resource=bus, Condition=where)
    local_cloud.client("iam").put_role_policy(
        RoleName="orders", PolicyName="allowed", PolicyDocument=json.dumps(policy(allowed))
    )
    order = {"Source": "steelyard", "DetailType": "Steelyard Command", "Detail": "{}"}
    for entries, outcome in (
        ([order], "done"),
        ([order, order], "done"),
        ([order | {"Source": "shop"}], "AccessDeniedException"),
        ([order, order | {"Source": "shop"}], "AccessDeniedException"),
        ([order | {"DetailType": "Sale"}], "AccessDeniedException"),
        ([order, order | {"DetailType": "Sale"}], "AccessDeniedException"),
    ):
        call = {"service": "events", "call": "put_events", "with": {"Entries": entries}}
        assert local_cloud.call("orders", call) == outcome
