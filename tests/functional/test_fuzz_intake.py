"""Fuzzing the Lambda that takes labels: each request gets an answer, and counts what it says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.aws.ledger import Ledger
from tests.functional.garbage import VALUES, gone_wrong, texts
from tests.functional.labels_api import Api, deployed, report
from tests.functional.lambda_queue import CONTEXT
from tests.functional.world import START, Clients

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
FUZZ = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
BATCH = {"reports": [report(n, variant=name) for n, name in enumerate(("v1", "v2-r1", "v1"))]}
REQUEST = {
    "body": json.dumps(BATCH),
    "isBase64Encoded": False,
    "pathParameters": {"endpoint": "completion"},
    "requestContext": {"timeEpoch": int(START.timestamp() * 1000), "stage": "$default"},
}
BODIES = st.one_of(
    gone_wrong(BATCH, most=5).map(json.dumps),
    gone_wrong(BATCH).map(lambda value: json.dumps(value, ensure_ascii=False)),
    texts(json.dumps(BATCH)),
)


@pytest.fixture
def api(clients: Clients, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of labels; the endpoint `completion` is in mid-rollout."""
    with deployed(clients, ledger, monkeypatch) as found:
        yield found


def counted(api: Api) -> int:
    """Labels in the table."""
    minutes = (minute for by in api.counted().values() for minute in by.values())
    return sum(labels.labels for minute in minutes for labels in minute.values())


def check(api: Api, body: str) -> None:
    """A batch is answered, and what the answer counts is what the table has."""
    before = counted(api)
    status, answer = api.post(body)
    if status == 200:
        refused = answer["refused"]
        assert counted(api) - before == answer["counted"]
        total = answer["counted"] + answer["duplicates"] + len(refused)
        assert total == len(json.loads(body)["reports"])
        assert all(one["why"] for one in refused)
    else:
        assert status in (400, 413)
        assert answer["message"]
        assert counted(api) == before


@FUZZ
@given(body=BODIES)
def test_no_body_is_counted_wrongly_or_without_an_answer(api: Api, body: str) -> None:
    check(api, body)


@pytest.mark.long
@settings(FUZZ, max_examples=1500)
@given(body=BODIES)
def test_no_body_of_thousands_is_counted_wrongly_or_without_an_answer(api: Api, body: str) -> None:
    check(api, body)


@FUZZ
@given(event=st.one_of(gone_wrong(REQUEST), VALUES))
def test_no_event_is_without_an_answer(api: Api, event: Any) -> None:
    """API Gateway writes it; a Lambda may be invoked by hand as well."""
    from steelyard.handlers.intake import handler  # noqa: PLC0415 - reads its environment

    before = counted(api)
    answer = handler(event, CONTEXT)
    assert answer["statusCode"] in (200, 400, 404, 413)
    said = json.loads(answer["body"])
    assert counted(api) - before == said.get("counted", 0)
