"""A demo as it could have gone, minute by minute, for the tests of report and summary."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.demo.story_data import (
    AlarmChange,
    ClientTotals,
    EvidenceAt,
    LabelMinute,
    Minute,
    Rollout,
    Story,
    Version,
    WeightsAt,
)

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LENGTH = 52
THRESHOLD = math.log(100)
SEGMENTS = ("encodings", "networking", "text")
REQUESTS_A_MINUTE = 1_200

Step = tuple[float, str, str, str | None, str | None, str, str]

_BAD: tuple[Step, ...] = (
    (4.1, "approval", "start", "PENDING", "PROVISIONING",
     "version 2 was approved; nothing else is under way", ""),
    (6.4, "endpoint", "advance", "PROVISIONING", "WARMING",
     "the endpoint is InService on the intended configuration with 1 canary instance", ""),
    (8.0, "tick", "advance", "WARMING", "RAMPING",
     "20 golden requests answered; canary to 1 %", ""),
    (11.0, "tick", "advance", "RAMPING", "RAMPING",
     "NOT_WORSE within the odds ratio 3 after 36 requests; canary to 5 %", ""),
    (12.9, "alarm", "roll_back", "RAMPING", "ROLLING_BACK",
     "WORSE: errors carry 9.3 nats of evidence; the canary failed 27 of 101 requests", "bad"),
    (15.0, "tick", "roll_back", "ROLLING_BACK", "ROLLED_BACK",
     "weights confirmed: stable 100, canary 0, held for 2 minutes", ""),
)  # fmt: skip

_GOOD: tuple[Step, ...] = (
    (18.2, "approval", "start", "PENDING", "PROVISIONING",
     "version 3 was approved; nothing else is under way", ""),
    (20.5, "endpoint", "advance", "PROVISIONING", "WARMING",
     "the endpoint is InService on the intended configuration with 1 canary instance", ""),
    (22.0, "tick", "advance", "WARMING", "RAMPING", "20 golden requests answered; canary to 1 %",
     ""),
    (26.0, "tick", "advance", "RAMPING", "RAMPING", "NOT_WORSE; canary to 5 %", ""),
    (29.0, "tick", "advance", "RAMPING", "RAMPING", "NOT_WORSE; canary to 10 %", ""),
    (32.0, "tick", "advance", "RAMPING", "RAMPING", "NOT_WORSE; canary to 25 %", ""),
    (35.0, "tick", "advance", "RAMPING", "RAMPING", "NOT_WORSE; canary to 50 %", ""),
    (38.0, "tick", "advance", "RAMPING", "HOLDBACK",
     "NOT_WORSE at every step; canary to 95 %, 5 % stay with stable", ""),
    (44.0, "tick", "promote", "HOLDBACK", "FINALIZING",
     "NOT_WORSE through holdback; canary to 100 %", ""),
    (45.3, "endpoint", "promote", "FINALIZING", "PROMOTED",
     "weights confirmed: canary 100; the loser stays at weight 0 for 24 h", ""),
)  # fmt: skip

_CANARY_STEPS = {
    "v2": ((8.0, 1), (11.0, 5), (12.9, 0)),
    "v3": ((22.0, 1), (26.0, 5), (29.0, 10), (32.0, 25), (35.0, 50), (38.0, 95), (44.0, 100)),
}


def at(minute: float) -> datetime:
    """So many minutes into the story."""
    return START + timedelta(minutes=minute)


def story() -> Story:
    """A bad update that is rolled back and a good one that is promoted."""
    metrics = _metrics()
    return Story(
        endpoint="completion",
        started=START,
        ended=at(LENGTH),
        factor=12,
        versions=(
            Version(1, "The first version", _quality(0.3103, 0.5404, 123.6)),
            Version(2, "Answer from a cache", _quality(0.3103, 0.5404, 123.6)),
            Version(3, "Train on 210 modules instead of 56", _quality(0.3181, 0.5583, 96.8)),
        ),
        rollouts=(
            Rollout("completion-2-a1", 2, 1, "v2", "v1", "ROLLED_BACK", at(4.1), at(15.0),
                    _entries(_BAD)),
            Rollout("completion-3-b7", 3, 1, "v3", "v1", "PROMOTED", at(18.2), at(45.3),
                    _entries(_GOOD)),
        ),
        weights=_weights(),
        metrics=metrics,
        labels=_labels(metrics),
        evidence=_evidence(),
        alarms=(
            AlarmChange(at(5), "steelyard/completion/v2/errors", "OK"),
            AlarmChange(at(11.4), "steelyard/completion/v2/errors", "ALARM"),
            AlarmChange(at(14.9), "steelyard/completion/v2/errors", "OK"),
            AlarmChange(at(13.1), "steelyard/completion/evidence", "ALARM"),
            AlarmChange(at(16.2), "steelyard/completion/evidence", "OK"),
        ),
        clients=_clients(metrics, _labels(metrics)),
        sizing="Stub text on sizing: a healthy version 3 is rolled back with probability at most "
        "1 % by promise and 0 of 20,000 by simulation; version 2 escapes with less than 1e-6.",
    )  # fmt: skip


def _clients(
    metrics: Mapping[str, tuple[Minute, ...]], labels: Mapping[str, tuple[LabelMinute, ...]]
) -> ClientTotals:
    counted = [minute for minutes in labels.values() for minute in minutes]
    return ClientTotals(
        requests=62_371,
        answered={v: sum(m.requests - m.errors for m in ms) for v, ms in metrics.items()},
        model_errors={v: sum(m.errors for m in ms) for v, ms in metrics.items() if v == "v2"},
        platform_errors={},
        seconds=260.0,
        p50_ms=4.2,
        p99_ms=11.8,
        labels=sum(minute.labels for minute in counted),
        wrong=sum(minute.wrong for minute in counted),
    )


def _quality(top1: float, top5: float, perplexity: float) -> Mapping[str, float]:
    return {"top1_accuracy": top1, "top5_accuracy": top5, "perplexity": perplexity}


def _entries(steps: tuple[Step, ...]) -> tuple[Mapping[str, Any], ...]:
    """The steps as the ledger has them, with a tick that finds nothing to do after some."""
    found: list[Mapping[str, Any]] = []
    for step in steps:
        found.append(_entry(len(found), step))
        minute, _, kind, _, phase, _, _ = step
        if kind == "advance":
            quiet = (minute + 1, "tick", "hold", phase, phase, "bake time not over", "")
            found.append(_entry(len(found), quiet))
    return tuple(found)


def _entry(number: int, step: Step) -> Mapping[str, Any]:
    minute, trigger, kind, before, phase, reason, verdict = step
    said = None
    if verdict:
        said = {
            "kind": "WORSE",
            "log_evidence": {"total": 9.3, "errors": 9.8, "labels": 0.1, "latency": -0.4},
            "log_threshold": THRESHOLD,
            "carried_by": {"metric": "errors", "segment": None},
            "segments": {"labels": dict.fromkeys(SEGMENTS, 0.1)},
        }
    decision = {
        "kind": kind,
        "reason": reason,
        "phase_before": before,
        "phase": phase,
        "verdict": said,
        "page": False,
    }
    return {
        "version": number,
        "at": at(minute).isoformat(),
        "trigger": {"kind": trigger},
        "seen": {},
        "decision": decision,
        "intent": None,
        "state": {},
        "previous": None,
        "hash": "",
    }


def _weights() -> tuple[WeightsAt, ...]:
    changes = [WeightsAt(START, {"v1": 1.0})]
    for variant, began in (("v2", 6.4), ("v3", 20.5)):
        changes.append(WeightsAt(at(began), {"v1": 1.0, variant: 0.0}))
        for minute, percent in _CANARY_STEPS[variant]:
            weights = {"v1": float(100 - percent), variant: float(percent)}
            changes.append(WeightsAt(at(minute), weights))
    return tuple(changes)


def _percent(variant: str, minute: float) -> float:
    known = [percent for began, percent in _CANARY_STEPS[variant] if began <= minute + 0.5]
    return known[-1] if known else 0


def _metrics() -> Mapping[str, tuple[Minute, ...]]:
    chance = random.Random(7)
    series: dict[str, list[Minute]] = {"v1": [], "v2": [], "v3": []}
    for minute in range(LENGTH):
        shares = {variant: _percent(variant, minute) / 100 for variant in ("v2", "v3")}
        shares["v1"] = 1 - sum(shares.values())
        for variant, share in shares.items():
            requests = round(REQUESTS_A_MINUTE * share * chance.uniform(0.95, 1.05))
            failing = 0.254 if variant == "v2" else 0.0
            errors = sum(chance.random() < failing for _ in range(requests))
            p50 = chance.uniform(1_150, 1_350) if requests else None
            p99 = chance.uniform(2_400, 3_300) if requests else None
            series[variant].append(Minute(at(minute), requests, errors, p50, p99))
    return {variant: tuple(minutes) for variant, minutes in series.items()}


def _labels(
    metrics: Mapping[str, tuple[Minute, ...]],
) -> Mapping[str, tuple[LabelMinute, ...]]:
    """A fourth of the good answers in each segment, a minute later; half of them are right."""
    return {
        variant: tuple(
            LabelMinute(minute.at + timedelta(minutes=1), segment, labels, labels // 2)
            for minute in minutes
            for segment in SEGMENTS
            if (labels := (minute.requests - minute.errors) // 4)
        )
        for variant, minutes in metrics.items()
    }


def _evidence() -> tuple[EvidenceAt, ...]:
    bad = [(9, -0.4), (10, 0.6), (11, 0.2), (12, 4.1), (12.9, 9.3), (13.9, 9.3)]
    good = [(minute, -0.3 - 0.02 * (minute - 22)) for minute in range(23, 45)]
    return tuple(
        EvidenceAt(
            at(minute),
            total,
            {"errors": total + 0.5, "labels": 0.1, "latency": -0.4},
            THRESHOLD,
            {"labels": dict.fromkeys(SEGMENTS, 0.1)},
        )
        for minute, total in bad + good
    )
