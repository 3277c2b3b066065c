"""How the simulated model is deployed: its parameter, and the Lambda's settings."""

from __future__ import annotations

import json
from functools import cache

from steelyard.codec import encode
from steelyard.messages import Home
from steelyard.settings import Settings
from tests.fakes.dynamodb import LABELS, LEDGER
from tests.faults.plan import Plan
from tests.functional.fake_sagemaker import ACCOUNT, REGION
from tests.functional.settings import ALARMS, ROLE, SCALING

ENDPOINT = "completion"
PREFIX = "/steelyard/test"
GOLDEN = f"{PREFIX}/golden/{ENDPOINT}"
SETTINGS = Settings(
    ledger_table=LEDGER,
    labels_table=LABELS,
    events_url="https://sqs.eu-west-1.amazonaws.com/000000000000/events.fifo",
    quarantine_url="https://sqs.eu-west-1.amazonaws.com/000000000000/quarantine",
    topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:pages",
    parameter_prefix=PREFIX,
    home=Home(ACCOUNT, REGION),
)
_GOLDEN = {"name": "one", "request": {"text": "1"}, "expect": [{"at": "/sum", "equals": 1}]}
RIGHT, WRONG = b'{"sum": 1}', b'{"sum": 2}'


def parameters(plan: Plan) -> dict[str, str]:
    """What CDK writes for the model."""
    model = {
        "endpoint": ENDPOINT,
        "package_group": ENDPOINT,
        "execution_role_arn": ROLE,
        "rollout": encode(plan.policy),
        "alarms": _alarms(),
        "autoscaling": encode(SCALING) if plan.scaled else None,
        "golden": {"path": GOLDEN, "count": 1} if plan.golden else None,
    }
    return {f"{PREFIX}/{ENDPOINT}": json.dumps(model), f"{GOLDEN}/00": json.dumps(_GOLDEN)}


@cache
def _alarms() -> list[dict[str, object]]:
    return [dict(alarm) for alarm in ALARMS]
