"""A verdict as the JSON that `steelyard judge` writes. For `cli.judging` alone.

docs/schema/judge-verdict.schema.json describes it.
"""

from __future__ import annotations

from math import ceil, isfinite
from typing import Any

from cli.judging.judging import Judging
from steelyard.evidence import Carrier, Verdict

_FACTORS = ("1.2", "1.5", "2")


def answer_of(judging: Judging) -> dict[str, Any]:
    """The verdict after the latest line; there is no NaN and no infinity in it."""
    verdict = judging.verdict
    forecast = _forecast(verdict)
    return {
        "t": judging.line.t if judging.line else None,
        "verdict": verdict.kind.value,
        "log_evidence": dict(verdict.log_evidence),
        "log_threshold": verdict.log_threshold,
        "carried_by": _carrier(verdict.carried_by),
        "odds_ratio": {m: [low, _finite(high)] for m, (low, high) in verdict.odds_ratios.items()},
        "forecast_requests": forecast,
        "forecast_minutes": {
            factor: _minutes(requests, judging.traffic.per_minute)
            for factor, requests in forecast.items()
        },
        "requests_to_pass": verdict.requests_to_pass,
        "unproven": list(verdict.unproven),
        "segments": {metric: dict(one) for metric, one in verdict.segments.items()},
        "phi": dict(verdict.phi),
        "doubts": list(verdict.doubts),
        "notes": list(verdict.notes),
        "samples": {
            metric: {"stable": one.stable, "canary": one.canary}
            for metric, one in judging.samples.items()
        },
        "discarded": judging.discarded,
    }


def _forecast(verdict: Verdict) -> dict[str, int | None]:
    """Of errors, or of the first guardrail where errors have none."""
    metric = "errors" if "errors" in verdict.log_evidence else next(iter(verdict.log_evidence))
    found = verdict.requests_to_find.get(metric, {})
    return {factor: found.get(factor) for factor in _FACTORS}


def _minutes(requests: int | None, per_minute: float) -> int | None:
    if requests is None or not per_minute:
        return None
    return ceil(requests / per_minute)


def _carrier(carrier: Carrier | None) -> dict[str, str] | None:
    if carrier is None:
        return None
    segment = {} if carrier.segment is None else {"segment": carrier.segment}
    return {"metric": carrier.metric, **segment}


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None
