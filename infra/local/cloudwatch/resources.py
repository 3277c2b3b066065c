"""CloudFormation's CloudWatch types. Only `infra/local/cloudwatch` imports it.

Their properties are the parameters of the Put operations; CloudFormation may give numbers and
booleans as strings.
"""

import uuid
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.model import OperationModel, ServiceModel, Shape

from infra.local.cloudwatch.alarms_api import AlarmsApi
from infra.local.cloudwatch.dashboards import Dashboards
from infra.local.cloudwatch.errors import invalid_request
from infra.local.ports import AwsError, Params, ResourceType
from infra.local.validation import validate

_LONGEST = {"AlarmName": 255, "DashboardName": 255}
_BOOLEANS = {"true": True, "false": False}


def resource_types(alarms: AlarmsApi, dashboards: Dashboards) -> dict[str, ResourceType]:
    """Answer the types, each with its way to create, update and delete."""
    return {
        "AWS::CloudWatch::Alarm": _alarm_type(alarms, "PutMetricAlarm"),
        "AWS::CloudWatch::CompositeAlarm": _alarm_type(alarms, "PutCompositeAlarm"),
        "AWS::CloudWatch::Dashboard": _dashboard_type(dashboards),
    }


def _alarm_type(alarms: AlarmsApi, operation: str) -> ResourceType:
    def attributes(name: str) -> tuple[str, Params]:
        return name, {"Arn": alarms.arn(name)}

    def create(name: str, props: Params) -> tuple[str, Params]:
        alarms.create(coerced(operation, props | {"AlarmName": name}))
        return attributes(name)

    def update(name: str, props: Params) -> tuple[str, Params]:
        alarms.put(coerced(operation, props | {"AlarmName": name}))
        return attributes(name)

    def delete(name: str) -> None:
        alarms.delete_alarms({"AlarmNames": [name]})

    return _type("AlarmName", create, update, delete)


def _dashboard_type(dashboards: Dashboards) -> ResourceType:
    def put(name: str, props: Params) -> tuple[str, Params]:
        dashboards.put_dashboard(coerced("PutDashboard", props | {"DashboardName": name}))
        return name, {}

    def create(name: str, props: Params) -> tuple[str, Params]:
        if dashboards.exists(dashboards.arn(name)):
            raise AwsError("AlreadyExists", f"There is a dashboard {name!r} already.")
        return put(name, props)

    def delete(name: str) -> None:
        dashboards.delete_dashboards({"DashboardNames": [name]})

    return _type("DashboardName", create, put, delete)


_Put = Callable[[str, Params], tuple[str, Params]]


def _type(key: str, create: _Put, update: _Put, delete: Callable[[str], None]) -> ResourceType:
    """Make a type whose physical id is the name under `key`, made up when it is not given."""

    def named(logical_id: str, props: Params, stack_name: str) -> tuple[str, Params]:
        return create(props.get(key) or _made_up(key, stack_name, logical_id), props)

    def changed(
        physical_id: str, old_props: Params, new_props: Params, stack_name: str
    ) -> tuple[str, Params]:
        if old_props.get(key) == new_props.get(key):
            return update(physical_id, new_props)
        # Another name is another resource; CloudFormation deletes the old one later.
        return named(physical_id.removeprefix(f"{stack_name}-"), new_props, stack_name)

    def removed(physical_id: str, props: Params) -> None:
        del props
        try:
            delete(physical_id)
        except AwsError as error:
            if error.code != "ResourceNotFound":
                raise

    return ResourceType(create=named, update=changed, delete=removed)


def _made_up(key: str, stack_name: str, logical_id: str) -> str:
    suffix = uuid.uuid4().hex[:12].upper()
    return f"{stack_name}-{logical_id}"[: _LONGEST[key] - len(suffix) - 1] + f"-{suffix}"


def coerced(operation: str, props: Mapping[str, Any]) -> Params:
    """Answer properties as the parameters of an operation, checked against botocore's model.

    Raises:
        AwsError: a property that the operation has not, or a value of another kind.
    """
    model = _operation(operation)
    if model.input_shape is None:
        raise TypeError(f"{operation} has no parameters")
    params: Params = _coerced(model.input_shape, props, operation)
    validate(model, params)
    return params


@cache
def _operation(name: str) -> OperationModel:
    model: ServiceModel = botocore.session.get_session().get_service_model("cloudwatch")
    return model.operation_model(name)


def _coerced(shape: Shape, value: Any, where: str) -> Any:
    kind = shape.type_name
    if kind == "structure" and isinstance(value, Mapping):
        members = shape.members
        unknown = sorted(value.keys() - members.keys())
        if unknown:
            raise invalid_request(f"{where} has no property {', '.join(unknown)}.")
        return {key: _coerced(members[key], each, f"{where}.{key}") for key, each in value.items()}
    if kind == "list" and isinstance(value, list):
        member = shape.member
        return [_coerced(member, each, where) for each in value]
    if kind not in ("structure", "list"):
        try:
            return _scalar(kind, value)
        except (KeyError, TypeError, ValueError) as error:
            raise invalid_request(f"{where}: got {value!r}, accepted: {kind}.") from error
    raise invalid_request(f"{where}: got {value!r}, accepted: {kind}.")


def _scalar(kind: str, value: Any) -> Any:
    if isinstance(value, (Mapping, list)):
        raise TypeError(kind)
    if kind == "boolean":
        return value if isinstance(value, bool) else _BOOLEANS[value]
    if kind == "string":
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, bool):
        raise TypeError(kind)
    number = float(value)
    if kind == "double":
        return number
    if not number.is_integer():
        raise ValueError(kind)
    return int(number)
