"""All stacks of an environment in order, with the first version between them. For `cli` alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from cli.bootstrap import bootstrap, bootstrapped, images_of
from cli.preflight import preflight
from cli.session import Session
from cli.training import Say
from infra.deployer import Deployer, Progress
from infra.model_file import load_models
from infra.synth import synthesize

_MODELS = Path(__file__).parents[1] / "models"
# CDK can't set a stack policy; deletion is covered by Retain and termination protection.
_FROZEN = {
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "Update:*",
            "Resource": "*",
            "Condition": {
                "StringEquals": {
                    "ResourceType": [
                        "AWS::SageMaker::Endpoint",
                        "AWS::SageMaker::EndpointConfig",
                        "AWS::SageMaker::Model",
                    ]
                }
            },
        },
    ]
}


def deploy(  # noqa: PLR0913 - the folders are keyword-only
    session: Session,
    images: Mapping[str, str],
    data: Mapping[str, Path],
    say: Say,
    *,
    models: Path = _MODELS,
    out: Path = Path("out"),
) -> None:
    """Deploy everything; train version 1 of each model that has none.

    Args:
        images: image URI by digest of each model that has one of its own.
        data: training data of models that have no version yet, by model.
        models: folder with a folder for each model.
        out: folder for the cloud assembly.

    Raises:
        Problem: a rollout is under way, or there is no data to train the first version on.
        SteelyardError: the model files don't hold, or CloudFormation refused, with its reason.
    """
    loaded = load_models(models)
    for model in loaded:
        preflight(session, model.name)
        images_of(session, model, images)
    say("synthesizing the CDK app")
    environment = session.environment.name
    assembly = synthesize(
        environment,
        out / "cdk" / environment,
        images=images,
        region=session.region,
        models=models,
    )
    deployer = Deployer(assembly, session.client, lambda progress: _tell(progress, say))
    deployer.deploy([session.names.stack("data"), session.names.stack("registry")])
    for model in loaded:
        if bootstrapped(session, model.name) is None:
            bootstrap(session, model, images, data.get(model.name), say)
    deployer.deploy([session.names.stack("serving"), session.names.stack("rollout")])
    session.client("cloudformation").set_stack_policy(
        StackName=session.names.stack("serving"), StackPolicyBody=json.dumps(_FROZEN)
    )


def _tell(progress: Progress, say: Say) -> None:
    """Uploads, whole stacks and failures; single resources that go well are too many."""
    if progress.status.endswith("FAILED"):
        say(f"{progress.stack}: {progress.resource} {progress.status}: {progress.reason}")
    elif progress.resource == progress.stack or progress.status == "UPLOADING":
        say(f"{progress.resource} {progress.status}")
