"""SageMaker's runtime: what variants answer to a golden request. For tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Params = Mapping[str, Any]


@dataclass
class FakeRuntime:
    """InvokeEndpoint alone; `reply` is what a variant's model answers, or raises."""

    reply: Callable[[str], bytes]

    def answer(self, operation: str, params: Params) -> dict[str, Any]:
        """The answer to one call; an operation that Steelyard does not use is an error."""
        if operation != "InvokeEndpoint":
            raise NotImplementedError(f"{operation} on SageMaker's runtime")
        return {"Body": io.BytesIO(self.reply(params["TargetVariant"]))}
