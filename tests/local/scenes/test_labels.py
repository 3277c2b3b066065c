"""Labels reported to a deployed intake, through the API that a client's backend has."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cli.labels import LabelClient, Told
from cli.problems import Problem
from steelyard.aws.labels import LabelBook
from tests.local.scenes.stage import Stage
from tests.local.signed import Caller, unsigned, user

ENDPOINT = "good"


@pytest.fixture(scope="module")
def client(stage: Stage) -> LabelClient:
    """A client of an endpoint that has been adopted."""
    stage.cloud.until(lambda: stage.entries(ENDPOINT), 60)
    return LabelClient(stage.session, ENDPOINT)


@pytest.fixture(scope="module")
def variant(stage: Stage, client: LabelClient) -> str:
    """The endpoint's stable variant."""
    assert client
    return str(stage.entries(ENDPOINT)[0].state["stable"]["variant"])


@pytest.fixture
def caller(stage: Stage) -> Iterator[Caller]:
    """A user who has the policy for clients, and no other."""
    name = f"reporter-{uuid.uuid4().hex[:8]}"
    iam = stage.cloud.client("iam")
    policies = iam.list_policies(Scope="Local")["Policies"]
    wanted = stage.session.model(ENDPOINT).labels_clients
    (arn,) = [p["Arn"] for p in policies if p["PolicyName"] == wanted]
    yield user(stage.cloud, name, arn)
    iam.detach_user_policy(UserName=name, PolicyArn=arn)


def report(client: LabelClient, stage: Stage, variant: str, **changes: Any) -> dict[str, Any]:
    """A report about a request of now."""
    inference_id = client.inference_id(stage.cloud.now())
    good = {"inference_id": inference_id, "variant": variant, "segment": "x", "correct": True}
    return good | changes


def test_reports_are_counted_once_in_the_minute_of_arrival(
    stage: Stage, client: LabelClient, variant: str
) -> None:
    book = LabelBook(stage.session.names.labels, stage.cloud.client("dynamodb"))
    start = stage.cloud.now().replace(second=0, microsecond=0)

    def counted() -> tuple[int, int]:
        until = stage.cloud.now().replace(second=0, microsecond=0) + timedelta(minutes=1)
        minutes = book.counts(ENDPOINT, [variant], (start, until))[variant]
        labels = [one for segments in minutes.values() for one in segments.values()]
        return sum(one.labels for one in labels), sum(one.wrong for one in labels)

    before = counted()
    reports = [report(client, stage, variant, correct=n % 4 > 0) for n in range(600)]
    told = client.report(reports)
    assert (told.counted, told.duplicates, told.refused) == (600, 0, ())
    assert client.report(reports[:500]) == Told(duplicates=500)
    after = counted()
    assert (after[0] - before[0], after[1] - before[1]) == (600, 150)


def test_refused_reports_are_named_by_their_place_among_all(
    stage: Stage, client: LabelClient, variant: str
) -> None:
    bad = report(client, stage, "v99")
    reports = [*(report(client, stage, variant) for _ in range(501)), bad]
    told = client.report(reports)
    assert told.counted == 501
    (refused,) = told.refused
    assert refused["index"] == 501
    assert refused["why"].startswith("variant: got 'v99', accepted: ")


def test_endpoint_that_is_not_there_is_a_problem(stage: Stage) -> None:
    other = LabelClient(stage.session, "nowhere")
    with pytest.raises(Problem, match=r"404: .*no endpoint nowhere"):
        other.report([report(other, stage, "v1")])


def test_policy_for_clients_is_enough_and_each_of_its_users_signs(
    stage: Stage, client: LabelClient, variant: str, caller: Caller
) -> None:
    url = f"{stage.session.labels_url}/endpoints/{ENDPOINT}/labels"
    body = json.dumps({"reports": [report(client, stage, variant)]}).encode()
    status, answer = caller.post(url, body)
    assert (status, json.loads(answer)["counted"]) == (200, 1)
    assert Caller(caller.name, caller.key, "another").post(url, body)[0] == 403
    assert unsigned(url)[0] == 403


def test_user_without_the_policy_is_forbidden(stage: Stage) -> None:
    stranger = user(stage.cloud, f"stranger-{uuid.uuid4().hex[:8]}")
    url = f"{stage.session.labels_url}/endpoints/{ENDPOINT}/labels"
    assert stranger.post(url) == (403, '{"message":"Forbidden"}')
