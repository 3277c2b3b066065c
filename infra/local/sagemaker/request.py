"""An InvokeEndpoint request: what its headers ask for and what the model gets to see of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from infra.local.sagemaker import replies
from infra.local.sagemaker.replies import Reply

MAX_BODY = 6 * 1024 * 1024
_PREFIX = "x-amzn-sagemaker-"
_TARGET_VARIANT = "x-amzn-sagemaker-target-variant"
_INFERENCE_ID = replies.INFERENCE_ID.lower()
_CUSTOM_ATTRIBUTES = replies.CUSTOM_ATTRIBUTES.lower()
_UNDERSTOOD = (_TARGET_VARIANT, _INFERENCE_ID, _CUSTOM_ATTRIBUTES)
_FORWARDED = ("content-type", "accept", _INFERENCE_ID, _CUSTOM_ATTRIBUTES)
_MAX_LENGTH = {_TARGET_VARIANT: 63, _INFERENCE_ID: 64, _CUSTOM_ATTRIBUTES: 1024}


class Refused(Exception):
    """The request gets this reply and reaches no model."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.body.decode())
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Request:
    """A request that may go to a model."""

    target_variant: str | None
    inference_id: str | None
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @classmethod
    def read(cls, headers: Mapping[str, str], body: bytes) -> "Request":
        """Read and check a request.

        Raises:
            Refused: a body or header beyond AWS's limits, or a header for something that is not
                emulated (TargetModel, SessionId, inference components and the like).
        """
        if len(body) > MAX_BODY:
            # AWS answers this one without an error type; botocore shows its code as "413".
            raise Refused(
                Reply(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    {"content-type": "application/json"},
                    b'{"message": "HTTP content length exceeded %d bytes."}' % MAX_BODY,
                )
            )
        given = {name.lower(): value for name, value in headers.items()}
        for name, value in given.items():
            if name.startswith(_PREFIX):
                _check(name, value)
        return cls(
            target_variant=given.get(_TARGET_VARIANT),
            inference_id=given.get(_INFERENCE_ID),
            headers=[
                (name.encode(), given[name].encode("ascii", "replace"))
                for name in _FORWARDED
                if name in given
            ],
            body=body,
        )


def _check(name: str, value: str) -> None:
    if name not in _UNDERSTOOD:
        raise Refused(
            replies.refusal(
                "NotImplemented",
                f"the local cloud's SageMaker does not emulate the header {name}: {value!r} "
                f"(accepted: {', '.join(_UNDERSTOOD)})",
                HTTPStatus.NOT_IMPLEMENTED,
            )
        )
    limit = _MAX_LENGTH[name]
    if not (0 < len(value) <= limit and value.isascii() and value.isprintable()):
        raise Refused(
            replies.validation(
                f"Value {value[:80]!r} of header {name} is not accepted: give 1 to {limit} "
                "printable ASCII characters"
            )
        )
