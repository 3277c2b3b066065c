"""The policy's own rule, and what other products would do in its place. For `cli.simulate`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from math import exp

import numpy as np

from bench.counts import Bools, Look, Side
from bench.engine import segment_names
from bench.rule import Rule, Watch
from bench.rules import error_products
from bench.rules.argo import Argo
from bench.rules.cloudwatch import Alarm, RatioAlarm
from bench.rules.counters import AVERAGE_LATENCY, Counter, band_above, slow_from
from bench.rules.flagger import Check, Flagger
from bench.rules.guardrails import Guardrails, Together
from bench.rules.kayenta import Kayenta
from bench.traffic.latency import Latency
from bench.twin import Twin
from cli.simulating.scenes import latency
from cli.simulating.schedule import Schedule
from cli.simulating.setting import Setting
from steelyard.rollout.policy import Policy

OURS = "Steelyard, this policy"
P99_LIMIT, AVERAGE_LIMIT = 1.25, 1.2  # times the usual
_Z99 = 2.3263478740408408  # of a normal law
_MICROSECOND = timedelta(microseconds=1)


def rules_of(setting: Setting) -> tuple[Rule, ...]:
    """Steelyard under the policy, then the products on the same traffic."""
    return (ours(setting.policy, setting.schedule), *products(setting))


def ours(policy: Policy, schedule: Schedule) -> Rule:
    """The engine with the policy's promise; segments are named as the simulated ones are."""
    names = segment_names(len(policy.segments))
    twin = Twin(replace(policy.promise, segments=names), OURS)
    return _AsRollouts(twin, schedule, OURS)


def products(setting: Setting) -> Iterator[Rule]:
    """The others' rules; they watch latency, too, where the policy does, and never labels."""
    law = latency(setting, None)
    for rule in error_products(float(f"{setting.error_rate:.2g}")):
        yield _with_latency(rule, law) if law else rule


@dataclass(frozen=True, slots=True)
class _AsRollouts:
    """A rule that is shown what a rollout on SageMaker weighs, rather than all that came.

    Nothing of what is discarded after a raise but its labels, and no errors by segment, since
    there are no such metrics.
    """

    rule: Rule
    schedule: Schedule
    name: str

    def begin(self, runs: int) -> _Watch:
        """See `bench.rule.Rule`."""
        return _Watch(self.rule.begin(runs), self.schedule)


class _Watch:
    def __init__(self, watch: Watch, schedule: Schedule) -> None:
        self._watch = watch
        self._schedule = schedule

    def rolls_back(self, look: Look) -> Bools:
        """See `bench.rule.Watch`."""
        weighed = self._schedule.is_weighed(look.seconds - look.length)
        if not weighed and look.canary.labels is None:
            return np.zeros(len(look.canary.requests), np.bool_)
        seen = _shown if weighed else _labels_alone
        return self._watch.rolls_back(
            replace(look, stable=seen(look.stable), canary=seen(look.canary))
        )

    def keep(self, which: Bools) -> None:
        """See `bench.rule.Watch`."""
        self._watch.keep(which)


def _shown(side: Side) -> Side:
    return replace(side, segment_requests=None, segment_errors=None)


def _labels_alone(side: Side) -> Side:
    none = np.zeros_like(side.requests)
    return Side(none, none, labels=side.labels, wrong=side.wrong)


def _with_latency(rule: Rule, law: Latency) -> Rule:
    """The same product with its rule on latency beside that on errors.

    Limits are set above what is usual, since a limit below it would always be exceeded.
    """
    p99 = slow_from(band_above(P99_LIMIT * law.median_us * exp(_Z99 * law.spread) * _MICROSECOND))
    average = AVERAGE_LIMIT * law.median_us * exp(law.spread**2 / 2)
    match rule:
        case Alarm():
            return Together(rule.name, (rule, replace(rule, threshold=0.01, counter=p99)))
        case RatioAlarm():
            return Together(rule.name, (rule, replace(rule, counter=p99)))
        case Guardrails():
            alarm = Alarm(
                name="average latency", threshold=average, seconds=300.0, counter=AVERAGE_LATENCY
            )
            return replace(rule, alarms=(*rule.alarms, alarm))
        case Flagger():
            return replace(rule, metrics=(*rule.metrics, Check(p99, 0.01)))
        case Argo():
            return Together(rule.name, (rule, _measuring(rule, p99)))
        case Kayenta():
            return replace(rule, metrics=(*rule.metrics, AVERAGE_LATENCY))
        case _:
            return rule


def _measuring(rule: Argo, counter: Counter) -> Argo:
    return replace(rule, good=0.01, counter=counter)
