"""CloudFormation inside MiniStack: which types there are, and ours among them.

Used by the adapter only.
"""

# ruff: noqa: SLF001 - MiniStack has no public names; `names` checks at start that each is there

from collections.abc import Callable, Mapping
from typing import Any

from infra.local.ministack.events import Events
from infra.local.ministack.names import Names
from infra.local.ports import Params, ResourceType

# Whatever lies outside is refused by CloudFormation as an unrecognized resource type. Alarms
# are not among them: MiniStack's ignore dimensions, and ours take their place.
_KEPT_PREFIXES = (
    "AWS::ApiGateway::",
    "AWS::ApiGatewayV2::",
    "AWS::CDK::",
    "AWS::CloudFormation::",
    "AWS::DynamoDB::",
    "AWS::ECR::",
    "AWS::Events::",
    "AWS::IAM::",
    "AWS::KMS::",
    "AWS::Lambda::",
    "AWS::Logs::",
    "AWS::S3::",
    "AWS::SNS::",
    "AWS::SQS::",
    "AWS::SSM::",
    "AWS::Scheduler::",
    "AWS::SecretsManager::",
    "AWS::StepFunctions::",
)


class Stacks:
    """Narrows and widens the set of resource types."""

    def __init__(self, names: Names, events: Events) -> None:
        self._types: dict[str, dict[str, Any]] = names[
            "services.cloudformation.provisioners"
        ]._RESOURCE_HANDLERS
        for name in [name for name in self._types if not name.startswith(_KEPT_PREFIXES)]:
            del self._types[name]
        self._ours: set[str] = set()
        stacks = names["services.cloudformation.stacks"]
        plain: Callable[[str], bool] = stacks._runs_on_worker_thread
        # Ours may block and call back into the local cloud, which would stop the event loop.
        stacks._runs_on_worker_thread = lambda kind: kind in self._ours or plain(kind)
        self._check_targets_of_rules(events)

    def provide(self, types: Mapping[str, ResourceType]) -> None:
        """Add the resource types of a service of ours."""
        for name, kind in types.items():
            self._ours.add(name)
            self._types[name] = {
                "create": kind.create,
                "update": kind.update,
                "delete": kind.delete,
            }

    def _check_targets_of_rules(self, events: Events) -> None:
        """MiniStack stores a template's rule without the checks of PutTargets."""
        handlers = self._types["AWS::Events::Rule"]
        plain = handlers["create"]

        def create(logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
            for target in props.get("Targets", []):
                events.refuse_unsupported(target)
            made: tuple[str, Params] = plain(logical_id, props, stack_name)
            return made

        handlers["create"] = create
