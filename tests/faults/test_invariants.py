"""Each invariant of the world sees a run that breaks it: worlds that were doctored for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from math import nan

import pytest

from tests.faults.bound import bound
from tests.faults.doctored import (
    CANARY,
    appended,
    change,
    found,
    index_of,
    played,
    serves,
    weights,
)
from tests.faults.history import Event
from tests.faults.kinds import SHIFT, UPDATE
from tests.faults.metamorphic import end_of
from tests.faults.plan import Item, Truth
from tests.faults.run import Run
from tests.faults.sweep import STORIES
from tests.functional.fake_sagemaker import Fleet


@pytest.mark.parametrize("asked", [{"v1": nan}, {"v1": -1.0}, {"v1": 0.0}, {"v1": float("inf")}])
def test_weights_that_are_no_share_are_seen(asked: dict[str, float]) -> None:
    assert found(played(), lambda run: change(run, SHIFT, weights(**asked))) == 1


def test_requests_without_an_instance_are_seen() -> None:
    def doctor(run: Run) -> None:
        run.cloud.endpoint.fleet.instances = dict.fromkeys(run.cloud.endpoint.fleet.weights, 0)
        run.cloud.serve()
        run.checks.fleet()

    assert found(played(), doctor) == 1


def test_canary_above_its_approved_share_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.checks.ceilings[CANARY] = 25.0
        serves(run, v1=70, **{CANARY: 30})

    assert found(played(), doctor) == 2


def test_share_that_a_person_set_is_excused_until_it_is_mended() -> None:
    run = played()
    run.checks.ceilings[CANARY] = 25.0
    run.people.excused = True
    serves(run, v1=70, **{CANARY: 30})
    assert run.checks.broken is None
    serves(run, v1=75, **{CANARY: 25})
    assert not run.people.excused


def test_canary_with_traffic_after_its_rollback_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.checks.ceilings[CANARY] = 100.0
        serves(run, v1=99, **{CANARY: 1})

    assert found(played("abort"), doctor) == 4


def test_promoted_bad_version_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.cloud.plan = replace(run.plan, truths=(Truth(errors=0.3),))
        run.checks.end()

    assert found(played(), doctor) == 5


def test_model_of_another_package_is_seen() -> None:
    def doctor(run: Run) -> None:
        model = run.cloud.sagemaker.models["completion-v2-r1"]
        model["PrimaryContainer"] = {"ModelPackageName": "another"}
        appended(run)

    assert found(played(), doctor) == 5


def test_missing_model_of_whoever_is_promoted_is_seen() -> None:
    def doctor(run: Run) -> None:
        del run.history.entries[index_of(run, "PROMOTED") :]
        appended(run, phase="PROMOTED", intent=None, model="nobodys")

    assert found(played(), doctor) == 5


def test_other_end_is_told_apart() -> None:
    assert end_of(STORIES["abort"]) != end_of(STORIES["pause and resume"])


@pytest.mark.parametrize("kept", ["configs", "models"])
def test_missing_config_or_model_is_seen(kept: str) -> None:
    def doctor(run: Run) -> None:
        getattr(run.cloud.sagemaker, kept).clear()
        run.checks.fleet()

    assert found(played(), doctor) == 11


def test_update_that_takes_out_whoever_serves_is_seen() -> None:
    def doctor(run: Run) -> None:
        alone = Fleet("completion-alone-r1", {"v1": 1.0}, {"v1": 2})
        now, takes = run.cloud.timeline.now, timedelta(minutes=3)
        run.cloud.endpoint.begin(alone, now, takes, shifts=False)
        config = run.history.entries[-1].state["stable"]["config"]
        change(run, UPDATE, {"EndpointConfigName": config})

    assert found(played(), doctor) == 12


def test_endpoint_that_is_not_as_the_ledger_says_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.people.excused = True
        run.cloud.endpoint.fleet.weights = {"v1": 50.0, CANARY: 50.0}
        run.checks.end()

    assert found(played(), doctor) == 13


def test_run_that_never_rests_is_seen() -> None:
    assert found(played(), lambda run: run.checks.late(bound(run.plan))) == 13


def test_wait_that_nobody_was_told_of_is_seen() -> None:
    plan = replace(STORIES["pause and resume"], answers=())
    run = Run(plan)
    assert run.play().history.phase == "PAUSED"

    def doctor(run: Run) -> None:
        run.cloud.topic.pages.clear()
        run.checks.end()

    assert found(run, doctor) == 13


def test_autoscaling_that_is_not_restored_is_seen() -> None:
    def doctor(run: Run) -> None:
        run.cloud.autoscaling.targets.clear()
        run.checks.end()

    assert found(played(), doctor) == 16


def test_overwritten_change_from_outside_is_seen() -> None:
    def doctor(run: Run) -> None:
        now = run.cloud.timeline.now
        outside = Event(now.replace(second=30), "outside", "weights")
        run.history.outside.append(outside)
        run.weather.seen_after[outside.at] = now
        change(run, SHIFT, weights(v1=75, **{CANARY: 25}))

    assert found(played(), doctor) == 17


def test_change_from_outside_is_told_before_it_ends() -> None:
    plan = STORIES["promotion and the loser's removal"]
    run = Run(replace(plan, items=(*plan.items, Item("weights", "RAMPING", 1, "100"))))
    assert run.play().broken is None
    assert run.history.outside
    assert run.history.phase == "NEEDS_HUMAN"
