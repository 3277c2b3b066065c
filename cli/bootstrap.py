"""Version 1: an endpoint needs a model before any rollout can bring one. For `cli` alone."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from cli.problems import Problem
from cli.session import Session
from cli.training import Say, approve, register, train, upload
from infra.environments import environment_from
from infra.model_file import ModelFile
from infra.model_images import ModelImages, model_images


def bootstrapped(session: Session, model: str) -> str | None:
    """ARN of the package that the first endpoint serves; None where there is none yet."""
    try:
        answer = session.client("ssm").get_parameter(Name=session.model(model).bootstrap_parameter)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ParameterNotFound":
            return None
        raise
    return str(answer["Parameter"]["Value"])


def images_of(session: Session, model: ModelFile, own: Mapping[str, str]) -> ModelImages:
    """What trains and serves a model: its own image, or the one of AWS's that its file names.

    Args:
        own: image URI by digest of each model that has one.

    Raises:
        SteelyardError: there is none, or an image that can't be read.
    """
    context = {
        "environment": session.environment.name,
        "images": dict(own),
        "region": session.region,
    }
    return model_images(environment_from(context), model)


def bootstrap(
    session: Session, model: ModelFile, own: Mapping[str, str], data: Path | None, say: Say
) -> str:
    """Train, register and approve version 1, and write down once that it is the first; its ARN.

    Args:
        own: image URI by digest of each model that has one.
        data: folder with a folder for each channel; None: what the bucket has already.

    Raises:
        Problem: this was done before, there is no data, or training failed.
    """
    if bootstrapped(session, model.name) is not None:
        raise Problem(
            f"{model.name} has its first version already",
            "train and approve a new version instead; a rollout will bring it",
        )
    images = images_of(session, model, own)
    names = session.model(model.name)
    where = f"s3://{session.bucket}/{names.data_prefix}"
    if data is not None:
        where = upload(session, model.name, data, say)
    trained = train(session, model, images.training.uri, where, say)
    package = register(session, model, images.serving.uri, trained)
    approve(session, package, "first version, by steelyard bootstrap")
    session.client("ssm").put_parameter(
        Name=names.bootstrap_parameter, Value=package, Type="String", Overwrite=False
    )
    say(f"version 1 of {model.name} is registered and approved")
    return package
