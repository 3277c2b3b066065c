"""The endpoints of a game day, each with the one path that can see its bad versions."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.local.scenes.models import TINY

# The canary gets half of some ten requests a second, 15 a virtual minute, and a bad one fails
# half of them: `tests/local/scenes/models.py` has the arithmetic. Latency is real while minutes
# are short, so it must not decide. A call that a killed process made is over in 30 seconds.
_ROLLOUT: Mapping[str, Any] = {
    "steps": [50],
    "step_odds": [3.0],
    "alpha": 0.001,
    "guardrails": [{"metric": "errors", "weight": 1.0, "absolute_margin": 0.2}],
    "slow_after": "1m",
    "bake": "1m",
    "least_requests": 20,
    "discard": "0s",
    "warm_up": "0s",
    "holdback": "0s",
    "settle": "30s",
    "metric_lag": "30s",
}
_ALARMS: Mapping[str, Any] = {
    "error_rate_percent": 99.0,  # can't ring: no bad version fails more than half
    "p99_latency": "1m",
    "datapoints_to_alarm": 2,
    "evaluation_periods": 3,
}
ENDPOINTS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "by-evidence": {},
    # Nothing is WORSE below 90 % of failures, so the alarm alone can see a bad version.
    "by-alarm": {
        "rollout": {
            "step_odds": [10_000_000.0],
            "guardrails": [
                {
                    "metric": "errors",
                    "weight": 1.0,
                    "margin": 1_000_000.0,
                    "absolute_margin": 0.9,
                }
            ],
        },
        "alarms": {"error_rate_percent": 10.0},
    },
}


def write_models(folder: Path) -> None:
    """Write a folder for each endpoint's model, as a user's `models/` has them."""
    for name, changes in ENDPOINTS.items():
        shutil.copytree(TINY, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        file = {
            "name": name,
            "description": f"The model of the game day's endpoint {name}.",
            "training": {"metrics": ["loss"]},
            "serving": {},
            "rollout": {**_ROLLOUT, **changes.get("rollout", {})},
            "alarms": {**_ALARMS, **changes.get("alarms", {})},
            "golden": "golden.jsonl",
        }
        (folder / name / "model.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
        (folder / name / "Dockerfile").write_text("FROM python:3.12-slim\n", encoding="utf-8")
