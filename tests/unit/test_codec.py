"""What goes into the ledger comes back as it was; what has another shape is refused by name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.codec import decode, encode
from steelyard.evidence import OTHER, Arm, Batch, Evidence, Guardrail, Labels, Promise, Verdict
from steelyard.rollout.actions import Intent, SetWeights
from steelyard.rollout.model import Candidate, Decision, EndpointState, Phase, Rollout, Stable
from steelyard.rollout.observation import AlarmReading, Command, Event, Hint, Live, Seen, Variant
from steelyard.rollout.policy import Policy

HintKind = Literal["tick", "alarm", "endpoint", "approval", "recheck"]
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def _arm_strategy() -> st.SearchStrategy[Arm]:
    counts = st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
    return counts.map(_arm)


def _arm(counts: tuple[int, int, int]) -> Arm:
    least, middle, most = sorted(counts)
    labels = {"de": Labels(most, middle), OTHER: Labels(middle, least)}
    return Arm(most, {"errors": least, "slow": middle}, counts, labels)


def _policy_strategy() -> st.SearchStrategy[Policy]:
    return st.builds(
        Policy,
        bake=st.timedeltas(timedelta(0), timedelta(hours=1)),
        deadline=st.timedeltas(timedelta(hours=2), timedelta(days=9)),
        canary_instances=st.none() | st.integers(1, 9),
        least_requests=st.integers(1, 10**6),
    )


st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(timedelta, st.timedeltas(timedelta(0), timedelta(days=3650)))
st.register_type_strategy(Arm, _arm_strategy())
st.register_type_strategy(Policy, _policy_strategy())
st.register_type_strategy(
    Guardrail, st.sampled_from([Guardrail("errors", 0.5), Guardrail("labels", 0.25, 2.0, None)])
)

TYPES = (
    AlarmReading,
    Arm,
    Batch,
    Candidate,
    Command,
    Decision,
    EndpointState,
    Event,
    Evidence,
    Guardrail,
    Hint,
    Intent,
    Live,
    Policy,
    Promise,
    Rollout,
    Seen,
    Stable,
    Variant,
    Verdict,
)


@pytest.mark.parametrize("kind", TYPES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_value_through_json_comes_back_equal(kind: type[Any], data: st.DataObject) -> None:
    value = data.draw(st.from_type(kind))
    assert decode(kind, json.loads(json.dumps(encode(value)))) == value


def test_time_of_another_zone_comes_back_as_the_same_instant_in_utc() -> None:
    abroad = datetime(2026, 3, 2, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert encode(abroad) == "2026-03-02T12:00:00+00:00"
    assert decode(datetime, "2026-03-02T14:00:00+02:00") == NOON


def test_duration_is_kept_to_the_microsecond() -> None:
    long = timedelta(days=400, seconds=3, microseconds=1)
    assert decode(timedelta, json.loads(json.dumps(encode(long)))) == long


@pytest.mark.parametrize("kind", ["tick", "alarm", "endpoint", "approval", "recheck"])
def test_union_is_told_apart_by_any_of_its_kinds(kind: HintKind) -> None:
    event = Event(Hint(kind), Seen(Policy(), live=None))
    assert decode(Event, encode(event)).trigger == Hint(kind)


STABLE = {"variant": "v1", "config": "c", "version": 1}
BAD: tuple[tuple[type[Any], Any, str], ...] = (
    (Stable, {**STABLE, "version": "1"}, "Stable.version: got '1', accepted: int"),
    (Stable, {**STABLE, "version": True}, "Stable.version: got True, accepted: int"),
    (Stable, {**STABLE, "versions": 1}, "Stable: unknown keys ['versions'], accepted: ['config'"),
    (Stable, {"variant": "v1", "config": "c"}, "'version'"),
    (Stable, ["v1"], "Stable: got ['v1'], accepted: dict"),
    (Live, {"status": "x", "config": "c", "variants": {}}, "Live.variants: got {}, accepted: list"),
    (Phase, "RAMPNG", "Phase: got 'RAMPNG', accepted: PENDING, PROVISIONING"),
    (datetime, "yesterday", "datetime: got 'yesterday', accepted: a time in ISO 8601"),
    (datetime, "2026-03-02T12:00:00", "accepted: a time in ISO 8601 with its zone"),
    (timedelta, "60", "timedelta: got '60', accepted: a number"),
    (timedelta, float("nan"), "timedelta: got nan, accepted: seconds"),
    (timedelta, 1e300, "timedelta: got 1e+300, accepted: seconds"),
    (
        Intent,
        {"actions": [{"kind": "delete_endpoint"}], "config": None, "weights": {}},
        "Intent.actions[0].kind: got 'delete_endpoint', accepted: create_model, create_config",
    ),
    (
        SetWeights,
        {"weights": {"v1": 99, "v2": 0.5}},
        "SetWeights.weights.v2: got 0.5, accepted: int",
    ),
    (Hint, {"kind": "tock"}, "Hint.kind: got 'tock', accepted: ('tick', 'alarm'"),
    (Policy, {"bake": "ten minutes"}, "Policy.bake: got 'ten minutes', accepted: a number"),
    (Policy, {"steps": [5, 1], "step_odds": [2.0, 2.0]}, "steps: got (5, 1), accepted: rising"),
)


@pytest.mark.parametrize(("kind", "data", "message"), BAD, ids=[row[2][:40] for row in BAD])
def test_data_of_another_shape_is_refused_naming_key_value_and_what_is_accepted(
    kind: type[Any], data: Any, message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is what is tested
        decode(kind, data)
    assert message in str(caught.value)


def test_value_that_the_ledger_can_not_keep_is_refused_when_written() -> None:
    with pytest.raises(TypeError, match=r"can't encode set: \{1\}"):
        encode({"a": (1, {1})})


def test_mapping_and_tuple_come_back_as_such() -> None:
    intent = Intent((SetWeights({"v1": 99, "v2": 1}),), config=None, weights={"v1": 99})
    back = decode(Intent, json.loads(json.dumps(encode(intent))))
    assert back == intent
    assert isinstance(back.weights, Mapping)
    assert isinstance(back.actions, tuple)
