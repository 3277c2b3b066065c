"""The intake of labels: who may call it, what it may do, and what bounds it."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.names import LABELS_URL
from tests.infra.conftest import IMAGE, MODEL, readable
from tests.infra.in_process import built, of_type, templates

Resources = Callable[..., list[dict[str, Any]]]
Statements = Callable[..., dict[str, dict[str, Any]]]
Template = Callable[..., dict[str, Any]]

HERE = "${AWS::Region}:${AWS::AccountId}"


def only(resources: Resources, kind: str, environment: str = "dev") -> dict[str, Any]:
    """The properties of the one resource of a type in the rollout stack."""
    (found,) = resources("rollout", kind, environment)
    properties: dict[str, Any] = found["Properties"]
    return properties


def arn(service: str, resource: str) -> str:
    """An ARN as the dev templates write it."""
    return f"arn:${{AWS::Partition}}:{service}:{HERE}:{resource}"


@pytest.mark.parametrize("environment", ["local", "dev", "prod"])
def test_every_route_demands_a_signature(resources: Resources, environment: str) -> None:
    route = only(resources, "AWS::ApiGatewayV2::Route", environment)
    assert route["RouteKey"] == "POST /endpoints/{endpoint}/labels"
    assert route["AuthorizationType"] == "AWS_IAM"


def test_requests_are_throttled_and_logged_with_their_caller(resources: Resources) -> None:
    stage = only(resources, "AWS::ApiGatewayV2::Stage")
    assert stage["StageName"] == "$default"
    assert stage["DefaultRouteSettings"] == {"ThrottlingBurstLimit": 40, "ThrottlingRateLimit": 20}
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["caller"] == "$context.identity.userArn"
    # Nothing of the body: it is about users.
    assert not [name for name in logged.values() if "body" in name.lower()]


def test_function_answers_before_the_api_gives_up(resources: Resources) -> None:
    (function,) = (
        f["Properties"]
        for f in resources("rollout", "AWS::Lambda::Function", "dev")
        if f["Properties"]["FunctionName"] == "steelyard-dev-intake"
    )
    assert function["Handler"] == "steelyard.handlers.intake.handler"
    assert function["Timeout"] < 30  # of the API, which can't be raised
    assert function["Environment"]["Variables"] == {
        "STEELYARD_LEDGER_TABLE": "steelyard-dev-ledger",
        "STEELYARD_LABELS_TABLE": "steelyard-dev-labels",
        "STEELYARD_LABELS_KEY": "steelyard-dev-labels-key",
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def test_functions_share_one_layer_and_one_zip(resources: Resources) -> None:
    functions = [f["Properties"] for f in resources("rollout", "AWS::Lambda::Function", "dev")]
    assert len(functions) == 3
    assert len({json.dumps([f["Code"], f["Layers"]]) for f in functions}) == 1
    assert len(resources("rollout", "AWS::Lambda::LayerVersion", "dev")) == 1


def test_intake_may_do_exactly_this(statements: Statements) -> None:
    found = statements("rollout", "steelyard-dev-intake", "dev")
    allowed = {
        (action, resource)
        for sid, statement in found.items()
        if sid != "Key"
        for action in statement["Action"]
        for resource in statement["Resource"]
    }
    labels = arn("dynamodb", "table/steelyard-dev-labels")
    log = arn("logs", "log-group:/aws/lambda/steelyard-dev-intake:*")
    (secret,) = found["LabelsKey"]["Resource"]
    assert secret.startswith("${LabelsKey")
    assert secret.endswith(".Id}")
    assert allowed == {
        ("dynamodb:Query", arn("dynamodb", "table/steelyard-dev-ledger")),
        ("dynamodb:PutItem", labels),
        ("dynamodb:UpdateItem", labels),
        ("secretsmanager:GetSecretValue", secret),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
        ("xray:PutTelemetryRecords", "*"),
        ("xray:PutTraceSegments", "*"),
    }
    assert found["Key"]["Condition"] == {
        "StringEquals": {
            "kms:ViaService": [
                "dynamodb.${AWS::Region}.amazonaws.com",
                "secretsmanager.${AWS::Region}.amazonaws.com",
            ]
        }
    }


def test_clients_of_a_model_may_call_its_own_route_and_read_the_key(tmp_path: Path) -> None:
    names = ("completion", "summary")
    for name in names:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.yaml").write_text(MODEL.replace("completion", name))
    app = built(tmp_path, environment="dev", images=dict.fromkeys(names, IMAGE))
    policies = of_type(readable(templates(app)["rollout"]), "AWS::IAM::ManagedPolicy")
    routes = {}
    for properties in (policy["Properties"] for policy in policies):
        found = {s["Sid"]: s for s in properties["PolicyDocument"]["Statement"]}
        if "Report" not in found:  # the operators'
            continue
        assert set(found) == {"Report", "IssueIds", "Key"}
        assert found["Report"]["Action"] == "execute-api:Invoke"
        assert found["IssueIds"]["Action"] == "secretsmanager:GetSecretValue"
        assert found["IssueIds"]["Resource"].startswith("${LabelsKey")
        route = found["Report"]["Resource"].rpartition("}/")[2]
        routes[properties["ManagedPolicyName"]] = route
    assert routes == {
        f"steelyard-dev-{name}-labels-clients": f"$default/POST/endpoints/dev-{name}/labels"
        for name in names
    }


def test_key_is_generated_and_never_in_the_template(resources: Resources) -> None:
    secret = only(resources, "AWS::SecretsManager::Secret")
    assert secret["Name"] == "steelyard-dev-labels-key"
    generated = secret["GenerateSecretString"]
    assert generated == {"ExcludeCharacters": string.punctuation, "PasswordLength": 64}
    assert "SecretString" not in secret


def test_url_is_an_output(template: Template) -> None:
    output = template("rollout", "dev")["Outputs"][LABELS_URL]
    assert output["Value"]["Fn::GetAtt"][1] == "ApiEndpoint"


def test_table_of_labels_forgets_what_has_expired(resources: Resources) -> None:
    (table,) = (
        t["Properties"]
        for t in resources("data", "AWS::DynamoDB::Table", "dev")
        if t["Properties"]["TableName"] == "steelyard-dev-labels"
    )
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert [key["AttributeName"] for key in table["KeySchema"]] == ["key", "at"]
