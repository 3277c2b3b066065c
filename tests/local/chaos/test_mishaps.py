"""What strikes when, and that nothing does until somebody asks for it."""

import json
import time
from pathlib import Path

import pytest

from infra.local.chaos.mishaps import Fate, Mishaps
from infra.local.chaos.weather import Weather, read
from infra.local.clock import Clock
from infra.local.lambda_executor import LambdaExecutor
from infra.local.lambda_function import Function
from infra.local.lambda_runtime import runtime_directory
from infra.local.ports import AwsError
from tests.local.running_cloud import zip_of


def mishaps(**weather: float) -> Mishaps:
    made = Mishaps(Clock())
    made.set(Weather(**weather))  # type: ignore[arg-type]  # the seed is a whole number
    return made


def fate_of(made: Mishaps, *, by_role: bool = True) -> Fate:
    return made.of_call("sagemaker", "DescribeEndpoint", "completion", by_role=by_role)


def test_unless_asked_for_nothing_strikes_and_nothing_is_remembered() -> None:
    made = Mishaps(Clock())
    assert {fate_of(made) for _ in range(200)} == {Fate.FINE}
    assert {made.deliveries() for _ in range(200)} == {(0.0,)}
    assert not any(made.drops_answer() for _ in range(200))
    assert made.report() == {"struck": {}, "calls": []}


@pytest.mark.parametrize(
    ("name", "fate"),
    [
        ("lose_request", Fate.LOST_REQUEST),
        ("lose_response", Fate.LOST_RESPONSE),
        ("cut_off", Fate.CUT_OFF),
        ("throttle", Fate.THROTTLED),
    ],
)
def test_call_of_a_role_meets_what_was_asked_for_and_peoples_calls_do_not(
    name: str, fate: Fate
) -> None:
    made = mishaps(**{name: 1.0})
    assert fate_of(made) is fate
    assert fate_of(made, by_role=False) is Fate.FINE
    report = made.report()
    assert report["struck"] == {name: 1}
    assert [(c["operation"], c["fate"]) for c in report["calls"]] == [
        ("DescribeEndpoint", fate.value)
    ]


def test_service_that_is_down_answers_nobody_until_it_is_back() -> None:
    made = Mishaps(Clock(100.0))
    made.break_down("sagemaker", 5.0)
    assert fate_of(made, by_role=False) is Fate.OUTAGE
    assert made.of_call("dynamodb", "Query", "", by_role=True) is Fate.FINE
    time.sleep(0.06)
    assert fate_of(made) is Fate.FINE


def test_event_comes_twice_and_late() -> None:
    made = mishaps(duplicate=1.0, delay=1.0, delay_up_to=30.0)
    arrivals = [made.deliveries() for _ in range(50)]
    assert {len(copies) for copies in arrivals} == {2}
    assert all(0 <= late <= 30 for copies in arrivals for late in copies)
    assert any(first > second for first, second in arrivals)


def test_change_of_weather_goes_on_counting_and_a_new_day_begins_at_0() -> None:
    made = mishaps(throttle=1.0)
    fate_of(made)
    made.change(Weather())
    assert fate_of(made) is Fate.FINE
    assert made.report()["struck"] == {"throttle": 1}
    made.set(Weather())
    assert made.report() == {"struck": {}, "calls": []}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "the body: "),
        (b"[]", r"the body: got \[\], accepted: an object"),
        (b'{"kil": 1}', r"got \['kil'\], accepted: seed, kill"),
        (b'{"kill": 1.5}', "kill: got 1.5, accepted: a number from 0 to 1"),
        (b'{"kill": NaN}', "kill: got nan, accepted: a number from 0 to 1"),
        (b'{"throttle": true}', "throttle: got True, accepted: a number from 0 to 1"),
        (b'{"delay_up_to": -1}', "delay_up_to: got -1, accepted: a number from 0 to inf"),
    ],
)
def test_weather_that_makes_no_sense_is_refused_with_what_would(body: bytes, said: str) -> None:
    with pytest.raises(AwsError, match=f"chaos: {said}"):
        read(body)


def test_weather_is_read_as_asked_for() -> None:
    assert read(b'{"kill": 0.5, "seed": 7}') == Weather(kill=0.5, seed=7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a function's process leaves its marks."""
    return tmp_path


def executor(folder: Path, made: Mishaps) -> LambdaExecutor:
    return LambdaExecutor(
        folder / "lambda", runtime_directory(), "eu-west-1", "http://127.0.0.1:9", mishaps=made
    )


def function(folder: Path, body: str) -> Function:
    source = f"import pathlib, time\ndef handler(event, context):\n    {body}\n"
    return Function(
        name="reconcile",
        version="$LATEST",
        arn="arn:aws:lambda:eu-west-1:000000000000:function:reconcile",
        handler="app.handler",
        runtime="python3.12",
        timeout_s=20,
        memory_mb=256,
        environment={"MARK": str(folder / "mark")},
        credentials={},
        code=zip_of(app=source),
        layers=(),
    )


def test_function_killed_at_work_fails_and_its_next_event_gets_a_new_process(folder: Path) -> None:
    made = mishaps(kill=1.0, kill_within=0.2)
    runs = executor(folder, made)
    try:
        outcome = runs.invoke(function(folder, "time.sleep(15)"), b"{}", "request-1")
        assert outcome.failed
        assert json.loads(outcome.payload)["errorType"] == "Runtime.ExitError"
        assert made.report()["struck"] == {"kill": 1}
        made.change(Weather())
        again = runs.invoke(function(folder, "return 'new'"), b"{}", "request-2")
        assert json.loads(again.payload) == "new"
    finally:
        runs.stop()


def test_answer_that_is_dropped_fails_what_was_carried_out(folder: Path) -> None:
    runs = executor(folder, mishaps(drop_answer=1.0))
    try:
        touch = f"pathlib.Path({str(folder / 'mark')!r}).write_text('done')"
        outcome = runs.invoke(function(folder, touch), b"{}", "request-1")
    finally:
        runs.stop()
    assert outcome.failed
    assert (folder / "mark").read_text() == "done"
