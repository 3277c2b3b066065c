"""What happens to an endpoint in the background: a fleet comes up, weights move, a fleet leaves.

Only `endpoints` starts these. Each runs in a thread of its own and ends with the service.
"""

import logging
import threading
from collections.abc import Callable, Mapping

from infra.local.ports import Params
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.endpoint import Endpoint, Pending
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.faults import Faults
from infra.local.sagemaker.fleet import Fleet, FleetFailed, Fleets, drain
from infra.local.sagemaker.model_server import ModelServer
from infra.local.sagemaker.router import Router, Traffic
from infra.local.sagemaker.variants import Variant

logger = logging.getLogger(__name__)


class Changes:
    """Carries out what the endpoint operations started."""

    def __init__(
        self, context: Context, fleets: Fleets, router: Router, events: Events, faults: Faults
    ) -> None:
        self._context = context
        self._fleets = fleets
        self._router = router
        self._events = events
        self._faults = faults
        self._threads: set[threading.Thread] = set()

    def new_fleet(self, endpoint: Endpoint, described: Params) -> None:
        """Bring up the endpoint's pending fleet and let it take over, or give it up.

        `described` is the endpoint at the beginning of its change: the first event shows it.
        """
        self._events.endpoint(described)
        self._start(endpoint, lambda: self._recovering(endpoint, self._replace))

    def numbers(self, endpoint: Endpoint, described: Params) -> None:
        """Let the desired weights and counts become current after a while, all or none."""
        self._events.endpoint(described)
        self._start(endpoint, lambda: self._recovering(endpoint, self._shift))

    def gone(self, endpoint: Endpoint, described: Params) -> None:
        """Drain and end the fleet of an endpoint that was deleted."""
        self._events.endpoint(described)
        self._router.close(endpoint.name)
        self._start(endpoint, lambda: self._retire(endpoint.fleet))

    def join(self) -> None:
        """Wait for the background threads; `context.stopping` must be set."""
        for thread in list(self._threads):
            thread.join()

    def _start(self, endpoint: Endpoint, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=self._run, args=(work,), name=f"sagemaker-{endpoint.name}")
        with self._context.lock:
            self._threads.add(thread)
        thread.start()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Stopped:
            return
        finally:
            with self._context.lock:
                self._threads.discard(threading.current_thread())

    def _recovering(self, endpoint: Endpoint, change: Callable[[Endpoint], None]) -> None:
        """Never leave an endpoint in Updating for good: a mistake of ours fails the change."""
        try:
            change(endpoint)
        except Stopped:
            raise
        except Exception as error:
            logger.exception("endpoint %s: a change broke", endpoint.name)
            self._give_up(endpoint, f"The local cloud failed: {type(error).__name__}: {error}")

    def _replace(self, endpoint: Endpoint) -> None:
        began = self._context.cloud.clock.monotonic()
        pending = endpoint.pending
        if pending is None:
            raise RuntimeError(f"endpoint {endpoint.name!r} has no pending fleet")
        try:
            fleet = self._bring_up(endpoint, pending, began)
        except FleetFailed as failure:
            self._give_up(endpoint, str(failure))
            return
        self._take_over(endpoint, pending, fleet)

    def _bring_up(self, endpoint: Endpoint, pending: Pending, began: float) -> Fleet:
        fault = self._faults.take(creating=endpoint.status == "Creating")
        if fault is not None:
            self._rest(began)
            raise FleetFailed(fault.reason)
        fleet = self._fleets.bring_up(endpoint.name, pending.config, pending.variants)
        try:
            self._rest(began)
        except Stopped:
            fleet.retire(self._context)
            raise
        return fleet

    def _rest(self, began: float) -> None:
        """Wait until a fleet may be there: a virtual minute or so after the call."""
        elapsed = self._context.cloud.clock.monotonic() - began
        self._context.wait(self._context.delays.fleet - elapsed)

    def _take_over(self, endpoint: Endpoint, pending: Pending, fleet: Fleet) -> None:
        """Swap the fleets: new requests go to the new one, then the old one drains and ends."""
        with self._context.lock:
            old = endpoint.fleet
            endpoint.fleet = fleet
            endpoint.config = pending.config
            endpoint.images = pending.images
            self._settle(endpoint, tuple(variant.settled() for variant in pending.variants))
            described = endpoint.describe()
        self._events.endpoint(described)
        self._retire(old)

    def _give_up(self, endpoint: Endpoint, reason: str) -> None:
        """Failed when it never served; else the silent rollback: InService as it was before."""
        with self._context.lock:
            never_served = endpoint.fleet is None
            endpoint.failure_reason = reason
            self._settle(
                endpoint,
                tuple(one.restored() for one in endpoint.variants),
            )
            if never_served:
                endpoint.status = "Failed"
            described = endpoint.describe()
        logger.warning("endpoint %s: a change failed: %s", endpoint.name, reason or "no reason")
        self._events.endpoint(described)

    def _shift(self, endpoint: Endpoint) -> None:
        began = self._context.cloud.clock.monotonic()
        try:
            added = self._more(endpoint, began)
        except FleetFailed as failure:
            self._give_up(endpoint, str(failure))
            return
        if not any(added.values()):
            self._context.wait(self._context.delays.weights)
        with self._context.lock:
            spare = self._resize(endpoint, added)
            self._settle(endpoint, tuple(variant.settled() for variant in endpoint.variants))
            described = endpoint.describe()
        self._events.endpoint(described)
        drain(self._context, spare, self._router.time_limit_s)

    def _more(self, endpoint: Endpoint, began: float) -> Mapping[str, list[ModelServer]]:
        """Bring up the instances that variants are to have more of, by variant."""
        fleet = _serving(endpoint)
        short = {one.name: one.desired_count - one.current_count for one in endpoint.variants}
        added: dict[str, list[ModelServer]] = {}
        for name, count in short.items():
            if count > 0:
                added[name] = self._fleets.more(fleet, fleet.variants[name].plan, count)
                try:
                    self._rest(began)
                except Stopped:
                    drain(self._context, added[name])
                    raise
        return added

    def _resize(
        self, endpoint: Endpoint, added: Mapping[str, list[ModelServer]]
    ) -> list[ModelServer]:
        """Make the counts current; answer the instances that have to go. The lock is held."""
        spare: list[ModelServer] = []
        for variant in endpoint.variants:
            servers = _serving(endpoint).variants[variant.name]
            servers.add(added.get(variant.name, []))
            spare += servers.take_out(max(0, variant.current_count - variant.desired_count))
        return spare

    def _settle(self, endpoint: Endpoint, variants: tuple[Variant, ...]) -> None:
        """Make the endpoint InService with these numbers. The lock is held."""
        endpoint.status = "InService"
        endpoint.variants = variants
        endpoint.pending = None
        endpoint.modified = self._context.cloud.clock.now()
        if endpoint.fleet is not None:
            self._router.route(
                endpoint.name,
                Traffic(
                    endpoint.fleet.variants, {one.name: one.current_weight for one in variants}
                ),
            )

    def _retire(self, fleet: Fleet | None) -> None:
        if fleet is not None:
            fleet.retire(self._context, drain_s=self._router.time_limit_s)


def _serving(endpoint: Endpoint) -> Fleet:
    if endpoint.fleet is None:
        raise RuntimeError(f"endpoint {endpoint.name!r} has no fleet")
    return endpoint.fleet
