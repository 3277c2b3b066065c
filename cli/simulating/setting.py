"""What is assumed of the traffic, from the options. For `cli.simulate`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from pathlib import Path

from cli.problems import Problem
from cli.simulating.schedule import Schedule, schedule_of
from cli.simulating.trace import Day, read_trace
from cli.simulating.wording import Worse
from infra.model_problems import duration
from steelyard.rollout.policy import Policy

_PER_SECOND, _ERROR_RATE = 20.0, 0.01
_MOST = 100_000.0  # requests a second: what comes in a minute is still counted exactly
_MEDIAN = 0.3  # of slow_after: one request in a thousand is slow then, at a spread of 0.4
_LONGEST = timedelta(days=7)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed of the traffic; None: nothing was."""

    traffic: float | None = None
    trace: Path | None = None
    error_rate: float | None = None
    latency_ms: float | None = None
    spread: float = 0.4
    labelled: float = 0.1
    wrong: float = 0.1
    after: str = "0m"
    lasts: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """All that is assumed of the traffic.

    Attributes:
        policy: guardrails, segments and `slow_after` are taken from it.
        schedule: how the canary's share rises.
        day: the trace; None: steady traffic.
        per_second, error_rate: of stable, on average.
        latency_ms, spread: the median, and the standard deviation of ln latency.
        labelled, wrong: share of requests that are labelled, and of labels that are wrong.
        after: seconds until a regression begins.
        seconds: how long is simulated.
    """

    policy: Policy
    schedule: Schedule
    day: Day | None
    per_second: float
    error_rate: float
    latency_ms: float
    spread: float
    labelled: float
    wrong: float
    after: float
    seconds: float

    @property
    def segments(self) -> int:
        """User groups that labels name, all of one size; 1: none are told apart."""
        return max(1, len(self.policy.segments))

    def margin(self, metric: str) -> float:
        """The policy's; 1 where it has no such guardrail."""
        guardrail = self.policy.guardrail(metric)
        return guardrail.margin if guardrail else 1.0

    def usual_rate(self, metric: str) -> float:
        """Of errors, or of wrong labels."""
        return self.error_rate if metric == "errors" else self.wrong

    def rate(self, worse: Worse) -> float:
        """The canary's rate of errors or wrong labels with a regression of them.

        Raises:
            Problem: so many times the usual rate is none, or all.
        """
        usual = self.usual_rate(worse.metric)
        rate = usual * (worse.factor or 1.0)
        if not 0 < rate < 1:
            what = f"--regression {worse.text}: the usual rate of {worse.metric} is {usual:g}"
            raise Problem(what, "accepted: times the factor, more than 0 and less than 1")
        return rate


def setting_of(policy: Policy, given: Options, regressions: Sequence[Worse]) -> Setting:
    """What the options say, with defaults for what they don't.

    Raises:
        Problem: an option, or a line of the trace, that is not as it may be, or a regression that
            this traffic can't have.
    """
    day, per_second, error_rate = _load(given)
    usual = _MEDIAN * policy.slow_after / timedelta(milliseconds=1)
    schedule = schedule_of(policy, per_second)
    after = _seconds("--after", given.after, timedelta(0))
    lasts = schedule.seconds
    if given.lasts is not None:
        lasts = _seconds("--for", given.lasts, _MINUTE)
    setting = Setting(
        policy=policy,
        schedule=schedule,
        day=day,
        per_second=per_second,
        error_rate=error_rate,
        latency_ms=usual
        if given.latency_ms is None
        else _within("--latency-ms", given.latency_ms, 1e6),
        spread=_within("--spread", given.spread, 3.0),
        labelled=_within("--labelled", given.labelled, 1.0),
        wrong=_within("--wrong", given.wrong, 0.99),
        after=after,
        seconds=after + lasts,
    )
    for worse in regressions:
        if worse.metric != "latency":
            setting.rate(worse)
    return setting


def _load(given: Options) -> tuple[Day | None, float, float]:
    """The trace, requests a second, and the error rate."""
    rate = _ERROR_RATE
    if given.error_rate is not None:
        rate = _within("--error-rate", given.error_rate, 0.99)
    if given.trace is None:
        per_second = _PER_SECOND if given.traffic is None else given.traffic
        return None, _within("--traffic", per_second, _MOST), rate
    if given.traffic is not None:
        raise Problem("--traffic and --trace are both given", "accepted: one of them")
    day = read_trace(given.trace)
    if day.error_rate is None:
        return day, day.per_second, rate
    if given.error_rate is not None:
        raise Problem(
            f"--error-rate: {given.trace} has errors of its own", "leave out one of the two"
        )
    return day, day.per_second, day.error_rate


def _within(option: str, value: float, most: float) -> float:
    if not (isfinite(value) and 0 < value <= most):
        raise Problem(f"{option}: got {value:g}", f"accepted: more than 0, up to {most:g}")
    return value


def _seconds(option: str, text: str, least: timedelta) -> float:
    """A duration in seconds, as whole minutes: batches begin with them."""
    found = duration(text)
    if found is None or not least <= found <= _LONGEST or found % _MINUTE:
        accepted = f"whole minutes such as 90m or 1h30m, {least // _MINUTE}m to {_LONGEST.days}d"
        raise Problem(f"{option}: got {text!r}", f"accepted: {accepted}")
    return found.total_seconds()
