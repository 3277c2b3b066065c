"""AWS as one run sees it: the fakes, the traffic, and how versions behave. For `tests/faults`."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from tests.fakes.cloudwatch import MINUTE, QuickCloudWatch
from tests.fakes.dynamodb import FakeDynamo
from tests.fakes.outlets import FakeParameters, FakeQuarantine, FakeTopic
from tests.fakes.runtime import FakeRuntime
from tests.faults.plan import Plan, Truth
from tests.faults.settings import ENDPOINT, RIGHT, WRONG, parameters
from tests.faults.timeline import Timeline
from tests.functional.fake_autoscaling import FakeAutoScaling
from tests.functional.fake_sagemaker import FakeEndpoint, FakeSageMaker, Fleet
from tests.functional.sagemaker_refusals import SHORT_OF_INSTANCES
from tests.functional.settings import EVIDENCE_ALARM
from tests.functional.world import World

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STABLE = Truth()
_FAST, _USUAL, _SLOW = 80_000.0, 120_000.0, 3_000_000.0
_SERVED_BY = ("InService", "Updating", "SystemUpdating", "RollingBack", "UpdateRollbackFailed")


class Cloud:
    """All services, one endpoint, one clock.

    Attributes:
        changed: told when the endpoint looks different: status, config, weights, counts.
        shown: what Describe showed, each time that changed, and since when.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.timeline = Timeline(START)
        self.random = Random(plan.seed)
        self.sagemaker = _sagemaker(lambda: self.timeline.now)
        self.sagemaker.weights_take = timedelta(seconds=plan.shift_s)
        self.sagemaker.update_takes = timedelta(seconds=plan.update_s)
        self.cloudwatch = QuickCloudWatch(lambda: self.timeline.now)
        self.cloudwatch.alarms[EVIDENCE_ALARM["AlarmName"]] = {
            **EVIDENCE_ALARM,
            "StateValue": "INSUFFICIENT_DATA",
        }
        self.autoscaling = FakeAutoScaling()
        self.sagemaker.scaled = self.autoscaling.targets.keys
        self.dynamo = FakeDynamo(lambda: self.timeline.now)
        self.parameters = FakeParameters(parameters(plan))
        self.topic, self.quarantine = FakeTopic(), FakeQuarantine()
        self.runtime = FakeRuntime(self._reply)
        self.fakes: Mapping[str, Any] = {
            "sagemaker": self.sagemaker,
            "cloudwatch": self.cloudwatch,
            "application-autoscaling": self.autoscaling,
            "dynamodb": self.dynamo,
            "ssm": self.parameters,
            "sns": self.topic,
            "sqs": self.quarantine,
            "sagemaker-runtime": self.runtime,
        }
        self.changed: Callable[[dict[str, Any]], None] = lambda _shown: None
        self.shown: list[tuple[datetime, dict[str, Any]]] = []
        self.failed_requests = 0
        self._tries = 0
        self.look()

    @property
    def endpoint(self) -> FakeEndpoint:
        """The endpoint, as it is now."""
        endpoint = self.sagemaker.endpoints[ENDPOINT]
        endpoint.settle(self.timeline.now)
        return endpoint

    def share(self, variant: str) -> float:
        """A variant's share of the traffic, in percent."""
        weights = self.endpoint.fleet.weights
        total = sum(weights.values())
        return 100 * weights.get(variant, 0.0) / total if total > 0 else 0.0

    def describe(self) -> dict[str, Any]:
        """What Describe shows now."""
        shown: dict[str, Any] = self.sagemaker.answer(
            "DescribeEndpoint", {"EndpointName": ENDPOINT}
        )
        return {**shown, "LastModifiedTime": START}

    def look(self) -> None:
        """See whether the endpoint looks different now, and keep what it looks like."""
        shown = self.describe()
        if not self.shown or self.shown[-1][1] != shown:
            self.shown.append((self.timeline.now, copy.deepcopy(shown)))
            self.changed(shown)

    def as_of(self, instant: datetime) -> dict[str, Any]:
        """What Describe showed at an instant."""
        return next(
            (shown for since, shown in reversed(self.shown) if since <= instant), self.shown[0][1]
        )

    def since(self, instant: datetime) -> Iterator[dict[str, Any]]:
        """All that Describe showed from an instant on, what held then included."""
        for number, (_, shown) in enumerate(self.shown):
            if number + 1 == len(self.shown) or self.shown[number + 1][0] >= instant:
                yield shown

    def update_begun(self, operation: str) -> None:
        """An update was accepted just now: how it goes depends on the version that comes up."""
        endpoint, now = self.endpoint, self.timeline.now
        truth = self._coming_up() if operation == "UpdateEndpoint" else STABLE
        if truth.comes_up == "never":
            endpoint.stall(now + 12 * MINUTE)
            endpoint.fail_next_update("The primary container did not pass the ping health check.")
        elif truth.comes_up == "silently_not":
            endpoint.fail_next_update()
        elif truth.comes_up == "later" and self._tries < 2:
            self._tries += 1
            endpoint.fail_next_update(SHORT_OF_INSTANCES)
        for later in (endpoint.done_at, endpoint.done_at + endpoint.rolls_back_for):
            self.timeline.physics(later, self.look)
        self.look()

    def fail_update(self, reason: str) -> None:
        """Let the update under way leave everything as it was before."""
        if self.endpoint.shifts:
            self.endpoint.fail_next_shift(reason)
        else:
            self.endpoint.fail_next_update(reason)

    def impose(self, status: str, lasts: timedelta) -> None:
        """Show a status that no call of ours brought about, for a while.

        Deleting is stopped by nobody, and a deleted endpoint is a person's work: it ends here as
        the others do, so that what follows can be seen.
        """
        endpoint, until = self.endpoint, self.timeline.now + lasts
        endpoint.impose(status, None if status == "Deleting" else until)
        self.look()
        self.timeline.physics(until, lambda: self._mend(status))

    def _mend(self, status: str) -> None:
        endpoint = self.sagemaker.endpoints[ENDPOINT]
        if status == "Deleting" == endpoint.status:
            endpoint.impose("InService")
        self.look()

    def serve(self) -> None:
        """The minute that just ended: requests by weight, and what became of them."""
        minute = self.timeline.now.replace(second=0, microsecond=0) - MINUTE
        endpoint = self.endpoint
        weights = endpoint.fleet.weights
        total = sum(weights.values())
        if total <= 0 or any(w > 0 >= endpoint.fleet.instances[v] for v, w in weights.items()):
            self.failed_requests += self.plan.traffic
            return
        if endpoint.status and endpoint.status not in _SERVED_BY:
            return
        for variant, weight in weights.items():
            count = self._about(self.plan.traffic * weight / total)
            if count:
                self._serve(variant, count, minute, 100 * weight / total)

    def truth_of(self, variant: str) -> Truth:
        """How the model behind a variant behaves."""
        version = int(variant[1:].partition("-")[0])
        truths = self.plan.truths
        return truths[version - 2] if 2 <= version < 2 + len(truths) else STABLE

    def _serve(self, variant: str, count: int, minute: datetime, percent: float) -> None:
        truth = self.truth_of(variant)
        bad = percent >= truth.bad_from
        errors = self._about(count * (truth.errors if bad else STABLE.errors))
        slow = self._about(count * (truth.slow if bad else 0.0))
        fast = (count - slow) // 3
        keep = self.cloudwatch.keep
        keep(variant, "Invocations", minute, ((1.0, count),))
        for metric in ("InvocationModelErrors", "Invocation5XXErrors"):
            keep(variant, metric, minute, ((1.0, errors), (0.0, count - errors)))
        latencies = ((_FAST, fast), (_USUAL, count - slow - fast), (_SLOW, slow))
        keep(variant, "ModelLatency", minute, tuple(pair for pair in latencies if pair[1]))
        if self.plan.labelled and (labels := count // 20):
            wrong = self._about(labels * 0.05)
            counts = {"labels.other": labels, "wrong.other": wrong}
            self.dynamo.label(ENDPOINT, variant, minute, counts)

    def _about(self, mean: float) -> int:
        """A whole number near the mean, as counts of rare things are."""
        spread = self.random.uniform(-1, 1) * mean**0.5
        return max(0, min(int(mean + spread + self.random.random()), round(3 * mean) + 1))

    def _coming_up(self) -> Truth:
        change = self.endpoint.change
        new = set(change.weights) - set(self.endpoint.fleet.weights) if change else set()
        return self.truth_of(next(iter(new))) if new else STABLE

    def _reply(self, variant: str) -> bytes:
        return RIGHT if self.truth_of(variant).golden == "right" else WRONG


def _sagemaker(now: Callable[[], datetime]) -> FakeSageMaker:
    """With version 1 in service, as the functional tests' world has it."""
    fake, made = FakeSageMaker(now=now), _MADE.sagemaker
    fake.models = dict(made.models)
    fake.configs = dict(made.configs)
    fake.packages = copy.deepcopy(made.packages)
    fleet = Fleet("completion-bootstrap", {"v1": 1.0}, {"v1": 2})
    fake.endpoints[ENDPOINT] = FakeEndpoint(ENDPOINT, fleet)
    return fake


_MADE = World()
