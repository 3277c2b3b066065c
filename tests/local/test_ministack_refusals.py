"""What the local cloud does not emulate refuses; a MiniStack that does not fit is named."""

import json
import subprocess
import sys

import pytest

from infra.local.ministack.names import KNOWN_VERSION
from tests.local.running_cloud import ACCOUNT, REGION, RunningCloud, refusal


def test_service_that_is_not_there_says_so(local_cloud: RunningCloud) -> None:
    for service, call in (("kinesis", "list_streams"), ("ec2", "describe_vpcs")):
        said = refusal(getattr(local_cloud.client(service), call))
        assert said.startswith("NotEmulated")
        assert service in said


def test_resource_type_that_is_not_there_is_refused(local_cloud: RunningCloud) -> None:
    template = {"Resources": {"V": {"Type": "AWS::EC2::VPC"}}}
    create = local_cloud.client("cloudformation").create_stack
    said = refusal(create, StackName="vpc", TemplateBody=json.dumps(template))
    assert "AWS::EC2::VPC" in said


def test_unsupported_target_in_a_template_fails_its_stack(local_cloud: RunningCloud) -> None:
    target = {"Id": "1", "Arn": f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"}
    properties = {"EventPattern": {"source": ["x"]}, "Targets": [target]}
    template = {"Resources": {"R": {"Type": "AWS::Events::Rule", "Properties": properties}}}
    client = local_cloud.client("cloudformation")
    client.create_stack(StackName="target", TemplateBody=json.dumps(template))

    def reasons() -> str:
        events = client.describe_stack_events(StackName="target")["StackEvents"]
        return "".join(event.get("ResourceStatusReason", "") for event in events)

    assert local_cloud.until(lambda: "kinesis" in reasons())


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("del sqs._act_send_message", "has no `ministack.services.sqs._act_send_message`"),
        ("sqs._act_send_message = lambda body: body", "takes ('body',), and not ('data', 'qurl')"),
    ],
)
def test_ministack_that_does_not_fit_is_named_with_its_version(broken: str, said: str) -> None:
    program = f"import ministack.services.sqs as sqs; {broken}"
    program += "; from infra.local.ministack import names; names.load()"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert said in done.stderr
    assert f"MiniStack {KNOWN_VERSION} " in done.stderr
