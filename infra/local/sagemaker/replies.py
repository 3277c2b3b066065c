"""What InvokeEndpoint answers: the reply, and AWS's errors in rest-json. For the router."""

import json
from http import HTTPStatus
from typing import NamedTuple

INVOKED_VARIANT = "x-Amzn-Invoked-Production-Variant"
INFERENCE_ID = "X-Amzn-SageMaker-Inference-Id"
CUSTOM_ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class Reply(NamedTuple):
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes


def refusal(code: str, message: str, status: int = 400, **members: str | int) -> Reply:
    """Answer an error as rest-json spells it: the code in a header, the members in the body."""
    body = json.dumps({"Message": message, "message": message, **members}).encode()
    return Reply(status, {"content-type": "application/json", "x-amzn-ErrorType": code}, body)


def validation(message: str) -> Reply:
    """Answer the runtime's spelling of a bad request: ValidationError, not -Exception."""
    return refusal("ValidationError", message)


def model_error(status: int, text: str, *, region: str, account: str, endpoint: str) -> Reply:
    """Answer that the model failed.

    Args:
        status: what the model answered; 0 when it did not (broken connection, time-out).
        text: the model's own message, or what broke.
        region, account, endpoint: where its logs would be.
    """
    side = "client" if 400 <= status < 500 else "server"
    group = f"/aws/sagemaker/Endpoints/{endpoint}"
    message = (
        f'Received {side} error ({status}) from primary with message "{text}". '
        f"See https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}"
        f"#logEventViewer:group={group} in account {account} for more information."
    )
    return refusal(
        "ModelError",
        message,
        HTTPStatus.FAILED_DEPENDENCY,
        OriginalStatusCode=status,
        OriginalMessage=text,
        LogStreamArn=f"arn:aws:logs:{region}:{account}:log-group:{group}",
    )
