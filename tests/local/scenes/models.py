"""The scenes' models: one endpoint each, so that no scene disturbs another; and their updates."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

TINY = Path(__file__).with_name("tiny")

# Clients send each of them half of the time; see `stage.Stage.traffic`.
CONTEXTS = ("plain", "na\u00efve")

# A virtual minute is 3 s here, and a scene's clients send about 10 requests a second, so the
# canary gets 15 a minute of the only step, 50 %. A proof of a failure rate below 0.2 without any
# failure takes ln(1/beta) / -ln(1 - 0.2) and some, about 20 requests: two minutes. `bad` fails
# half of its requests and stable none: each failure is worth ln 2 of the ln 1000 that WORSE
# needs, so about 15 failures, two to three minutes. Nothing slows down: latency is real, while
# minutes are short, and a busy machine must not decide a scene.
_ROLLOUT: Mapping[str, Any] = {
    "steps": [50],
    "step_odds": [3.0],
    "alpha": 0.001,
    "guardrails": [{"metric": "errors", "weight": 1.0, "absolute_margin": 0.2}],
    "slow_after": "1m",
    "bake": "0s",
    "least_requests": 10,
    "discard": "0s",
    "warm_up": "0s",
    "holdback": "0s",
    "settle": "30s",
    "metric_lag": "30s",
}
_ALARMS: Mapping[str, Any] = {
    "error_rate_percent": 99.0,  # can't ring: no update fails more than half of its requests
    "p99_latency": "1m",
    "datapoints_to_alarm": 2,
    "evaluation_periods": 3,
}
_SCALED: Mapping[str, Any] = {
    "autoscaling": {
        "min_instances": 1,
        "max_instances": 2,
        "invocations_per_instance": 1_000_000,  # no scene sends that many: it is about suspension
    }
}
_PATIENT: Mapping[str, Any] = {"least_requests": 1_000_000}  # the step never passes by itself

SCENES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "by-evidence": {"serving": _SCALED},
    "by-alarm": {
        # No ratio of error odds gets near this margin: the evidence can't say WORSE.
        "rollout": {
            "step_odds": [10_000_000.0],
            "guardrails": [
                {
                    "metric": "errors",
                    "weight": 1.0,
                    "margin": 1_000_000.0,
                    "absolute_margin": None,
                }
            ],
        },
        "alarms": {"error_rate_percent": 10.0},
    },
    "forced": {"rollout": {"least_requests": 150}},
    # Twelve real seconds for a server that does answer, on a busy machine.
    "mute": {"serving": {"startup_timeout": "4m", **_SCALED}},
    "silent": {},
    "good": {"serving": {"metrics_every": "10s"}},
    "operator": {"rollout": _PATIENT},
    "paused": {"rollout": {"steps": [25, 50], "step_odds": [3.0, 3.0]}},
    "waiting": {"rollout": _PATIENT, "serving": _SCALED},
    # Nothing fails in either arm: without an absolute margin nothing can be proved by that.
    "by-hand": {
        "rollout": {"guardrails": [{"metric": "errors", "weight": 1.0, "absolute_margin": None}]}
    },
    # With so much stable traffic in HOLDBACK each failure of the canary is worth ln(1/0.8) of the
    # ln 1000 that WORSE needs, so 31 failures; half an hour is more than the scene ever takes.
    "late": {"rollout": {"holdback_percent": 80, "holdback": "30m"}},
    "kept": {"rollout": {"keep_loser": "2m"}, "serving": _SCALED},
    "garbage": {},
}


def write_models(folder: Path) -> None:
    """Write a folder for each scene's model, as a user's `models/` has them."""
    for name, changes in SCENES.items():
        shutil.copytree(TINY, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        file = {
            "name": name,
            "description": f"The model of the scene {name}.",
            "training": {"metrics": ["loss"]},
            "serving": changes.get("serving", {}),
            "rollout": {**_ROLLOUT, **changes.get("rollout", {})},
            "alarms": {**_ALARMS, **changes.get("alarms", {})},
            "golden": "golden.jsonl",
        }
        (folder / name / "model.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
        (folder / name / "Dockerfile").write_text("FROM python:3.12-slim\n", encoding="utf-8")


UPDATES: Mapping[str, tuple[str, str]] = {
    "good": ("context.upper()", "context.strip().upper()"),
    # A real bug: it fails on every context that isn't ASCII.
    "bad": ("context.upper()", 'context.encode("ascii").decode().upper()'),
    # It is up and says so, and nothing that it answers makes sense.
    "garbage": ("context.upper()", "str(len(context))"),
    # It listens, so that clients connect, and never answers.
    "mute": (".serve_forever()", ".socket.detach(), __import__('time').sleep(3600)"),
}


def write_update(name: str, folder: Path) -> None:
    """Write the tiny model's code with one line changed.

    Raises:
        ValueError: the line is not in the code.
    """
    old, new = UPDATES[name]
    shutil.copytree(TINY, folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = (folder / "serve.py").read_text(encoding="utf-8")
    if code.count(old) != 1:
        raise ValueError(f"{old!r} is not once in serve.py")
    (folder / "serve.py").write_text(code.replace(old, new), encoding="utf-8")
