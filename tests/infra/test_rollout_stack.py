"""Queues, rules, function, alarms and settings fit together."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

Resources = Callable[..., list[dict[str, Any]]]
Template = Callable[..., dict[str, Any]]


def by(resources: list[dict[str, Any]], name: str) -> dict[str, dict[str, Any]]:
    """Properties by the value of one of them."""
    return {r["Properties"][name]: r["Properties"] for r in resources}


def logical_id(template: dict[str, Any], name: str) -> str:
    """The queue of that name in the template."""
    (found,) = (
        key
        for key, resource in template["Resources"].items()
        if resource["Properties"].get("QueueName") == name
    )
    return str(found)


def test_queues_are_the_five_with_dead_letters_and_deduplication(
    resources: Resources, template: Template
) -> None:
    queues = by(resources("rollout", "AWS::SQS::Queue"), "QueueName")
    events = queues.pop("steelyard-local-events.fifo")
    assert events["FifoQueue"] is True
    assert events["ContentBasedDeduplication"] is True
    dead = logical_id(template("rollout"), "steelyard-local-dead.fifo")
    assert events["RedrivePolicy"]["deadLetterTargetArn"] == f"${{{dead}.Arn}}"
    kinds = {name: queue.get("FifoQueue", False) for name, queue in queues.items()}
    assert kinds == {
        "steelyard-local-dead.fifo": True,
        "steelyard-local-undelivered": False,
        "steelyard-local-quarantine": False,
        "steelyard-local-unarchived": False,
    }
    fortnight = 14 * 24 * 3600
    assert {queue["MessageRetentionPeriod"] for queue in queues.values()} == {fortnight}


def test_visibility_is_six_times_the_functions_timeout(resources: Resources) -> None:
    queues = by(resources("rollout", "AWS::SQS::Queue"), "QueueName")
    functions = by(resources("rollout", "AWS::Lambda::Function"), "FunctionName")
    visibility = queues["steelyard-local-events.fifo"]["VisibilityTimeout"]
    assert functions["steelyard-local-reconcile"]["Timeout"] == 30
    assert visibility >= 6 * functions["steelyard-local-reconcile"]["Timeout"]


PATTERNS: dict[str, dict[str, Any]] = {
    "alarm": {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": "steelyard/dev-completion/"}]},
    },
    "endpoint": {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
        "detail": {"EndpointName": ["dev-completion"]},
    },
    "approval": {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {"ModelPackageGroupName": ["dev-completion"]},
    },
    "command": {
        "source": ["steelyard"],
        "detail-type": ["Steelyard Command"],
        "detail": {"endpoint": ["dev-completion"]},
    },
}


@pytest.mark.parametrize("kind", PATTERNS)
def test_rule_matches_one_source_of_one_endpoint(resources: Resources, kind: str) -> None:
    rules = by(resources("rollout", "AWS::Events::Rule", "dev"), "Name")
    assert rules[f"steelyard-dev-completion-{kind}"]["EventPattern"] == PATTERNS[kind]


def test_tick_comes_every_minute_and_there_is_no_other_rule(resources: Resources) -> None:
    rules = by(resources("rollout", "AWS::Events::Rule", "dev"), "Name")
    assert rules["steelyard-dev-completion-tick"]["ScheduleExpression"] == "rate(1 minute)"
    assert set(rules) == {f"steelyard-dev-completion-{kind}" for kind in (*PATTERNS, "tick")}


@pytest.mark.parametrize("environment", ["local", "dev"])
def test_every_rule_has_a_dead_letter_queue_a_constant_group_and_no_input(
    resources: Resources, template: Template, environment: str
) -> None:
    events = logical_id(template("rollout", environment), f"steelyard-{environment}-events.fifo")
    lost = logical_id(template("rollout", environment), f"steelyard-{environment}-undelivered")
    endpoint = "completion" if environment == "local" else f"{environment}-completion"
    for rule in resources("rollout", "AWS::Events::Rule", environment):
        assert rule["Properties"]["Targets"] == [
            {
                "Id": "Events",
                "Arn": f"${{{events}.Arn}}",
                "SqsParameters": {"MessageGroupId": endpoint},
                "DeadLetterConfig": {"Arn": f"${{{lost}.Arn}}"},
            }
        ]


def test_rules_wait_for_the_settings_that_a_tick_needs(template: Template) -> None:
    found = template("rollout")["Resources"]
    (settings,) = (key for key, r in found.items() if r["Type"] == "AWS::SSM::Parameter")
    rules = [r for r in found.values() if r["Type"] == "AWS::Events::Rule"]
    assert all(settings in rule["DependsOn"] for rule in rules)


def test_only_this_environments_rules_may_send(resources: Resources) -> None:
    allowed = [
        (statement["Principal"], statement["Action"], statement["Condition"])
        for policy in resources("rollout", "AWS::SQS::QueuePolicy")
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    rules = "arn:${AWS::Partition}:events:eu-west-1:000000000000:rule/steelyard-completion-*"
    expected = (
        {"Service": "events.amazonaws.com"},
        "sqs:SendMessage",
        {
            "StringEquals": {"aws:SourceAccount": "000000000000"},
            "ArnLike": {"aws:SourceArn": [rules]},
        },
    )
    assert allowed == [expected, expected]


def test_function_takes_one_message_at_a_time_and_reports_its_failure(resources: Resources) -> None:
    (properties,) = (
        mapping["Properties"]
        for mapping in resources("rollout", "AWS::Lambda::EventSourceMapping")
        if "Events" in mapping["Properties"]["EventSourceArn"]
    )
    assert properties["BatchSize"] == 1  # or one endpoint could keep another one waiting
    assert properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert properties["ScalingConfig"]["MaximumConcurrency"] >= 2


def test_function_is_the_reconciler_and_knows_its_surroundings(
    resources: Resources, template: Template
) -> None:
    functions = by(resources("rollout", "AWS::Lambda::Function", "dev"), "FunctionName")
    properties = functions["steelyard-dev-reconcile"]
    quarantine = logical_id(template("rollout", "dev"), "steelyard-dev-quarantine")
    events = logical_id(template("rollout", "dev"), "steelyard-dev-events.fifo")
    (topic,) = (
        key
        for key, r in template("rollout", "dev")["Resources"].items()
        if r["Type"] == "AWS::SNS::Topic"
    )
    assert properties["Handler"] == "steelyard.handlers.reconcile.handler"
    assert properties["Runtime"] == "python3.12"
    assert len(properties["Layers"]) == 1
    assert properties["Environment"]["Variables"] == {
        "STEELYARD_LEDGER_TABLE": "steelyard-dev-ledger",
        "STEELYARD_LABELS_TABLE": "steelyard-dev-labels",
        "STEELYARD_EVENTS_URL": f"${{{events}}}",
        "STEELYARD_QUARANTINE_URL": f"${{{quarantine}}}",
        "STEELYARD_TOPIC_ARN": f"${{{topic}}}",
        "STEELYARD_PARAMETER_PREFIX": "/steelyard/dev/models",
        "STEELYARD_ACCOUNT": "${AWS::AccountId}",
        "POWERTOOLS_SERVICE_NAME": "steelyard",
        "POWERTOOLS_METRICS_NAMESPACE": "SteelyardOperations",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


@pytest.mark.parametrize(("environment", "days"), [("local", 7), ("dev", 90), ("prod", 365)])
def test_logs_are_kept_as_long_as_the_environment_says(
    resources: Resources, environment: str, days: int
) -> None:
    groups = by(resources("rollout", "AWS::Logs::LogGroup", environment), "LogGroupName")
    assert {name: group["RetentionInDays"] for name, group in groups.items()} == {
        f"/aws/lambda/steelyard-{environment}-reconcile": days,
        f"/aws/lambda/steelyard-{environment}-intake": days,
        f"/aws/lambda/steelyard-{environment}-archive": days,
        f"/aws/vendedlogs/steelyard-{environment}-labels": days,
    }


def test_evidence_alarm_fires_at_the_promised_threshold(resources: Resources) -> None:
    alarm = by(resources("rollout", "AWS::CloudWatch::Alarm"), "AlarmName")[
        "steelyard/completion/evidence"
    ]
    assert alarm["Threshold"] == pytest.approx(math.log(1 / 0.01))
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Steelyard", "Evidence")
    assert alarm["Dimensions"] == [{"Name": "EndpointName", "Value": "completion"}]
    assert alarm["TreatMissingData"] == "missing"


def test_heartbeat_alarm_fires_when_nothing_is_heard(resources: Resources) -> None:
    alarm = by(resources("rollout", "AWS::CloudWatch::Alarm"), "AlarmName")[
        "steelyard/completion/heartbeat"
    ]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Steelyard", "Heartbeat")
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 1)
    assert alarm["ComparisonOperator"] == "LessThanThreshold"
    assert alarm["TreatMissingData"] == "breaching"


def test_alarms_call_the_topic_and_the_topic_takes_their_calls(
    resources: Resources, template: Template
) -> None:
    found = template("rollout")["Resources"]
    (topic,) = (key for key, r in found.items() if r["Type"] == "AWS::SNS::Topic")
    for alarm in resources("rollout", "AWS::CloudWatch::Alarm"):
        assert alarm["Properties"]["AlarmActions"] == [f"${{{topic}}}"]
    (policy,) = resources("rollout", "AWS::SNS::TopicPolicy")
    (allow,) = (
        s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"
    )
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"]["ArnLike"] == {
        "aws:SourceArn": "arn:${AWS::Partition}:cloudwatch:eu-west-1:000000000000:alarm:steelyard/*"
    }


def test_settings_are_json_under_the_models_parameter(resources: Resources) -> None:
    (parameter,) = resources("rollout", "AWS::SSM::Parameter")
    properties = parameter["Properties"]
    settings = json.loads(properties["Value"])
    assert properties["Name"] == "/steelyard/local/models/completion"
    assert properties["Tier"] == "Standard"
    assert settings["execution_role_arn"] == (
        "arn:${AWS::Partition}:iam::000000000000:role/steelyard-local-completion-serving"
    )
    assert settings["rollout"]["steps"] == [5, 25, 50]
    assert settings["autoscaling"] is None  # null must not be left out
    assert [alarm["metric"] for alarm in settings["alarms"]] == ["errors", "slow"]
