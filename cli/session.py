"""Which cloud the console speaks to, and what things are called there. For `cli` alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from cli.problems import Problem
from infra.environments import ENVIRONMENTS, Environment
from infra.local.process import status
from infra.names import LABELS_URL, ModelNames, Names
from steelyard.aws.archive import Archive
from steelyard.aws.ledger import Ledger

LOCAL = "local"
LOCAL_STATE = Path("out/local")
_CONFIG = Config(retries={"mode": "standard", "max_attempts": 3})


@dataclass(frozen=True)
class Session:
    """Clients and names of one environment.

    Attributes:
        url: of the local cloud; None for AWS, whose credentials come from the environment.
    """

    environment: Environment
    url: str | None = None

    @cached_property
    def names(self) -> Names:
        """What the environment's own resources are called."""
        return Names(self.environment.name)

    @cached_property
    def caller(self) -> str:
        """The ARN of whoever the credentials belong to."""
        return str(self.client("sts").get_caller_identity()["Arn"])

    @property
    def now(self) -> datetime:
        """What time it is by the cloud's clock; a local cloud's runs faster than ours."""
        answer = self.client("sts").get_caller_identity()
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])

    @property
    def account(self) -> str:
        """The account that the credentials belong to."""
        return self.caller.split(":")[4]

    def role(self, name: str) -> str:
        """The ARN of a role of the account, in the partition that it is in."""
        return f"arn:{self.caller.split(':')[1]}:iam::{self.account}:role/{name}"

    @cached_property
    def region(self) -> str:
        """The region that we work in."""
        return str(self.client("sts").meta.region_name)

    @property
    def bucket(self) -> str:
        """The bucket of training data and artifacts."""
        return self.names.bucket(self.account, self.region)

    @cached_property
    def ledger(self) -> Ledger:
        """The record of all rollouts."""
        return Ledger(self.names.ledger, self.client("dynamodb"))

    @cached_property
    def archive(self) -> Archive:
        """The ledger's copies."""
        return Archive(self.names.archive(self.account, self.region), self.client("s3"))

    @cached_property
    def labels_url(self) -> str:
        """Where labels are reported to; an output of the rollout stack.

        Raises:
            Problem: the stack has none yet.
        """
        name = self.names.stack("rollout")
        (stack,) = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        for output in stack.get("Outputs", []):
            if output["OutputKey"] == LABELS_URL:
                return str(output["OutputValue"])
        raise Problem(
            f"stack {name} has no output {LABELS_URL}", "deploy it with `steelyard deploy`"
        )

    @property
    def credentials(self) -> Any:
        """Those that requests are signed with; they may be others in an hour."""
        return self._boto.get_credentials()

    def model(self, name: str) -> ModelNames:
        """What a model's resources are called."""
        return ModelNames.of(self.environment, name)

    def client(self, service: str, config: Config = _CONFIG) -> Any:
        """A boto3 client; by default one that retries."""
        return self._boto.client(service, endpoint_url=self.url, config=config)

    @cached_property
    def _boto(self) -> boto3.Session:
        if self.url is None:
            return boto3.Session()
        return boto3.Session(
            # The local cloud takes a 12-digit key for its account.
            aws_access_key_id=self.environment.account,
            aws_secret_access_key=LOCAL,
            region_name=self.environment.region,
        )


def connect(environment: str, state_dir: Path = LOCAL_STATE) -> Session:
    """A session with an environment.

    Raises:
        Problem: no such environment, or the local cloud is not up.
    """
    if environment not in ENVIRONMENTS:
        accepted = ", ".join(ENVIRONMENTS)
        raise Problem(f"no environment {environment!r}", f"accepted: {accepted}")
    if environment != LOCAL:
        return Session(ENVIRONMENTS[environment])
    running = status(state_dir)
    if running is None:
        raise Problem(
            "the local cloud is not up", "start it with `make up` or `steelyard local up`"
        )
    return Session(ENVIRONMENTS[LOCAL], running.url)
