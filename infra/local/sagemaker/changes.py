"""What happens to an endpoint in the background: a fleet comes up, weights move, a fleet leaves.

Only `endpoints` starts these. Each runs in a thread of its own and ends with the service.
"""

import logging
from collections.abc import Callable, Mapping, Sequence

from infra.local.ports import Params
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.endpoint import Endpoint, Pending
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.faults import Faults, FleetFault
from infra.local.sagemaker.fleet import Fleet, FleetFailed, Fleets, drain
from infra.local.sagemaker.instances import mix, resize, serving
from infra.local.sagemaker.model_server import ModelServer
from infra.local.sagemaker.router import Router, Traffic
from infra.local.sagemaker.variants import Variant
from infra.local.sagemaker.work import UnderWay, Work

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
        self._work = Work(context)

    def new_fleet(self, endpoint: Endpoint, described: Params) -> None:
        """Bring up the endpoint's pending fleet and let it take over, or give it up.

        `described` is the endpoint at the beginning of its change: the first event shows it.
        """
        self._events.endpoint(described)
        self._change(endpoint, self._replace)

    def numbers(self, endpoint: Endpoint, described: Params) -> None:
        """Let the desired weights and counts become current after a while, all or none."""
        self._events.endpoint(described)
        self._change(endpoint, self._shift)

    def gone(self, endpoint: Endpoint, described: Params, forget: Callable[[], None]) -> None:
        """Drain and end the fleet of an endpoint that was deleted, then forget the endpoint."""
        self._events.endpoint(described)
        self._router.close(endpoint.name)
        self._work.aside(endpoint, lambda: self._leave(endpoint, forget))

    def after(self, endpoint: Endpoint, virtual_seconds: float, work: Callable[[], None]) -> None:
        """Do something about an endpoint later."""

        def waiting() -> None:
            self._context.wait(virtual_seconds)
            work()

        self._work.aside(endpoint, waiting)

    def join(self) -> None:
        """Wait for the background threads; `context.stopping` must be set."""
        self._work.join()

    def lose(self) -> Sequence[UnderWay]:
        """Let nothing come of any change that is under way; answer them, to begin them again."""
        return self._work.lose()

    def begin_again(self, begun: Sequence[UnderWay]) -> None:
        """Begin lost changes from the endpoints' records."""
        for endpoint, change in begun:
            self._work.change(endpoint, change)

    def _change(self, endpoint: Endpoint, change: Callable[[Endpoint], None]) -> None:
        self._work.change(endpoint, lambda one: self._recovering(one, change))

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
        fault = self._faults.of_fleet(creating=endpoint.status == "Creating")
        if fault is not None and fault.status != "UpdateRollbackFailed":
            self._rest(endpoint, began, self._context.delays.fleet)
            self._give_up(endpoint, fault.reason, fault.status)
            return
        try:
            fleet = self._bring_up(endpoint, pending, began)
        except FleetFailed as failure:
            self._give_up(endpoint, str(failure))
            return
        try:
            if fault is None:
                self._take_over(endpoint, pending, fleet)
            else:
                self._stop_halfway(endpoint, fleet, fault)
        except Stopped:
            fleet.retire(self._context)
            raise

    def _bring_up(self, endpoint: Endpoint, pending: Pending, began: float) -> Fleet:
        fleet = self._fleets.bring_up(endpoint.name, pending.config, pending.variants)
        try:
            self._rest(endpoint, began, self._context.delays.fleet)
        except Stopped:
            fleet.retire(self._context)
            raise
        return fleet

    def _rest(self, endpoint: Endpoint, began: float, least: float) -> None:
        """Wait until a change may be done: so many virtual seconds after the call, or stalled."""
        clock = self._context.cloud.clock
        while (left := max(began + least, endpoint.not_before) - clock.monotonic()) > 0:
            self._context.wait(left)

    def _stop_halfway(self, endpoint: Endpoint, fleet: Fleet, fault: FleetFault) -> None:
        """Leave a mix: half of each variant's instances are the new fleet's, and no way back."""
        with self._context.lock:
            self._work.finish()
        spare = mix(serving(endpoint), fleet)
        self._give_up(endpoint, fault.reason, fault.status)
        drain(self._context, spare, self._router.time_limit_s)
        self._retire(fleet)

    def _take_over(self, endpoint: Endpoint, pending: Pending, fleet: Fleet) -> None:
        """Swap the fleets: new requests go to the new one, then the old one drains and ends."""
        with self._context.lock:
            self._work.finish()
            old = endpoint.fleet
            endpoint.fleet = fleet
            endpoint.config = pending.config
            endpoint.images = pending.images
            self._settle(endpoint, tuple(variant.settled() for variant in pending.variants))
            described = endpoint.describe()
        self._events.endpoint(described)
        self._retire(old)

    def _give_up(self, endpoint: Endpoint, reason: str, status: str = "InService") -> None:
        """Failed when it never served; else the silent rollback: InService as it was before.

        Or in another status that a fault says.
        """
        with self._context.lock:
            self._work.finish()
            never_served = endpoint.fleet is None
            endpoint.failure_reason = reason
            self._settle(
                endpoint,
                tuple(one.restored() for one in endpoint.variants),
            )
            endpoint.status = "Failed" if never_served else status
            described = endpoint.describe()
        logger.warning("endpoint %s: a change failed: %s", endpoint.name, reason or "no reason")
        self._events.endpoint(described)

    def _shift(self, endpoint: Endpoint) -> None:
        began = self._context.cloud.clock.monotonic()
        fault = self._faults.of_shift()
        if fault is not None:
            self._rest(endpoint, began, self._context.delays.weights)
            self._roll_back(endpoint, fault.reason)
            return
        try:
            added = self._more(endpoint, began)
        except FleetFailed as failure:
            self._roll_back(endpoint, str(failure))
            return
        if not any(added.values()):
            self._rest(endpoint, began, self._context.delays.weights)
        try:
            with self._context.lock:
                self._work.finish()
                spare = resize(endpoint, added)
                self._settle(endpoint, tuple(variant.settled() for variant in endpoint.variants))
                described = endpoint.describe()
        except Stopped:
            drain(self._context, [server for servers in added.values() for server in servers])
            raise
        self._events.endpoint(described)
        drain(self._context, spare, self._router.time_limit_s)

    def _more(self, endpoint: Endpoint, began: float) -> Mapping[str, list[ModelServer]]:
        """Bring up the instances that variants are to have more of, by variant."""
        fleet = serving(endpoint)
        short = {one.name: one.desired_count - one.current_count for one in endpoint.variants}
        added: dict[str, list[ModelServer]] = {}
        for name, count in short.items():
            if count > 0:
                added[name] = self._fleets.more(fleet, fleet.variants[name].plan, count)
                try:
                    self._rest(endpoint, began, self._context.delays.fleet)
                except Stopped:
                    drain(self._context, added[name])
                    raise
        return added

    def _roll_back(self, endpoint: Endpoint, reason: str) -> None:
        """Be RollingBack for a while, which only changes of weights and counts are (M)."""
        with self._context.lock:
            self._work.finish()
            endpoint.status, endpoint.failure_reason = "RollingBack", reason
            endpoint.variants = tuple(one.restored() for one in endpoint.variants)
            described = endpoint.describe()
        self._events.endpoint(described)
        self._context.wait(self._context.delays.rollback)
        self._give_up(endpoint, reason)

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

    def _leave(self, endpoint: Endpoint, forget: Callable[[], None]) -> None:
        self._retire(endpoint.fleet)
        self._context.wait(self._context.delays.deletion)
        forget()

    def _retire(self, fleet: Fleet | None) -> None:
        if fleet is not None:
            fleet.retire(self._context, drain_s=self._router.time_limit_s)
