"""InvokeEndpoint: which variant answers, what passes through, AWS's errors."""

import json
import random
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from infra.local.sagemaker.replies import Reply
from infra.local.sagemaker.router import Traffic
from tests.local.sagemaker.scene import Scene, answer


@pytest.fixture(scope="module")
def serving(module_scene: Scene) -> Scene:
    module_scene.serving(stable=3, canary=1, idle=0)
    return module_scene


def parsed(reply: Reply, shape: str = "InvokeEndpointOutput") -> Any:
    """What botocore makes of a reply; give an error's shape for the error's members."""
    model = botocore.session.get_session().get_service_model("sagemaker-runtime")
    return create_parser("rest-json").parse(
        {
            "status_code": reply.status,
            "headers": HeadersDict(reply.headers),
            "body": reply.body,
        },
        model.shape_for(shape),
    )


def test_traffic_is_split_by_weight_and_never_reaches_weight_zero(serving: Scene) -> None:
    models = [answer(serving.invoke())["model"] for _ in range(400)]
    # 400 draws at 1/4: 100 expected, standard deviation 8.7; the seed makes it the same each time.
    assert 60 < models.count("canary") < 140
    assert models.count("stable") == 400 - models.count("canary")


def test_share_of_a_sized_first_step_is_held_as_it_was_sent_and_honoured(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    scene.weights(stable=9983, canary=17)
    weights = {v["VariantName"]: v["CurrentWeight"] for v in scene.settled()["ProductionVariants"]}
    assert weights == {"stable": 9983, "canary": 17}
    traffic, chance = Traffic({}, weights), random.Random(1)
    picked = sum(traffic.pick(chance) == "canary" for _ in range(100_000))
    # 170 expected, standard deviation 13; the seed makes it the same each time.
    assert 130 < picked < 210


def test_target_variant_reaches_a_variant_of_weight_zero(serving: Scene) -> None:
    reply = serving.invoke(target_variant="idle")
    assert answer(reply)["model"] == "idle"
    assert parsed(reply)["InvokedProductionVariant"] == "idle"


def test_what_the_model_sees_and_what_comes_back(serving: Scene) -> None:
    reply = serving.invoke(
        {"x": 1}, inference_id="i-1", custom_attributes="user=7", target_variant="stable"
    )
    content = answer(reply)
    assert content["seen"]["content-type"] == "application/json"
    assert content["seen"]["x-amzn-sagemaker-inference-id"] == "i-1"
    assert content["seen"]["x-amzn-sagemaker-custom-attributes"] == "user=7"
    assert "x-amzn-sagemaker-target-variant" not in content["seen"]
    assert reply.headers["X-Amzn-SageMaker-Inference-Id"] == "i-1"
    seen = parsed(reply)
    assert seen["ContentType"] == "application/json"
    assert seen["CustomAttributes"] == "trace=1"
    assert content["secrets"] == []


def test_connections_are_kept_alive(serving: Scene) -> None:
    before = serving.invoke(target_variant="idle")
    assert answer(before)["pid"] == answer(serving.invoke(target_variant="idle"))["pid"]
    traffic = serving.service._router._traffic["completion"]
    idle = traffic.servers("idle")
    assert idle is not None
    assert len(idle.servers[0].client._idle) == 1


def test_model_failure_is_a_model_error_with_the_original_status(serving: Scene) -> None:
    for status, side in ((500, "server"), (404, "client")):
        reply = serving.invoke({"status": status}, target_variant="stable")
        assert reply.status == 424
        assert parsed(reply)["Error"]["Code"] == "ModelError"
        members = parsed(reply, "ModelError")
        assert members["OriginalStatusCode"] == status
        assert json.loads(members["OriginalMessage"])["model"] == "stable"
        assert f"Received {side} error ({status}) from primary" in members["Message"]
        assert members["LogStreamArn"] == (
            "arn:aws:logs:eu-west-1:000000000000:log-group:/aws/sagemaker/Endpoints/completion"
        )
        assert "x-Amzn-Invoked-Production-Variant" not in reply.headers


@pytest.mark.parametrize(
    ("name", "headers", "message"),
    [
        ("nowhere", {}, "Endpoint nowhere of account 000000000000 not found."),
        ("COMPLETION", {}, "Endpoint COMPLETION of account 000000000000 not found."),
        ("completion", {"target_variant": "c-9"}, "Variant c-9 not found"),
        ("completion", {"inference_id": "x" * 65}, "1 to 64 printable ASCII"),
        ("completion", {"custom_attributes": "x" * 1025}, "1 to 1024 printable ASCII"),
        ("completion", {"custom_attributes": "naïve"}, "'naïve'"),
    ],
)
def test_bad_request_is_a_validation_error(
    serving: Scene, name: str, headers: dict[str, Any], message: str
) -> None:
    reply = serving.invoke(name=name, **headers)
    assert reply.status == 400
    error = parsed(reply)["Error"]
    assert error["Code"] == "ValidationError"
    assert message in error["Message"]


def test_header_that_is_not_emulated_is_named(serving: Scene) -> None:
    reply = serving.invoke(session_id="NEW_SESSION")
    assert reply.status == 501
    assert "x-amzn-sagemaker-session-id" in parsed(reply)["Error"]["Message"]


def test_body_may_have_6_mib_and_no_more(serving: Scene) -> None:
    padded = b'{"pad": "' + b"x" * (6 * 1024 * 1024 - 11) + b'"}'
    assert answer(serving.invoke(padded))["length"] == 6 * 1024 * 1024
    reply = serving.invoke(padded + b" ")
    assert reply.status == 413
    assert "6291456 bytes" in parsed(reply)["Error"]["Message"]


def test_model_that_takes_too_long_is_a_model_error_and_others_are_served(
    hasty_scene: Scene,
) -> None:
    hasty_scene.serving(stable=1)
    reply = hasty_scene.invoke({"sleep": 1})
    assert reply.status == 424
    members = parsed(reply, "ModelError")
    assert members["OriginalStatusCode"] == 0
    assert "timed out while waiting for a response from container primary" in members["Message"]
    assert answer(hasty_scene.invoke())["model"] == "stable"
