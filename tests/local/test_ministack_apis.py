"""HTTP APIs with IAM on the local cloud: who gets through, and what the function is handed."""

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from infra.deployer import Deployer
from tests.assembly_folder import write_stack
from tests.local.running_cloud import ACCOUNT, REGION, RunningCloud, policy, statement
from tests.local.signed import Caller, unsigned, user

FORBIDDEN = (403, "Forbidden")
ECHO = """
import json, os
import boto3

def handler(event, context):
    told = {"time": event["requestContext"]["timeEpoch"], "path": event["pathParameters"]}
    told["length"] = len(event.get("body") or "")
    secret = boto3.client("secretsmanager").get_secret_value(SecretId="api-key")
    told["key"] = secret["SecretString"]
    return {"statusCode": 200, "body": json.dumps(told)}
"""


@dataclass(frozen=True)
class Api:
    """A deployed API with one route, its outputs, and a user without any policy."""

    cloud: RunningCloud
    outputs: dict[str, str]
    caller: Caller

    def url(self, path: str = "/endpoints/completion/labels") -> str:
        """The address of a route."""
        return self.outputs["Url"] + path

    def post(self, body: bytes = b"{}") -> tuple[int, str]:
        """Status and message of the user's request."""
        return message(self.caller.post(self.url(), body))

    def allow(self, path: str) -> None:
        """Let the user call a route."""
        api_id = self.outputs["Url"].rpartition("/")[2]
        route = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api_id}/$default/POST{path}"
        self.cloud.client("iam").put_user_policy(
            UserName=self.caller.name,
            PolicyName="routes",
            PolicyDocument=json.dumps(policy(statement("execute-api:Invoke", Resource=route))),
        )


def message(answer: tuple[int, str]) -> tuple[int, str]:
    """Status and message of an answer."""
    status, body = answer
    return status, json.loads(body).get("message", "")


@pytest.fixture(scope="module")
def api(local_cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory) -> Api:
    """The API, deployed from a template."""
    folder: Path = tmp_path_factory.mktemp("apis")
    resources = {
        "Api": ("Api", {"Name": "apis", "ProtocolType": "HTTP"}),
        "Call": (
            "Integration",
            {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": local_cloud.function(
                    "api", ECHO, "secretsmanager:GetSecretValue"
                ),
                "PayloadFormatVersion": "2.0",
            },
        ),
        "Route": (
            "Route",
            {
                "ApiId": {"Ref": "Api"},
                "RouteKey": "POST /endpoints/{endpoint}/labels",
                "AuthorizationType": "AWS_IAM",
                "Target": {"Fn::Join": ["/", ["integrations", {"Ref": "Call"}]]},
            },
        ),
        "Stage": ("Stage", {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True}),
    }
    generated = {"PasswordLength": 64, "ExcludeCharacters": "\"'\\"}
    secret = {"Name": "api-key", "GenerateSecretString": generated}
    outputs = {
        "Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}},
        "Key": {"Value": {"Fn::GetAtt": ["Key", "Id"]}},
    }
    write_stack(
        folder,
        "apis",
        {
            **{
                name: {"Type": f"AWS::ApiGatewayV2::{kind}", "Properties": properties}
                for name, (kind, properties) in resources.items()
            },
            "Key": {"Type": "AWS::SecretsManager::Secret", "Properties": secret},
            "Outputs": outputs,
        },
    )
    made = Deployer(folder, local_cloud.client, lambda _progress: None).deploy()["apis"]
    return Api(local_cloud, made, user(local_cloud, "api-caller"))


def test_request_without_a_signature_is_forbidden(api: Api) -> None:
    assert message(unsigned(api.url())) == FORBIDDEN


def test_caller_without_permission_is_forbidden(api: Api) -> None:
    api.allow("/endpoints/other/labels")
    assert api.post() == FORBIDDEN


def test_permission_is_for_one_route(api: Api) -> None:
    api.allow("/endpoints/completion/labels")
    assert api.post()[0] == 200
    assert message(api.caller.post(api.url("/endpoints/other/labels"))) == FORBIDDEN


def test_wrong_signature_is_forbidden_whatever_the_caller_may(api: Api) -> None:
    api.allow("/endpoints/*")
    assert api.post()[0] == 200
    for wrong in (Caller("x", api.caller.key, "x"), Caller("x", "AKIAIOSFODNN7EXAMPLE", "x")):
        assert message(wrong.post(api.url())) == FORBIDDEN


def test_function_is_told_the_virtual_time_and_the_path(api: Api) -> None:
    api.allow("/endpoints/*")
    before = api.cloud.now()
    _, body = api.caller.post(api.url("/endpoints/other/labels"))
    told = json.loads(body)
    assert told["path"] == {"endpoint": "other"}
    arrived = datetime.fromtimestamp(told["time"] / 1000).astimezone()
    assert abs((arrived - before).total_seconds()) < 60
    assert before <= arrived <= api.cloud.now()


def test_address_is_that_of_get_apis_and_resolves_everywhere(api: Api) -> None:
    found = api.cloud.client("apigatewayv2").get_apis()["Items"]
    assert api.outputs["Url"] in [one["ApiEndpoint"] for one in found]
    assert urlsplit(api.outputs["Url"]).hostname == "127.0.0.1"


def test_generated_key_is_what_function_and_owner_read(api: Api) -> None:
    api.allow("/endpoints/*")
    secret = api.cloud.client("secretsmanager").get_secret_value(SecretId=api.outputs["Key"])
    assert secret["ARN"] == api.outputs["Key"]
    assert len(secret["SecretString"]) == 64
    assert json.loads(api.caller.post(api.url())[1])["key"] == secret["SecretString"]


def test_body_of_more_than_ten_megabytes_is_too_large(api: Api) -> None:
    api.allow("/endpoints/*")
    large = b"x" * (1024 * 1024)
    assert json.loads(api.caller.post(api.url(), large)[1])["length"] == len(large)
    assert api.post(10 * large + b"x") == (413, "Request Entity Too Large")


def test_body_of_a_billion_bytes_is_refused_before_it_is_sent(api: Api) -> None:
    target = urlsplit(api.url())
    with socket.create_connection((target.hostname, target.port or 80), timeout=10) as connection:
        head = f"POST {target.path} HTTP/1.1\r\nHost: {target.netloc}\r\n"
        connection.sendall(f"{head}Content-Length: 1000000000\r\n\r\nx".encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_key_of_a_secret_may_not_be_read_without_permission(api: Api) -> None:
    source = ECHO.replace("def handler", "def unused")
    source += (
        "\ndef handler(event, context):\n"
        "    boto3.client('secretsmanager').get_secret_value(SecretId='api-key')\n"
    )
    api.cloud.function("api-thief", source)
    assert "AccessDenied" in api.cloud.call("api-thief")["errorMessage"]
