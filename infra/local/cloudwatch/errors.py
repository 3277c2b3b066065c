"""The errors that the local CloudWatch answers. Only `infra/local/cloudwatch` imports it."""

from infra.local.ports import AwsError


def invalid_value(parameter: str, value: object, accepted: str) -> AwsError:
    """A value that AWS would not take either; names it and what would be accepted."""
    return AwsError(
        "InvalidParameterValue",
        f"The value {value!r} for parameter {parameter} is not accepted: give {accepted}.",
    )


def missing_parameter(parameter: str, purpose: str) -> AwsError:
    """A parameter that this request can't do without."""
    return AwsError("MissingParameter", f"The parameter {parameter} is required {purpose}.")


def bad_combination(message: str) -> AwsError:
    """Parameters that don't go together."""
    return AwsError("InvalidParameterCombination", message)


def invalid_request(message: str) -> AwsError:
    """A request that is well-formed but makes no sense."""
    return AwsError("ValidationError", message)


def not_found(kind: str, name: str) -> AwsError:
    """A thing that does not exist."""
    return AwsError("ResourceNotFound", f"There is no {kind} {name!r}.", 404)


def not_emulated(what: str) -> AwsError:
    """What AWS has and the local cloud has not: said aloud, never guessed."""
    return AwsError("NotImplemented", f"The local CloudWatch does not emulate {what}.", 501)
