"""The two sides of the contract: the fake in virtual time, the local cloud with real processes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from infra.local.ports import AwsError, Params
from infra.local.sagemaker.delays import Delays
from tests.functional import sagemaker_refusals as refusals
from tests.functional.fake_sagemaker import CREATED, FakeSageMaker
from tests.local.sagemaker.checked_api import CheckedApi
from tests.local.sagemaker.scene import ROLE, Scene, answer

DELAYS = Delays(fleet=60, weights=60, rollback=60, deletion=60)
"""Long enough on the local side's clock for every status to be seen on a busy machine."""


_NO_CONFIG: Params = {"ProductionVariants": []}


class Scaled:
    """The variants that Application Auto Scaling scales, as SageMaker asks for them."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def variants(self, endpoint: str) -> Collection[str]:
        """Of one endpoint: there is no other."""
        return self.names if endpoint == "completion" else ()

    def forget(self, endpoint: str) -> None:
        """Nothing scales a deleted endpoint."""
        self.names -= set(self.variants(endpoint))

    def resources(self) -> Collection[str]:
        """As Application Auto Scaling names them."""
        return [f"endpoint/completion/variant/{name}" for name in self.names]


class Local:
    """The local cloud's SageMaker."""

    def __init__(self, scene: Scene, scaled: Scaled) -> None:
        self._scene = scene
        self.model = scene.model
        self.scaled = scaled.names

    def package(self, status: str) -> str:
        """Make version 1 of a model; its ARN."""
        self.call("CreateModelPackageGroup", ModelPackageGroupName="completion")
        container = {"Image": self._scene.image(), "ModelDataUrl": "s3://bucket/model.tar.gz"}
        made = self.call(
            "CreateModelPackage",
            ModelPackageGroupName="completion",
            ModelApprovalStatus=status,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )
        return str(made["ModelPackageArn"])

    def call(self, operation: str, **params: Any) -> Params:
        """Do one call."""
        return self._scene.api(operation, **params)

    def pass_time(self, seconds: float) -> None:
        """Let virtual seconds pass."""
        self._scene.cloud.clock.sleep(seconds)

    def fault(self, name: str, **details: Any) -> None:
        """Ask for a fault."""
        self._scene.service.set_fault(name, **details)

    def invokes(self, variant: str) -> set[str]:
        """The models that answer when this variant is asked."""
        replies = (self._scene.invoke(target_variant=variant) for _ in range(20))
        return {answer(reply)["model"] for reply in replies if reply.status == 200}


class Fake:
    """The fake, called as if it were a service of the local cloud."""

    name = "sagemaker"

    def __init__(self) -> None:
        self.now = CREATED
        scaled = Scaled()
        self.scaled = scaled.names
        self.sagemaker = FakeSageMaker(
            now=lambda: self.now,
            scaled=scaled.resources,
            update_takes=timedelta(seconds=DELAYS.fleet),
            weights_take=timedelta(seconds=DELAYS.weights),
            deletion_takes=timedelta(seconds=DELAYS.deletion),
        )
        self._api = CheckedApi(_Service(self))
        self.struck: list[tuple[str, ClientError, float | None]] = []

    def call(self, operation: str, **params: Any) -> Params:
        """Do one call."""
        return self._api(operation, **params)

    def model(self, name: str) -> None:
        """Make a model."""
        container = {"Image": "image", "ModelDataUrl": f"s3://bucket/{name}/model.tar.gz"}
        self.call("CreateModel", ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)

    def package(self, status: str) -> str:
        """Make version 1 of a model; its ARN."""
        return self.sagemaker.register(1, status=status, at=self.now)

    def pass_time(self, seconds: float) -> None:
        """Let virtual seconds pass."""
        self.now += timedelta(seconds=seconds)

    def invokes(self, variant: str) -> set[str]:
        """The models that answer when this variant is asked."""
        endpoint, sagemaker = self.sagemaker.endpoint("completion"), self.sagemaker
        if endpoint.shown in ("OutOfService", "Creating", "Deleting"):
            return set()
        return {
            one["ModelName"]
            for name in (endpoint.fleet.config, endpoint.mixed)
            for one in (sagemaker.configs | sagemaker.deleted).get(name, _NO_CONFIG)[
                "ProductionVariants"
            ]
            if one["VariantName"] == variant
        }

    def fault(self, name: str, **details: Any) -> None:
        """Ask for a fault."""
        if "operation" in details:
            self.struck.append(_call_fault(name, details))
            return
        endpoint = self.sagemaker.endpoint("completion")
        until = self.now + timedelta(seconds=details["seconds"]) if "seconds" in details else None
        faults: dict[str, Callable[[], None]] = {
            "silent-rollback": endpoint.fail_next_update,
            "capacity": lambda: endpoint.fail_next_update(refusals.SHORT_OF_INSTANCES),
            "update-failed": lambda: endpoint.fail_next_update(
                refusals.SHORT_OF_INSTANCES, "Failed"
            ),
            "update-rollback-failed": lambda: endpoint.fail_next_update(
                refusals.SHORT_OF_INSTANCES, "UpdateRollbackFailed"
            ),
            "weights-roll-back": lambda: endpoint.fail_next_shift(refusals.WEIGHTS_UNDONE),
            "status": lambda: endpoint.impose(details["status"], until),
            "stall": lambda: endpoint.stall(until or self.now),
        }
        faults[name]()


class _Service:
    """What `CheckedApi` calls; strikes calls as `Weather` would in a simulated world."""

    name = "sagemaker"

    def __init__(self, side: Fake) -> None:
        self._side = side

    def call(self, operation: str, params: Params) -> Params:
        """Do one call; a fault may strike it."""
        side = self._side
        try:
            for fault in side.struck:
                if fault[0] == operation:
                    side.struck.remove(fault)
                    self._meet(fault, params)
            return side.sagemaker.answer(operation, params)
        except ClientError as error:
            said, meta = error.response["Error"], error.response["ResponseMetadata"]
            raise AwsError(said["Code"], said["Message"], meta["HTTPStatusCode"]) from error

    def _meet(self, fault: tuple[str, ClientError, float | None], params: Params) -> None:
        operation, error, later = fault
        if later is not None:
            arrives = self._side.now + timedelta(seconds=later)
            self._side.sagemaker.delay(operation, params, arrives)
            self._side.sagemaker.land()
        raise error


def _call_fault(name: str, details: Params) -> tuple[str, ClientError, float | None]:
    operation = details["operation"]
    errors = {
        "throttle": refusals.throttled(),
        "access-denied": refusals.denied(operation),
        "quota": refusals.quota("ml.g5.xlarge", 4, 4, 1),
        "unavailable": refusals.unavailable(),
        "lost-answer": refusals.broken(),
        "delay": refusals.broken(),
    }
    later = {"lost-answer": 0.0, "delay": details.get("seconds")}.get(name)
    return operation, errors[name], later
