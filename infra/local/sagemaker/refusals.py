"""The errors of this SageMaker in AWS's words; everything in this package may import it.

Where the words come from: (M) botocore's model, (D) AWS's documentation, (I) errors that people
report with their own projects, (K) believed: ours, in AWS's style. The contract suite holds them
and the tests' fake together.
"""

from collections.abc import Collection, Mapping
from typing import Any

from infra.local.ports import AwsError

_NOTHING: tuple[Any, ...] = (None, False, "", "None", (), [], {})


def invalid(message: str) -> AwsError:
    """Answer the error that SageMaker gives for nearly everything, unknown names included."""
    return AwsError("ValidationException", message)


def in_progress(endpoint_arn: str) -> AwsError:
    """Answer the refusal of a change in any status that forbids it, Failed included (I)."""
    return invalid(f'Cannot update in-progress endpoint "{endpoint_arn}".')


def in_use(config: str) -> AwsError:
    """Answer the refusal of an update to the config that serves already (I)."""
    return invalid(
        f'Cannot update endpoint with the currently in use endpoint configuration "{config}".'
    )


def not_present(variant: str, config: str) -> AwsError:
    """Answer the refusal of a change of a variant that isn't there (I: moto has it so)."""
    return invalid(
        f'The variant name(s) "{variant}" is/are not present within endpoint configuration '
        f'"{config}".'
    )


def not_unique(variant: str) -> AwsError:
    """Answer the refusal of a variant that is given twice (I: moto has it so)."""
    return invalid(f'The variant name "{variant}" was non-unique within the request.')


def throttled() -> AwsError:
    """Answer that there were too many calls (D: common errors; the words are I)."""
    return AwsError("ThrottlingException", "Rate exceeded")


def unavailable() -> AwsError:
    """Answer that AWS failed before it did anything (D: common errors)."""
    message = "The service is unavailable. Please try again later."
    return AwsError("ServiceUnavailable", message, 503)


def broken() -> AwsError:
    """Answer that AWS failed, whatever it did (D: common errors)."""
    message = "The request processing has failed because of an unknown error."
    return AwsError("InternalFailure", message, 500)


def denied(user: str, operation: str, resource: str) -> AwsError:
    """Answer what IAM does (D: "Troubleshoot access denied error messages")."""
    return AwsError(
        "AccessDeniedException",
        f"User: {user} is not authorized to perform: sagemaker:{operation} on resource: "
        f"{resource} because no identity-based policy allows the sagemaker:{operation} action",
    )


def quota(instance_type: str, *, limit: int, used: int, more: int) -> AwsError:
    """Answer the only error that the model names for endpoints (M); the words are (I)."""
    return AwsError(
        "ResourceLimitExceeded",
        f"The account-level service limit '{instance_type} for endpoint usage' is {limit} "
        f"Instances, with current utilization of {used} Instances and a request delta of {more} "
        "Instances. Please use AWS Service Quotas to request an increase for this quota. If AWS "
        "Service Quotas is not available, contact AWS support to request an increase for this "
        "quota.",
    )


def not_emulated(what: str) -> AwsError:
    """Answer the refusal of something that AWS does and the local cloud does not."""
    return AwsError("NotImplemented", f"the local cloud's SageMaker does not emulate {what}", 501)


def refuse_others(given: Mapping[str, Any], accepted: Collection[str], where: str) -> None:
    """Refuse a member that is not in `accepted`, unless its value switches nothing on.

    Raises:
        AwsError: NotImplemented, naming the member, its value and what is accepted.
    """
    for member, value in given.items():
        if member not in accepted and value not in _NOTHING:
            raise not_emulated(
                f"{where} with {member}={value!r} (accepted: {', '.join(sorted(accepted))})"
            )
