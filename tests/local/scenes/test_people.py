"""What people decide about a rollout: to pause it, to approve the next one, to promote by hand."""

from collections.abc import Mapping

import pytest

from cli.orders import order
from cli.problems import Problem
from steelyard.aws.ledger import Entry
from steelyard.rollout.observation import CommandName
from tests.local.running_cloud import ACCOUNT
from tests.local.scenes.stage import Stage

CANARY = "v2-r1"


@pytest.mark.long
def test_paused_rollout_keeps_its_share_however_good_and_resumed_takes_the_next_step(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    rollout = rollouts["paused"]
    with stage.traffic("paused", 20.0) as traffic:
        stage.until_taking_traffic("paused")
        paused = order(stage.session, CommandName.PAUSE, rollout, "a demonstration")
        proved = stage.until_entry("paused", _has_all, after=paused.version)
        stage.cloud.wait(120)  # two ticks, each of which would have raised it
        assert stage.entries("paused")[-1].decision["phase"] == "PAUSED"
        assert stage.weights("paused") == {"bootstrap": 75, CANARY: 25}
        resumed = order(stage.session, CommandName.RESUME, rollout, "it is over")
        assert (resumed.decision["kind"], resumed.decision["phase"]) == ("resume", "RAMPING")
        assert resumed.version > proved.version
        stage.until_taking_traffic("paused", step=1, after=resumed.version)
        assert stage.weights("paused") == {"bootstrap": 50, CANARY: 50}
        clients = traffic.stop()
    assert not clients.model_errors
    assert not clients.platform_errors


def _has_all(entry: Entry) -> bool:
    """Whether the step has all that it asks for."""
    verdict, rollout = entry.decision["verdict"], entry.state["rollout"]
    return bool(verdict["kind"] == "NOT_WORSE" and rollout["canary_requests"] >= 10)


def test_approval_in_mid_rollout_waits_and_is_the_next_rollout(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    rollout = rollouts["waiting"]
    began = stage.until_taking_traffic("waiting")
    assert stage.release("waiting", "good") == "waiting-r2"
    waits = stage.until_entry("waiting", lambda e: bool(e.state["waiting"]), after=began.version)
    assert waits.state["waiting"]["version"] == 3
    assert waits.state["rollout"]["id"] == rollout
    assert stage.weights("waiting") == {"bootstrap": 50, CANARY: 50}
    assert "waiting: version 3" in stage.console("status", "waiting")
    ended = order(stage.session, CommandName.ABORT, rollout, "version 3 is better")
    assert ended.decision["phase"] == "ROLLING_BACK"
    over = stage.until("waiting", "ROLLED_BACK", after=ended.version)
    opened = stage.until("waiting", "PENDING", after=over.version)
    assert opened.decision["reason"] == "version 3 was approved; version 1 is stable"
    stage.until_taking_traffic("waiting", after=opened.version)
    assert stage.weights("waiting") == {"bootstrap": 50, "v3-r2": 50}


def test_promotion_by_hand_past_inconclusive_evidence_is_done_and_recorded_as_such(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    rollout = rollouts["by-hand"]
    with stage.traffic("by-hand", 20.0) as traffic:
        began = stage.until_taking_traffic("by-hand")
        stage.until_entry("by-hand", _has_samples, after=began.version)
        ordered = order(stage.session, CommandName.PROMOTE, rollout, "I watched it myself")
        assert ordered.decision["phase"] == "FINALIZING"
        assert ordered.decision["verdict"]["kind"] == "INCONCLUSIVE"
        assert f":{ACCOUNT}:" in ordered.trigger["actor"]
        assert ordered.decision["reason"] == (
            f"{ordered.trigger['actor']}: I watched it myself; "
            "by hand, the evidence is INCONCLUSIVE"
        )
        stage.until("by-hand", "PROMOTED")
        clients = traffic.stop()
    weights = stage.weights("by-hand")
    assert (weights["bootstrap"], weights[CANARY] > 0) == (0, True)
    assert not clients.model_errors
    assert not clients.platform_errors
    with pytest.raises(Problem, match=f"{rollout} is PROMOTED"):
        order(stage.session, CommandName.PAUSE, rollout, "too late")
    said = " ".join(stage.console("why", rollout).split())
    assert "by hand, the evidence is INCONCLUSIVE" in said
    assert "without the order → RAMPING, hold" in said


def _has_samples(entry: Entry) -> bool:
    """Whether the step has as many requests as it asks for."""
    return bool(entry.state["rollout"]["canary_requests"] >= 10)
