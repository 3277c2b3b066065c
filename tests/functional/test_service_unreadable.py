"""What can't be read, told or deleted: nothing advances on it, and nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from steelyard.rollout.model import Phase
from steelyard.rollout.observation import CommandName
from tests.functional.conftest import Pages
from tests.functional.fake_sagemaker import denied
from tests.functional.operator import CANARY, Operator
from tests.functional.test_service_faults import throttled
from tests.functional.world import MINUTE, World, lost_answer

READS = ("DescribeEndpoint", "DescribeAlarms", "GetMetricData", "ListModelPackages")


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("what", [throttled, lost_answer], ids=["throttled", "lost"])
def test_what_can_not_be_read_never_advances_and_is_made_up_for_later(
    operator: Operator, world: World, operation: str, what: Callable[[], None]
) -> None:
    ramping = operator.ramping()
    world.before[operation] = [what] * 500
    for _ in range(8):
        operator.minute()
        assert operator.rollout.phase is Phase.RAMPING
        assert operator.rollout.step == ramping.step
    world.before.clear()
    operator.until(Phase.PROMOTED)


def test_denied_reading_is_no_reason_to_advance_either(operator: Operator, world: World) -> None:
    def refused() -> None:
        raise denied("DescribeEndpoint")

    operator.ramping()
    heartbeats = len(world.cloudwatch.values("Heartbeat"))
    world.before["DescribeEndpoint"] = [refused] * 100
    for _ in range(5):
        operator.minute()
    assert operator.rollout.phase is Phase.RAMPING
    assert len(world.cloudwatch.values("Heartbeat")) == heartbeats


@pytest.mark.parametrize("what", [throttled, lost_answer], ids=["throttled", "lost"])
def test_page_that_can_not_be_sent_delays_no_rollback(
    operator: Operator, world: World, pages: Pages, what: Callable[[], None]
) -> None:
    operator.ramping()
    world.before["Publish"] = [what]
    operator.order(CommandName.ROLLBACK)
    world.now += MINUTE
    assert world.share(CANARY) == 0
    operator.until(Phase.ROLLED_BACK)
    told = [(page["Subject"].rsplit(maxsplit=1)[-1], page["Message"]) for page in pages.read()]
    assert [phase for phase, _ in told] == ["ROLLING_BACK", "ROLLED_BACK"]
    assert told[0][1] == "arn:aws:iam::0:user/ada: says so"


def test_page_of_another_writer_is_not_taken_for_told(
    operator: Operator, world: World, pages: Pages
) -> None:
    """Two at work: one is held up in telling people, the other has something more to tell."""

    def other_writer() -> None:
        world.before["Publish"] = [throttled]
        operator.order(CommandName.ABORT, key="k2")

    operator.ramping()
    world.before["Publish"] = [other_writer]
    operator.order(CommandName.PAUSE)
    operator.minute()
    told = " ".join(page["Message"] for page in pages.read())
    assert "ROLLING_BACK" in operator.phases()
    assert told.count("ada: says so") >= 2, "the pause, and the abort that was told by nobody yet"


def test_metrics_that_can_not_be_published_stop_nothing(operator: Operator, world: World) -> None:
    world.before["PutMetricData"] = [throttled, lost_answer] * 20
    world.approve(2)
    operator.until(Phase.PROMOTED)
    assert world.cloudwatch.values("Heartbeat") == []


def test_rollback_that_is_denied_is_told_and_done_as_soon_as_it_is_allowed(
    operator: Operator, world: World, pages: Pages
) -> None:
    def refused() -> None:
        raise denied("UpdateEndpointWeightsAndCapacities")

    operator.ramping()
    world.before["UpdateEndpointWeightsAndCapacities"] = [refused] * 50
    for _ in range(6):
        operator.minute({CANARY: 0.2})
    told = [page["Message"].partition(":")[0] for page in pages.read()]
    assert told == ["the canary is worse in errors", "refused by AWS"]
    world.before.clear()
    operator.minute()
    operator.until(Phase.ROLLED_BACK)


def test_alarms_that_may_not_be_deleted_are_told_and_the_next_rollout_starts(
    operator: Operator, world: World, pages: Pages
) -> None:
    def refused() -> None:
        raise denied("DeleteAlarms")

    world.before["DeleteAlarms"] = [refused] * 9
    world.approve(2)
    operator.until(Phase.PROMOTED)
    assert "DeleteAlarms" in pages.read()[-1]["Message"]
    world.approve(3)
    operator.minute()
    assert operator.rollout.id == "completion-r2"
