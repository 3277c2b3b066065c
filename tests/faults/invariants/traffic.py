"""Who may have how much traffic: invariants 1 to 4 and 12. For `tests/faults`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

from tests.faults.history import Entry
from tests.faults.invariants.registry import Moment, invariant
from tests.faults.kinds import SHIFT, UPDATE
from tests.functional.fake_sagemaker import Fleet

_ROUNDING = 1e-4  # percent


def raise_ceiling(ceilings: dict[str, float], entry: Entry, before: Entry | None) -> None:
    """What the newest entry approves: steps rise until a rollback is confirmed; then it is 0."""
    rollout = entry.rollout
    if not rollout:
        return
    canary = rollout["canary"]
    ceilings[canary] = max(ceilings.get(canary, 0.0), entry.share)
    was = before.rollout.get("phase") if before is not None else None
    if rollout["phase"] == "ROLLED_BACK" and was != "ROLLED_BACK":
        ceilings[canary] = 0.0


def weights_in(params: Mapping[str, Any]) -> list[float]:
    """All weights that a call names."""
    wanted = params.get("DesiredWeightsAndCapacities", ())
    variants = params.get("ProductionVariants", ())
    return [w["DesiredWeight"] for w in wanted] + [v["InitialVariantWeight"] for v in variants]


@invariant(1, "change")
def weights_are_finite_not_negative_and_not_all_zero(moment: Moment) -> Iterator[str]:
    """Whatever is asked for."""
    if moment.change is None or not (weights := weights_in(moment.change.params)):
        return
    if not all(isfinite(weight) and weight >= 0 for weight in weights) or sum(weights) <= 0:
        yield f"{moment.change.operation} with weights {weights}"


@invariant(1, "fleet")
def requests_do_not_fail_because_of_weights(moment: Moment) -> Iterator[str]:
    """Users see no failure that the rollout's machinery made."""
    run = moment.checks.run
    if run.cloud.failed_requests:
        yield f"{run.cloud.failed_requests} requests met no instance"


@invariant(2, "fleet")
def canary_has_no_more_than_the_approved_share(moment: Moment) -> Iterator[str]:
    """Late calls included; what others set is theirs, until it is within bounds again."""
    checks = moment.checks
    run = checks.run
    above = [
        (variant, share, ceiling)
        for variant in run.cloud.endpoint.fleet.weights
        if (ceiling := checks.ceilings.get(variant)) is not None
        and (share := run.cloud.share(variant)) > ceiling + _ROUNDING
    ]
    if run.people.excused:
        run.people.excused = bool(above) or run.cloud.endpoint.change is not None
        return
    for variant, share, ceiling in above:
        yield f"{variant} has {share:.4g} % of the traffic, approved are {ceiling:g} %"


@invariant(3, "entry")
def after_the_latch_no_new_intent_raises_the_canary(moment: Moment) -> Iterator[str]:
    """A rollback is for good."""
    entry, before = moment.entry, moment.before
    if entry is None or before is None or not before.rollout.get("latched"):
        return
    if entry.rollout["id"] != before.rollout["id"]:
        return
    canary = entry.rollout["canary"]
    intent = entry.rollout["intent"] or {"weights": {}}
    if not entry.rollout["latched"]:
        yield "the latch was taken back"
    if intent["weights"].get(canary, 0) > 0:
        yield f"an intent wants {intent['weights']} after the rollback"


@invariant(4, "fleet")
def after_a_confirmed_rollback_the_canary_has_no_traffic(moment: Moment) -> Iterator[str]:
    """Not for a moment, whatever calls come late."""
    run = moment.checks.run
    if run.people.excused or run.history.phase != "ROLLED_BACK":
        return
    canary = run.history.entries[-1].rollout["canary"]
    if run.cloud.share(canary) > 0:
        yield f"{canary} has {run.cloud.share(canary):.4g} % of the traffic"


def _loses(variant: str, fleet: Fleet, coming: Fleet) -> bool:
    """Whether a variant that stays gets fewer instances than it has."""
    kept = coming.instances.get(variant)
    return kept is not None and kept < fleet.instances[variant]


@invariant(12, "change")
def no_variant_with_traffic_loses_its_instances(moment: Moment) -> Iterator[str]:
    """An update keeps whoever serves, and weight goes to variants with instances alone."""
    change, run = moment.change, moment.checks.run
    if change is None or change.error or change.operation not in (UPDATE, SHIFT):
        return
    fleet = run.cloud.endpoint.fleet
    coming = run.cloud.endpoint.change
    lost = [v for v, w in fleet.weights.items() if w > 0 and coming and v not in coming.weights]
    if lost and not run.people.excused:
        yield f"{change.operation} takes out {lost}, which has traffic"
    fewer = [v for v, w in fleet.weights.items() if w > 0 and coming and _loses(v, fleet, coming)]
    if fewer and not run.people.excused:
        yield f"{change.operation} leaves {fewer} fewer instances"
    if coming and change.operation == SHIFT:
        short = [v for v, w in coming.weights.items() if w > 0 >= fleet.instances.get(v, 0)]
        if short:
            yield f"{short} gets traffic without instances"
