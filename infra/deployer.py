"""Deploys what the CDK synthesized, with S3 and CloudFormation calls only. The console uses it.

AWS and the local cloud are the same to it: only the clients' endpoint URL differs. It acts with
the caller's own credentials and needs a bootstrapped account.
"""

import io
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from infra.assembly_manifest import Place, SynthesizedStack, Upload, read_stacks
from steelyard.errors import SteelyardError

Clients = Callable[[str], Any]
"""Answers the boto3 client of a service."""

_FIRST_POLL_S = 0.1
_LONGEST_POLL_S = 3.0
# A stack in these never had a resource, or lost all of them; only deleting it leads on.
_DEAD_ENDS = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_FAILED"})
_CANCELLED = "cancelled"


class DeploymentFailed(SteelyardError):
    """A stack did not get there; the message names the resource and the reason."""


class StackBusy(SteelyardError):
    """Another operation on the stack is under way."""


class UnknownStack(SteelyardError, ValueError):
    """The assembly has no such stack."""


@dataclass(frozen=True)
class Progress:
    """One thing that happened; `reason` is empty unless it went wrong."""

    stack: str
    resource: str
    status: str
    reason: str = ""


class Deployer:
    """Deploys the stacks of one assembly."""

    def __init__(
        self,
        assembly: Path,
        clients: Clients,
        tell: Callable[[Progress], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Read the assembly.

        Args:
            assembly: the folder `cdk.out`.
            clients: for `s3`, `cloudformation` and `sts`.
            tell: is called with what happens.
            sleep: real seconds between two looks.

        Raises:
            InvalidAssembly: the folder is no assembly.
        """
        self._s3 = clients("s3")
        self._cloudformation = clients("cloudformation")
        self._tell = tell
        self._sleep = sleep
        account = clients("sts").get_caller_identity()["Account"]
        self._region = self._cloudformation.meta.region_name
        self._stacks = read_stacks(assembly, Place(account, self._region))

    def deploy(self, names: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
        """Bring stacks to what was synthesized; answer the outputs by stack name.

        Args:
            names: which stacks; all when left out. Order is that of their dependencies.

        Raises:
            UnknownStack: a name that the assembly doesn't have.
            StackBusy, DeploymentFailed: as they say.
        """
        known = [stack.name for stack in self._stacks]
        for name in names or []:
            if name not in known:
                raise UnknownStack(f"no stack {name!r} was synthesized; there are {known}")
        wanted = [stack for stack in self._stacks if names is None or stack.name in names]
        return {stack.name: self._deploy(stack) for stack in wanted}

    def _deploy(self, stack: SynthesizedStack) -> dict[str, str]:
        for upload in stack.uploads:
            self._upload(stack.name, upload)
        status = self._status(stack.name)
        if status in _DEAD_ENDS:
            self._delete(stack.name)
            status = None
        if status is not None and status.endswith("_IN_PROGRESS"):
            raise StackBusy(f"stack {stack.name} is {status}: wait until that is over")
        seen = self._event_ids(stack.name) if status else set()
        if self._begin(stack, update=status is not None):
            self._wait(stack.name, seen)
        self._cloudformation.update_termination_protection(
            StackName=stack.name, EnableTerminationProtection=stack.termination_protection
        )
        return self._outputs(stack.name)

    def _upload(self, stack: str, upload: Upload) -> None:
        if self._is_there(upload):
            return
        self._tell(Progress(stack, upload.source.name, "UPLOADING"))
        body = zipped(upload.source) if upload.zipped else upload.source.read_bytes()
        self._s3.put_object(Bucket=upload.bucket, Key=upload.key, Body=body)

    def _is_there(self, upload: Upload) -> bool:
        """Keys are digests of the contents, so what is there is the same."""
        try:
            self._s3.head_object(Bucket=upload.bucket, Key=upload.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"404", "NoSuchKey", "NotFound"}:
                return False
            raise
        return True

    def _begin(self, stack: SynthesizedStack, *, update: bool) -> bool:
        """Start the operation; answer whether there is anything to do."""
        bucket = f"https://s3.{self._region}.amazonaws.com/{stack.template_bucket}"
        request = {
            "StackName": stack.name,
            "TemplateURL": f"{bucket}/{stack.template_key}",
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            "Parameters": _pairs("Parameter", stack.parameters),
            "Tags": _pairs("", stack.tags),
        }
        if not update:
            self._cloudformation.create_stack(**request)
            return True
        try:
            self._cloudformation.update_stack(**request)
        except ClientError as error:
            # The code is that of every invalid request. Source: UpdateStack's API reference.
            if "No updates are to be performed" in str(error):
                self._tell(Progress(stack.name, stack.name, "UNCHANGED"))
                return False
            raise
        return True

    def _wait(self, name: str, seen: set[str]) -> None:
        failures: list[Progress] = []
        pause = _FIRST_POLL_S
        while True:
            # The status first: events that come between the two are then still shown.
            status = self._status(name)
            for event in self._new_events(name, seen):
                self._tell(event)
                if event.status.endswith("_FAILED") and _CANCELLED not in event.reason.lower():
                    failures.append(event)
            if status is None or not status.endswith("_IN_PROGRESS"):
                break
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL_S)
        if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            reasons = "; ".join(f"{event.resource}: {event.reason}" for event in failures)
            raise DeploymentFailed(f"stack {name} is {status}: {reasons or 'no reason was given'}")

    def _new_events(self, name: str, seen: set[str]) -> list[Progress]:
        pages = self._cloudformation.get_paginator("describe_stack_events")
        found = []
        for page in pages.paginate(StackName=name):
            fresh = [event for event in page["StackEvents"] if event["EventId"] not in seen]
            found += fresh
            if len(fresh) < len(page["StackEvents"]):
                break  # newest come first, so the rest is known
        seen.update(event["EventId"] for event in found)
        return [
            Progress(
                name,
                event["LogicalResourceId"],
                event["ResourceStatus"],
                event.get("ResourceStatusReason", ""),
            )
            for event in reversed(found)
        ]

    def _event_ids(self, name: str) -> set[str]:
        seen: set[str] = set()
        self._new_events(name, seen)
        return seen

    def _delete(self, name: str) -> None:
        self._tell(Progress(name, name, "DELETING", "an earlier creation had failed"))
        self._cloudformation.delete_stack(StackName=name)
        pause = _FIRST_POLL_S
        while (status := self._status(name)) is not None:
            if status == "DELETE_FAILED":
                raise DeploymentFailed(f"stack {name} could not be deleted: see its events")
            self._sleep(pause)
            pause = min(pause * 1.5, _LONGEST_POLL_S)

    def _status(self, name: str) -> str | None:
        """Answer None for a stack that does not exist."""
        try:
            found = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return str(found[0]["StackStatus"])

    def _outputs(self, name: str) -> dict[str, str]:
        (found,) = self._cloudformation.describe_stacks(StackName=name)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def zipped(folder: Path) -> bytes:
    """Answer a folder as a zip, the same bytes for the same contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (path.stat().st_mode & 0o777) << 16
            archive.writestr(entry, path.read_bytes())
    return target.getvalue()


def _pairs(prefix: str, values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{f"{prefix}Key": key, f"{prefix}Value": value} for key, value in sorted(values.items())]
