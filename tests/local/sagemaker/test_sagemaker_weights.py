"""Weights of an endpoint: 32-bit floats, checks, the time that a shift takes."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.ports import AwsError
from infra.local.sagemaker.variants import Variant, float32, reweighted
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
    [stable, canary] = reweighted(
        live(stable=90, canary=10), [{"VariantName": "canary", "DesiredWeight": 0.0}]
    )
    assert (stable.desired_weight, canary.desired_weight) == (90, 0)


def test_unknown_variant_is_refused_with_the_known_ones(scene: Scene) -> None:
    scene.serving(stable=1, canary=0)
    with refused("ValidationException", "'canary9'", "['canary', 'stable']"):
        scene.weights(canary9=1)
    assert scene.describe()["EndpointStatus"] == "InService"


def test_repeated_variant_is_refused() -> None:
    twice = [{"VariantName": "stable", "DesiredWeight": 1.0}] * 2
    with refused("ValidationException", "'stable' is given twice"):
        reweighted(live(stable=1), twice)


def test_weights_that_sum_to_zero_are_refused() -> None:
    change = [{"VariantName": "stable", "DesiredWeight": 0.0}]
    with refused("ValidationException", "sum must be greater than 0"):
        reweighted(live(stable=1, canary=0), change)


def test_capacity_change_is_refused_loudly_and_the_same_count_is_not() -> None:
    same = [{"VariantName": "stable", "DesiredWeight": 2.0, "DesiredInstanceCount": 1}]
    assert reweighted(live(stable=1), same)[0].desired_weight == 2
    with refused("NotImplemented", "capacity change", "from 1 to 3"):
        reweighted(live(stable=1), [{"VariantName": "stable", "DesiredInstanceCount": 3}])


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
