"""The operations on scaling policies. Only `service` imports it."""

import uuid

from infra.local.autoscaling.errors import invalid, not_emulated, not_found, refuse_others
from infra.local.autoscaling.pages import asked_for, page
from infra.local.autoscaling.targets import (
    DIMENSION,
    NAMED,
    NAMESPACE,
    Policy,
    Target,
    Targets,
    resource_of,
)
from infra.local.autoscaling.tracking import Tracking
from infra.local.ports import Cloud, Params

METRIC = "SageMakerVariantInvocationsPerInstance"
_COOLDOWNS = ("ScaleOutCooldown", "ScaleInCooldown")


class Policies:
    """Puts, describes and deletes; a target has one policy at most."""

    def __init__(self, cloud: Cloud, targets: Targets) -> None:
        self._cloud = cloud
        self._targets = targets

    def put(self, params: Params) -> Params:
        """PutScalingPolicy: target tracking of invocations per instance."""
        target = self._registered(params)
        tracking, name = _tracking(params), params["PolicyName"]
        old = target.policy
        if old is not None and old.name != name:
            raise invalid(
                "Only one TargetTrackingScaling policy for a given metric specification is "
                f"allowed. {old.name!r} is there."
            )
        cloud = self._cloud
        arn = (
            f"arn:aws:autoscaling:{cloud.region}:{cloud.account}:scalingPolicy:{uuid.uuid4()}:"
            f"resource/{NAMESPACE}/{target.resource_id}:policyName/{name}"
        )
        policy = Policy(
            name=name,
            arn=arn if old is None else old.arn,
            given=params["TargetTrackingScalingPolicyConfiguration"],
            tracking=tracking,
            created=cloud.clock.now() if old is None else old.created,
        )
        self._targets.revise(target, policy=policy)
        # No alarms: the metric itself is looked at, as AWS's two would.
        return {"PolicyARN": policy.arn, "Alarms": []}

    def describe(self, params: Params) -> Params:
        """DescribeScalingPolicies."""
        if "ScalableDimension" in params and "ResourceId" not in params:
            raise invalid(
                "If you specify a scalable dimension, you must also specify a resource ID"
            )
        resource, names = params.get("ResourceId"), params.get("PolicyNames")
        found = [
            _shown(target, target.policy)
            for target in self._targets.all()
            if asked_for(params)
            and target.policy is not None
            and resource in (None, target.resource_id)
            and (names is None or target.policy.name in names)
        ]
        return page("ScalingPolicies", found, params)

    def delete(self, params: Params) -> Params:
        """DeleteScalingPolicy."""
        resource_of(params)
        target = self._targets.get(params["ResourceId"])
        policy = None if target is None else target.policy
        if target is None or policy is None or policy.name != params["PolicyName"]:
            raise not_found(f"scaling policy {params['PolicyName']!r} found", params)
        self._targets.revise(target, policy=None)
        return {}

    def _registered(self, params: Params) -> Target:
        resource_of(params)
        target = self._targets.get(params["ResourceId"])
        if target is None:
            raise not_found("scalable target registered", params)
        return target


def _tracking(params: Params) -> Tracking:
    where = f"policy {params['PolicyName']!r}"
    accepted = (*NAMED, "PolicyName", "PolicyType", "TargetTrackingScalingPolicyConfiguration")
    refuse_others(params, accepted, where)
    kind = params.get("PolicyType")
    if kind != "TargetTrackingScaling" or "TargetTrackingScalingPolicyConfiguration" not in params:
        raise not_emulated(
            f"{where} of type {kind!r} (accepted: TargetTrackingScaling with its configuration)"
        )
    given = params["TargetTrackingScalingPolicyConfiguration"]
    members = ("TargetValue", "PredefinedMetricSpecification", *_COOLDOWNS, "DisableScaleIn")
    refuse_others(given, members, where)
    metric = given.get("PredefinedMetricSpecification")
    if metric != {"PredefinedMetricType": METRIC}:
        raise not_emulated(f"{where} of the metric {metric!r} (accepted: {METRIC})")
    for member in ("TargetValue", *_COOLDOWNS):
        value = given.get(member, 1)
        if value < 0 or (value == 0 and member == "TargetValue"):
            raise invalid(f"{member} {value!r} is not accepted: give a number above 0")
    defaults = Tracking(given["TargetValue"])
    return Tracking(
        target=given["TargetValue"],
        out_cooldown_s=given.get("ScaleOutCooldown", defaults.out_cooldown_s),
        in_cooldown_s=given.get("ScaleInCooldown", defaults.in_cooldown_s),
        scales_in=not given.get("DisableScaleIn", False),
    )


def _shown(target: Target, policy: Policy) -> Params:
    return {
        "PolicyARN": policy.arn,
        "PolicyName": policy.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource_id,
        "ScalableDimension": DIMENSION,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.given,
        "Alarms": [],
        "CreationTime": policy.created,
    }
