"""Counts follow load, within bounds, only InService, and not while suspended."""

import pytest

from tests.local.autoscaling.fakes import STABLE, Desk


def suspend(desk: Desk, **flags: bool) -> None:
    state = {f"DynamicScaling{way}Suspended": flag for way, flag in flags.items()}
    desk.api("RegisterScalableTarget", SuspendedState=state, **STABLE)


def test_load_above_the_target_for_three_minutes_adds_instances(desk: Desk) -> None:
    desk.register()
    desk.track(10.0)
    desk.minutes(2, load=30)
    assert desk.sagemaker.asked == []
    desk.minutes(1, load=30)
    assert desk.sagemaker.asked == [("stable", 3)]
    desk.sagemaker.finish()
    desk.minutes(10, load=10)
    assert desk.sagemaker.asked == [("stable", 3)]


def test_load_beyond_all_bounds_stops_at_the_maximum(desk: Desk) -> None:
    desk.register(most=4)
    desk.track(10.0)
    desk.minutes(3, load=900)
    assert desk.sagemaker.asked == [("stable", 4)]


def test_low_load_takes_instances_away_down_to_the_minimum_and_cools_down(desk: Desk) -> None:
    desk.sagemaker.counts["stable"] = 4
    desk.register(least=2)
    desk.track(10.0)
    desk.minutes(14, load=6.0)
    assert desk.sagemaker.asked == []
    desk.minutes(1, load=6.0)
    assert desk.sagemaker.asked == [("stable", 3)]
    desk.sagemaker.finish()
    desk.minutes(5, load=1.0)
    assert desk.sagemaker.asked == [("stable", 3)]
    desk.minutes(12, load=1.0)
    assert desk.sagemaker.asked == [("stable", 3), ("stable", 2)]
    desk.sagemaker.finish()
    desk.minutes(30, load=1.0)
    assert len(desk.sagemaker.asked) == 2


def test_silence_scales_nothing(desk: Desk) -> None:
    desk.sagemaker.counts["stable"] = 4
    desk.register()
    desk.track(10.0)
    desk.minutes(60)
    assert desk.sagemaker.asked == []


@pytest.mark.parametrize(("way", "load"), [("Out", 90.0), ("In", 0.5)])
def test_suspended_direction_does_not_scale_until_it_is_resumed(
    desk: Desk, way: str, load: float
) -> None:
    desk.sagemaker.counts["stable"] = 2
    desk.register()
    desk.track(10.0)
    suspend(desk, **{way: True})
    desk.minutes(20, load=load)
    assert desk.sagemaker.asked == []
    suspend(desk, **{way: False})
    desk.minutes(1, load=load)
    assert len(desk.sagemaker.asked) == 1


def test_one_suspended_direction_leaves_the_other(desk: Desk) -> None:
    desk.register()
    desk.track(10.0)
    suspend(desk, In=True)
    desk.minutes(3, load=20)
    assert desk.sagemaker.asked == [("stable", 2)]


@pytest.mark.parametrize(("count", "wanted"), [(1, 2), (9, 4)])
def test_registering_brings_the_count_inside_the_bounds_at_once(
    desk: Desk, count: int, wanted: int
) -> None:
    desk.sagemaker.counts["stable"] = count
    desk.register(least=2, most=4)
    desk.look()
    assert desk.sagemaker.asked == [("stable", wanted)]
    desk.sagemaker.finish()
    desk.minutes(5)
    assert len(desk.sagemaker.asked) == 1


def test_count_moved_by_hand_stays_until_the_bounds_are_registered_again(desk: Desk) -> None:
    desk.register(least=1, most=2)
    desk.look()
    desk.sagemaker.counts["stable"] = 3
    desk.minutes(5)
    suspend(desk, In=True)
    desk.look()
    assert desk.sagemaker.asked == []
    desk.register(least=1, most=2)
    desk.look()
    assert desk.sagemaker.asked == [("stable", 2)]


def test_endpoint_that_is_updating_is_left_alone_until_it_serves(desk: Desk) -> None:
    desk.sagemaker.status = "Updating"
    desk.register(least=2)
    desk.track(10.0)
    desk.minutes(5, load=30)
    assert desk.sagemaker.asked == []
    desk.sagemaker.status = "InService"
    desk.look()
    assert desk.sagemaker.asked == [("stable", 2)]


def test_change_that_failed_is_tried_again_without_a_cooldown(desk: Desk) -> None:
    desk.register()
    desk.track(10.0)
    desk.minutes(3, load=30)
    desk.sagemaker.status = "InService"  # and the count is what it was
    desk.minutes(1, load=30)
    assert desk.sagemaker.asked == [("stable", 3), ("stable", 3)]


def test_target_without_a_policy_only_keeps_its_bounds(desk: Desk) -> None:
    desk.register()
    desk.minutes(5, load=90)
    assert desk.sagemaker.asked == []


def test_variant_that_fails_to_scale_does_not_stop_another(desk: Desk) -> None:
    desk.register(least=2, ResourceId="endpoint/completion/variant/canary")
    desk.register()
    desk.track(10.0)
    del desk.sagemaker.counts["canary"]
    desk.minutes(3, load=30)
    assert desk.sagemaker.asked == [("stable", 3)]
