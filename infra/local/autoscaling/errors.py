"""The errors that the local Application Auto Scaling answers. Only this package imports it."""

from collections.abc import Collection, Mapping
from typing import Any

from infra.local.ports import AwsError


def invalid(message: str) -> AwsError:
    """A request that AWS would not take either."""
    return AwsError("ValidationException", message)


def not_found(what: str, named: Mapping[str, Any]) -> AwsError:
    """A target or policy that does not exist."""
    return AwsError(
        "ObjectNotFoundException",
        f"No {what} for service namespace: {named['ServiceNamespace']}, resource ID: "
        f"{named['ResourceId']}, scalable dimension: {named['ScalableDimension']}",
    )


def not_emulated(what: str) -> AwsError:
    """What AWS has and the local cloud has not: said aloud, never guessed."""
    return AwsError(
        "NotImplemented", f"the local Application Auto Scaling does not emulate {what}", 501
    )


def refuse_others(given: Mapping[str, Any], accepted: Collection[str], where: str) -> None:
    """Refuse a member that is not in `accepted`.

    Raises:
        AwsError: NotImplemented, naming the member, its value and what is accepted.
    """
    for member, value in given.items():
        if member not in accepted:
            raise not_emulated(
                f"{where} with {member}={value!r} (accepted: {', '.join(sorted(accepted))})"
            )
