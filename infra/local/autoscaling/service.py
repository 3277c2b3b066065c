"""The local Application Auto Scaling as the server knows it: a `LocalService`."""

from collections.abc import Callable, Collection, Mapping

from infra.local.autoscaling.errors import not_emulated
from infra.local.autoscaling.policies import Policies
from infra.local.autoscaling.registrations import Registrations
from infra.local.autoscaling.scaler import Scaler
from infra.local.autoscaling.targets import Targets
from infra.local.ports import Cloud, Params, ResourceType


class AutoScaling:
    """Variants' instance counts by target tracking, kept in memory on the virtual clock.

    SageMaker is given it too, as its `Scaling`.
    """

    name = "application-autoscaling"

    def __init__(self, cloud: Cloud) -> None:
        """Start without targets; nothing is scaled before `start`."""
        self._targets = Targets()
        self._scaler = Scaler(cloud, self._targets)
        registrations = Registrations(cloud, self._targets)
        policies = Policies(cloud, self._targets)
        self._operations: dict[str, Callable[[Params], Params]] = {
            "RegisterScalableTarget": registrations.register,
            "DescribeScalableTargets": registrations.describe,
            "DeregisterScalableTarget": registrations.deregister,
            "PutScalingPolicy": policies.put,
            "DescribeScalingPolicies": policies.describe,
            "DeleteScalingPolicy": policies.delete,
        }

    def call(self, operation: str, params: Params) -> Params:
        """Run one operation.

        Raises:
            AwsError: what the caller is to see.
        """
        found = self._operations.get(operation)
        if found is None:
            raise not_emulated(f"the operation {operation}")
        return found(params)

    def variants(self, endpoint: str) -> Collection[str]:
        """Answer the registered variants of an endpoint."""
        return [one.variant for one in self._targets.all() if one.endpoint == endpoint]

    def forget(self, endpoint: str) -> None:
        """Deregister all variants of an endpoint that is being deleted."""
        for one in self._targets.all():
            if one.endpoint == endpoint:
                self._targets.remove(one.resource_id)

    def resources(self) -> Mapping[str, ResourceType]:
        """Answer no CloudFormation types: Steelyard registers its targets by itself."""
        return {}

    def start(self) -> None:
        """Start scaling."""
        self._scaler.start()

    def stop(self) -> None:
        """Stop scaling."""
        self._scaler.stop()
