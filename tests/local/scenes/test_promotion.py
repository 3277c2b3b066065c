"""A good version takes over."""

from collections.abc import Mapping
from datetime import datetime
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


def test_endpoint_that_counts_every_ten_seconds_is_weighed_in_six_batches_a_minute(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    assert rollouts["good"] == "good-r1"
    stage.until("good", "PROMOTED")
    read = [entry.seen["batches"] for entry in stage.entries("good")]
    ends = [datetime.fromisoformat(batch["end"]) for batches in read for batch in batches]
    assert len(ends) == len(set(ends)) > 6
    assert {end.second for end in ends} == {0, 10, 20, 30, 40, 50}
    metrics = stage.live("good")["MetricsConfig"]  # of the config that the rollout made
    assert metrics["MetricPublishFrequencyInSeconds"] == 10


def test_next_update_takes_the_loser_out(stage: Stage, rollouts: Mapping[str, str]) -> None:
    assert rollouts["good"] == "good-r1"
    over = stage.until("good", "PROMOTED").version
    assert stage.release("good", "good") == "good-r2"
    stage.until("good", "WARMING", after=over)
    assert stage.weights("good").keys() == {"v2-r1", "v3-r2"}
    said = stage.console("status", "good")
    assert "good-r2: version 3 is" in said
    assert "v2-r1" in said
    history = stage.console("history", "good")
    assert "PROMOTED" in history
    assert "version 3 was approved; version 2 is stable" in history


def test_ledger_of_a_promotion_verifies_and_every_decision_has_its_receipt(
    stage: Stage, rollouts: Mapping[str, str]
) -> None:
    with stage.traffic("good"):
        stage.until("good", "PROMOTED")
    assert stage.console("history", rollouts["good"], "--verify").count("ok") == 4
    receipts = stage.console("why", rollouts["good"], "--all")
    kinds = [entry.decision["kind"] for entry in stage.entries("good")]
    of_both = sum(kind != "hold" for kind in kinds) - kinds.count("adopt")
    assert 4 <= receipts.count("What would have changed it") <= of_both
