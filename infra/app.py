"""From context and model files to stacks. Imported by `app.py` alone, once Node is known."""

from __future__ import annotations

import sys
from pathlib import Path

import aws_cdk as cdk

from infra.autoscaling import check_autoscaling
from infra.data_stack import DataStack
from infra.environments import Environment, environment_from
from infra.errors import InvalidContext
from infra.model_file import ModelFile, load_models
from infra.names import Names, StackKind
from infra.registry_stack import RegistryStack
from infra.rollout_stack import RolloutStack
from infra.serving_stack import ServingStack
from steelyard.errors import SteelyardError

_MODELS = Path(__file__).resolve().parent.parent / "models"
_CONTEXT = ("environment", "images", "models", "notify", "region")


def main() -> int:
    """Synthesize what the context asks for: `environment` and its knobs, and `models`, a folder.

    A mistake of the user's is told in its own words, without a traceback.
    """
    # Without usage analytics and construct tree a template depends on nothing but the sources.
    app = cdk.App(analytics_reporting=False, tree_metadata=False)
    context = {key: app.node.try_get_context(key) for key in _CONTEXT}
    try:
        environment = environment_from(context)
        build(app, environment, load_models(Path(context["models"] or _MODELS)))
        app.synth()
    except SteelyardError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def build(app: cdk.App, environment: Environment, models: tuple[ModelFile, ...]) -> None:
    """The four stacks of an environment, in the order in which they are deployed.

    Raises:
        InvalidContext: an image is missing, or there is no model for it.
        InvalidModelFile: autoscaling that doesn't fit the environment.
    """
    known = [model.name for model in models]
    for name in environment.images:
        if name not in known:
            raise InvalidContext(f"context images: got {name!r}, accepted: {', '.join(known)}")
    for model in models:
        check_autoscaling(model, environment)
    names = Names(environment.name)
    env = cdk.Environment(account=environment.account, region=environment.region)
    data = DataStack(app, names.stack("data"), environment=environment, env=env)
    parts: tuple[tuple[type[RegistryStack | ServingStack | RolloutStack], StackKind], ...] = (
        (RegistryStack, "registry"),
        (ServingStack, "serving"),
        (RolloutStack, "rollout"),
    )
    registry, serving, rollout = (
        stack(app, names.stack(part), environment=environment, models=models, env=env)
        for stack, part in parts
    )
    # They share names, not exports, so CDK can't see the order by itself.
    registry.add_stack_dependency(data)
    serving.add_stack_dependency(registry)
    rollout.add_stack_dependency(serving)
