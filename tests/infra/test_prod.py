"""What must hold in every template of dev and prod, whatever is added to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import IMAGE, MODEL
from tests.infra.in_process import built, of_type, templates

Template = Callable[..., dict[str, Any]]
STACKS = ("data", "registry", "serving", "rollout")
BILLED_BY_GPU = ("ml.g5.", "ml.g6.")


@pytest.fixture(params=["dev", "prod"])
def found(request: pytest.FixtureRequest, template: Template) -> list[dict[str, Any]]:
    """All resources of an environment that is on AWS."""
    return [
        resource
        for stack in STACKS
        for resource in template(stack, request.param)["Resources"].values()
    ]


def statements(value: Any) -> Iterator[dict[str, Any]]:
    """The statements of every policy, wherever it stands."""
    if isinstance(value, dict):
        yield from value.get("Statement", [])
        for part in value.values():
            yield from statements(part)
    elif isinstance(value, list):
        for part in value:
            yield from statements(part)


def test_nothing_is_allowed_by_wildcard_or_by_exclusion(found: list[dict[str, Any]]) -> None:
    allowed = [s for s in statements(found) if s["Effect"] == "Allow"]
    assert len(allowed) > 20
    for statement in allowed:
        actions = statement["Action"]
        for action in actions if isinstance(actions, list) else [actions]:
            assert "*" not in action, statement
        assert not {"NotAction", "NotResource", "NotPrincipal"} & statement.keys(), statement
        assert statement.get("Principal") not in ("*", {"AWS": "*"}), statement


def test_every_log_group_ends_some_day(found: list[dict[str, Any]]) -> None:
    groups = [r["Properties"] for r in found if r["Type"] == "AWS::Logs::LogGroup"]
    assert len(groups) >= 2
    assert [g["LogGroupName"] for g in groups if not g.get("RetentionInDays")] == []


def test_every_function_and_every_endpoint_has_a_log_group_of_ours(
    found: list[dict[str, Any]],
) -> None:
    groups = {r["Properties"]["LogGroupName"] for r in found if r["Type"] == "AWS::Logs::LogGroup"}
    for resource in found:
        if resource["Type"] == "AWS::Lambda::Function":
            assert f"/aws/lambda/{resource['Properties']['FunctionName']}" in groups
        if resource["Type"] == "AWS::SageMaker::Endpoint":
            name = resource["Properties"]["EndpointName"]
            assert f"/aws/sagemaker/Endpoints/{name}" in groups


def test_what_cannot_be_made_again_is_retained(found: list[dict[str, Any]]) -> None:
    lasting = {
        "AWS::S3::Bucket",
        "AWS::DynamoDB::Table",
        "AWS::KMS::Key",
        "AWS::SageMaker::ModelPackageGroup",
        "AWS::SageMaker::Endpoint",
    }
    kept = {r["Type"] for r in found if r.get("DeletionPolicy") == "Retain"}
    lost = [r for r in found if r["Type"] in lasting and r.get("DeletionPolicy") != "Retain"]
    assert lost == []
    assert lasting <= kept


def test_endpoints_run_on_gpus(found: list[dict[str, Any]]) -> None:
    types = [
        variant["InstanceType"]
        for r in found
        if r["Type"] == "AWS::SageMaker::EndpointConfig"
        for variant in r["Properties"]["ProductionVariants"]
    ]
    assert types
    assert [kind for kind in types if not kind.startswith(BILLED_BY_GPU)] == []


def test_two_models_share_an_environment_and_nothing_of_their_own(tmp_path: Path) -> None:
    for name in ("completion", "chat"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.yaml").write_text(MODEL.replace("completion", name, 1))
    images = {"completion": IMAGE, "chat": IMAGE.replace("completion", "chat")}
    made = templates(built(tmp_path, environment="prod", images=images))
    endpoints = of_type(made["serving"], "AWS::SageMaker::Endpoint")
    dashboards = of_type(made["rollout"], "AWS::CloudWatch::Dashboard")
    roles = of_type(made["registry"], "AWS::IAM::Role")
    assert {e["Properties"]["EndpointName"] for e in endpoints} == {"prod-chat", "prod-completion"}
    assert {d["Properties"]["DashboardName"] for d in dashboards} == {
        "steelyard-prod-chat",
        "steelyard-prod-completion",
    }
    assert len(of_type(made["serving"], "AWS::Logs::LogGroup")) == 2
    assert len(of_type(made["data"], "AWS::KMS::Key")) == 1
    for role in roles:
        pulled = [s for s in statements(role) if s.get("Sid") == "PullImage"]
        own = role["Properties"]["RoleName"].split("-")[2]
        assert str(pulled).count("steelyard/") == 1
        assert f"steelyard/{own}" in str(pulled)
