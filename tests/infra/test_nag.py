"""The rules of cdk-nag's AwsSolutions hold, or a resource says why not."""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from cdk_nag import AwsSolutionsChecks

from infra.constructs.exceptions import UnexplainedWildcard, accept_wildcards
from tests.infra.conftest import ENVIRONMENTS, IMAGE
from tests.infra.in_process import built

_ACCEPTED = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY


def findings(scope: cdk.App | cdk.Stack) -> list[str]:
    """Each finding that nobody accepted, with the resource."""
    report = AwsSolutionsChecks().validate_scope(scope)
    return [
        f"{resource.construct_path}: {violation.rule_name}"
        for violation in report.violations
        for resource in violation.violating_resources
    ]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_finding_is_left_without_a_reason(models: Path, environment: str) -> None:
    app = built(models, environment=environment, images={"completion": IMAGE})
    assert findings(app) == []


def test_every_reason_is_on_the_resource_concerned_and_says_something(models: Path) -> None:
    app = built(models, environment="prod", images={"completion": IMAGE})
    accepted = [
        (construct, entry.data)
        for construct in app.node.find_all()
        for entry in construct.node.metadata
        if entry.type == _ACCEPTED
    ]
    assert accepted
    for construct, rules in accepted:
        assert isinstance(construct, cdk.Resource), construct.node.path
        assert all(len(reason) > 20 for reason in rules.values()), rules


def test_a_finding_that_nobody_accepted_is_found() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    sqs.CfnQueue(stack, "Queue")
    assert "Stack/Queue: AwsSolutions-SQS3" in findings(stack)


def test_wildcard_without_a_reason_is_refused_when_the_app_is_synthesized() -> None:
    stack = cdk.Stack(cdk.App(), "Stack")
    role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    statement = iam.PolicyStatement(sid="New", actions=["s3:GetObject"], resources=["*"])
    with pytest.raises(UnexplainedWildcard, match="Stack/Role: statement New has a wildcard"):
        accept_wildcards(role, iam.PolicyDocument(statements=[statement]))
