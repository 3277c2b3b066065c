"""A world for each test: fakes for SageMaker and CloudWatch, moto for the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import botocore.session
import pytest
from moto import mock_aws

from steelyard import world as sight
from steelyard.aws.alarms import VariantAlarms
from steelyard.aws.endpoint import Endpoint
from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Ledger
from steelyard.aws.metrics import Metrics
from steelyard.aws.outlets import Pager
from steelyard.aws.registry import Registry
from steelyard.aws.scaling import VariantScaling
from steelyard.codec import encode
from steelyard.rollout.golden import Answer
from steelyard.service import Reconciler
from tests.functional.fake_sagemaker import ACCOUNT, REGION
from tests.functional.labelling import TABLE as LABELS
from tests.functional.lambda_queue import Queue
from tests.functional.operator import Operator
from tests.functional.settings import ALARMS, POLICY, ROLE, SCALING
from tests.functional.world import START, Clients, World, make_table

TABLE = "steelyard-test-ledger"
PREFIX = "/steelyard/test/models"


@pytest.fixture(scope="session")
def session_clients() -> Clients:
    """Clients for all tests."""
    return Clients()


@pytest.fixture
def world(session_clients: Clients) -> Iterator[World]:
    """A fresh world behind the clients."""
    session_clients.world = World()
    with mock_aws():
        yield session_clients.world


@pytest.fixture
def clients(session_clients: Clients, world: World) -> Clients:
    """Clients that lead into the test's world."""
    assert session_clients.world is world
    return session_clients


@pytest.fixture
def ledger(clients: Clients) -> Ledger:
    """An empty ledger, its table as the data stack makes it."""
    make_table(clients["dynamodb"], TABLE, "endpoint", "version")
    return Ledger(TABLE, clients["dynamodb"])


@pytest.fixture
def pages(clients: Clients) -> Pages:
    """The topic that calls people, and a queue that hears it."""
    return Pages(clients)


class Pages:
    """What people were told."""

    def __init__(self, clients: Clients) -> None:
        self._sqs = clients["sqs"]
        self.topic = clients["sns"].create_topic(Name="pages")["TopicArn"]
        self._queue = self._sqs.create_queue(QueueName="pages")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        clients["sns"].subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
        )

    def read(self) -> list[dict[str, Any]]:
        """All pages since the last reading, oldest first."""
        told: list[dict[str, Any]] = []
        while True:
            answer = self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return told
            for message in answer["Messages"]:
                told.append(json.loads(message["Body"]))
                receipt = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=receipt)


@pytest.fixture
def alarms(clients: Clients) -> VariantAlarms:
    """The endpoint's alarms."""
    return VariantAlarms("completion", clients["cloudwatch"], ALARMS)


@pytest.fixture
def endpoint(clients: Clients, alarms: VariantAlarms) -> Endpoint:
    """The endpoint."""
    return Endpoint("completion", clients["sagemaker"], clients["sagemaker"], ROLE, alarms)


@pytest.fixture
def label_book(clients: Clients) -> LabelBook:
    """An empty book of labels, its table as the rollout stack makes it."""
    make_table(clients["dynamodb"], LABELS, "key", "at")
    return LabelBook(LABELS, clients["dynamodb"])


class GoldenAnswers:
    """What variants answer to golden requests, and who was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.next: tuple[Answer, ...] = ()

    def answers(self, variant: str) -> tuple[Answer, ...]:
        """One pass."""
        self.asked.append(variant)
        return self.next


@pytest.fixture
def golden() -> GoldenAnswers:
    """A model without golden requests, unless a test says otherwise."""
    return GoldenAnswers()


@pytest.fixture
def reconciler(  # noqa: PLR0913, PLR0917 - all of its parts
    clients: Clients,
    ledger: Ledger,
    label_book: LabelBook,
    golden: GoldenAnswers,
    endpoint: Endpoint,
    alarms: VariantAlarms,
    pages: Pages,
) -> Reconciler:
    """The whole service around the endpoint."""
    metrics = Metrics("completion", clients["cloudwatch"])
    return Reconciler(
        name="completion",
        ledger=ledger,
        world=sight.World(
            name="completion",
            policy=POLICY,
            endpoint=endpoint,
            alarms=alarms,
            registry=Registry("completion", clients["sagemaker"]),
            metrics=metrics,
            labels=label_book,
            ask_golden=golden.answers,
        ),
        endpoint=endpoint,
        scaling=VariantScaling("completion", clients["application-autoscaling"], SCALING),
        metrics=metrics,
        pager=Pager(pages.topic, clients["sns"]),
    )


@pytest.fixture
def operator(world: World, reconciler: Reconciler) -> Operator:
    """Whoever wakes the service."""
    return Operator(world, reconciler)


@pytest.fixture
def queue(
    clients: Clients,
    ledger: Ledger,
    label_book: LabelBook,
    pages: Pages,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Queue]:
    """The handler in its environment, with one model deployed."""
    url = clients["sqs"].create_queue(QueueName="quarantine")["QueueUrl"]
    settings = {
        "endpoint": "completion",
        "package_group": "completion",
        "execution_role_arn": ROLE,
        "rollout": encode(POLICY),
        "alarms": ALARMS,
        "autoscaling": encode(SCALING),
        "golden": None,
    }
    clients["ssm"].put_parameter(
        Name=f"{PREFIX}/completion", Value=json.dumps(settings), Type="String"
    )
    environment = {
        "STEELYARD_LEDGER_TABLE": TABLE,
        "STEELYARD_LABELS_TABLE": LABELS,
        "STEELYARD_EVENTS_URL": "https://sqs.eu-west-1.amazonaws.com/0/events.fifo",
        "STEELYARD_QUARANTINE_URL": url,
        "STEELYARD_TOPIC_ARN": pages.topic,
        "STEELYARD_PARAMETER_PREFIX": PREFIX,
        "STEELYARD_ACCOUNT": ACCOUNT,
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    clients.attach(session.get_component("event_emitter"))
    boto3.setup_default_session(botocore_session=session)
    assert ledger.latest("completion") is None
    assert label_book.counts("completion", (), (START, START)) == {}
    from steelyard.handlers.reconcile import handler  # noqa: PLC0415 - reads its environment

    yield Queue(handler, clients, url)
    boto3.DEFAULT_SESSION = None
