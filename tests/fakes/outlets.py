"""SSM, SNS and SQS as far as the reconciler uses them. For tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.functional.fake_sagemaker import refusal

Params = Mapping[str, Any]


@dataclass
class FakeParameters:
    """SSM's parameter store: values by name."""

    values: dict[str, str] = field(default_factory=dict)

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        if operation == "GetParameter":
            if params["Name"] not in self.values:
                raise refusal("ParameterNotFound", "", operation)
            return {"Parameter": {"Name": params["Name"], "Value": self.values[params["Name"]]}}
        if operation == "GetParametersByPath":
            below = f"{params['Path']}/"
            found = [n for n in sorted(self.values) if n.startswith(below)]
            return {"Parameters": [{"Name": n, "Value": self.values[n]} for n in found]}
        raise NotImplementedError(f"{operation} on SSM")


@dataclass
class FakeTopic:
    """SNS: the pages that people got, subject and message."""

    pages: list[tuple[str, str]] = field(default_factory=list)

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        if operation != "Publish":
            raise NotImplementedError(f"{operation} on SNS")
        self.pages.append((params["Subject"], params["Message"]))
        return {"MessageId": str(len(self.pages))}


@dataclass
class FakeQuarantine:
    """SQS: the quarantine queue's messages, as they were written.

    Attributes:
        comes_again: hears of a message of the other queue when its visibility is changed.
    """

    messages: list[dict[str, Any]] = field(default_factory=list)
    comes_again: Callable[[str, float], None] = field(default=lambda _receipt, _seconds: None)

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        if operation == "ChangeMessageVisibility":
            self.comes_again(params["ReceiptHandle"], params["VisibilityTimeout"])
            return {}
        if operation != "SendMessage":
            raise NotImplementedError(f"{operation} on SQS")
        self.messages.append(json.loads(params["MessageBody"]))
        return {"MessageId": str(len(self.messages))}
