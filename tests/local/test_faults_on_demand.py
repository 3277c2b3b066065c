"""Faults are ordered over HTTP, and strike real clients."""

import json
import re
import urllib.error
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.local.sagemaker.faults import NAMES
from tests.local.running_cloud import RunningCloud

DOCS = Path(__file__).parents[2] / "docs/faults-on-demand.md"


def test_docs_name_every_fault() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert sorted(named) == sorted(NAMES)


def test_next_call_of_the_operation_is_struck_and_the_one_after_is_not(
    local_cloud: RunningCloud,
) -> None:
    local_cloud.post("faults", {"fault": "quota", "operation": "DescribeModel"})
    sagemaker = local_cloud.client("sagemaker")
    assert sagemaker.list_models(NameContains="no-such-model")["Models"] == []
    for code in ("ResourceLimitExceeded", "ValidationException"):
        with pytest.raises(ClientError) as caught:
            sagemaker.describe_model(ModelName="no-such-model")
        assert caught.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"fault": "flood"}, "Fault 'flood' is not known: give one of access-denied, capacity"),
        ({"fault": "throttle"}, "'throttle' strikes one operation: give it, not None"),
        ({"fault": "throttle", "operation": "Flood"}, "does not emulate the operation Flood"),
        ({"fault": "delay", "operation": "DescribeModel"}, "seconds None are not accepted"),
        ({"fault": "delay", "operation": "DescribeModel", "seconds": True}, "seconds True are"),
        ({"fault": "delay", "operation": "DescribeModel", "seconds": -1}, "seconds -1 are"),
        ({"fault": "status", "status": "Broken"}, "Status 'Broken' is not known"),
        ({"fault": "status", "endpoint": "e9", "status": "Failed"}, "Could not find endpoint"),
        ({"fault": "stall", "endpoint": "e9", "seconds": 1}, "Could not find endpoint"),
        ({"fault": "capacity", "name": "x"}, "has no details ['name']: accepted: none"),
        ({}, "the body must be JSON with the keys ('fault',)"),
    ],
)
def test_order_that_cannot_be_followed_says_what_can(
    local_cloud: RunningCloud, order: dict[str, Any], words: str
) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        local_cloud.post("faults", order)
    answer = json.load(caught.value)
    assert caught.value.code in {400, 501}
    assert words in answer["message"]
