"""Which rules are tried on which traffic. For bench and cli."""

from __future__ import annotations

from collections.abc import Sequence

from bench.engine import segment_names
from bench.rule import Rule
from bench.rules import (
    RIVALS,
    Oracle,
    label_rivals,
    latency_rivals,
    sequential_tests,
    system_rivals,
)
from bench.traffic.nulls import SEGMENTS
from bench.traffic.regressions import MARGIN, Regression
from bench.twin import Twin
from steelyard.evidence import Guardrail, Promise

_ALPHA, _BETA = 0.01, 0.05
_STEP_ODDS = (3.0,)
_WEIGHTS = {"errors": 0.4, "labels": 0.3, "latency": 0.3}


def _twin(name: str, metrics: Sequence[str], margin: float) -> Twin:
    """Steelyard on some of the metrics; the margin of latency is in a scene's bands."""
    whole = sum(_WEIGHTS[metric] for metric in metrics)
    guardrails = tuple(
        Guardrail(metric, _WEIGHTS[metric] / whole, margin=margin) for metric in metrics
    )
    segments = segment_names(SEGMENTS) if len(metrics) > 1 else ()
    return Twin(Promise(_ALPHA, _BETA, guardrails, _STEP_ODDS, segments), name)


_ON_ERRORS = (
    _twin("Steelyard, errors alone", ("errors",), 1.0),
    _twin("Steelyard, errors alone, margins on", ("errors",), MARGIN),
)
_WHOLE = _twin("Steelyard", tuple(_WEIGHTS), 1.0)
_WHOLE_WITH_MARGINS = _twin("Steelyard, margins on", tuple(_WEIGHTS), MARGIN)

OURS: tuple[Rule, ...] = (*_ON_ERRORS, _WHOLE, _WHOLE_WITH_MARGINS)
"""The engine's twin: on errors alone, and on the whole system."""


def rules_for_nulls() -> tuple[Rule, ...]:
    """All rules but the oracles, which are told of a regression that is not there."""
    return (*RIVALS, *system_rivals(), *latency_rivals(), *label_rivals(SEGMENTS), *OURS)


def rules_for(regression: Regression) -> tuple[Rule, ...]:
    """Those that look at what a regression changes."""
    factor = regression.size
    oracles = (
        Oracle("oracle", factor, base_rate=None),
        Oracle("oracle that knows the base rate", factor),
    )
    match regression.group:
        case "events":
            return (*sequential_tests(), *_ON_ERRORS, *oracles)
        case "stream":
            return (*RIVALS, *_ON_ERRORS, *oracles)
        case "system":
            return (*_by_metric(regression.metric), *system_rivals(), _WHOLE)
        case _:
            return (_WHOLE_WITH_MARGINS,)


def _by_metric(metric: str) -> tuple[Rule, ...]:
    """The others' rules on one metric."""
    others = {
        "errors": RIVALS,
        "latency": latency_rivals(),
        "labels": label_rivals(SEGMENTS),
    }
    return others[metric]
