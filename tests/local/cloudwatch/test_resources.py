"""CloudFormation's CloudWatch types, and dashboards."""

from typing import Any

import pytest

from infra.local.ports import AwsError, Params, ResourceType

from .fakes import SINGLE, Desk

ALARM: Params = {
    "AlarmName": "steelyard/completion/evidence",
    "Namespace": "Steelyard",
    "MetricName": "Evidence",
    "Dimensions": [{"Name": "EndpointName", "Value": "completion"}],
    "Statistic": "Maximum",
    "Period": "60",
    "EvaluationPeriods": "1",
    "Threshold": "2.995",
    "ActionsEnabled": "false",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "Tags": [{"Key": "env", "Value": "local"}],
}


def of(desk: Desk, kind: str) -> ResourceType:
    return desk.watch.resources()[f"AWS::CloudWatch::{kind}"]


def made(desk: Desk, kind: str = "Alarm", **changes: Any) -> tuple[str, Params]:
    props = {k: v for k, v in (ALARM | changes).items() if v is not None}
    return of(desk, kind).create("EvidenceAlarm", props, "steelyard-local-rollout")


def test_numbers_and_booleans_given_as_text_are_understood(desk: Desk) -> None:
    name, attributes = made(desk)
    assert name == "steelyard/completion/evidence"
    alarm = desk.alarm(name)
    assert attributes == {"Arn": alarm["AlarmArn"]}
    assert (alarm["Period"], alarm["Threshold"], alarm["ActionsEnabled"]) == (60, 2.995, False)
    tags = desk.call("ListTagsForResource", ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == [{"Key": "env", "Value": "local"}]


def test_alarm_on_an_expression_is_created(desk: Desk) -> None:
    metric = {"Namespace": "AWS/SageMaker", "MetricName": "Invocations", "Dimensions": []}
    stat = {"Metric": metric, "Period": "60", "Stat": "Sum"}
    metrics = [
        {"Id": "expr_1", "Expression": "m1 / 2", "Label": "half"},
        {"Id": "m1", "MetricStat": stat, "ReturnData": "false"},
    ]
    changes: Params = dict.fromkeys(SINGLE) | {"Metrics": metrics}
    name, _ = made(desk, **changes)
    assert desk.alarm(name)["Metrics"][1]["ReturnData"] is False


def test_name_is_made_up_of_stack_and_logical_id_when_none_is_given(desk: Desk) -> None:
    name, _ = made(desk, AlarmName=None)
    assert name.startswith("steelyard-local-rollout-EvidenceAlarm-")
    assert desk.alarm(name)


def test_alarm_that_exists_already_is_not_taken_over(desk: Desk) -> None:
    made(desk)
    with pytest.raises(AwsError) as caught:
        made(desk)
    assert caught.value.code == "AlreadyExists"


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"Treshold": 1}, "no property Treshold"),
        ({"Threshold": "high"}, "Threshold: got 'high', accepted: double"),
        ({"Period": "60.5"}, "Period: got '60.5', accepted: integer"),
        ({"ActionsEnabled": "yes"}, "ActionsEnabled: got 'yes', accepted: boolean"),
        ({"Dimensions": {"Name": "x"}}, "accepted: list"),
        ({"Dimensions": ["x"]}, "accepted: structure"),
        ({"AlarmActions": ["x"] * 6}, "less than or equal to 5"),
        ({"Statistic": "Mean"}, "Mean"),
        ({"EvaluationPeriods": True}, "accepted: integer"),
    ],
)
def test_property_of_the_wrong_kind_is_refused_with_its_name(
    desk: Desk, changes: Params, match: str
) -> None:
    with pytest.raises(AwsError, match=match):
        made(desk, **changes)


def test_update_changes_in_place_and_a_new_name_replaces(desk: Desk) -> None:
    name, _ = made(desk)
    changed = ALARM | {"Threshold": 5, "Tags": [{"Key": "team", "Value": "ml"}]}
    resource = of(desk, "Alarm")
    assert resource.update(name, ALARM, changed, "stack")[0] == name
    assert desk.alarm(name)["Threshold"] == 5.0
    tags = desk.call("ListTagsForResource", ResourceARN=desk.alarm(name)["AlarmArn"])["Tags"]
    assert tags == [{"Key": "team", "Value": "ml"}]
    other, _ = resource.update(name, changed, changed | {"AlarmName": "other"}, "stack")
    assert other == "other"
    assert len(desk.call("DescribeAlarms")["MetricAlarms"]) == 2


def test_made_up_name_stays_through_an_update(desk: Desk) -> None:
    name, _ = made(desk, AlarmName=None)
    props = {key: value for key, value in ALARM.items() if key != "AlarmName"}
    changed = props | {"Threshold": 5}
    assert of(desk, "Alarm").update(name, props, changed, "steelyard-local-rollout")[0] == name


def test_deletion_of_what_is_gone_is_no_error(desk: Desk) -> None:
    name, _ = made(desk)
    resource = of(desk, "Alarm")
    resource.delete(name, ALARM)
    resource.delete(name, ALARM)
    assert desk.call("DescribeAlarms")["MetricAlarms"] == []


def test_composite_alarm_is_created_updated_and_deleted(desk: Desk) -> None:
    name, _ = made(desk)
    resource = of(desk, "CompositeAlarm")
    props = {"AlarmName": "any", "AlarmRule": f'ALARM("{name}")'}
    physical, attributes = resource.create("Any", props, "stack")
    assert attributes == {"Arn": desk.alarm("any")["AlarmArn"]}
    resource.update(physical, props, props | {"AlarmRule": "TRUE"}, "stack")
    assert desk.alarm("any")["StateValue"] == "ALARM"
    resource.delete(physical, props)
    with pytest.raises(ValueError, match="unpack"):
        desk.alarm("any")


def test_deletion_that_fails_is_told(desk: Desk) -> None:
    name, _ = made(desk)
    desk.call("PutCompositeAlarm", AlarmName="any", AlarmRule=f"ALARM({name})")
    with pytest.raises(AwsError, match="read by composite alarms"):
        of(desk, "Alarm").delete(name, ALARM)


def test_dashboard_is_created_updated_and_deleted(desk: Desk) -> None:
    resource = of(desk, "Dashboard")
    props = {"DashboardName": "steelyard", "DashboardBody": "{}"}
    name, attributes = resource.create("Board", props, "stack")
    assert (name, attributes) == ("steelyard", {})
    with pytest.raises(AwsError, match="already"):
        resource.create("Board", props, "stack")
    body = '{"widgets": []}'
    resource.update(name, props, props | {"DashboardBody": body}, "stack")
    found = desk.call("GetDashboard", DashboardName=name)
    assert found["DashboardBody"] == body
    assert found["DashboardArn"] == "arn:aws:cloudwatch::000000000000:dashboard/steelyard"
    (entry,) = desk.call("ListDashboards", DashboardNamePrefix="steel")["DashboardEntries"]
    assert entry["Size"] == len(body)
    assert desk.call("ListDashboards", DashboardNamePrefix="other")["DashboardEntries"] == []
    resource.delete(name, props)
    resource.delete(name, props)
    with pytest.raises(AwsError, match="no dashboard 'steelyard'"):
        desk.call("GetDashboard", DashboardName=name)


@pytest.mark.parametrize(("name", "body"), [("a b", "{}"), ("a", "not json"), ("a", "[]")])
def test_dashboard_that_makes_no_sense_is_refused(desk: Desk, name: str, body: str) -> None:
    with pytest.raises(AwsError) as caught:
        desk.call("PutDashboard", DashboardName=name, DashboardBody=body)
    assert caught.value.code == "InvalidParameterInput"


def test_deletion_of_dashboards_is_all_or_nothing(desk: Desk) -> None:
    desk.call("PutDashboard", DashboardName="a", DashboardBody="{}")
    with pytest.raises(AwsError, match="no dashboard 'b'"):
        desk.call("DeleteDashboards", DashboardNames=["a", "b"])
    assert len(desk.call("ListDashboards")["DashboardEntries"]) == 1


def test_dashboard_can_be_tagged(desk: Desk) -> None:
    tags = [{"Key": "env", "Value": "local"}]
    desk.call("PutDashboard", DashboardName="a", DashboardBody="{}", Tags=tags)
    arn = desk.call("GetDashboard", DashboardName="a")["DashboardArn"]
    assert desk.call("ListTagsForResource", ResourceARN=arn) == {"Tags": tags}
