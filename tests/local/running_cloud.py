"""The local cloud as tests see it: from outside, over HTTP. Used by the tests of this folder."""

import io
import json
import time
import urllib.request
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.exceptions import ClientError

# ruff: noqa: S310 - the only address is that of the local cloud

Found = TypeVar("Found")

ACCOUNT = "000000000000"
REGION = "eu-west-1"


@dataclass(frozen=True)
class RunningCloud:
    """One running local cloud."""

    url: str
    pid: int
    factor: float
    state_dir: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Answer an ordinary boto3 client, as the account's root."""
        if service not in self._clients:
            self._clients[service] = boto3.session.Session().client(
                service,
                region_name=REGION,
                endpoint_url=self.url,
                aws_access_key_id="test",
                aws_secret_access_key="test",  # noqa: S106 - as everybody's on loopback
            )
        return self._clients[service]

    def get(self, path: str) -> Any:
        """Answer the JSON at one of the local cloud's own paths."""
        with urllib.request.urlopen(f"{self.url}/_steelyard/{path}") as response:
            return json.load(response)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send JSON to one of the local cloud's own paths."""
        sent = json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/_steelyard/{path}", data=sent) as response:
            return json.load(response)

    def now(self) -> datetime:
        """Answer the virtual time."""
        return datetime.fromisoformat(self.get("clock")["now"])

    def wait(self, virtual_seconds: float) -> None:
        """Let so much virtual time pass."""
        time.sleep(virtual_seconds / self.factor)

    def function(self, name: str, source: str, *allowed: str, **settings: Any) -> str:
        """Make a function whose role may do what `allowed` says; answer its ARN."""
        trust = statement("sts:AssumeRole", Principal={"Service": "lambda.amazonaws.com"})
        role = self.client("iam").create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps(policy(trust))
        )["Role"]["Arn"]
        if allowed:
            self.client("iam").put_role_policy(
                RoleName=name,
                PolicyName="allowed",
                PolicyDocument=json.dumps(policy(statement(*allowed, Resource="*"))),
            )
        made = self.client("lambda").create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=role,
            Handler="app.handler",
            Code={"ZipFile": zip_of(app=source)},
            **settings,
        )
        return str(made["FunctionArn"])

    def call(self, function: str, event: object = None) -> Any:
        """Invoke a function and answer what it returned, or its error."""
        answer = self.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
        return json.loads(answer["Payload"].read())

    def until(self, check: Callable[[], Found | None], real_seconds: float = 10.0) -> Found:
        """Answer what `check` answers once it isn't empty.

        Raises:
            AssertionError: it stayed empty for so many real seconds.
        """
        deadline = time.monotonic() + real_seconds
        while not (found := check()):
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing within {real_seconds} s")
            time.sleep(0.02)
        return found


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """Answer an IAM policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(*actions: str, **more: Any) -> dict[str, Any]:
    """Answer a statement that allows actions."""
    return {"Effect": "Allow", "Action": list(actions), **more}


def zip_of(**files: str) -> bytes:
    """Answer a zip; the keyword `app` is the file `app.py`."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in files.items():
            # A date of its own would make equal contents different code.
            archive.writestr(zipfile.ZipInfo(f"{name.replace('__', '/')}.py"), text)
    return target.getvalue()


def arn_of(url: str) -> str:
    """Answer the ARN of the queue at a URL."""
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}"


def receive(cloud: RunningCloud, url: str) -> list[dict[str, Any]]:
    """Take and delete what there is now."""
    client = cloud.client("sqs")
    found: list[dict[str, Any]] = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"], MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def sent_at(message: dict[str, Any]) -> datetime:
    """Answer when a message was sent, in virtual time."""
    return datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000).astimezone()


def refusal(call: Callable[..., object], **arguments: object) -> str:
    """Answer the code and message with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as caught:
        error = caught.response["Error"]
        return f"{error['Code']}: {error['Message']}"
    raise AssertionError("the call was not refused")
