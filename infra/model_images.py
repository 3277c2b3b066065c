"""Which images train and serve a model in an environment. Used by the stacks and `cli`."""

from __future__ import annotations

from dataclasses import dataclass

from infra import aws_images
from infra.environments import Environment
from infra.errors import InvalidContext
from infra.images import Image
from infra.model_file import ModelFile


@dataclass(frozen=True, slots=True)
class ModelImages:
    """The same one where the model has an image of its own; two where it is one of AWS's."""

    training: Image
    serving: Image


def model_images(environment: Environment, model: ModelFile) -> ModelImages:
    """The model's own image, as context names it; else the one of AWS's that its file names.

    Raises:
        InvalidContext: there is neither, or no region to look AWS's up for.
        InvalidModelFile: AWS has no such image.
    """
    own = environment.images.get(model.name)
    if own is not None:
        return ModelImages(own, own)
    if model.image is None:
        raise InvalidContext(
            f"environment {environment.name}: no image for model {model.name}, accepted: its own "
            f"by digest (--image {model.name}=URI@sha256:..., or context `images`), or `image` in "
            "its file"
        )
    if environment.region is None:
        raise InvalidContext(
            f"environment {environment.name}: no region for the image of model {model.name}, "
            "accepted: -c region=<region>, since AWS's images lie in another account in each"
        )
    training = model.training.instance_type or environment.training_instance_type
    serving = model.serving.instance_type or environment.serving_instance_type
    return ModelImages(
        aws_images.find(model.name, model.image, "training", environment.region, training),
        aws_images.find(model.name, model.image, "inference", environment.region, serving),
    )
