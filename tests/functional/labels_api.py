"""The labels' API before the intake's handler, and what is behind it. Not a test itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import boto3
import botocore.session
import pytest

from steelyard.aws.labels import LabelBook
from steelyard.aws.ledger import Ledger
from steelyard.evidence import begin
from steelyard.evidence.counts import Labels
from steelyard.evidence.promise import Guardrail
from steelyard.labels.ids import NOISE_BYTES, issue
from steelyard.rollout.machine import step
from steelyard.rollout.model import Candidate, Decision, EndpointState, Phase, Rollout, Stable
from steelyard.rollout.observation import Event, Hint, Live, Seen, Variant
from tests.functional.conftest import TABLE as LEDGER
from tests.functional.fake_sagemaker import REGION
from tests.functional.labelling import TABLE
from tests.functional.lambda_queue import CONTEXT
from tests.functional.settings import POLICY
from tests.functional.world import MINUTE, START, Clients, make_table

KEY = "a generated key"
SECRET = "steelyard-test-labels-key"  # noqa: S105 - a name
STABLE = Stable("v1", "completion-bootstrap", 1)
LABELLED = replace(
    POLICY,
    guardrails=(Guardrail(metric="labels", weight=1.0),),
    segments=("networking", "text"),
    metric_lag=MINUTE,
)
EVENT = Event(
    Hint("tick"),
    Seen(LABELLED, Live("InService", STABLE.config, (Variant("v1", 1.0, 1, 1),)), serving=STABLE),
)


@dataclass
class Api:
    """API Gateway before the handler, and the table behind it."""

    clients: Clients
    ledger: Ledger

    def post(
        self,
        body: str | None,
        *,
        endpoint: str = "completion",
        at: datetime = START,
        encoded: bool = False,
    ) -> tuple[int, dict[str, Any]]:
        """Status and answer of one request."""
        from steelyard.handlers.intake import handler  # noqa: PLC0415 - reads its environment

        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": "POST /endpoints/{endpoint}/labels",
            "rawPath": f"/endpoints/{endpoint}/labels",
            "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "requestContext": {"timeEpoch": int(at.timestamp() * 1000), "stage": "$default"},
            "pathParameters": {"endpoint": endpoint},
            "isBase64Encoded": encoded,
        }
        if body is not None:
            event["body"] = body
        answer = handler(event, CONTEXT)
        return answer["statusCode"], json.loads(answer["body"])

    def report(self, *reports: Any, at: datetime = START) -> tuple[int, dict[str, Any]]:
        """Status and answer of one batch."""
        return self.post(json.dumps({"reports": reports}), at=at)

    def begin(self, canary: str, segments: tuple[str, ...] = LABELLED.segments) -> None:
        """Append a decision that begins a rollout of another canary."""
        last = self.ledger.latest("completion")
        decision = with_rollout(step(EndpointState("completion"), EVENT, START))
        rollout = decision.state.rollout
        if rollout is None:
            raise AssertionError(decision)
        policy = replace(rollout.policy, segments=segments)
        rollout = replace(rollout, canary=canary, policy=policy)
        decision = replace(decision, state=replace(decision.state, rollout=rollout))
        self.ledger.append(last, "completion", EVENT, decision, START)

    def counted(self) -> dict[str, dict[datetime, dict[str, Labels]]]:
        """What was counted of the stable and the canary variant, by minute and segment."""
        book = LabelBook(TABLE, self.clients["dynamodb"])
        found = book.counts("completion", ("v1", "v2-r1"), (START, START + 60 * MINUTE))
        return {
            variant: {minute: dict(by) for minute, by in minutes.items()}
            for variant, minutes in found.items()
        }


def report(number: int, *, issued: datetime = START, **changes: Any) -> dict[str, Any]:
    """A report about a request of its own."""
    inference_id = issue(KEY.encode(), "completion", issued, number.to_bytes(NOISE_BYTES, "big"))
    good = {"inference_id": inference_id, "variant": "v1", "segment": "text", "correct": True}
    return good | changes


def with_rollout(decision: Decision) -> Decision:
    """The same decision in mid-rollout."""
    rollout = Rollout(
        id="completion-r1",
        epoch=1,
        candidate=Candidate(2, "arn:aws:sagemaker:eu-west-1:0:model-package/completion/2", START),
        stable=STABLE,
        canary="v2-r1",
        model="completion-v2-r1",
        config="completion-v2-r1",
        policy=LABELLED,
        phase=Phase.RAMPING,
        since=START,
        evidence=begin(LABELLED.promise),
        step=0,
    )
    return replace(decision, state=replace(decision.state, rollout=rollout))


@contextmanager
def deployed(clients: Clients, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The handler in its environment; the endpoint is in mid-rollout."""
    make_table(clients["dynamodb"], TABLE, "key", "at")
    adopted = step(EndpointState("completion"), EVENT, START)
    first = ledger.append(None, "completion", EVENT, adopted, START)
    ledger.append(first, "completion", EVENT, with_rollout(adopted), START)
    environment = {
        "STEELYARD_LEDGER_TABLE": LEDGER,
        "STEELYARD_LABELS_TABLE": TABLE,
        "STEELYARD_LABELS_KEY": SECRET,
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    session = botocore.session.Session()
    clients.attach(session.get_component("event_emitter"))
    boto3.setup_default_session(botocore_session=session)
    boto3.client("secretsmanager").create_secret(Name=SECRET, SecretString=KEY)
    from steelyard.intake_composition import intake  # noqa: PLC0415 - reads its environment

    intake.cache_clear()
    yield Api(clients, ledger)
    intake.cache_clear()
    boto3.DEFAULT_SESSION = None
