"""The settings of a model, as its file was deployed. `composition.py` uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.codec import decode
from steelyard.errors import EndpointBusy, InvalidGolden, NeedsHuman, UnknownEndpoint
from steelyard.rollout.golden import Golden, read_golden
from steelyard.rollout.policy import Policy
from steelyard.rollout.scaling import ScalingSettings


@dataclass(frozen=True, slots=True)
class GoldenPlace:
    """Where a model's golden requests are.

    Attributes:
        path: each parameter right below it holds one.
        count: how many there are.
    """

    path: str
    count: int


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What the reconciler knows of one model.

    Attributes:
        alarms: definitions of the per-variant alarms, see `aws/alarms.py`.
        scaling: how stable scales; None where the model's file asks for no autoscaling.
        golden: None where the model's file names no golden requests.
    """

    endpoint: str
    package_group: str
    execution_role_arn: str
    rollout: Policy
    alarms: tuple[dict[str, Any], ...]
    scaling: ScalingSettings | None
    golden: GoldenPlace | None


class Catalog:
    """Reads model settings from parameters named `<prefix>/<endpoint>`, and what lies below."""

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
            scaling, golden = data["autoscaling"], data["golden"]
            return ModelSettings(
                endpoint=data["endpoint"],
                package_group=data["package_group"],
                execution_role_arn=data["execution_role_arn"],
                rollout=decode(Policy, data["rollout"]),
                alarms=tuple(data["alarms"]),
                scaling=None if scaling is None else decode(ScalingSettings, scaling),
                golden=None if golden is None else decode(GoldenPlace, golden),
            )

    def golden(self, place: GoldenPlace | None) -> tuple[Golden, ...]:
        """The golden requests at a place, in the order of their file.

        Raises:
            EndpointBusy: there are not as many as there should be; a deployment is under way.
            NeedsHuman: one is none.
        """
        if place is None:
            return ()
        with translated(f"read {place.path}"):
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=place.path)
            found = {p["Name"]: p["Value"] for page in pages for p in page["Parameters"]}
        # Fewer would let a canary pass that the missing ones would have found out.
        if len(found) != place.count:
            raise EndpointBusy(
                f"{place.path}: got {len(found)} golden requests, accepted: {place.count}"
            )
        return tuple(_golden(name, found[name]) for name in sorted(found))


def _golden(parameter: str, value: str) -> Golden:
    try:
        return read_golden(value)
    except InvalidGolden as error:
        raise NeedsHuman(f"{parameter}: {error}") from error
