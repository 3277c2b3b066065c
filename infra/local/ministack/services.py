"""Which services answer in MiniStack: those that Steelyard needs, ours, and no others.

Used by the adapter only.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from xml.sax.saxutils import escape

from infra.local.ministack.names import Names

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[[str, str, dict[str, str], bytes, dict[str, list[str]]], Awaitable[Response]]

KEPT = frozenset(
    {
        "apigateway",
        "cloudformation",
        "dynamodb",
        "dynamodbstreams",
        "ecr",
        "events",
        "iam",
        "kms",
        "lambda",
        "logs",
        "s3",
        "scheduler",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "states",
        "sts",
    }
)


class Services:
    """MiniStack's table of services, narrowed and widened."""

    def __init__(self, names: Names) -> None:
        self._patterns = names["core.router"].SERVICE_PATTERNS
        app = names["app"]
        kept = {name: app.SERVICE_HANDLERS[name] for name in KEPT}
        self._handlers = app.SERVICE_HANDLERS = _Handlers(kept)

    def register(self, scope: str, target_prefix: str, handler: Handler) -> None:
        """Route requests signed for `scope`, or with that X-Amz-Target, to `handler`."""
        self._handlers[scope] = handler
        pattern = self._patterns.setdefault(scope, {})
        pattern["target_prefixes"] = [*pattern.get("target_prefixes", []), f"{target_prefix}."]


class _Handlers(dict[str, Handler]):
    """A table that answers every other name with a refusal."""

    def get(self, key: str, _default: Any = None) -> Any:
        return super().get(key) or _Refusal(key)


class _Refusal:
    """Answers, in the caller's protocol, that a service is not emulated."""

    def __init__(self, service: str) -> None:
        self._message = (
            f"the local cloud does not emulate the service {service!r};"
            f" it has {', '.join(sorted(KEPT))}, application-autoscaling, cloudwatch and sagemaker"
        )

    async def __call__(
        self, _method: str, _path: str, headers: dict[str, str], _body: bytes, _query: Any
    ) -> Response:
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            text = (
                "<ErrorResponse><Error><Type>Sender</Type><Code>NotEmulated</Code>"
                f"<Message>{escape(self._message)}</Message></Error></ErrorResponse>"
            )
            return 501, {"Content-Type": "text/xml"}, text.encode()
        answer = {"__type": "NotEmulated", "message": self._message}
        types = {"Content-Type": "application/x-amz-json-1.0", "X-Amzn-Errortype": "NotEmulated"}
        return 501, types, json.dumps(answer).encode()
