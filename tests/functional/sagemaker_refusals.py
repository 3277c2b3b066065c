"""What SageMaker answers when it refuses, word for word where the words are known.

For the fakes and for tests. The words' sources: (M) botocore's model, (D) AWS's documentation,
(I) errors that people report with their own projects, (K) believed: ours, in AWS's style.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT, REGION = "000000000000", "eu-west-1"


def refusal(
    code: str, message: str, operation: str = "UpdateEndpoint", status: int = 400
) -> ClientError:
    """An error as botocore raises it."""
    error: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(error, operation)


def arn(kind: str, name: str) -> str:
    """The name of a resource; SageMaker lower-cases it (its own events show that)."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name.lower()}"


def invalid(message: str) -> ClientError:
    """The code that nearly every refusal has, so that only the words tell them apart (M, I)."""
    return refusal("ValidationException", message)


def in_progress(endpoint: str) -> ClientError:
    """Updates and deletions of an endpoint that is being changed (I)."""
    return invalid(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint)}".')


def not_found(what: str, kind: str, name: str) -> ClientError:
    """Endpoints, endpoint configurations and models that are not there (I)."""
    return invalid(f'Could not find {what} "{arn(kind, name)}".')


def exists(what: str, kind: str, name: str) -> ClientError:
    """Names that are taken (I)."""
    return invalid(f'Cannot create already existing {what} "{arn(kind, name)}".')


def in_use(config: str) -> ClientError:
    """UpdateEndpoint to the config that serves (I)."""
    return invalid(
        f'Cannot update endpoint with the currently in use endpoint configuration "{config}".'
    )


def not_present(variants: Iterable[str], config: str) -> ClientError:
    """Weights or counts of a variant that the endpoint hasn't got (I: moto has them so)."""
    names = '", "'.join(variants)
    return invalid(
        f'The variant name(s) "{names}" is/are not present within endpoint configuration '
        f'"{config}".'
    )


def not_unique(variant: str) -> ClientError:
    """A variant twice in one call (I: moto has it so)."""
    return invalid(f'The variant name "{variant}" was non-unique within the request.')


def no_traffic(weights: Mapping[str, float]) -> ClientError:
    """Weights whose sum is 0 (K)."""
    return invalid(f"Weights {dict(weights)} are not accepted: their sum must be greater than 0")


def no_weight(weight: object, variant: str) -> ClientError:
    """A weight that no 32-bit float of at least 0 can hold (K)."""
    return invalid(
        f"Weight {weight!r} of variant {variant!r} is not accepted: "
        "give a finite number of at least 0 that fits a 32-bit float"
    )


def too_many_capacities(variants: Iterable[str]) -> ClientError:
    """Counts of two variants in one call: "capacity of one variant" (M); the words are (K)."""
    return invalid(f"The capacities of {list(variants)} can't be updated at once: one in each call")


def not_approved(package_arn: str, status: str) -> ClientError:
    """CreateModel of a package that is not approved: only Approved deploy (D); words (K)."""
    return invalid(
        f"Model package {package_arn} cannot be deployed: its ModelApprovalStatus is {status}, "
        "and only Approved is accepted."
    )


def scaled(variant: str, config: str) -> ClientError:
    """An update without a variant that is a scalable target: refused (D); the words are (K)."""
    return invalid(
        f"Variant {variant!r} is a scalable target of Application Auto Scaling, and endpoint "
        f"configuration {config!r} removes it: deregister it before."
    )


def throttled() -> ClientError:
    """Too many calls (D: common errors; the words are I)."""
    return refusal("ThrottlingException", "Rate exceeded")


def unavailable() -> ClientError:
    """A failure on AWS's side, before anything was done (D: common errors)."""
    message = "The service is unavailable. Please try again later."
    return refusal("ServiceUnavailable", message, status=503)


def broken() -> ClientError:
    """A failure on AWS's side, whatever was done (D: common errors)."""
    message = "The request processing has failed because of an unknown error."
    return refusal("InternalFailure", message, status=500)


def denied(action: str) -> ClientError:
    """What IAM answers (D: "Troubleshoot access denied error messages")."""
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/reconciler/steelyard"
    return refusal(
        "AccessDeniedException",
        f"User: {who} is not authorized to perform: sagemaker:{action} on resource: "
        f"{arn('endpoint', 'completion')} because no identity-based "
        f"policy allows the sagemaker:{action} action",
    )


def quota(instance_type: str, limit: int, used: int, more: int) -> ClientError:
    """The only error that the model names for endpoints (M); the words are (I)."""
    return refusal(
        "ResourceLimitExceeded",
        f"The account-level service limit '{instance_type} for endpoint usage' is {limit} "
        f"Instances, with current utilization of {used} Instances and a request delta of {more} "
        "Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS "
        "Service Quotas is not available, contact AWS support to request an increase for this "
        "quota.",
    )


SHORT_OF_INSTANCES = (
    "Unable to provision requested ML compute capacity due to InsufficientInstanceCapacity "
    "error. Please retry using a different ML instance type or after some time."
)
"""FailureReason of an update for which there were no instances (I)."""

NO_PING = (
    "The primary container for production variant {variant} did not pass the ping health check. "
    "Please check CloudWatch logs for this endpoint."
)
"""FailureReason of an update whose container never answered (D)."""

WEIGHTS_UNDONE = "The requested weights could not be applied."
"""FailureReason of a change of weights that was undone (K)."""
