"""Configs that people put into service, beside those that a rollout makes. For `people.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.faults.cloud import Cloud
from tests.faults.settings import ENDPOINT
from tests.functional.fake_sagemaker import arn

DEPLOYS = ("", "same", "neither", "earlier", "newest")
"""The config that CDK made first; the stable variant, with other data capture; a variant and a
model of its own; a model of an earlier rollout under another variant name."""
_BOOTSTRAP = f"{ENDPOINT}-bootstrap"


def config_by_hand(cloud: Cloud, name: str, what: str, stable: str) -> bool:
    """Make a config of one of `DEPLOYS`, so that it could serve; False where there is none.

    A plan may also ask for the `newest` variant of the fleet, alone.

    Args:
        stable: the variant that the ledger has in charge.
    """
    configs, of_stable = cloud.sagemaker.configs, _live(cloud, stable)
    if what == "same":
        variant = {**of_stable, "InitialVariantWeight": 1.0}
    elif what == "newest":
        newest = list(cloud.endpoint.fleet.weights)[-1]
        variant = {**_live(cloud, newest), "InitialVariantWeight": 1.0}
    elif what == "neither":
        model = f"{name}-model"
        package = {"ModelPackageName": arn("model-package", f"{ENDPOINT}/1")}
        cloud.sagemaker.models[model] = {"ModelName": model, "PrimaryContainer": package}
        variant = _named_anew(cloud, name, model)
    elif what == "earlier":
        made = [model for model in cloud.sagemaker.models if "-r" in model]
        made = [model for model in made if model != of_stable["ModelName"]]
        if not made:
            return False
        variant = _named_anew(cloud, name, made[0])
    else:
        variant = configs[_BOOTSTRAP]["ProductionVariants"][0]
    configs[name] = {
        **configs[_BOOTSTRAP],
        "EndpointConfigName": name,
        "ProductionVariants": [variant],
        "DataCaptureConfig": {"EnableCapture": True, "InitialSamplingPercentage": 1},
    }
    _let_go(cloud, variant["VariantName"])
    return True


def _live(cloud: Cloud, variant: str) -> Mapping[str, Any]:
    """A variant as the live config has it, or the one with most traffic where it isn't there."""
    fleet, fake = cloud.endpoint.fleet, cloud.sagemaker
    most = max(fleet.weights, key=lambda name: (name == variant, fleet.weights[name]))
    config = fake.configs.get(fleet.config) or fake.deleted[fleet.config]
    variants: list[dict[str, Any]] = config["ProductionVariants"]
    return next(one for one in variants if one["VariantName"] == most)


def _named_anew(cloud: Cloud, config: str, model: str) -> dict[str, Any]:
    """A variant of that model: `v<version>-...`, so that it behaves as its version does."""
    package = cloud.sagemaker.models[model]["PrimaryContainer"]["ModelPackageName"]
    variant = f"v{package.rpartition('/')[2]}-by-hand-{config.rpartition('-')[2]}"
    like = cloud.sagemaker.configs[_BOOTSTRAP]["ProductionVariants"][0]
    return {**like, "VariantName": variant, "ModelName": model}


def _let_go(cloud: Cloud, stays: str) -> None:
    """AWS refuses an update that takes out a variant which is scaled: people know."""
    for resource in list(cloud.autoscaling.targets):
        if not resource.endswith(f"/{stays}"):
            del cloud.autoscaling.targets[resource]
