"""Events that a queue gets twice and out of order, through the running local cloud."""

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.local.gameday.venue import Controls
from tests.local.running_cloud import RunningCloud, arn_of, receive


@pytest.fixture
def controls(local_cloud: RunningCloud) -> Iterator[Controls]:
    """The paths for game days; other tests share the cloud, so it is calm again afterwards."""
    made = Controls(local_cloud.url)
    yield made
    made.clear_up()


@pytest.fixture
def fifo(local_cloud: RunningCloud, queue: Callable[..., str]) -> str:
    """The URL of a FIFO queue to which a rule sends what `numbers` puts."""
    url = queue("chaos.fifo")
    events = local_cloud.client("events")
    events.put_rule(Name="chaos", EventPattern=json.dumps({"source": ["chaos"]}))
    target = {"Id": "fifo", "Arn": arn_of(url), "SqsParameters": {"MessageGroupId": "one"}}
    events.put_targets(Rule="chaos", Targets=[target])
    return url


def put(cloud: RunningCloud, count: int) -> list[int]:
    """Put numbered events, each unlike all others."""
    run = uuid.uuid4().hex
    for number in range(count):
        detail = json.dumps({"run": run, "number": number})
        entry = {"Source": "chaos", "DetailType": "Number", "Detail": detail}
        cloud.client("events").put_events(Entries=[entry])
    return list(range(count))


def arrived(cloud: RunningCloud, url: str, count: int) -> list[int]:
    """The numbers that arrive, in their order, once there are so many."""
    numbers: list[int] = []

    def enough() -> bool:
        bodies = (json.loads(message["Body"]) for message in receive(cloud, url))
        numbers.extend(body["detail"]["number"] for body in bodies)
        return len(numbers) >= count

    cloud.until(enough, 20)
    return numbers


def test_each_event_comes_twice_although_the_queue_deduplicates(
    local_cloud: RunningCloud, controls: Controls, fifo: str
) -> None:
    controls.weather({"duplicate": 1.0})
    sent = put(local_cloud, 5)
    assert sorted(arrived(local_cloud, fifo, 10)) == sorted([*sent, *sent])
    assert controls.report()["struck"] == {"duplicate": 5}


def test_late_events_are_overtaken(
    local_cloud: RunningCloud, controls: Controls, fifo: str
) -> None:
    controls.weather({"delay": 1.0, "delay_up_to": 60.0, "seed": 3})
    sent = put(local_cloud, 12)
    numbers = arrived(local_cloud, fifo, 12)
    assert numbers != sent
    assert sorted(numbers) == sent


def test_weather_that_is_not_known_is_refused_over_http(
    local_cloud: RunningCloud,
) -> None:
    with pytest.raises(OSError, match="400"):
        Controls(local_cloud.url).weather({"hail": 1.0})


def test_calm_queue_gets_each_event_once_and_in_order(local_cloud: RunningCloud, fifo: str) -> None:
    sent = put(local_cloud, 8)
    assert arrived(local_cloud, fifo, 8) == sent
