"""Who was in charge before, as the fleet showed it: invariant 11. For `tests/faults`.

A record of the simulation's own: the ledger's could be wrong, and the way back be lost with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.cloud import Cloud
from tests.faults.history import Entry
from tests.faults.invariants.registry import Moment, invariant

_ALL = 100 - 1e-4


@dataclass(frozen=True, slots=True)
class InCharge:
    """Who had all the traffic."""

    variant: str
    version: str
    model: str

    def is_another(self, than: InCharge | None) -> bool:
        """Whether this is another version, or the same under another variant name."""
        return than is not None and (self.variant, self.version) != (than.variant, than.version)


@dataclass(slots=True)
class Standing:
    """Who is in charge, and who was before; a rollout under way puts nobody in charge."""

    now: InCharge | None = None
    before: InCharge | None = None

    def look(self, cloud: Cloud, newest: Entry | None) -> None:
        """Describe was asked: note who has all traffic, unless a rollout is under way."""
        if newest is None or not _is_between_rollouts(newest):
            return
        serves = _serves(cloud)
        if serves is None:
            return
        if serves.is_another(self.now):
            self.before = self.now
        self.now = serves


def _is_between_rollouts(newest: Entry) -> bool:
    over = newest.phase in ("NONE", "PENDING", "PROMOTED", "ROLLED_BACK")
    return over and newest.rollout.get("intent") is None


def _serves(cloud: Cloud) -> InCharge | None:
    fleet, fake = cloud.endpoint.fleet, cloud.sagemaker
    if cloud.endpoint.shown != "InService":
        return None
    config = fake.configs.get(fleet.config) or fake.deleted[fleet.config]
    for variant in config["ProductionVariants"]:
        name, model = variant["VariantName"], fake.models.get(variant["ModelName"])
        if model is not None and cloud.share(name) > _ALL:
            package = model["PrimaryContainer"]["ModelPackageName"]
            return InCharge(name, package.rpartition("/")[2], variant["ModelName"])
    return None


@invariant(11, "fleet")
def version_before_can_be_brought_back(moment: Moment) -> Iterator[str]:
    """Its model exists, and a config that refers to it."""
    before, fake = moment.checks.standing.before, moment.checks.run.cloud.sagemaker
    if before is None:
        return
    if before.model not in fake.models:
        yield f"model {before.model} of {before.variant}, in charge before, is gone"
    configs = fake.configs.values()
    used = {variant["ModelName"] for one in configs for variant in one["ProductionVariants"]}
    if before.model not in used:
        yield f"no config refers to {before.model} of {before.variant}, in charge before"
