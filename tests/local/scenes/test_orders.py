"""What people do in the middle of a rollout: an order, and an alarm set by hand."""

from collections.abc import Mapping

import pytest

from cli.orders import order
from cli.problems import Problem
from steelyard.aws.ledger import Entry
from steelyard.rollout.observation import CommandName
from tests.local.running_cloud import ACCOUNT
from tests.local.scenes.stage import Stage

CANARY = "v2-r1"
FORCED = f"steelyard/forced/{CANARY}/errors"


def test_operators_rollback_ends_the_rollout_and_the_second_is_refused(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    rollout = rollouts["operator"]
    with stage.traffic("operator") as traffic:
        stage.until_taking_traffic("operator")
        stage.cloud.until(lambda: traffic.snapshot().answered.get(CANARY), 20)
        assert stage.weights("operator") == {"bootstrap": 50, CANARY: 50}
        entry = order(stage.session, CommandName.ROLLBACK, rollout, "users complained")
        assert entry.decision["phase"] == "ROLLING_BACK"
        assert entry.trigger["reason"] == "users complained"
        assert f":{ACCOUNT}:" in entry.trigger["actor"]
        assert entry.decision["reason"] == f"{entry.trigger['actor']}: users complained"
        stage.until("operator", "ROLLED_BACK")
        clients = traffic.stop()
    assert stage.weights("operator")[CANARY] == 0
    assert not clients.model_errors
    assert not clients.platform_errors
    last = stage.entries("operator")[-1].version
    with pytest.raises(Problem, match=f"{rollout} is ROLLED_BACK"):
        order(stage.session, CommandName.ROLLBACK, rollout, "users complained")
    ordered = [e for e in stage.entries("operator") if e.trigger["kind"] == "command"]
    assert [e.version for e in ordered if e.version > last] == []


def test_forced_alarm_pauses_a_healthy_canary_until_a_person_resumes(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    # Slow enough that the step can't pass by itself: 150 canary requests take over a minute.
    with stage.traffic("forced", 4.0):
        stage.until_taking_traffic("forced")
        # An alarm whose metric has no data is harm, and this one is to have some, in both variants.
        stage.cloud.until(lambda: _minutes(stage, CANARY) > 1, 20)
        stage.cloud.until(lambda: _minutes(stage, "bootstrap") > 1, 20)
        paused = _force(stage)
        assert f"{FORCED} is in ALARM but its metric is not bad" in paused.decision["reason"]
        assert "canary 0, stable 0" in paused.decision["reason"]
        assert stage.weights("forced") == {"bootstrap": 50, CANARY: 50}
        stage.cloud.until(lambda: any("is PAUSED: " in page for page in stage.pages("forced")), 10)
        stage.cloud.until(lambda: stage.alarms("forced", CANARY)[FORCED] == "OK", 20)
        assert stage.entries("forced")[-1].decision["phase"] == "PAUSED"
        resumed = order(stage.session, CommandName.RESUME, rollouts["forced"], "it was me")
    assert (resumed.decision["kind"], resumed.decision["phase"]) == ("resume", "RAMPING")
    with stage.traffic("forced", 40.0):
        stage.until("forced", "PROMOTED", after=resumed.version)


def _minutes(stage: Stage, variant: str) -> int:
    """How many minutes of the variant's traffic CloudWatch has."""
    return len(stage.minutes("forced", variant, "Invocations"))


def _force(stage: Stage) -> Entry:
    """Set the alarm until it is noticed: the evaluator soon puts it right, as AWS's does."""
    for _ in range(5):
        assert FORCED in stage.alarms("forced", CANARY), stage.history("forced")
        stage.cloud.client("cloudwatch").set_alarm_state(
            AlarmName=FORCED, StateValue="ALARM", StateReason="a drill"
        )
        try:
            return stage.until("forced", "PAUSED", 4)
        except AssertionError:
            continue
    return stage.until("forced", "PAUSED", 0.5)
