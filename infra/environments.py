"""The knobs of each environment. Imported by `app.py`, the stacks and `cli`.

Chosen by `-c environment=<name>`; images come as context too, since every build makes a new one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from infra.errors import InvalidContext
from infra.images import Image

# Names of aws_cdk.aws_logs.RetentionDays; not imported, because that starts Node.
ArchiveMode = Literal["GOVERNANCE", "COMPLIANCE"]
LogRetention = Literal["ONE_WEEK", "THREE_MONTHS", "ONE_YEAR"]

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")


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
        log_retention: of every log group.
        capture_days: how long captured requests are kept; they may hold personal data.
        archive_mode: COMPLIANCE: nobody can delete an archived entry before its time, nor shorten
            that; GOVERNANCE: those can who may bypass it.
        archive_days: how long an archived entry can't be deleted.
        images: each model's own image; a model without one names an image of AWS's in its file.
        notify: email addresses that pages go to.
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
    archive_mode: ArchiveMode = "GOVERNANCE"
    archive_days: int = 1
    images: Mapping[str, Image] = field(default_factory=dict)
    notify: tuple[str, ...] = ()


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
            archive_mode="COMPLIANCE",
            archive_days=365,
        ),
    )
}


def environment_from(context: Mapping[str, object]) -> Environment:
    """The environment that context describes: `environment`, `images`, `region`, `notify`.

    `images` maps models to image URIs, as a mapping (cdk.json) or as JSON (the command line);
    `notify` lists email addresses, for one environment or by environment.

    Raises:
        InvalidContext: an unknown environment, or a value that can't be read.
    """
    name = context.get("environment")
    if not isinstance(name, str) or name not in ENVIRONMENTS:
        raise InvalidContext(
            f"context environment: got {name!r}, accepted: {', '.join(ENVIRONMENTS)} "
            "(-c environment=<name>)"
        )
    environment = ENVIRONMENTS[name]
    uris = _mapping(context.get("images"))
    return replace(
        environment,
        images={model: Image.parse(model, uri) for model, uri in uris.items()},
        region=_region(context.get("region"), environment.region),
        notify=_addresses(context.get("notify"), name),
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


def _region(given: object, fixed: str | None) -> str | None:
    """A region that is fixed stays: the local cloud has only one."""
    if given is None or fixed is not None:
        return fixed
    if not isinstance(given, str) or not _REGION.fullmatch(given):
        raise InvalidContext(f"context region: got {given!r}, accepted: such as eu-west-1")
    return given


def _addresses(given: object, environment: str) -> tuple[str, ...]:
    value = given.get(environment, []) if isinstance(given, Mapping) else given
    found = value.split(",") if isinstance(value, str) else value or []
    if not isinstance(found, list) or not all(
        isinstance(one, str) and _ADDRESS.fullmatch(one) for one in found
    ):
        raise InvalidContext(
            f"context notify: got {given!r}, accepted: email addresses, as a list, as text with "
            'commas between them, or by environment: {"prod": ["oncall@example.org"]}'
        )
    return tuple(found)
