"""The demo's outcome as JSON, and its schema. For the demo, its tests, and whoever reads the file.

Figures only: the series behind the report's charts stay in the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from cli.demo import facts
from cli.demo.checks import Claim
from cli.demo.facts import Labelled, RolloutFacts
from cli.demo.story_data import Story

SCHEMA_FILE = Path(__file__).parents[2] / "docs/schema/demo-summary.schema.json"


class InvalidSummary(Exception):
    """A summary that does not keep to the schema; names the place and the value."""


def write(story: Story, claims: Iterable[Claim], file: Path) -> Path:
    """Write the summary of `story`, and whether it happened as told; returns the file.

    Raises:
        InvalidSummary: the story holds something that the schema forbids; nothing is written.
    """
    summary = summarise(story, claims)
    validate(summary)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return file


def summarise(story: Story, claims: Iterable[Claim]) -> dict[str, Any]:
    """The summary of `story` as JSON values."""
    content = {
        "format": 2,
        "endpoint": story.endpoint,
        "started": story.started,
        "ended": story.ended,
        "clock_factor": story.factor,
        "versions": story.versions,
        "rollouts": [_rollout(rollout) for rollout in facts.rollouts(story)],
        "alarms": story.alarms,
        "clients": story.clients,
        "sizing": story.sizing,
        "expected": story.expected,
        "claims": list(claims),
    }
    plain: dict[str, Any] = _plain(content)
    return plain


def validate(summary: object) -> None:
    """Hold a summary against the schema.

    Raises:
        InvalidSummary: the first offence, with its place.
    """
    errors = _validator().iter_errors(summary)
    for error in sorted(errors, key=lambda one: one.json_path):
        raise InvalidSummary(f"{error.json_path}: {error.message}")


def _rollout(found: RolloutFacts) -> dict[str, Any]:
    rollout = found.rollout
    return {
        "id": rollout.id,
        "candidate": rollout.candidate,
        "stable": rollout.stable,
        "outcome": rollout.outcome,
        "started": rollout.started,
        "ended": rollout.ended,
        "first_traffic": found.first_traffic,
        "highest_canary_percent": found.highest_percent,
        "canary_variant": _variant(rollout.canary_variant, found.canary),
        "stable_variant": _variant(rollout.stable_variant, found.stable),
        "quality": [
            {
                "segment": quality.segment,
                "stable": _labelled(quality.stable),
                "canary": _labelled(quality.canary),
            }
            for quality in found.quality
        ],
        "peak_evidence": found.peak,
        "decisions": found.decisions,
    }


def _variant(name: str, traffic: facts.Traffic) -> dict[str, Any]:
    return {"name": name, **asdict(traffic), "error_percent": round(traffic.error_percent, 4)}


def _labelled(found: Labelled) -> dict[str, Any]:
    percent = found.correct_percent
    return {
        **asdict(found),
        "correct_percent": None if percent is None else round(percent, 4),
    }


def _plain(value: Any) -> Any:
    """Dataclasses, times and tuples as what JSON has for them."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())
