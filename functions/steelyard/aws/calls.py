"""boto3 clients, and what AWS's errors mean. Used within `aws/` and where clients are made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from steelyard.errors import (
    EndpointBusy,
    NeedsHuman,
    NoAnswer,
    NoCapacity,
    OddAnswer,
    SteelyardError,
)

_BUSY = (
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ConcurrentUpdateException",
    "TransactionInProgressException",  # an earlier attempt of the same call
)
_SERVERS_FAULT = 500
# What reading an answer of another shape ends in. One thing that can't be read must not keep the
# others from being read: a rollback may be due.
_OTHER_SHAPE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    ResponseParserError,  # botocore's, but not of its tree
    TypeError,
    ValueError,
)


def client(service: str) -> Any:
    """A client for reading: botocore retries by itself.

    One look asks a service at most twice more after it has stopped answering; time must be left
    of the Lambda's 30 seconds to roll back without its answer.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=4
    )
    return boto3.client(service, config=config)


def client_without_retries(service: str, read_timeout: float = 20) -> Any:
    """A client for changing things: a call whose answer was lost must not be sent again unseen.

    The next tick reads what became of it. The read time-out bounds how long a call can be in
    flight, which `Policy.settle` must outlast.
    """
    config = Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=5,
        read_timeout=read_timeout,
    )
    return boto3.client(service, config=config)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn AWS's errors into ours, and what an answer of another shape ends in.

    Raises:
        EndpointBusy: refused for now; NoCapacity where instances are short, NoAnswer where none
            came, OddAnswer for one in no documented shape.
        NeedsHuman: refused for good (permission, validation, quota).
    """
    try:
        yield
    except ClientError as error:
        raise _meaning(error, what) from error
    except BotoCoreError as error:
        raise NoAnswer(f"{what}: {error}") from error
    except SteelyardError:
        raise  # some are ValueErrors too
    except _OTHER_SHAPE as error:
        raise OddAnswer(f"{what}: not as documented: {error!r:.500}") from error


def says(error: ClientError, *texts: str) -> bool:
    """Whether the message has one of the texts. SageMaker's codes alone don't tell cases apart."""
    message = error.response["Error"].get("Message", "")
    return any(text.lower() in message.lower() for text in texts)


def _meaning(error: ClientError, what: str) -> Exception:
    code = error.response["Error"].get("Code", "")
    text = f"{what}: {code}: {error.response['Error'].get('Message', '')}"
    # "Cannot update in-progress endpoint" is a ValidationException, as is everything else there.
    if code in _BUSY or says(error, "in-progress endpoint", "is being updated"):
        return EndpointBusy(text)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if status >= _SERVERS_FAULT:  # each service has names of its own for these
        return EndpointBusy(text)
    if says(error, "capacity"):
        return NoCapacity(text)
    return NeedsHuman(text)
