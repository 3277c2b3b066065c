"""Whether a model's autoscaling fits the environment that it is deployed to. For `infra.app`."""

from __future__ import annotations

from infra.environments import Environment
from infra.errors import InvalidModelFile
from infra.model_file import ModelFile


def check_autoscaling(model: ModelFile, environment: Environment) -> None:
    """Refuse what Application Auto Scaling would refuse, or undo, right after a deployment.

    Raises:
        InvalidModelFile: the first variant's instances lie outside the bounds, or they are of a
            type that doesn't scale.
    """
    scaling = model.serving.autoscaling
    if scaling is None:
        return
    where = f"{model.name}: serving.autoscaling in environment {environment.name}"
    count, least, most = (
        environment.stable_instances,
        scaling.min_instances,
        scaling.max_instances,
    )
    if not least <= count <= most:
        raise InvalidModelFile(
            f"{where}: got bounds of {least} to {most} instances, but stable starts with {count}; "
            f"accepted: min_instances of at most {count} and max_instances of at least {count} "
            "(stable_instances of the environment)"
        )
    # Burstable types: "Configure model auto scaling with the console", SageMaker developer guide.
    kind = model.serving.instance_type or environment.serving_instance_type
    if kind.startswith("ml.t"):
        raise InvalidModelFile(
            f"{where}: got instances of type {kind}, accepted: a type that isn't burstable, "
            "such as ml.g5.xlarge; SageMaker scales none of those"
        )
