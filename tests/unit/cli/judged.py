"""Lines for `steelyard judge`, and what it answers. Not a test itself."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from cli.main import app
from steelyard.evidence import Arm, Batch, Labels, SegmentCounts

SCHEMAS = Path(__file__).parents[3] / "docs/schema"
START = 1_700_000_000
Object = dict[str, Any]


def schema(name: str) -> Draft202012Validator:
    """The validator of docs/schema/judge-NAME.schema.json, which keeps to its own schema."""
    content = json.loads((SCHEMAS / f"judge-{name}.schema.json").read_text())
    Draft202012Validator.check_schema(content)
    return Draft202012Validator(content)


VERDICT = schema("verdict")
LINE = schema("line")


@dataclass(frozen=True)
class Judged:
    """One run: exit code, verdicts, and what was said on standard error, in one line."""

    code: int
    verdicts: list[Object]
    said: str

    @property
    def last(self) -> Object:
        return self.verdicts[-1]


BOUNDS = (1000, 2000, 4000, None)
PARTS = ((200, 2), (300, 1))
POLICY = """
steps: [2, 20]
step_odds: [3, 1.5]
guardrails:
  - {metric: errors, weight: 0.5, margin: 1.1}
  - {metric: labels, weight: 0.5, absolute_margin: null}
segments: [de, fr]
metric_lag: 30s
discard: 0s
"""


def written(folder: Path, text: str = POLICY) -> str:
    file = folder / "policy.yaml"
    file.write_text(text)
    return str(file)


def some_batches(seed: int, number: int, percent: Callable[[int], float]) -> list[Batch]:
    """A canary that is a little worse, with all that a line may have; no latency of its own."""
    rng = random.Random(seed)

    def one(requests: int, rate: float) -> Arm:
        errors = sum(rng.random() < rate for _ in range(requests))
        bands = [rng.randint(0, requests // 4) for _ in BOUNDS]
        names = ("de", "fr", "pt")
        return Arm(
            requests,
            {"errors": errors, "slow": bands[3]},
            tuple(bands),
            {name: Labels(requests // 9, rng.randint(0, requests // 18)) for name in names},
            {name: SegmentCounts(requests // 3, errors // 3) for name in names},
        )

    batches = []
    for index in range(number):
        end = datetime.fromtimestamp(START + 60 * index, UTC)
        parts = tuple(Arm(n, {"errors": bad}) for n, bad in PARTS)
        stable = one(600, 0.01)
        stable = replace(stable, bad={**stable.bad, "errors": max(3, stable.bad["errors"])})
        batches.append(Batch(end, percent(index), stable, one(40, 0.03), parts))
    return batches


def judged(lines: Sequence[Object | str | bytes], *options: str, file: str = "-") -> Judged:
    """Give lines to the command; each verdict is strict JSON and keeps to its schema."""
    raw = b"".join(one if isinstance(one, bytes) else _text(one) for one in lines)
    runner = CliRunner(env={"COLUMNS": "500"})
    result = runner.invoke(app, ["judge", file, *options], input=raw)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    verdicts = [json.loads(text, parse_constant=_never) for text in result.stdout.splitlines()]
    for verdict in verdicts:
        VERDICT.validate(verdict)
    return Judged(result.exit_code, verdicts, " ".join(result.stderr.split()))


def line(number: int, stable: Object, canary: Object, percent: float = 5) -> Object:
    """The line of a minute, counted from 0."""
    t = START + 60 * number
    return {"t": t, "canary_percent": percent, "stable": stable, "canary": canary}


def arm(requests: int, errors: int | None = None, **others: Any) -> Object:
    """An arm's object; without `errors` those were not measured."""
    bad = {} if errors is None else {"bad": {"errors": errors}}
    return {"requests": requests, **bad, **others}


def as_line(batch: Batch, bounds: Sequence[int | None] = ()) -> Object:
    """A batch as a line says it; its latency counts by these bounds."""
    arms = {"stable": _object(batch.stable, bounds), "canary": _object(batch.canary, bounds)}
    if batch.stable_parts:
        arms["stable"]["parts"] = [
            {"requests": part.requests, "bad": dict(part.bad)} for part in batch.stable_parts
        ]
    return {"t": batch.end.timestamp(), "canary_percent": batch.canary_percent, **arms}


def _object(counts: Arm, bounds: Sequence[int | None]) -> Object:
    segments: Mapping[str, Object] = {
        name: {"bad": {}} for name in sorted({*counts.labels, *counts.segments})
    }
    for name, labels in counts.labels.items():
        segments[name]["labels"] = labels.labels
        segments[name]["bad"]["wrong_labels"] = labels.wrong
    for name, one in counts.segments.items():
        segments[name]["requests"] = one.requests
        segments[name]["bad"]["errors"] = one.errors
    made: Object = {"requests": counts.requests, "bad": dict(counts.bad)}
    if segments:
        made["segments"] = segments
    if counts.latency:
        made["latency_us"] = [list(pair) for pair in zip(bounds, counts.latency, strict=True)]
    return made


def _text(one: Object | str) -> bytes:
    return (one if isinstance(one, str) else json.dumps(one)).encode() + b"\n"


def _never(text: str) -> NoReturn:
    raise ValueError(f"no JSON: {text}")
