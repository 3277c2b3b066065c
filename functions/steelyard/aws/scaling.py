"""Autoscaling of an endpoint's variants by Application Auto Scaling. `service.py` uses it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from steelyard.aws.calls import translated
from steelyard.rollout.scaling import ScalingSettings, Standing

POLICY = "steelyard"
_NAMESPACE = "sagemaker"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_METRIC = "SageMakerVariantInvocationsPerInstance"
_SUSPENDABLE = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
_SUSPENDED, _RESUMED = dict.fromkeys(_SUSPENDABLE, True), dict.fromkeys(_SUSPENDABLE, False)


class VariantScaling:
    """Which variants of one endpoint scale by themselves.

    Args:
        settings: None where the model's file asks for no autoscaling. Then targets that bear
            our policy, left from when it did, are deregistered; anybody else's are let be.
    """

    def __init__(self, endpoint: str, client: Any, settings: ScalingSettings | None) -> None:
        self._prefix = f"endpoint/{endpoint}/variant/"
        self._client = client
        self._settings = settings

    @property
    def asked_for(self) -> bool:
        """Whether the model's file asks for autoscaling."""
        return self._settings is not None

    def sync(self, wanted: Mapping[str, Standing]) -> None:
        """Make autoscaling of the variants as wanted; every other variant is deregistered.

        Reads first and writes only what differs. "suspended" stops a target and touches nothing
        else: registering, and moving the bounds, may change the instance count at once, and that
        locks the endpoint. A variant that isn't registered is then left so, and a new bound
        waits until the variant is "active".

        Raises:
            EndpointBusy: refused for now; the next tick tries again.
            NeedsHuman: refused for good, such as a variant that is not there.
        """
        targets, policies = self._read()
        if self._settings is None:
            for variant in targets.keys() & policies.keys():
                self._deregister(variant)
            return
        for variant, standing in wanted.items():
            if standing == "suspended" and variant in targets:
                self._register(variant, targets[variant], {"SuspendedState": _SUSPENDED})
        for variant in targets.keys() - wanted.keys():
            self._deregister(variant)
        for variant, standing in wanted.items():
            if standing == "active":
                self._register(variant, targets.get(variant, {}), _active(self._settings))
                self._track(variant, policies.get(variant, {}), self._settings)

    def _read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Targets of the endpoint's variants, and our policies on them, by variant."""
        with translated("read autoscaling"):
            targets = dict(self._of_variants("describe_scalable_targets", "ScalableTargets"))
            if not targets:
                return {}, {}
            found = self._of_variants("describe_scaling_policies", "ScalingPolicies")
            return targets, {v: policy for v, policy in found if policy["PolicyName"] == POLICY}

    def _of_variants(self, operation: str, result: str) -> Iterator[tuple[str, Any]]:
        # Neither call takes a prefix, and a filter by dimension demands one resource's id.
        for page in self._client.get_paginator(operation).paginate(ServiceNamespace=_NAMESPACE):
            for item in page[result]:
                resource = item["ResourceId"]
                if item["ScalableDimension"] == _DIMENSION and resource.startswith(self._prefix):
                    yield resource.removeprefix(self._prefix), item

    def _track(self, variant: str, policy: Mapping[str, Any], settings: ScalingSettings) -> None:
        tracking = {
            "TargetValue": settings.invocations_per_instance,
            "PredefinedMetricSpecification": {"PredefinedMetricType": _METRIC},
        }
        # AWS may show more than was put, such as cooldowns.
        shown = policy.get("TargetTrackingScalingPolicyConfiguration", {})
        if {key: shown.get(key) for key in tracking} != tracking:
            with translated(f"put the scaling policy of {variant}"):
                self._client.put_scaling_policy(
                    PolicyName=POLICY,
                    PolicyType="TargetTrackingScaling",
                    TargetTrackingScalingPolicyConfiguration=tracking,
                    **self._named(variant),
                )

    def _register(self, variant: str, target: Mapping[str, Any], wish: Mapping[str, Any]) -> None:
        """Register what differs; AWS leaves alone what a call doesn't name."""
        shown = {**target, "SuspendedState": _flags(target.get("SuspendedState", {}))}
        differing = {key: value for key, value in wish.items() if shown.get(key) != value}
        if differing:
            with translated(f"register {variant} for autoscaling"):
                self._client.register_scalable_target(**self._named(variant), **differing)

    def _deregister(self, variant: str) -> None:
        """Its policies, and their alarms, go with it."""
        with translated(f"deregister {variant} from autoscaling"):
            try:
                self._client.deregister_scalable_target(**self._named(variant))
            except ClientError as error:
                if error.response["Error"]["Code"] != "ObjectNotFoundException":
                    raise

    def _named(self, variant: str) -> dict[str, str]:
        return {
            "ServiceNamespace": _NAMESPACE,
            "ResourceId": f"{self._prefix}{variant}",
            "ScalableDimension": _DIMENSION,
        }


def _active(settings: ScalingSettings) -> dict[str, Any]:
    return {
        "MinCapacity": settings.min_instances,
        "MaxCapacity": settings.max_instances,
        "SuspendedState": _RESUMED,
    }


def _flags(state: Mapping[str, bool]) -> dict[str, bool]:
    """All flags; one that isn't shown is off."""
    return {flag: state.get(flag, False) for flag in _SUSPENDABLE}
