"""The errors of this SageMaker in AWS's words; everything in this package may import it."""

from collections.abc import Collection, Mapping
from typing import Any

from infra.local.ports import AwsError

_NOTHING: tuple[Any, ...] = (None, False, "", "None", (), [], {})


def invalid(message: str) -> AwsError:
    """Answer the error that SageMaker gives for nearly everything, unknown names included."""
    return AwsError("ValidationException", message)


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
