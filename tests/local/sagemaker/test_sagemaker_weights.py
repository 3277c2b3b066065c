"""Weights of an endpoint: 32-bit floats, checks, the time that a shift takes."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.ports import AwsError
from infra.local.sagemaker.variants import Variant, changed, float32
from tests.local.sagemaker.refusal import refused
from tests.local.sagemaker.scene import Scene


def live(**weights: float) -> tuple[Variant, ...]:
    return tuple(Variant(name, weight, weight, 1, 1) for name, weight in weights.items())


def test_weight_comes_back_as_a_32_bit_float(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    scene.weights(stable=0.99, canary=0.01)
    stable, canary = scene.settled()["ProductionVariants"]
    assert canary["CurrentWeight"] == 0.009999999776482582
    assert stable["CurrentWeight"] == struct.unpack("f", struct.pack("f", 0.99))[0]


def test_shift_goes_through_updating_and_moves_traffic_at_its_end(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    began = scene.cloud.clock.monotonic()
    scene.weights(stable=0, canary=5)
    updating = scene.describe()
    described = scene.settled()
    took = scene.cloud.clock.monotonic() - began
    assert updating["EndpointStatus"] == "Updating"
    weights = [
        [(one["DesiredWeight"], one["CurrentWeight"]) for one in seen["ProductionVariants"]]
        for seen in (updating, described)
    ]
    assert weights == [[(0, 1), (5, 0)], [(0, 0), (5, 5)]]
    assert took >= 20
    assert described["EndpointConfigName"] == "completion-1"
    assert described["LastModifiedTime"] > updating["LastModifiedTime"]
    assert "PendingDeploymentSummary" not in updating


def test_variant_left_out_keeps_its_weight() -> None:
    [stable, canary] = changed(
        live(stable=90, canary=10), [{"VariantName": "canary", "DesiredWeight": 0.0}], "c1"
    )
    assert (stable.desired_weight, canary.desired_weight) == (90, 0)


def test_unknown_variant_is_refused_with_the_known_ones(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    with refused("ValidationException", '"canary9" is/are not present', '"completion-1"'):
        scene.weights(canary9=1)
    assert scene.describe()["EndpointStatus"] == "InService"


def test_repeated_variant_is_refused() -> None:
    twice = [{"VariantName": "stable", "DesiredWeight": 1.0}] * 2
    with refused("ValidationException", '"stable" was non-unique'):
        changed(live(stable=1), twice, "c1")


def test_weights_that_sum_to_zero_are_refused() -> None:
    change = [{"VariantName": "stable", "DesiredWeight": 0.0}]
    with refused("ValidationException", "sum must be greater than 0"):
        changed(live(stable=1, canary=0), change, "c1")


def test_count_of_one_variant_is_changed_and_nothing_else() -> None:
    more = [{"VariantName": "stable", "DesiredInstanceCount": 3}]
    [stable, canary] = changed(live(stable=90, canary=10), more, "c1")
    assert (stable.desired_count, stable.current_count, stable.desired_weight) == (3, 1, 90)
    assert (canary.desired_count, canary.desired_weight) == (1, 10)


def test_counts_of_two_variants_in_one_call_are_refused() -> None:
    both = [{"VariantName": name, "DesiredInstanceCount": 2} for name in ("stable", "canary")]
    with refused("ValidationException", "['stable', 'canary']", "one in each call"):
        changed(live(stable=90, canary=10), both, "c1")


def test_variant_without_instances_is_refused() -> None:
    with refused("ValidationException", "DesiredInstanceCount 0", "'stable'", "1 or more"):
        changed(live(stable=1), [{"VariantName": "stable", "DesiredInstanceCount": 0}], "c1")


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf, 1e308, True, "1", None])
def test_weight_that_is_no_finite_32_bit_number_of_at_least_0_is_refused(weight: object) -> None:
    with refused("ValidationException", repr(weight), "'canary'"):
        float32(weight, "canary")


@given(st.floats(min_value=0, max_value=3.0e38))
def test_any_accepted_weight_survives_a_second_rounding(weight: float) -> None:
    once = float32(weight, "canary")
    assert float32(once, "canary") == once
    assert math.copysign(1, once) == 1


@given(st.floats(max_value=-1e-40) | st.floats(min_value=3.5e38))
def test_any_other_number_is_refused(weight: float) -> None:
    with pytest.raises(AwsError):
        float32(weight, "canary")
