"""Restarts model servers that die in service, as SageMaker replaces unhealthy containers."""

import itertools
import logging
import threading
from collections.abc import Callable, Iterable

from infra.local.ports import AwsError
from infra.local.sagemaker.artifacts import ArtifactMissing
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.fleet import Fleet, FleetFailed, Fleets, VariantServers
from infra.local.sagemaker.model_server import ModelServer

logger = logging.getLogger(__name__)


class Supervisor:
    """Watches the fleets in service from a thread of its own."""

    def __init__(
        self, context: Context, fleets: Fleets, live: Callable[[], Iterable[Fleet]]
    ) -> None:
        self._context = context
        self._fleets = fleets
        self._live = live
        self._restarting: set[ModelServer] = set()
        self._numbers = itertools.count(1)

    def run(self) -> None:
        """Look at every server again and again until the service stops."""
        try:
            while True:
                for fleet in self._live():
                    for variant in fleet.variants.values():
                        self._look(fleet, variant)
                self._context.pause()
        except Stopped:
            return

    def _look(self, fleet: Fleet, variant: VariantServers) -> None:
        for server in variant.servers:
            if server.exit_code is not None and server not in self._restarting:
                self._restarting.add(server)
                logger.warning(
                    "a server of variant %s ended with exit code %s; it will be restarted",
                    variant.plan.variant,
                    server.exit_code,
                )
                threading.Thread(
                    target=self._restart, args=(fleet, variant, server), daemon=True
                ).start()

    def _restart(self, fleet: Fleet, variant: VariantServers, dead: ModelServer) -> None:
        server = None
        try:
            while server is None and dead in variant.servers and not fleet.retired.is_set():
                self._context.wait(self._context.delays.restart)
                server = self._start(fleet, variant)
        except Stopped:
            return
        # The fleet may have collected its servers, or this one's place, before it came.
        if server is not None and (not variant.replace(dead, server) or fleet.retired.is_set()):
            server.end()
        dead.end()
        self._restarting.discard(dead)

    def _start(self, fleet: Fleet, variant: VariantServers) -> ModelServer | None:
        name = f"{variant.plan.variant}-restart-{next(self._numbers)}"
        server = None
        try:
            server = self._fleets.start(variant.plan, fleet.folder / name)
            self._fleets.await_ping([server])
        except (AwsError, FleetFailed, ArtifactMissing, OSError) as error:
            logger.warning("variant %s: a restart failed: %s", variant.plan.variant, error)
            if server is not None:
                server.end()
            return None
        return server
