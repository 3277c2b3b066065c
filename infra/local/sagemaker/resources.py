"""The CloudFormation types of SageMaker that the local cloud provides. Only `service` uses it.

Ref is the ARN for all four, as their references say; attributes hold the names.
"""

from collections.abc import Callable, Mapping

from infra.local.ports import AwsError, Params, ResourceType
from infra.local.sagemaker.context import Context
from infra.local.sagemaker.refusals import invalid
from infra.local.sagemaker.template import coerced, generated_name

Call = Callable[[str, Params], Params]
_UPDATE_ONLY = (
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)
_GONE = ("Could not find", "does not exist")


class Resources:
    """Makes, changes and removes resources through the operations."""

    def __init__(self, context: Context, call: Call) -> None:
        self._context = context
        self._call = call

    def types(self) -> Mapping[str, ResourceType]:
        """Answer the types by name."""
        return {
            "AWS::SageMaker::Model": self._immutable("Model", "ModelName"),
            "AWS::SageMaker::EndpointConfig": self._immutable(
                "EndpointConfig", "EndpointConfigName"
            ),
            "AWS::SageMaker::ModelPackageGroup": self._immutable(
                "ModelPackageGroup", "ModelPackageGroupName"
            ),
            "AWS::SageMaker::Endpoint": ResourceType(
                self._create_endpoint, self._update_endpoint, self._delete_endpoint
            ),
        }

    def _immutable(self, kind: str, name_member: str) -> ResourceType:
        """Answer a type of which every change but of tags is a replacement."""

        def create(logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
            named = _named(props, name_member, stack_name, logical_id)
            self._call(f"Create{kind}", coerced(f"Create{kind}", named))
            return describe(named[name_member])

        def describe(name: str) -> tuple[str, Params]:
            described = self._call(f"Describe{kind}", {name_member: name})
            return described[f"{kind}Arn"], _attributes(kind, name_member, described)

        def update(
            physical_id: str, old_props: Params, new_props: Params, stack_name: str
        ) -> tuple[str, Params]:
            if _without_tags(old_props) == _without_tags(new_props):
                return describe(_name(physical_id))
            return create(kind, new_props, stack_name)

        def delete(physical_id: str, props: Params) -> None:  # noqa: ARG001 - the port's signature
            self._unless_gone(f"Delete{kind}", {name_member: _name(physical_id)})

        return ResourceType(create, update, delete)

    def _create_endpoint(
        self, logical_id: str, props: Params, stack_name: str
    ) -> tuple[str, Params]:
        named = _named(props, "EndpointName", stack_name, logical_id)
        given = {key: value for key, value in named.items() if key not in _UPDATE_ONLY}
        self._call("CreateEndpoint", coerced("CreateEndpoint", given))
        try:
            return self._settled(given["EndpointName"], given["EndpointConfigName"])
        except AwsError:  # who asked gets no physical id, so nobody else can clean up
            self._delete_endpoint(given["EndpointName"], given)
            raise

    def _update_endpoint(
        self, physical_id: str, old_props: Params, new_props: Params, stack_name: str
    ) -> tuple[str, Params]:
        if old_props.get("EndpointName") != new_props.get("EndpointName"):
            return self._create_endpoint("Endpoint", new_props, stack_name)
        name = _name(physical_id)
        config = new_props["EndpointConfigName"]
        if old_props["EndpointConfigName"] == config:
            described = self._call("DescribeEndpoint", {"EndpointName": name})
            return described["EndpointArn"], _attributes("Endpoint", "EndpointName", described)
        given = {key: value for key, value in new_props.items() if key != "Tags"}
        self._call("UpdateEndpoint", coerced("UpdateEndpoint", given | {"EndpointName": name}))
        return self._settled(name, config)

    def _delete_endpoint(self, physical_id: str, props: Params) -> None:  # noqa: ARG002
        name = _name(physical_id)
        try:
            self._settle(name)
            self._call("DeleteEndpoint", {"EndpointName": name})
            while True:  # until Describe finds nothing
                self._call("DescribeEndpoint", {"EndpointName": name})
                self._context.pause()
        except AwsError as error:
            if not _is_gone(error):
                raise

    def _settle(self, name: str) -> Params:
        while True:
            described = self._call("DescribeEndpoint", {"EndpointName": name})
            if described["EndpointStatus"] not in ("Creating", "Updating", "RollingBack"):
                return described
            self._context.pause()

    def _settled(self, name: str, config: str) -> tuple[str, Params]:
        """Wait, as CloudFormation does, and look at the config too: a silent rollback is a failure.

        Raises:
            AwsError: the endpoint did not come to serve the config; the message says why.
        """
        described = self._settle(name)
        reached = described["EndpointStatus"], described["EndpointConfigName"].lower()
        if reached != ("InService", config.lower()):
            raise invalid(
                f"Endpoint {name!r} is {reached[0]} with config {reached[1]!r} instead of "
                f"{config!r}: {described.get('FailureReason', 'no reason was given')}"
            )
        return described["EndpointArn"], _attributes("Endpoint", "EndpointName", described)

    def _unless_gone(self, operation: str, params: Params) -> None:
        try:
            self._call(operation, params)
        except AwsError as error:
            if not _is_gone(error):
                raise


def _name(arn: str) -> str:
    """Names are looked up regardless of case, so the lower-cased name in an ARN finds them."""
    return arn.rsplit("/", 1)[-1]


def _named(props: Params, member: str, stack_name: str, logical_id: str) -> Params:
    return {member: generated_name(stack_name, logical_id), **props}


def _without_tags(props: Params) -> Params:
    return {key: value for key, value in props.items() if key != "Tags"}


def _attributes(kind: str, name_member: str, described: Params) -> Params:
    attributes = {name_member: described[name_member], f"{kind}Arn": described[f"{kind}Arn"]}
    if kind == "ModelPackageGroup":
        attributes["CreationTime"] = described["CreationTime"].isoformat()
        attributes["ModelPackageGroupStatus"] = described["ModelPackageGroupStatus"]
    return attributes


def _is_gone(error: AwsError) -> bool:
    return any(words in error.message for words in _GONE)
