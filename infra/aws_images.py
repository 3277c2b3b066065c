"""AWS's own images, looked up in the tables of the `sagemaker` SDK. Used by `model_images`.

The SDK carries the tables, so nothing is asked of the network. It is heavy and has a dependency
group of its own: whoever names no image of AWS's never needs it.
"""

from __future__ import annotations

import importlib
import logging
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from infra.errors import InvalidModelFile
from infra.images import Image

Scope = Literal["training", "inference"]

_Word = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
_SHOWN = 400  # characters of the SDK's own words; it lists every version there ever was


class AwsImage(BaseModel):
    """An image that AWS publishes.

    Attributes:
        framework: as the SDK calls it: pytorch, huggingface-llm, djl-lmi, xgboost ...
        version: of the framework.
        python: such as py312, where the framework has several.
        base: framework and version below it, where there are several: pytorch2.6.0.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    framework: _Word
    version: _Word
    python: _Word | None = None
    base: _Word | None = None


def find(model: str, image: AwsImage, scope: Scope, region: str, instance_type: str) -> Image:
    """The image for a region and a kind of instance.

    Raises:
        InvalidModelFile: the SDK knows no such image, or is not installed.
    """
    tables = _tables(model)
    known = f"models/{model}: image: got {image.framework} {image.version} for {scope}"
    try:
        uri = tables.retrieve(
            framework=image.framework,
            region=region,
            version=image.version,
            py_version=image.python,
            instance_type=instance_type,
            image_scope=scope,
            base_framework_version=image.base,
        )
    except FileNotFoundError:
        raise InvalidModelFile(f"{known}, accepted: a framework that the SDK knows") from None
    except (KeyError, TypeError, ValueError) as error:
        # It raises these for whatever its tables don't have.
        said = re.sub(r"\s+", " ", str(error))[:_SHOWN]
        raise InvalidModelFile(f"{known}, accepted: what the SDK's tables have: {said}") from error
    return Image.published(uri)


def _tables(model: str) -> Any:
    # It tells on this logger about the default that it takes where only one is possible.
    logging.getLogger("sagemaker").setLevel(logging.ERROR)
    try:
        return importlib.import_module("sagemaker.core.image_uris")
    except ModuleNotFoundError as error:
        raise InvalidModelFile(
            f"models/{model}: image: got an image of AWS's, accepted: where the sagemaker SDK is "
            f"installed, by `make images` ({error})"
        ) from error
