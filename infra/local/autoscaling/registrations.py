"""The operations on scalable targets. Only `service` imports it."""

from botocore.exceptions import ClientError

from infra.local.autoscaling.errors import invalid, not_found, refuse_others
from infra.local.autoscaling.pages import asked_for, page
from infra.local.autoscaling.targets import (
    DIMENSION,
    NAMED,
    NAMESPACE,
    Target,
    Targets,
    resource_of,
    target_id,
)
from infra.local.ports import Cloud, Params

_FLAGS = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
_ROLE = (
    "aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


class Registrations:
    """Registers, describes and deregisters."""

    def __init__(self, cloud: Cloud, targets: Targets) -> None:
        self._cloud = cloud
        self._targets = targets

    def register(self, params: Params) -> Params:
        """RegisterScalableTarget; members that an update doesn't name stay as they were."""
        accepted = (*NAMED, "MinCapacity", "MaxCapacity", "SuspendedState")
        refuse_others(params, accepted, "RegisterScalableTarget")
        known = self._targets.get(params["ResourceId"])
        target = known or self._new(params)
        least = params.get("MinCapacity", target.least)
        most = params.get("MaxCapacity", target.most)
        if not 1 <= least <= most:
            raise invalid(
                f"MinCapacity {least} and MaxCapacity {most} are not accepted: give 1 or more, "
                "and no maximum below the minimum"
            )
        if known is None:
            self._targets.put(target)
        bounded = "MinCapacity" in params or "MaxCapacity" in params
        self._targets.revise(
            target,
            least=least,
            most=most,
            suspended={**target.suspended, **params.get("SuspendedState", {})},
            unchecked=target.unchecked or bounded,
        )
        return {"ScalableTargetARN": target.arn}

    def describe(self, params: Params) -> Params:
        """DescribeScalableTargets."""
        if "ScalableDimension" in params and "ResourceIds" not in params:
            raise invalid("If you specify a scalable dimension, you must also specify resource IDs")
        wanted = params.get("ResourceIds")
        found = [
            _shown(target)
            for target in self._targets.all()
            if asked_for(params) and (wanted is None or target.resource_id in wanted)
        ]
        return page("ScalableTargets", found, params)

    def deregister(self, params: Params) -> Params:
        """DeregisterScalableTarget; the policy goes with it."""
        resource_of(params)
        if not self._targets.remove(params["ResourceId"]):
            raise not_found("scalable target found", params)
        return {}

    def _new(self, params: Params) -> Target:
        endpoint, variant = resource_of(params)
        missing = [member for member in ("MinCapacity", "MaxCapacity") if member not in params]
        if missing:
            raise invalid(f"{' and '.join(missing)} must be given to register a new target")
        self._check_variant(endpoint, variant)
        where = f"{self._cloud.region}:{self._cloud.account}"
        resource = params["ResourceId"]
        return Target(
            resource_id=resource,
            endpoint=endpoint,
            variant=variant,
            arn=f"arn:aws:application-autoscaling:{where}:scalable-target/{target_id(resource)}",
            role_arn=f"arn:aws:iam::{self._cloud.account}:role/{_ROLE}",
            least=params["MinCapacity"],
            most=params["MaxCapacity"],
            suspended=dict.fromkeys(_FLAGS, False),
            created=self._cloud.clock.now(),
        )

    def _check_variant(self, endpoint: str, variant: str) -> None:
        sagemaker = self._cloud.client("sagemaker")
        try:
            described = sagemaker.describe_endpoint(EndpointName=endpoint)
        except ClientError as error:
            raise invalid(error.response["Error"]["Message"]) from error
        names = [one["VariantName"] for one in described.get("ProductionVariants", [])]
        if variant not in names:
            raise invalid(f"Could not find variant {variant!r}: the endpoint has {sorted(names)}")


def _shown(target: Target) -> Params:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.resource_id,
        "ScalableDimension": DIMENSION,
        "MinCapacity": target.least,
        "MaxCapacity": target.most,
        "RoleARN": target.role_arn,
        "CreationTime": target.created,
        "SuspendedState": dict(target.suspended),
        "ScalableTargetARN": target.arn,
    }
