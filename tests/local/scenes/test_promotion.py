"""A good version takes over."""

from collections.abc import Mapping
from itertools import pairwise

from tests.local.scenes.stage import Stage


def test_good_version_is_promoted_and_the_loser_stays_at_weight_0(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["good"] == "good-r1"
    with stage.traffic("good") as traffic:
        stage.until("good", "PROMOTED")
        clients = traffic.stop()
    phases = [entry.decision["phase"] for entry in stage.entries("good")]
    moves = [b for a, b in pairwise([None, *phases]) if b is not None and a != b]
    assert moves == [
        "PENDING", "PROVISIONING", "WARMING", "RAMPING", "HOLDBACK", "FINALIZING", "PROMOTED",
    ]  # fmt: skip
    weights = stage.weights("good")
    assert weights["bootstrap"] == 0
    assert weights["v2-r1"] > 0
    assert not clients.model_errors
    assert not clients.platform_errors
    stage.cloud.until(lambda: not stage.alarms("good", "v2-r1"), 20)
    assert stage.rang("good", "v2-r1") == []
