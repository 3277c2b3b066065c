"""What comes after the last step: a regression that shows late, and the end of the loser."""

from collections.abc import Mapping

import pytest

from tests.local.scenes.models import CONTEXTS
from tests.local.scenes.stage import Stage

pytestmark = pytest.mark.long
CANARY = "v2-r1"


def test_regression_that_shows_only_in_holdback_rolls_back_from_there(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["late"] == "late-r1"
    with stage.traffic("late", 20.0, CONTEXTS[:1]):  # only what this version can answer
        stage.until_taking_traffic("late", "HOLDBACK")
        assert stage.weights("late") == {"bootstrap": 20, CANARY: 80}
    with stage.traffic("late", 20.0) as traffic:
        rolling = stage.until("late", "ROLLING_BACK")
        stage.until("late", "ROLLED_BACK")
        clients = traffic.stop()
    assert rolling.decision["phase_before"] == "HOLDBACK"
    assert rolling.decision["reason"].startswith("the canary is worse in errors: log evidence")
    assert clients.answered["bootstrap"] > 0
    assert not clients.platform_errors
    assert stage.weights("late")[CANARY] == 0
    said = " ".join(stage.console("why", "late-r1").split())
    assert "HOLDBACK at 80 % → ROLLING_BACK" in said
    assert "without errors → HOLDBACK, hold" in said


def test_loser_is_kept_for_a_while_and_then_taken_out_by_an_update_of_its_own(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["kept"] == "kept-r1"
    with stage.traffic("kept", 20.0) as traffic:
        promoted = stage.until("kept", "PROMOTED")
        assert stage.weights("kept").keys() == {"bootstrap", CANARY}
        tidied = stage.until_entry("kept", lambda entry: entry.decision["kind"] == "tidy")
        assert (tidied.at - promoted.at).total_seconds() >= 120
        assert "bootstrap was kept for 0:02:00" in tidied.decision["reason"]
        stage.cloud.until(lambda: stage.weights("kept").keys() == {CANARY}, 60)
        stage.cloud.until(lambda: stage.live("kept")["EndpointStatus"] == "InService", 10)
        clients = traffic.stop()
    assert not clients.model_errors
    assert not clients.platform_errors
    alone = stage.live("kept")["EndpointConfigName"]
    adopted = stage.until_entry("kept", lambda e: e.state["stable"]["config"] == alone, 20)
    assert adopted.state["stable"]["variant"] == CANARY
