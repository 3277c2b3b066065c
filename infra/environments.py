"""The knobs of each environment. Imported by `app.py`, the stacks and `cli`.

Chosen by `-c environment=<name>`; images come as context too, since every build makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from infra.errors import InvalidContext
from infra.images import Image

# Names of aws_cdk.aws_logs.RetentionDays; not imported, because that starts Node.
LogRetention = Literal["ONE_WEEK", "THREE_MONTHS", "ONE_YEAR"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where and how large.

    Attributes:
        name: part of every physical name.
        endpoint_prefix: put before a model's name to name its endpoint and package group.
        account, region: None: those of the credentials that deploy.
        serving_instance_type, training_instance_type: used where the model's file names none.
        stable_instances: instances of the first variant of each endpoint.
        deletion_protection: of the ledger's table, and of the data and serving stacks.
        log_retention: of the reconciler's log group.
        capture_days: how long captured requests are kept; they may hold personal data.
        images: each model's image; none is built in.
    """

    name: str
    endpoint_prefix: str
    account: str | None = None
    region: str | None = None
    serving_instance_type: str
    training_instance_type: str
    stable_instances: int
    deletion_protection: bool = True
    log_retention: LogRetention
    capture_days: int
    images: Mapping[str, Image] = field(default_factory=dict)

    def image(self, model: str) -> Image:
        """The image that trains and serves a model.

        Raises:
            InvalidContext: none was given.
        """
        if model not in self.images:
            raise InvalidContext(
                f"environment {self.name}: no image for model {model}, accepted: "
                f'-c \'images={{"{model}": "<image URI by digest>"}}\''
            )
        return self.images[model]


ENVIRONMENTS: Mapping[str, Environment] = {
    environment.name: environment
    for environment in (
        Environment(
            name="local",
            endpoint_prefix="",
            account="000000000000",
            region="eu-west-1",
            serving_instance_type="ml.m5.large",
            training_instance_type="ml.m5.large",
            stable_instances=1,
            deletion_protection=False,
            log_retention="ONE_WEEK",
            capture_days=7,
        ),
        Environment(
            name="dev",
            endpoint_prefix="dev-",
            serving_instance_type="ml.g5.xlarge",
            training_instance_type="ml.g5.xlarge",
            stable_instances=1,
            log_retention="THREE_MONTHS",
            capture_days=30,
        ),
        Environment(
            name="prod",
            endpoint_prefix="prod-",
            serving_instance_type="ml.g6.xlarge",
            training_instance_type="ml.g6.xlarge",
            stable_instances=2,
            log_retention="ONE_YEAR",
            capture_days=30,
        ),
    )
}


def environment_from(context: Mapping[str, object]) -> Environment:
    """The environment that the context values `environment` and `images` describe.

    `images` maps models to image URIs, as a mapping (cdk.json) or as JSON (the command line).

    Raises:
        InvalidContext: an unknown environment, or images that can't be read.
    """
    name = context.get("environment")
    if not isinstance(name, str) or name not in ENVIRONMENTS:
        raise InvalidContext(
            f"context environment: got {name!r}, accepted: {', '.join(ENVIRONMENTS)} "
            "(-c environment=<name>)"
        )
    uris = _mapping(context.get("images"))
    return replace(
        ENVIRONMENTS[name], images={model: Image.parse(model, uri) for model, uri in uris.items()}
    )


def _mapping(images: object) -> Mapping[str, object]:
    value = images
    if isinstance(images, str):
        try:
            value = json.loads(images)
        except ValueError:
            value = images
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidContext(
            f"context images: got {images!r}, accepted: JSON such as "
            '{"completion": "<image URI by digest>"}'
        )
    return value
