"""Fuzzing the Lambda behind the queue: nothing is lost, nothing is done, nothing fails unclearly.

Every message here is a hint, or an order to a rollout that is not under way; so whatever becomes
of it, none may change the endpoint.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.errors import InvalidEvent
from steelyard.messages import Home, parse
from tests.functional import events as good
from tests.functional.fake_sagemaker import ACCOUNT, REGION
from tests.functional.garbage import VALUES, gone_wrong, texts
from tests.functional.lambda_queue import Queue, record
from tests.functional.operator import CANARY, Operator
from tests.functional.world import World

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")
FUZZ = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LONG = settings(FUZZ, max_examples=400)
HOME = Home(ACCOUNT, REGION)
EVENTS = (
    good.TICK,
    good.alarm(),
    good.about("completion"),
    good.approved(good.PACKAGE.format(REGION, ACCOUNT)),
    good.command("promote", rollout="completion-r9"),
)
MUTATED = st.sampled_from(EVENTS).flatmap(
    lambda event: st.builds(
        lambda value, escaped: json.dumps(value, ensure_ascii=escaped),
        gone_wrong(json.loads(event)),
        st.booleans(),
    )
)
RAW = st.sampled_from(EVENTS).flatmap(texts)
BODIES = st.one_of(MUTATED, RAW, st.sampled_from(EVENTS))
GROUPS = st.one_of(
    st.just("completion"), st.sampled_from(["", "unknown", "../x", "e" * 64, "\ud83d"])
)


@pytest.fixture
def ramping(queue: Queue, operator: Operator, world: World) -> Queue:
    """The canary has ten percent; all that there is to read has been read."""
    operator.ramping()
    assert queue.send(record(good.TICK, sent=world.now)) == []
    return queue


def refused(body: str, group: str) -> bool:
    """Whether a message is none that anything here knows, or is an order to no rollout."""
    try:
        trigger = parse(body, group, HOME)
    except InvalidEvent:
        return True
    return group != "completion" or trigger.kind == "command"


def check(queue: Queue, world: World, operator: Operator, batch: list[tuple[str, str]]) -> None:
    """Each message of a batch was looked at, or is in quarantine; and nothing else happened."""
    kept: list[None] = []
    world.before["SendMessage"] = [lambda: kept.append(None)] * len(batch)
    before = world.changes(), world.share(CANARY), operator.state
    records = [record(body, group, sent=world.now) for body, group in batch]
    assert queue.send(*records) == []
    assert len(kept) == sum(refused(body, group) for body, group in batch)
    assert (world.changes(), world.share(CANARY), operator.state) == before


@FUZZ
@given(batch=st.lists(st.tuples(BODIES, GROUPS), min_size=1, max_size=4))
def test_no_message_is_lost_or_acted_on(
    ramping: Queue, world: World, operator: Operator, batch: list[tuple[str, str]]
) -> None:
    check(ramping, world, operator, batch)


@pytest.mark.long
@LONG
@given(batch=st.lists(st.tuples(BODIES, GROUPS), min_size=1, max_size=4))
def test_no_message_of_thousands_is_lost_or_acted_on(
    ramping: Queue, world: World, operator: Operator, batch: list[tuple[str, str]]
) -> None:
    check(ramping, world, operator, batch)


ATTRIBUTES = st.fixed_dictionaries(
    {},
    optional={
        "SentTimestamp": st.one_of(st.text(max_size=20), st.sampled_from(["-1", "0", "9" * 400])),
        "MessageGroupId": st.one_of(GROUPS, st.text(max_size=130)),
    },
)


@FUZZ
@given(body=st.one_of(VALUES, BODIES), attributes=ATTRIBUTES)
def test_no_envelope_gone_wrong_loses_its_message_or_a_neighbour(
    ramping: Queue, world: World, body: Any, attributes: dict[str, str]
) -> None:
    """SQS writes the envelope; should it ever be another, all that is lost is time."""
    kept: list[None] = []
    world.before["SendMessage"] = [lambda: kept.append(None)] * 2
    changes, looks = world.changes(), len(world.calls)
    odd = {**record(""), "body": body, "attributes": attributes}
    comes_again = ramping.send(odd, record(good.TICK, "neighbour", sent=world.now))
    assert comes_again in ([], [odd["messageId"]])
    assert len(kept) == 2 or comes_again or len(world.calls) > looks
    assert world.changes() == changes


@FUZZ
@given(event=st.one_of(VALUES, st.fixed_dictionaries({"Records": VALUES})))
def test_what_is_no_batch_fails_as_a_whole_and_does_nothing(
    ramping: Queue, world: World, event: Any
) -> None:
    """Nothing of it is acknowledged."""
    changes = world.changes()
    with pytest.raises(Exception, match=r"."):
        ramping.handler(event, None)
    assert world.changes() == changes
