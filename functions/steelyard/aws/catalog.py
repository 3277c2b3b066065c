"""The settings of a model, as its file was deployed. `service.py` and the console use it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.codec import decode
from steelyard.errors import UnknownEndpoint
from steelyard.rollout.policy import Policy


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What the reconciler knows of one model.

    Attributes:
        alarms: definitions of the per-variant alarms, see `aws/alarms.py`.
    """

    endpoint: str
    package_group: str
    execution_role_arn: str
    rollout: Policy
    alarms: tuple[dict[str, Any], ...]


class Catalog:
    """Reads model settings from parameters named `<prefix>/<endpoint>`."""

    def __init__(self, prefix: str, ssm: Any) -> None:
        self._prefix = prefix
        self._ssm = ssm

    def settings(self, endpoint: str) -> ModelSettings:
        """The settings of one endpoint.

        Raises:
            UnknownEndpoint: none are deployed.
        """
        name = f"{self._prefix}/{endpoint}"
        with translated(f"read {name}"):
            try:
                value = self._ssm.get_parameter(Name=name)["Parameter"]["Value"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "ParameterNotFound":
                    raise
                raise UnknownEndpoint(f"no settings at {name}: is {endpoint} deployed?") from error
        data = json.loads(value)
        return ModelSettings(
            endpoint=data["endpoint"],
            package_group=data["package_group"],
            execution_role_arn=data["execution_role_arn"],
            rollout=decode(Policy, data["rollout"]),
            alarms=tuple(data["alarms"]),
        )
