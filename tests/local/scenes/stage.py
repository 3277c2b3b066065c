"""What scenes are played on: a local cloud with all of their endpoints, seen through its APIs."""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from cli.demo.prompts import Prompt
from cli.demo.traffic import CONFIG, Traffic
from cli.local_cloud import push_image
from cli.main import app
from cli.session import Session
from cli.training import Trained, approve, register
from infra.model_file import load_model
from steelyard.aws.ledger import Entry
from tests.local.running_cloud import RunningCloud, receive
from tests.local.scenes.models import CONTEXTS, write_update

RATE = 10.0
"""Requests a second of real time; `models.py` says what for."""

_PATIENCE = 90.0  # real seconds


@dataclass
class Stage:
    """The cloud, and the ways in which scenes use it.

    Attributes:
        work: for the code of updates.
        pages_url: a queue that hears everything that people are told.
    """

    cloud: RunningCloud
    session: Session
    models: Path
    work: Path
    pages_url: str
    _heard: list[dict[str, str]] = field(default_factory=list)

    def release(self, endpoint: str, update: str) -> str:
        """Register an update with the first version's artifact, and approve it; its rollout's id.

        The approval's event starts the rollout, as it does for any user.
        """
        packages = self.cloud.client("sagemaker").list_model_packages(
            ModelPackageGroupName=endpoint
        )["ModelPackageSummaryList"]
        first = self.cloud.client("sagemaker").describe_model_package(
            ModelPackageName=packages[0]["ModelPackageArn"]
        )
        folder = self.work / f"{endpoint}-{len(packages) + 1}"
        write_update(update, folder)
        image = push_image(self.cloud.url, folder, f"steelyard/{endpoint}")
        artifact = first["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
        trained = Trained("none", artifact, {"loss": 0.5})
        model = load_model(self.models / endpoint)
        approve(self.session, register(self.session, model, image, trained), "a scene")
        return f"{endpoint}-r{len(packages)}"

    @contextmanager
    def traffic(
        self, endpoint: str, rate: float = RATE, contexts: Sequence[str] = CONTEXTS
    ) -> Iterator[Traffic]:
        """Clients that send, as long as the scene goes on."""
        # By chance, not in turns: turns of contexts and of variants could keep step.
        chance = random.Random(7)
        prompts = iter(lambda: Prompt("", chance.choice(contexts)), None)
        client = self.session.client("sagemaker-runtime", CONFIG)
        traffic = Traffic(client, endpoint, prompts, rate)
        traffic.start()
        try:
            yield traffic
        finally:
            traffic.stop()

    @contextmanager
    def without_ticks(self, endpoint: str) -> Iterator[None]:
        """A time in which no tick comes."""
        rule = self.session.model(endpoint).rule("tick")
        events = self.cloud.client("events")
        events.disable_rule(Name=rule)
        try:
            yield
        finally:
            events.enable_rule(Name=rule)

    def entries(self, endpoint: str) -> list[Entry]:
        """The ledger of an endpoint."""
        return list(self.session.ledger.read(endpoint))

    def until(
        self, endpoint: str, phase: str, seconds: float = _PATIENCE, *, after: int = 0
    ) -> Entry:
        """The first entry after a version in which the rollout has reached a phase."""
        return self.until_entry(endpoint, lambda e: e.decision["phase"] == phase, seconds, after)

    def until_taking_traffic(
        self, endpoint: str, phase: str = "RAMPING", *, step: int = 0, after: int = 0
    ) -> Entry:
        """The first entry after a version that confirms the canary's share of a step."""

        def confirms(entry: Entry) -> bool:
            is_step = entry.decision["phase"] == phase and entry.intent is None
            return is_step and bool(entry.state["rollout"]["step"] == step)

        return self.until_entry(endpoint, confirms, after=after)

    def until_entry(
        self,
        endpoint: str,
        wanted: Callable[[Entry], bool],
        seconds: float = _PATIENCE,
        after: int = 0,
    ) -> Entry:
        """The first entry after a version that is as wanted.

        Raises:
            AssertionError: there was none in so many real seconds; the message has the history.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = (e for e in self.entries(endpoint) if e.version > after and wanted(e))
            if (entry := next(found, None)) is not None:
                return entry
            time.sleep(0.1)
        raise AssertionError(f"not in {seconds} s, {endpoint}:\n{self.history(endpoint)}")

    def history(self, endpoint: str) -> str:
        """The ledger in words."""
        return "\n".join(
            f"{e.version} {e.at:%H:%M:%S} {e.trigger['kind']} {e.decision['kind']} "
            f"{e.decision['phase']}: {e.decision['reason']}"
            for e in self.entries(endpoint)
        )

    def reason(self, endpoint: str, phase: str) -> str:
        """Why the rollout came to a phase, the first time."""
        return str(self.until(endpoint, phase).decision["reason"])

    def live(self, endpoint: str) -> dict[str, Any]:
        """What DescribeEndpoint shows."""
        found: dict[str, Any] = self.cloud.client("sagemaker").describe_endpoint(
            EndpointName=endpoint
        )
        return found

    def weights(self, endpoint: str) -> dict[str, float]:
        """Current weight by variant."""
        return {
            v["VariantName"]: v["CurrentWeight"] for v in self.live(endpoint)["ProductionVariants"]
        }

    def scaling(self, endpoint: str) -> dict[str, str]:
        """Whether autoscaling of a variant is suspended, by variant; others don't scale."""
        prefix = f"endpoint/{endpoint}/variant/"
        targets = self.cloud.client("application-autoscaling").describe_scalable_targets(
            ServiceNamespace="sagemaker"
        )["ScalableTargets"]
        return {
            target["ResourceId"].removeprefix(prefix): _standing(target["SuspendedState"])
            for target in targets
            if target["ResourceId"].startswith(prefix)
        }

    def alarms(self, endpoint: str, variant: str) -> dict[str, str]:
        """State by name of a variant's own alarms."""
        found = self.cloud.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=f"steelyard/{endpoint}/{variant}/"
        )["MetricAlarms"]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}

    def rang(self, endpoint: str, variant: str) -> list[str]:
        """Which of a variant's alarms went to ALARM at any time, deleted or not."""
        items = self.cloud.client("cloudwatch").describe_alarm_history(
            HistoryItemType="StateUpdate", MaxRecords=100
        )["AlarmHistoryItems"]
        return [
            item["AlarmName"]
            for item in items
            if item["AlarmName"].startswith(f"steelyard/{endpoint}/{variant}/")
            and json.loads(item["HistoryData"])["newState"]["stateValue"] == "ALARM"
        ]

    def minutes(self, endpoint: str, variant: str, metric: str) -> list[float]:
        """Sums of one of SageMaker's metrics, by minute, since the beginning."""
        now = self.cloud.now()
        points = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": variant},
            ],
            StartTime=now - timedelta(hours=12),
            EndTime=now + timedelta(minutes=1),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return [float(point["Sum"]) for point in sorted(points, key=lambda p: p["Timestamp"])]

    def failed(self, endpoint: str, variant: str) -> float:
        """How many requests a variant failed, as CloudWatch has it."""
        return sum(self.minutes(endpoint, variant, "InvocationModelErrors"))

    def pages(self, endpoint: str) -> list[str]:
        """What people were told about an endpoint, subject and message."""
        while messages := receive(self.cloud, self.pages_url):
            self._heard += [json.loads(message["Body"]) for message in messages]
        return [
            f"{page['Subject']}: {page['Message']}"
            for page in self._heard
            if page.get("Subject", "").startswith(f"Steelyard: {endpoint} ")
        ]

    def depth(self, queue: str) -> int:
        """How many messages a queue holds, those in someone's hands too."""
        url = self.cloud.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
        return sum(int(found["Attributes"][name]) for name in names)

    def console(self, *arguments: str) -> str:
        """What `steelyard` prints when it is called so; it must not fail."""
        runner = CliRunner(env={"COLUMNS": "200"})
        state = ["--state-dir", str(self.cloud.state_dir)]
        result = runner.invoke(app, [*arguments, *state])
        assert result.exit_code == 0, result.output
        return result.output


def _standing(suspended: Mapping[str, bool]) -> str:
    if len(set(suspended.values())) > 1:
        return f"in part: {suspended}"
    return "suspended" if any(suspended.values()) else "active"
