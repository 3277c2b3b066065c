"""What people do in a run, and AWS for its own reasons: the plan's items. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from tests.faults.cloud import Cloud
from tests.faults.deployed import config_by_hand
from tests.faults.history import Event, History
from tests.faults.plan import Fault, Item
from tests.faults.post import Post, detail_of_command
from tests.faults.settings import ENDPOINT
from tests.functional.fake_sagemaker import arn


class People:
    """Does what the plan says at its time.

    Attributes:
        excused: whether weights are as somebody else set them.
    """

    def __init__(self, cloud: Cloud, history: History, post: Post) -> None:
        self._cloud = cloud
        self._history = history
        self._post = post
        self._left = list(cloud.plan.items)
        self._versions = 1
        self._keys = 0
        self._deploys = self._accepted = 0
        self.excused = False
        self._kinds: Mapping[str, Callable[[Item], None]] = {
            "approve": lambda _item: self.approve(),
            "reject": self._reject,
            "command": lambda item: self.order(item.what),
            "old command": self._old_command,
            "deploy": self._deploy,
            "weights": self._weights,
            "lock": self._lock,
            "alarm": self._force_alarm,
            "garbage": lambda item: self._post.raw(item.what),
        }

    @property
    def are_done(self) -> bool:
        """Whether nothing more can come."""
        return not self._left

    def minute(self, phase: str, number: int) -> bool:
        """Do what is due at this minute of a phase; whether anything was."""
        of_phase = [item for item in self._left if item.phase == phase and not item.after]
        due = [item for item in of_phase if item.minute == number]
        for item in due:
            self._do(item)
        return bool(due)

    def by_hand(self, fault: Fault) -> bool:
        """Change the endpoint in the middle of a fault, if somebody is to; whether AWS let them."""
        done = self._accepted
        at = fault.phase, fault.kind
        for item in [one for one in self._left if (one.phase, one.after) == at][:1]:
            self._do(item)
        return self._accepted > done

    def _do(self, item: Item) -> None:
        self._left.remove(item)
        self._tell("people", f"{item.kind} {item.what}".strip())
        self._kinds[item.kind](item)

    def approve(self) -> None:
        """The next version."""
        if self._versions > len(self._cloud.plan.truths):
            return
        self._versions += 1
        now = self._cloud.timeline.now
        package = self._cloud.sagemaker.register(self._versions, status="Approved", at=now)
        self._announce(package, "Approved")

    def order(self, command: str, rollout: str = "") -> None:
        """A command, for the rollout that is under way unless another one is named."""
        entries = self._history.entries
        current = entries[-1].rollout.get("id", "") if entries else ""
        self._keys += 1
        key = f"k{self._keys}"
        self._history.commands[key] = self._cloud.timeline.now
        named = rollout or current or f"{ENDPOINT}-r1"
        self._post.send("command", detail_of_command(command, named, key))

    def _old_command(self, item: Item) -> None:
        self.order(item.what, f"{ENDPOINT}-r0")

    def _reject(self, _item: Item) -> None:
        package = arn("model-package", f"{ENDPOINT}/{self._versions}")
        now = self._cloud.timeline.now
        self._cloud.sagemaker.register(self._versions, status="Rejected", at=now)
        self._announce(package, "Rejected")

    def _announce(self, package: str, status: str) -> None:
        self._post.send("approval", {"ModelPackageArn": package, "ModelApprovalStatus": status})

    def _deploy(self, item: Item) -> None:
        """`cdk deploy` after an edit, or by hand: another config, and nobody's weights are kept."""
        self._deploys += 1
        name = f"{ENDPOINT}-cdk-{self._deploys}"
        entries = self._history.entries
        stable = (entries[-1].state["stable"] or {}).get("variant", "") if entries else ""
        if config_by_hand(self._cloud, name, item.what, stable):
            self._outside("UpdateEndpoint", {"EndpointName": ENDPOINT, "EndpointConfigName": name})

    def _weights(self, item: Item) -> None:
        """Somebody in the console; `what` is the newest variant's percentage."""
        names = list(self._cloud.endpoint.fleet.weights)
        percent = int(item.what)
        weights = dict.fromkeys(names, 0) | {names[0]: 100 - percent}
        weights[names[-1]] = percent if len(names) > 1 else 7
        wanted = [{"VariantName": n, "DesiredWeight": float(w)} for n, w in weights.items()]
        params = {"EndpointName": ENDPOINT, "DesiredWeightsAndCapacities": wanted}
        self._outside("UpdateEndpointWeightsAndCapacities", params)

    def _outside(self, operation: str, params: Mapping[str, Any]) -> None:
        before = self._split()
        try:
            self._cloud.sagemaker.answer(operation, params)
        except ClientError as refusal:
            self._tell("AWS", str(refusal))
            return
        self._accepted += 1
        self.excused = True
        self._cloud.update_begun(operation)
        change = Event(self._cloud.timeline.now, "outside", f"{operation} {dict(params)}")
        # What leaves all as it was, or as it is meant to be just then, need not be told.
        if self._split(coming=True) not in (before, self._meant()) and not self._fails():
            self._history.outside.append(change)

    def _split(self, *, coming: bool = False) -> tuple[str, dict[str, float]]:
        """The config, and who has how much of the traffic, now or after the change under way."""
        endpoint = self._cloud.endpoint
        fleet = endpoint.change if coming and endpoint.change else endpoint.fleet
        total = sum(fleet.weights.values())
        return fleet.config, {name: weight / total for name, weight in fleet.weights.items()}

    def _fails(self) -> bool:
        """Whether SageMaker will take back the change under way by itself."""
        ending = self._cloud.endpoint.ending
        return ending is not None and (ending.of == "shift") == self._cloud.endpoint.shifts

    def _meant(self) -> tuple[str, dict[str, float]]:
        """What the ledger's open intent is to bring about."""
        entries = self._history.entries
        intent = (entries[-1].rollout.get("intent") or {}) if entries else {}
        weights = intent.get("weights") or {"": 1}
        total = sum(weights.values())
        config = intent.get("config") or self._cloud.endpoint.fleet.config
        return config, {name: weight / total for name, weight in weights.items()}

    def _lock(self, item: Item) -> None:
        self._cloud.impose(item.what, timedelta(minutes=item.minutes))

    def _force_alarm(self, item: Item) -> None:
        """SetAlarmState on one of the canary's alarms, or on the evidence's."""
        for name, alarm in self._cloud.cloudwatch.alarms.items():
            if name.endswith(f"/{item.what}"):
                alarm["StateValue"] = "ALARM"
                self._post.send("alarm", {"alarmName": name, "state": {"value": "ALARM"}})

    def _tell(self, who: str, what: str) -> None:
        self._history.events.append(Event(self._cloud.timeline.now, who, what))
