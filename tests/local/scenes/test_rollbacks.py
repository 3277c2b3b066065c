"""Bad versions are rolled back, each by the one path that can see it."""

from collections.abc import Mapping

from cli.demo.traffic import Traffic
from tests.local.scenes.stage import Stage

CANARY = "v2-r1"


def test_evidence_alone_rolls_back_a_failing_version(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    with stage.traffic("by-evidence", 20.0) as traffic:
        stage.until("by-evidence", "ROLLED_BACK")
        clients = traffic.stop()
    assert rollouts["by-evidence"] == "by-evidence-r1"
    reason = stage.reason("by-evidence", "ROLLING_BACK")
    assert reason.startswith("the canary is worse in errors: log evidence")
    assert stage.rang("by-evidence", CANARY) == []
    assert stage.weights("by-evidence")[CANARY] == 0
    _assert_canary_alone_failed(stage, "by-evidence", sum(clients.model_errors.values()))
    assert clients.answered["bootstrap"] > 0
    assert not clients.platform_errors
    assert any("is ROLLING_BACK: the canary is worse" in p for p in stage.pages("by-evidence"))


def test_absolute_alarm_alone_rolls_back_a_failing_version(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["by-alarm"] == "by-alarm-r1"
    stage.until_taking_traffic("by-alarm")
    with stage.traffic("by-alarm", 20.0) as traffic:
        with stage.without_ticks("by-alarm"):  # nobody but the alarm can call the reconciler
            entry = stage.until("by-alarm", "ROLLING_BACK")
        stage.until("by-alarm", "ROLLED_BACK")
        clients = traffic.stop()
    about = f"steelyard/by-alarm/{CANARY}/errors is ALARM"
    assert (entry.trigger["kind"], entry.trigger["about"]) == ("alarm", about)
    rolling = entry.decision
    assert rolling["reason"].startswith("errors: canary ")
    assert rolling["reason"].endswith("threshold 10 on the canary alone")
    assert rolling["verdict"]["kind"] != "WORSE"
    assert f"steelyard/by-alarm/{CANARY}/errors" in stage.rang("by-alarm", CANARY)
    _assert_canary_alone_failed(stage, "by-alarm", sum(clients.model_errors.values()))
    assert not clients.platform_errors


def test_server_that_never_answers_ping_is_rolled_back_before_any_user_meets_it(
    stage: Stage, rollouts: Mapping[str, str], clients_of_mute: Traffic
) -> None:
    over = stage.until("mute", "ROLLED_BACK")
    clients = clients_of_mute.stop()
    assert rollouts["mute"] == "mute-r1"
    rolling = stage.until("mute", "ROLLING_BACK").decision
    assert rolling["phase_before"] == "PROVISIONING"
    assert "did not pass the ping health check" in rolling["reason"]
    live = stage.live("mute")
    assert (live["EndpointStatus"], live["EndpointConfigName"]) == ("InService", "mute-bootstrap")
    assert stage.weights("mute").keys() == {"bootstrap"}
    assert over.state["stable"]["config"] == "mute-bootstrap"
    assert clients.answered.keys() == {"bootstrap"}
    assert not clients.platform_errors
    assert not clients.model_errors


def test_silent_rollback_of_an_update_is_seen(stage: Stage, silent: str) -> None:
    assert silent == "silent-r1"
    stage.until("silent", "ROLLED_BACK")
    rolling = stage.until("silent", "ROLLING_BACK").decision
    assert rolling["phase_before"] == "PROVISIONING"
    assert "rolled back silently to silent-bootstrap: SageMaker gave no reason" in rolling["reason"]
    assert stage.weights("silent").keys() == {"bootstrap"}
    assert any("rolled back silently" in page for page in stage.pages("silent"))


def _assert_canary_alone_failed(stage: Stage, endpoint: str, seen: int) -> None:
    """Every failure that clients saw was the canary's; an error answer itself names no variant."""
    assert seen > 0
    # The last minute is published at its end.
    stage.cloud.until(lambda: stage.failed(endpoint, CANARY) == seen, 10)
    assert stage.failed(endpoint, "bootstrap") == 0
