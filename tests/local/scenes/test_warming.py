"""A canary is asked golden requests before its first user."""

from collections.abc import Mapping

from tests.local.scenes.stage import Stage

CANARY = "v2-r1"


def test_canary_that_answers_ping_but_garbage_never_meets_a_user(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    rollout = rollouts["garbage"]
    rolling = stage.until("garbage", "ROLLING_BACK")
    assert rolling.decision["phase_before"] == "WARMING"
    assert rolling.decision["reason"].startswith("golden request ")
    assert rolling.state["rollout"]["step"] == -1
    with stage.traffic("garbage") as traffic:
        stage.until("garbage", "ROLLED_BACK")
        stage.cloud.until(lambda: traffic.snapshot().answered, 20)
        clients = traffic.stop()
    assert clients.answered.keys() == {"bootstrap"}
    assert not clients.model_errors
    assert stage.weights("garbage") == {"bootstrap": 100, CANARY: 0}
    weights = [
        entry.intent["weights"].get(CANARY, 0) for entry in stage.entries("garbage") if entry.intent
    ]
    assert set(weights) == {0}
    said = " ".join(stage.console("why", rollout).split())
    assert "shouts wrong" in said
    assert "if all golden requests had been answered rightly → WARMING, hold" in said


def test_good_canary_is_asked_twice_and_its_cold_start_is_known(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["waiting"] == "waiting-r1"
    raised = stage.until("waiting", "RAMPING")
    assert [answer["outcome"] for answer in raised.seen["golden"]] == ["right", "right"]
    assert raised.state["rollout"]["cold_start"] > 0
    warm = [e for e in stage.entries("waiting") if e.decision["phase"] == "WARMING"]
    assert any(entry.state["rollout"]["cold_start"] for entry in warm)
