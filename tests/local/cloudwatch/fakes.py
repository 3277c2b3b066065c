"""A cloud with a hand-driven clock, and ways to talk to a CloudWatch in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore.model import OperationModel

from infra.local.clock import Clock
from infra.local.cloudwatch import CloudWatch
from infra.local.ports import Params
from infra.local.validation import validate

START = datetime(2026, 11, 24, 5, 40, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-west-1:000000000000:alarms"
SINGLE = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
"""What is left out of an alarm that has Metrics."""
INSUFFICIENT = "INSUFFICIENT_DATA"
FUNCTION = "arn:aws:lambda:eu-west-1:000000000000:function:steelyard-local-reconcile"


CANARY = [{"Name": "Variant", "Value": "canary"}]
STABLE = [{"Name": "Variant", "Value": "stable"}]


def minute(number: float) -> datetime:
    """The time so many minutes after START."""
    return START + timedelta(minutes=number)


class Hands:
    """The real time of a clock, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class FakeSns:
    """Remembers what is published; fails for a topic that is not there."""

    published: list[dict[str, str]] = field(default_factory=list)

    def publish(self, **notice: str) -> None:
        if notice["TopicArn"].endswith(":gone"):
            raise LookupError(notice["TopicArn"])
        self.published.append(notice)


@dataclass
class FakeCloud:
    """Stands for the server: remembers events and invocations, and holds the clock."""

    hands: Hands = field(default_factory=Hands)
    events: list[tuple[str, str, Params, list[str]]] = field(default_factory=list)
    invoked: list[tuple[str, Params]] = field(default_factory=list)
    sns: FakeSns = field(default_factory=FakeSns)
    account: str = "000000000000"
    region: str = "eu-west-1"
    url: str = "http://127.0.0.1:1"
    state_dir: Path = Path("/nonexistent")
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(start=START.timestamp(), monotonic=self.hands)

    def client(self, service: str) -> Any:
        assert service == "sns"
        return self.sns

    def put_event(
        self, source: str, detail_type: str, detail: Params, resources: Sequence[str]
    ) -> None:
        self.events.append((source, detail_type, detail, list(resources)))

    def invoke_lambda(self, function_arn: str, payload: Params) -> None:
        self.invoked.append((function_arn, payload))

    def record_metric(  # noqa: PLR0913, PLR0917 - the shape of the port
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        unit: str = "None",
        at: datetime | None = None,
        *,
        fine: bool = False,
    ) -> None:
        raise NotImplementedError


class Desk:
    """A CloudWatch whose requests and answers are checked against botocore's model."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.cloud = FakeCloud()
        self.cloud.clock = clock or self.cloud.clock
        self.watch = CloudWatch(self.cloud)

    def call(self, operation: str, **params: Any) -> Params:
        model = _model(operation)
        validate(model, params)
        answer = self.watch.call(operation, params)
        if model.output_shape is None:
            assert answer == {}
        else:
            check_shape(model.output_shape, answer, operation)
        return answer

    def record(self, value: float, *more: float, minute: float = 0, **named: Any) -> None:
        """Record errors, so many minutes after START."""
        metric: dict[str, Any] = {
            "namespace": "Test",
            "name": "Errors",
            "dimensions": {"Variant": "canary"},
            "values": [value, *more],
            "at": START + timedelta(minutes=minute),
        }
        self.watch.record_metric(**(metric | named))

    def put_alarm(self, **changes: Any) -> None:
        """Put an alarm on the sum of errors: above 50 in one minute."""
        params = {
            "AlarmName": "errors",
            "Namespace": "Test",
            "MetricName": "Errors",
            "Dimensions": CANARY,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 50.0,
            "ComparisonOperator": "GreaterThanThreshold",
        } | changes
        self.call("PutMetricAlarm", **{k: v for k, v in params.items() if v is not None})

    def put_math_alarm(self, expression: str, **changes: Any) -> None:
        """Put an alarm on an expression over the errors (m1) and requests (m2) of the canary."""
        metrics: list[Params] = [{"Id": "rate", "Expression": expression, "Label": "error rate"}]
        for name, metric in (("m1", "Errors"), ("m2", "Requests")):
            stat = {
                "Metric": {"Namespace": "Test", "MetricName": metric, "Dimensions": CANARY},
                "Period": 60,
                "Stat": "Sum",
            }
            metrics.append({"Id": name, "MetricStat": stat, "ReturnData": False})
        self.put_alarm(**dict.fromkeys(SINGLE), **({"Metrics": metrics} | changes))

    def pass_by(self, minutes: float) -> None:
        """Let time go by, with a pass of the evaluator every 10 seconds, and deliver."""
        for _ in range(round(minutes * 6)):
            self.cloud.hands.seconds += 10
            self.watch._evaluator.run_once()
        self.watch._notifier.deliver_waiting()

    def alarm(self, name: str = "errors") -> Params:
        found = self.call(
            "DescribeAlarms", AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        return dict(alarm)

    def states(self) -> list[str]:
        """The states that EventBridge was told of, in order."""
        return [detail["state"]["value"] for _, _, detail, _ in self.cloud.events]


@cache
def _model(operation: str) -> OperationModel:
    service = botocore.session.get_session().get_service_model("cloudwatch")
    return service.operation_model(operation)


_PYTHON: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (float,),
    "boolean": (bool,),
    "timestamp": (datetime,),
}


def check_shape(shape: Any, value: Any, where: str) -> None:
    """Assert that an answer has botocore's output shape, and nothing else in it."""
    if shape.type_name == "structure":
        assert isinstance(value, dict), where
        assert value.keys() <= shape.members.keys(), where
        for name, member in value.items():
            check_shape(shape.members[name], member, f"{where}.{name}")
    elif shape.type_name == "list":
        assert isinstance(value, list), where
        for each in value:
            check_shape(shape.member, each, where)
    elif shape.type_name == "map":
        for each in value.values():
            check_shape(shape.value, each, where)
    else:
        assert isinstance(value, _PYTHON[shape.type_name]), (where, value)
        if isinstance(value, datetime):
            assert value.tzinfo is not None, where
