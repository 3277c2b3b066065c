"""The rules that other projects and papers offer, with their settings. For bench and cli.

Each module says what the product does, which settings were taken, and what it promises.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bench.rule import Rule
from bench.rules.argo import Argo, Limits
from bench.rules.cloudwatch import Alarm, RatioAlarm
from bench.rules.confidence_sequence import ConfidenceSequence
from bench.rules.counters import (
    AVERAGE_LATENCY,
    ERRORS,
    WRONG_LABELS,
    Counter,
    band_above,
    slow_from,
    wrong_labels_in,
)
from bench.rules.flagger import Check, Flagger
from bench.rules.guardrails import Guardrails, Together
from bench.rules.kayenta import Kayenta
from bench.rules.msprt import MSprt
from bench.rules.multinomial import Multinomial
from bench.rules.oracle import Oracle
from bench.rules.safe_test import SafeTest
from bench.rules.ztest import ZTest

__all__ = [
    "RIVALS",
    "SOURCES",
    "Oracle",
    "error_products",
    "label_rivals",
    "latency_rivals",
    "sequential_tests",
    "system_rivals",
]

SOURCES: Mapping[str, str] = {
    "CloudWatch": "Amazon CloudWatch User Guide: metric alarms, alarms on metric math",
    "SageMaker guardrails": "Amazon SageMaker Developer Guide: deployment guardrails",
    "Flagger": "fluxcd/flagger: how it works, pkg/controller",
    "Argo Rollouts": "argoproj/argo-rollouts: analysis & progressive delivery",
    "Kayenta": "spinnaker/kayenta: NetflixACAJudge-v1.0; Spinnaker's canary best practices",
    "z-test, peeked": "textbook two-proportion test",
    "mSPRT": "Johari, Koomen, Pekelis & Walsh 2022",
    "GrowthBook": "growthbook/growthbook: sequential frequentist engine; Waudby-Smith et al. 2024",
    "Netflix multinomial": "Lindon & Malek, NeurIPS 2022",
    "safe test": "Turner, Ly & Grünwald 2024",
    "oracle": "Wald 1947",
}
"""Where a rule comes from, by what its name begins with."""


def error_products(base_rate: float) -> tuple[Rule, ...]:
    """What products do about errors: as documented, and with limits at twice the base rate."""
    twice = 2 * base_rate
    slow = Alarm(name="CloudWatch 2 of 2 x 10 min", threshold=twice)
    limit = f"more than {100 * twice:g} %"
    return (
        slow,
        Alarm(
            name="CloudWatch 3 of 5 x 1 min", threshold=twice, datapoints=3, periods=5, seconds=60.0
        ),
        RatioAlarm(name="CloudWatch ratio above 1.5, 3 of 3 x 5 min"),
        Guardrails(name="SageMaker guardrails, 1 h", alarms=(slow,)),
        Flagger(name="Flagger, as documented"),
        Flagger(name=f"Flagger, fails at {limit}", metrics=(Check(ERRORS, twice),), checks=None),
        Argo(name="Argo Rollouts, as documented"),
        Argo(name=f"Argo Rollouts, fails at {limit}", good=twice, limits=Limits(failure=3)),
        Kayenta(name="Kayenta, hourly"),
        Kayenta(name="Kayenta, hourly, against all of stable", baseline=False),
    )


def sequential_tests(
    counter: Counter = ERRORS,
    *,
    alpha: float = 0.01,
    base_rate: float = 0.01,
    metrics: int = 1,
) -> tuple[Rule, ...]:
    """The statistical tests on one counter.

    Args:
        counter: what is bad.
        alpha: the false rollbacks that each may have, over the whole stream.
        base_rate: of the bad ones; mSPRT's mixture is twice as wide.
        metrics: how many counters are tested side by side (Bonferroni).
    """
    of = "" if counter is ERRORS else f", {counter.name}"
    return (
        ZTest(f"z-test, peeked{of}", alpha, counter, metrics),
        MSprt(f"mSPRT{of}", 2 * base_rate, alpha, counter, metrics),
        ConfidenceSequence(f"GrowthBook sequential{of}", alpha, counter=counter, metrics=metrics),
        ConfidenceSequence(
            f"GrowthBook sequential, absolute{of}",
            alpha,
            "absolute",
            counter=counter,
            metrics=metrics,
        ),
        Multinomial(f"Netflix multinomial{of}", alpha, counter=counter, metrics=metrics),
        SafeTest(f"safe test{of}", alpha, counter=counter, metrics=metrics),
    )


def latency_rivals(
    limit: timedelta = timedelta(seconds=1),
    average: timedelta = timedelta(milliseconds=390),
    slow: timedelta = timedelta(milliseconds=500),
    *,
    alpha: float = 0.01,
    base_rate: float = 0.05,
) -> tuple[Rule, ...]:
    """What products and tests do about latency.

    Args:
        limit: of the p99, for alarms.
        average: limit of the mean, for alarms.
        slow: what tests count as slow.
        alpha: for each test.
        base_rate: of slow requests; mSPRT's mixture is twice as wide.
    """
    p99 = slow_from(band_above(limit))
    mean = average / timedelta(microseconds=1)
    alarm = Alarm(
        name="average latency, 2 of 2 x 5 min",
        threshold=mean,
        seconds=300.0,
        counter=AVERAGE_LATENCY,
    )
    tests = sequential_tests(slow_from(band_above(slow)), alpha=alpha, base_rate=base_rate)
    return (
        Alarm(
            name="CloudWatch p99, 3 of 5 x 1 min",
            threshold=0.01,
            datapoints=3,
            periods=5,
            seconds=60.0,
            counter=p99,
        ),
        Guardrails(name="SageMaker guardrails, average latency, 1 h", alarms=(alarm,)),
        Flagger(name="Flagger, p99", metrics=(Check(p99, 0.01),)),
        Kayenta(name="Kayenta, average latency", metrics=(AVERAGE_LATENCY,)),
        *tests,
    )


def label_rivals(segments: int, *, alpha: float = 0.01, base_rate: float = 0.1) -> tuple[Rule, ...]:
    """What tests can do about wrong labels: pooled, and each segment at its part of alpha."""
    by_segment = [
        sequential_tests(
            wrong_labels_in(segment), alpha=alpha, base_rate=base_rate, metrics=segments
        )
        for segment in range(segments)
    ]
    pooled = sequential_tests(WRONG_LABELS, alpha=alpha, base_rate=base_rate)
    plain = sequential_tests()
    return (
        *pooled,
        *(
            Together(f"{rule.name}, each of {segments} segments", rules)
            for rule, rules in zip(plain, zip(*by_segment, strict=True), strict=True)
        ),
    )


def system_rivals(
    slow: timedelta = timedelta(milliseconds=500),
    *,
    alpha: float = 0.01,
    base_rates: tuple[float, float, float] = (0.01, 0.1, 0.05),
) -> tuple[Rule, ...]:
    """Each test on errors, pooled wrong labels and slow requests, at a third of alpha each."""
    counters = (ERRORS, WRONG_LABELS, slow_from(band_above(slow)))
    each = [
        sequential_tests(counter, alpha=alpha, base_rate=base_rate, metrics=len(counters))
        for counter, base_rate in zip(counters, base_rates, strict=True)
    ]
    return tuple(
        Together(f"{rule.name}, three metrics", rules)
        for rule, rules in zip(sequential_tests(), zip(*each, strict=True), strict=True)
    )


RIVALS: tuple[Rule, ...] = (*error_products(0.01), *sequential_tests())
"""All of them on errors, at a base rate of 1 % and alpha 1 %."""
