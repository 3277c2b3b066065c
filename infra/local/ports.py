"""What the local cloud's services and its base ask of each other.

Every module of `infra/local` may import this one; it imports only `clock`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from infra.local.clock import Clock

Params = dict[str, Any]
"""The input or output of one operation, in the shape that botocore's model gives it."""

API_PATH = "/_aws/execute-api/"
"""Below it calls of API Gateway's APIs arrive: `<API_PATH><api id>/<path of a route>`."""


class AwsError(Exception):
    """An error that the caller of an AWS operation sees, under its AWS error code."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Create(Protocol):
    """Make a resource; answers (physical id, attributes for Fn::GetAtt)."""

    def __call__(self, logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
        """Raise AwsError when it can't be made; the stack shows its message as the reason."""


class Update(Protocol):
    """Change a resource; a physical id other than the given one means that it was replaced.

    CloudFormation deletes the old one only when the whole update succeeded.
    """

    def __call__(
        self, physical_id: str, old_props: Params, new_props: Params, stack_name: str
    ) -> tuple[str, Params]:
        """Raise AwsError when it can't be changed; the stack shows its message as the reason."""


class Delete(Protocol):
    """Remove a resource; one that is already gone is no error."""

    def __call__(self, physical_id: str, props: Params) -> None:
        """Raise AwsError when it can't be removed."""


@dataclass(frozen=True)
class ResourceType:
    """One CloudFormation type. The three run in worker threads and may block."""

    create: Create
    update: Update
    delete: Delete


class Cloud(Protocol):
    """What a service of ours may ask of the rest. All methods are thread-safe."""

    @property
    def clock(self) -> Clock:
        """The one virtual clock."""

    @property
    def account(self) -> str:
        """The account id, twelve digits."""

    @property
    def region(self) -> str:
        """The only region."""

    @property
    def url(self) -> str:
        """Where the local cloud listens, without a slash at the end."""

    @property
    def state_dir(self) -> Path:
        """The local cloud's own directory; a service keeps its files in a folder of its name."""

    def client(self, service: str) -> Any:
        """Answer a boto3 client at `url`; its calls block, so never use it on the event loop."""

    def put_event(
        self, source: str, detail_type: str, detail: Params, resources: Sequence[str]
    ) -> None:
        """Put an event on the default bus; sources that start with `aws.` are allowed."""

    def invoke_lambda(self, function_arn: str, payload: Params) -> None:
        """Invoke a function asynchronously."""

    def record_metric(  # noqa: PLR0913, PLR0917 - a metric has so many parts
        self,
        namespace: str,
        name: str,
        dimensions: Mapping[str, str],
        values: Sequence[float],
        unit: str = "None",
        at: datetime | None = None,
        *,
        fine: bool = False,
    ) -> None:
        """Store samples of a metric, stamped with the clock's now.

        Args:
            at: instead of now.
            fine: keep them by ten seconds (AWS: a second), not by the minute.
        """


class LocalService(Protocol):
    """A service of ours; the server makes it from a `Cloud`."""

    @property
    def name(self) -> str:
        """Answer botocore's name of the service."""

    def call(self, operation: str, params: Params) -> Params:
        """Run one operation.

        Runs in a worker thread, several at once.

        Args:
            operation: botocore's name of the operation, such as `CreateModel`.
            params: validated against botocore's model; timestamps are aware datetimes,
                blobs are bytes.

        Raises:
            AwsError: what the caller is to see.
        """

    def resources(self) -> Mapping[str, ResourceType]:
        """Answer the CloudFormation types that this service provides."""

    def start(self) -> None:
        """Start background threads and processes; the server already answers requests."""

    def stop(self) -> None:
        """End what `start` started, and all children."""
