"""Fleets: all instances of all variants of an endpoint, brought up and drained together."""

import contextlib
import itertools
import random
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from infra.local.ports import AwsError, Params
from infra.local.sagemaker.artifacts import ArtifactMissing, Artifacts
from infra.local.sagemaker.children import Children, tail
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.invocations import Cadence
from infra.local.sagemaker.model_server import ModelServer, Plan
from infra.local.sagemaker.models import Models
from infra.local.sagemaker.variants import Variant

DEFAULT_STARTUP_TIMEOUT_S = 480
"""Eight minutes: "How your container should respond to health check (ping) requests"."""
_TAIL = 600


class FleetFailed(Exception):
    """The fleet did not come up; the text is the endpoint's FailureReason."""


class VariantServers:
    """The instances of one variant."""

    def __init__(self, plan: Plan, servers: list[ModelServer]) -> None:
        self.plan = plan
        self.servers = servers
        """Replaced, never changed, once it serves: whoever reads it has one list throughout."""
        self._lock = threading.Lock()

    def add(self, servers: Sequence[ModelServer]) -> None:
        """Let more instances take requests."""
        with self._lock:
            self.servers = [*self.servers, *servers]

    def take_out(self, count: int) -> list[ModelServer]:
        """Answer so many instances that belong to the variant no more; dead ones go first."""
        with self._lock:
            living_first = sorted(self.servers, key=lambda server: server.exit_code is not None)
            stay = len(living_first) - count
            self.servers = living_first[:stay]
            return living_first[stay:]

    def take_out_first(self, count: int) -> list[ModelServer]:
        """Answer the oldest instances, so many, that belong to the variant no more."""
        with self._lock:
            oldest, self.servers = self.servers[:count], self.servers[count:]
            return oldest

    def replace(self, dead: ModelServer, server: ModelServer) -> bool:
        """Put an instance in the place of a dead one; False when that has no place any more."""
        with self._lock:
            if dead not in self.servers:
                return False
            self.servers = [server if one is dead else one for one in self.servers]
            return True

    def acquire(self, chance: random.Random) -> ModelServer | None:
        """Take an instance that runs for one request; None when there is none."""
        running = [server for server in self.servers if server.exit_code is None]
        if self.plan.least_outstanding:
            running.sort(key=lambda server: server.in_flight)
        elif len(running) > 1:
            chance.shuffle(running)
        return next((server for server in running if server.acquire()), None)


class Fleet:
    """The variants of an endpoint by name, and where their folders are."""

    def __init__(self, folder: Path, variants: Mapping[str, VariantServers]) -> None:
        self.folder = folder
        self.variants = variants
        self.retired = threading.Event()

    def servers(self) -> list[ModelServer]:
        """All instances."""
        return [server for one in self.variants.values() for server in one.servers]

    def retire(self, context: Context, drain_s: float = 0.0) -> None:
        """Take no more requests, let those in hand finish, end all instances.

        Args:
            drain_s: real seconds that requests in hand get; a request has no more than a minute.
        """
        self.retired.set()
        drain(context, self.servers(), drain_s)


def drain(context: Context, servers: Sequence[ModelServer], drain_s: float = 0.0) -> None:
    """Let instances take no more requests, finish those in hand, and end.

    Args:
        drain_s: as in `Fleet.retire`.
    """
    for server in servers:
        server.refuse_requests()
    clock = context.cloud.clock
    deadline = clock.monotonic() + drain_s * clock.factor
    with contextlib.suppress(Stopped):
        while any(server.in_flight for server in servers) and clock.monotonic() < deadline:
            context.pause()
    with ThreadPoolExecutor(max(1, len(servers))) as pool:
        list(pool.map(ModelServer.end, servers))


class Fleets:
    """Brings fleets up, and more instances in them."""

    def __init__(
        self, context: Context, models: Models, artifacts: Artifacts, children: Children
    ) -> None:
        self._context = context
        self._models = models
        self._artifacts = artifacts
        self._children = children
        self._numbers = itertools.count(1)

    def bring_up(self, endpoint: str, config: Params, counts: Sequence[Variant]) -> Fleet:
        """Start all instances and wait until each has answered GET /ping.

        Raises:
            FleetFailed: one did not; those that run are ended.
            Stopped: the service is stopping.
        """
        folder = self._context.root / "endpoints" / endpoint / f"fleet-{next(self._numbers):04}"
        started: dict[str, VariantServers] = {}
        try:
            for given, variant in zip(config["ProductionVariants"], counts, strict=True):
                plan = self._plan(given, config.get("MetricsConfig", {}))
                servers = VariantServers(plan, [])
                started[variant.name] = servers
                for number in range(variant.desired_count):
                    servers.servers.append(
                        self.start(servers.plan, folder / f"{variant.name}-{number}")
                    )
            self.await_ping(Fleet(folder, started).servers())
        except (AwsError, ArtifactMissing) as error:
            Fleet(folder, started).retire(self._context)
            message = error.message if isinstance(error, AwsError) else str(error)
            raise FleetFailed(message) from error
        except BaseException:
            Fleet(folder, started).retire(self._context)
            raise
        return Fleet(folder, started)

    def more(self, fleet: Fleet, plan: Plan, count: int) -> list[ModelServer]:
        """Start more instances of a variant and wait until each has answered GET /ping.

        Raises:
            FleetFailed, Stopped: as `bring_up`.
        """
        started: list[ModelServer] = []
        try:
            for _ in range(count):
                folder = fleet.folder / f"{plan.variant}-more-{next(self._numbers):04}"
                started.append(self.start(plan, folder))
            self.await_ping(started)
        except ArtifactMissing as error:
            drain(self._context, started)
            raise FleetFailed(str(error)) from error
        except BaseException:
            drain(self._context, started)
            raise
        return started

    def start(self, plan: Plan, folder: Path) -> ModelServer:
        """Start one instance in a new folder."""
        deadline = self._context.cloud.clock.monotonic() + plan.startup_timeout_s
        return ModelServer(plan, folder, deadline, self._children, self._artifacts)

    def await_ping(self, servers: Sequence[ModelServer]) -> None:
        """Wait until each instance has answered GET /ping.

        Raises:
            FleetFailed: one ended, or its variant's startup timeout (virtual) is over.
            Stopped: the service is stopping.
        """
        waiting = list(servers)
        while waiting:
            for server in waiting[:]:
                if server.answers_ping():
                    waiting.remove(server)
                elif (
                    server.exit_code is not None
                    or self._context.cloud.clock.monotonic() >= server.deadline
                ):
                    raise FleetFailed(_reason(server))
            self._context.pause()

    def _plan(self, given: Params, metrics: Params) -> Plan:
        container = self._models.container(given["ModelName"])
        data = container.model_data
        strategy = given.get("RoutingConfig", {}).get("RoutingStrategy", "RANDOM")
        return Plan(
            variant=given["VariantName"],
            image=container.image,
            model_data=data,
            archive=None if data is None else self._artifacts.read(data),
            environment=container.environment,
            startup_timeout_s=given.get(
                "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_TIMEOUT_S
            ),
            least_outstanding=strategy == "LEAST_OUTSTANDING_REQUESTS",
            cadence=Cadence.of(metrics),
        )


def _reason(server: ModelServer) -> str:
    code = server.exit_code
    ended = "" if code is None else f" The container ended with exit code {code}."
    return (
        f"The primary container for production variant {server.plan.variant} did not pass the "
        f"ping health check. Please check CloudWatch logs for this endpoint.{ended} "
        f"Its last output: {tail(server.log, _TAIL)}"
    )
