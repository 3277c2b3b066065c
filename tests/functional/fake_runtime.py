"""SageMaker's runtime: a real client whose calls end in what a test says. Not a test itself."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
from botocore.response import StreamingBody

from tests.functional.fake_sagemaker import REGION

Reply = Callable[[], tuple[int, Mapping[str, Any]]]


def body(content: bytes) -> Reply:
    """A model's answer."""
    return lambda: (200, {"Body": StreamingBody(io.BytesIO(content), len(content))})


def refused(status: int, code: str, message: str = "", **members: object) -> Reply:
    """An error of SageMaker's; `ModelError` is the container's, told by it."""
    return lambda: (status, {"Error": {"Code": code, "Message": message}, **members})


def model_error(status: int, message: str) -> Reply:
    """The container's own error."""
    members = {"OriginalStatusCode": status, "OriginalMessage": message}
    return refused(424, "ModelError", f"Received error ({status})", **members)


@dataclass
class FakeRuntime:
    """What InvokeEndpoint is asked, and what it answers: by the request's body.

    botocore checks each request against AWS's own model first.
    """

    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        session = boto3.Session("testing", "testing", region_name=REGION)
        self.client = session.client("sagemaker-runtime")
        self.client.meta.events.register("before-call", self._answer)

    def _answer(self, params: Mapping[str, Any], **_: object) -> tuple[Any, Mapping[str, Any]]:
        sent = params["body"].decode()
        self.asked.append({**params["headers"], "path": params["url_path"], "body": sent})
        status, answer = self.replies[sent]()
        return SimpleNamespace(status_code=status), answer
