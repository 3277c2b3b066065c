"""ARNs made from names. Imported by the stacks and constructs.

Built from the stack's own partition, region and account, so dev and prod templates hold none.
"""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from infra.environments import Environment
from infra.names import Names


@dataclass(frozen=True, slots=True)
class Arns:
    """ARNs in the partition, region and account of one stack."""

    stack: cdk.Stack

    @classmethod
    def of(cls, scope: Construct) -> Arns:
        """ARNs in the stack that holds a construct."""
        return cls(cdk.Stack.of(scope))

    def regional(self, service: str, resource: str) -> str:
        """`arn:<partition>:<service>:<region>:<account>:<resource>`."""
        stack = self.stack
        return f"arn:{stack.partition}:{service}:{stack.region}:{stack.account}:{resource}"

    def role(self, name: str) -> str:
        """A role; IAM knows no regions."""
        return f"arn:{self.stack.partition}:iam::{self.stack.account}:role/{name}"

    def bucket(self, environment: Environment, keys: str = "") -> str:
        """The environment's bucket, or the keys in it: `prefix/*`."""
        name = Names(environment.name).bucket(self.stack.account, self.stack.region)
        return f"arn:{self.stack.partition}:s3:::{name}" + (f"/{keys}" if keys else "")
