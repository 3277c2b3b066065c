"""The service: which part answers which operation, and what runs in the background."""

import threading
from collections.abc import Mapping

from infra.local.ports import Cloud, Params, ResourceType
from infra.local.sagemaker.artifacts import Artifacts
from infra.local.sagemaker.changes import Changes
from infra.local.sagemaker.children import Children
from infra.local.sagemaker.configs import EndpointConfigs
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.delays import Delays
from infra.local.sagemaker.endpoint import Endpoint
from infra.local.sagemaker.endpoints import Endpoints
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.faults import CallFault, Faults, check, read
from infra.local.sagemaker.fleet import Fleets
from infra.local.sagemaker.invocations import Invocations
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.packages import ModelPackages
from infra.local.sagemaker.refusals import not_emulated
from infra.local.sagemaker.replies import Reply
from infra.local.sagemaker.resources import Resources
from infra.local.sagemaker.router import Router
from infra.local.sagemaker.scaling import NoScaling, Scaling
from infra.local.sagemaker.shelf import Shelf
from infra.local.sagemaker.statuses import Statuses
from infra.local.sagemaker.struck import Operation, StruckCalls
from infra.local.sagemaker.supervisor import Supervisor
from infra.local.sagemaker.training import TrainingJobs


class SageMaker:
    """SageMaker for one local cloud; implements `LocalService`. All its state is in memory."""

    name = "sagemaker"

    def __init__(
        self,
        cloud: Cloud,
        *,
        scaling: Scaling | None = None,
        delays: Delays | None = None,
        seed: int = 0,
        time_limit_s: float = 60.0,
    ) -> None:
        """Wire the parts; nothing runs before `start`.

        Args:
            cloud: the rest of the local cloud.
            scaling: who knows which variants scale by themselves; None: none do.
            delays: how long slow steps take, in virtual seconds.
            seed: of the random choice of variants.
            time_limit_s: real seconds that a model has for an answer, 60 as at AWS.
        """
        self._context = Context(cloud, delays or Delays(), scaling or NoScaling())
        self._faults = Faults()
        self._struck = StruckCalls(self._context)
        self._children = Children()
        self._invocations = Invocations(self._context)
        self._router = Router(self._context, self._invocations, seed, time_limit_s)
        events = Events(self._context)
        artifacts = Artifacts(self._context)
        self._packages = ModelPackages(self._context, events)
        self._models = Models(self._context, self._packages, artifacts)
        fleets = Fleets(self._context, self._models, artifacts, self._children)
        self._changes = Changes(self._context, fleets, self._router, events, self._faults)
        shelf: Shelf[Endpoint] = Shelf("endpoint", lambda name: self._context.arn("endpoint", name))
        self._statuses = Statuses(self._context, shelf, self._changes, self._router, events)
        self._configs = EndpointConfigs(
            self._context,
            self._models,
            lambda config: next((one.name for one in shelf if one.uses(config)), None),
        )
        self._endpoints = Endpoints(
            self._context, self._configs, self._models, self._changes, shelf
        )
        self._training = TrainingJobs(self._context, artifacts, self._children, events)
        self._supervisor = Supervisor(self._context, fleets, self._endpoints.fleets)
        self._operations = self._table()
        self._threads: list[threading.Thread] = []

    def call(self, operation: str, params: Params) -> Params:
        """Run one operation; see `LocalService.call`."""
        try:
            answer = self._operations[operation]
        except KeyError:
            raise not_emulated(f"the operation {operation}") from None
        fault = self._faults.of_call(operation)
        if fault is not None:
            raise self._struck.meet(fault, answer, params)
        return answer(params)

    async def invoke(self, name: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Carry out InvokeEndpoint: answer (status, headers, body).

        Args:
            name: the endpoint's, from the path `/endpoints/<name>/invocations`.
            headers: of the HTTP request, names in any case.
            body: of the HTTP request.
        """
        return await self._router.invoke(name, headers, body)

    def set_fault(self, name: str, /, **details: object) -> None:
        """Let something go wrong, once; docs/faults-on-demand.md has the names and details.

        Raises:
            AwsError: another name, or a detail that is missing or wrong.
        """
        check(name, details)
        if name == "status":
            self._statuses.impose(details)
        elif name == "stall":
            self._statuses.stall(details)
        else:
            fault = read(name, details)
            if isinstance(fault, CallFault) and fault.operation not in self._operations:
                raise not_emulated(f"the operation {fault.operation}")
            self._faults.set(fault)

    def restart(self, virtual_seconds: float) -> int:
        """Lose all workers at once, and begin what they did again; answer how many changes.

        As at AWS, the records of endpoints and their running fleets outlive those who work on
        them: here both are in one process with us, so only the work itself can be lost. That the
        API is away meanwhile is the front's to do. Blocks for so many virtual seconds.
        """
        begun = self._changes.lose()
        self._context.wait(virtual_seconds)
        self._changes.begin_again(begun)
        return len(begun)

    def resources(self) -> Mapping[str, ResourceType]:
        """Answer the CloudFormation types that this service provides."""
        return Resources(self._context, self.call).types()

    def start(self) -> None:
        """Start the background threads."""
        for work in (self._supervisor.run, self._invocations.run):
            thread = threading.Thread(target=work, name=f"sagemaker-{work.__qualname__}")
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """End all children and threads, and send the counts that are left."""
        self._context.stopping.set()
        self._children.stop()
        self._changes.join()
        self._struck.join()
        self._training.join()
        for thread in self._threads:
            thread.join()
        self._invocations.flush()

    def _table(self) -> Mapping[str, Operation]:
        return {
            "CreateModelPackageGroup": self._packages.create_group,
            "DescribeModelPackageGroup": self._packages.describe_group,
            "ListModelPackageGroups": self._packages.list_groups,
            "DeleteModelPackageGroup": self._packages.delete_group,
            "CreateModelPackage": self._packages.create,
            "DescribeModelPackage": self._packages.describe,
            "ListModelPackages": self._packages.list_versions,
            "UpdateModelPackage": self._packages.update,
            "DeleteModelPackage": self._packages.delete,
            "CreateModel": self._models.create,
            "DescribeModel": self._models.describe,
            "ListModels": self._models.list_models,
            "DeleteModel": self._models.delete,
            "CreateEndpointConfig": self._configs.create,
            "DescribeEndpointConfig": self._configs.describe,
            "ListEndpointConfigs": self._configs.list_configs,
            "DeleteEndpointConfig": self._configs.delete,
            "CreateEndpoint": self._endpoints.create,
            "DescribeEndpoint": self._endpoints.describe,
            "ListEndpoints": self._endpoints.list_endpoints,
            "UpdateEndpoint": self._endpoints.update,
            "UpdateEndpointWeightsAndCapacities": self._endpoints.update_weights,
            "DeleteEndpoint": self._endpoints.delete,
            "CreateTrainingJob": self._training.create,
            "DescribeTrainingJob": self._training.describe,
            "ListTrainingJobs": self._training.list_jobs,
            "StopTrainingJob": self._training.stop,
        }
