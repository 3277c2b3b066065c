"""The Lambda that takes labels, with the requests that API Gateway hands it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from steelyard.aws.ledger import Ledger
from steelyard.errors import NeedsHuman
from steelyard.evidence.counts import Labels
from steelyard.labels.ids import HORIZON, NOISE_BYTES, issue
from steelyard.rollout.machine import step
from steelyard.rollout.model import EndpointState
from tests.functional.labelling import VARIANTS
from tests.functional.labels_api import EVENT, KEY, SECRET, Api, deployed, report
from tests.functional.world import (
    MINUTE,
    START,
    Clients,
    Killed,
    World,
    killed,
    lost_answer,
)

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")


@pytest.fixture
def api(clients: Clients, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    """The API of labels; the endpoint `completion` is in mid-rollout."""
    with deployed(clients, ledger, monkeypatch) as found:
        yield found


def test_labels_are_counted_in_the_minute_of_the_request(api: Api) -> None:
    status, answer = api.report(
        report(1, correct=False),
        report(2, segment="databases"),
        report(3, variant="v2-r1"),
        at=START + 3 * MINUTE / 2,
    )
    assert status == 200
    assert answer == {"counted": 3, "duplicates": 0, "other_segment": 1, "refused": []}
    assert api.counted() == {
        "v1": {START + MINUTE: {"text": Labels(1, 1), "other": Labels(1, 0)}},
        "v2-r1": {START + MINUTE: {"text": Labels(1, 0)}},
    }


def test_wrong_labels_are_told_by_variant_and_once(
    api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    batch = [report(n, correct=n % 3 > 0, variant=VARIANTS[n % 2]) for n in range(400)]
    api.report(*batch)
    api.report(*batch)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told: dict[str, list[float]] = {}
    for line in (line for line in lines if "WrongLabels" in line):
        (metrics,) = line["_aws"]["CloudWatchMetrics"]
        assert metrics["Namespace"] == "SteelyardOperations"
        assert sorted(metrics["Dimensions"][0]) == ["EndpointName", "VariantName", "service"]
        assert line["EndpointName"] == "completion"
        told.setdefault(line["VariantName"], []).extend(line["WrongLabels"])
    assert {variant: (len(all_), sum(all_)) for variant, all_ in told.items()} == {
        "v1": (200, 67),
        "v2-r1": (200, 67),
    }


def test_batch_sent_again_counts_once(api: Api) -> None:
    batch = [report(n) for n in range(5)]
    assert api.report(*batch)[1]["counted"] == 5
    assert api.report(*batch, report(9), at=START + MINUTE)[1] == {
        "counted": 1,
        "duplicates": 5,
        "other_segment": 0,
        "refused": [],
    }


def test_bad_reports_are_refused_by_place_while_the_good_ones_count(api: Api) -> None:
    late = START - HORIZON - timedelta(seconds=1)
    status, answer = api.report(
        report(1), report(2, variant="v9"), report(3, issued=late), report(4, correct="yes")
    )
    assert (status, answer["counted"]) == (200, 1)
    assert [refused["index"] for refused in answer["refused"]] == [1, 2, 3]
    reasons = [refused["why"] for refused in answer["refused"]]
    assert reasons[0] == "variant: got 'v9', accepted: v1, v2-r1"
    assert reasons[1].startswith("inference_id: expired: issued 2026-02-23T08:59:59Z")
    assert reasons[2] == "correct: got 'yes', accepted: true or false"


def test_unknown_inference_id_is_refused(api: Api) -> None:
    forged = issue(b"another key", "completion", START, bytes(NOISE_BYTES))
    foreign = issue(KEY.encode(), "chat", START, bytes(NOISE_BYTES))
    _, answer = api.report(report(1, inference_id=forged), report(2, inference_id=foreign))
    reasons = [refused["why"].split(": ")[1] for refused in answer["refused"]]
    assert (answer["counted"], reasons) == (0, ["forged", "foreign"])


@pytest.mark.parametrize("body", [None, "", "[]", '{"reports": []}', "{", "\x00"])
def test_what_is_no_batch_is_refused_with_what_is_accepted(api: Api, body: str | None) -> None:
    status, answer = api.post(body)
    assert status == 400
    assert answer["message"]


def test_oversized_batch_is_refused_before_anything_is_read(api: Api) -> None:
    too_many = json.dumps({"reports": [report(n) for n in range(501)]})
    assert api.post(too_many)[0] == 413
    too_long = json.dumps({"reports": [report(1, segment="x" * 300_000)]})
    assert api.post(too_long)[0] == 413
    assert api.counted() == {"v1": {}, "v2-r1": {}}


def test_full_batch_fits(api: Api) -> None:
    status, answer = api.report(*(report(n) for n in range(500)))
    assert (status, answer["counted"]) == (200, 500)


def test_body_may_be_encoded_but_must_be_text(api: Api) -> None:
    body = json.dumps({"reports": [report(1)]}).encode()
    assert api.post(base64.b64encode(body).decode(), encoded=True)[0] == 200
    assert api.post(base64.b64encode(b"\xff\xfe").decode(), encoded=True)[0] == 400
    assert api.post("not base64", encoded=True)[0] == 400


def test_endpoint_that_nobody_knows_is_not_found(api: Api) -> None:
    status, answer = api.post(json.dumps({"reports": [report(1)]}), endpoint="chat")
    assert status == 404
    assert answer["message"] == "no endpoint chat; accepted: those that have a ledger"


@pytest.mark.parametrize("endpoint", ["", "a/b", "é", "x" * 3000])
def test_what_cannot_be_an_endpoint_is_refused(api: Api, endpoint: str) -> None:
    assert api.post(json.dumps({"reports": [report(1)]}), endpoint=endpoint)[0] == 400


def test_before_any_rollout_only_stable_is_known_and_no_segment(api: Api) -> None:
    adopted = step(EndpointState("chat"), EVENT, START)
    api.ledger.append(None, "chat", EVENT, adopted, START)
    inference_id = issue(KEY.encode(), "chat", START, bytes(NOISE_BYTES))
    reports = [report(1, inference_id=inference_id), report(2, variant="v2-r1")]
    status, answer = api.post(json.dumps({"reports": reports}), endpoint="chat")
    assert (status, answer["counted"], answer["other_segment"]) == (200, 1, 1)
    assert answer["refused"] == [{"index": 1, "why": "variant: got 'v2-r1', accepted: v1"}]


@pytest.fixture
def looks(api: Api, world: World) -> list[str]:
    """One item for each look into the ledger."""
    assert api
    found: list[str] = []
    world.before = {"Query": [lambda: found.append("look")] * 20}
    return found


def test_what_may_be_named_is_remembered_for_five_seconds(api: Api, looks: list[str]) -> None:
    for number, seconds in enumerate((0, 1, 4.9)):
        api.report(report(number), at=START + timedelta(seconds=seconds))
    assert len(looks) == 1
    api.report(report(5), at=START + timedelta(seconds=5))
    assert len(looks) == 2


def test_variant_that_just_appeared_is_counted_at_once(api: Api, looks: list[str]) -> None:
    api.report(report(1))
    canary = report(2, variant="v3-r2")
    assert api.report(canary)[1]["counted"] == 0
    api.begin("v3-r2")
    asked = len(looks)
    assert api.report(canary)[1]["counted"] == 1
    assert len(looks) == asked + 1


def test_segments_of_a_new_rollout_count_as_their_own_within_five_seconds(api: Api) -> None:
    assert api.report(report(1, segment="systems"))[1]["other_segment"] == 1
    api.begin("v2-r1", segments=("systems",))
    later = START + timedelta(seconds=5)
    assert api.report(report(2, segment="systems"), at=later)[1]["other_segment"] == 0


def test_no_endpoint_gets_what_another_one_was_found_with(api: Api) -> None:
    api.report(report(1))
    adopted = step(EndpointState("chat"), EVENT, START)
    api.ledger.append(None, "chat", EVENT, adopted, START)
    inference_id = issue(KEY.encode(), "chat", START, bytes(NOISE_BYTES))
    reports = [report(1, inference_id=inference_id, variant="v2-r1")]
    _, answer = api.post(json.dumps({"reports": reports}), endpoint="chat")
    assert answer["refused"] == [{"index": 0, "why": "variant: got 'v2-r1', accepted: v1"}]


def test_lost_answer_of_the_table_asks_the_client_to_repeat_and_counts_once(
    api: Api, world: World
) -> None:
    world.after = {"TransactWriteItems": [lost_answer]}
    status, answer = api.report(report(1))
    assert (status, answer["message"][:12]) == (503, "count labels")
    assert api.report(report(1), at=START + MINUTE)[1]["duplicates"] == 1
    assert api.counted()["v1"] == {START: {"text": Labels(1, 0)}}


def test_crash_between_transaction_and_answer_counts_once(api: Api, world: World) -> None:
    world.after = {"TransactWriteItems": [killed]}
    with pytest.raises(Killed):
        api.report(report(1), report(2))
    assert api.report(report(1), report(2), report(3))[1]["counted"] == 1
    assert api.counted()["v1"] == {START: {"text": Labels(3, 0)}}


def test_ledger_that_cannot_be_read_counts_nothing(api: Api, world: World) -> None:
    world.before = {"Query": [lost_answer]}
    assert api.report(report(1))[0] == 503
    assert api.counted() == {"v1": {}, "v2-r1": {}}


def test_key_that_may_not_be_read_is_an_error_of_ours(api: Api, clients: Clients) -> None:
    clients["secretsmanager"].delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    with pytest.raises(NeedsHuman, match="read the key of inference ids"):  # the API answers 500
        api.report(report(1))
