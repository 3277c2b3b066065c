"""Kayenta's judge: how it classifies one metric and scores them all. For bench/rules.

It has Mann-Whitney's interval, an effect size, and a weighted score, as in NetflixACAJudge-v1.0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
from scipy.special import ndtri

from bench.counts import Bools, Ints
from bench.rules.mann_whitney import lower_quantile, shift
from bench.rules.sums import Floats

_NOISE = 1e-5  # of the value, where both samples are constant


class Label(IntEnum):
    """How a metric came out."""

    PASS = 0
    HIGH = 1
    LOW = 2
    NO_DATA = 3
    NO_DATA_FAILS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricConfig:
    """A metric's settings; the defaults are the judge's own.

    Attributes:
        tolerance: part of the estimated shift that the interval must keep away from zero.
        confidence: of the interval; both are fixed in the judge.
        effect_size: least decrease and increase that count, as ratio of means or as the chance
            that a value is the larger one (cles).
        critical_size: the same for failing the whole analysis, where `critical`.
        replace_missing: NaN are zeros instead of nothing, and an empty sample passes.
        must_have_data: an empty sample fails the metric.
    """

    tolerance: float = 0.25
    confidence: float = 0.98
    direction: Literal["either", "increase", "decrease"] = "either"
    measure: Literal["meanRatio", "cles"] = "meanRatio"
    effect_size: tuple[float, float] = (1.0, 1.0)
    critical_size: tuple[float, float] = (1.0, 1.0)
    critical: bool = False
    replace_missing: bool = False
    must_have_data: bool = False


@dataclass(frozen=True, slots=True)
class Classified:
    """Labels, one a row, and whether each fails the whole analysis by itself."""

    labels: Ints
    critical: Bools


def classify(control: Floats, experiment: Floats, config: MetricConfig) -> Classified:
    """Classify one metric: how the experiment's values compare with control's.

    Args:
        control, experiment: samples, (rows, values); NaN where there is none.
        config: the metric's settings.
    """
    if config.replace_missing:
        control, experiment = np.nan_to_num(control), np.nan_to_num(experiment)
    empty = np.isnan(control).all(axis=1) | np.isnan(experiment).all(axis=1)
    labels = np.where(empty, _without_data(config), Label.PASS)
    effect = np.full(len(labels), np.nan)
    if (rows := np.flatnonzero(~empty)).size:
        rows = rows[_differ(control[rows], experiment[rows])]
    if rows.size:
        labels[rows], effect[rows] = _compared(control[rows], experiment[rows], config)
    low, high = config.critical_size
    fails = (labels == Label.HIGH) & ~(effect < high) | (labels == Label.LOW) & ~(effect > low)
    return Classified(labels, config.critical & (fails | (labels == Label.NO_DATA)))


def _without_data(config: MetricConfig) -> Label:
    if config.replace_missing:
        return Label.PASS
    return Label.NO_DATA_FAILS if config.must_have_data and not config.critical else Label.NO_DATA


def _differ(control: Floats, experiment: Floats) -> Bools:
    """Rows whose samples are not the same values, in whatever order, and not one value only."""
    same = np.zeros(len(control), np.bool_)
    if control.shape == experiment.shape:
        one, other = np.sort(control, axis=1), np.sort(experiment, axis=1)
        same = ((one == other) | (np.isnan(one) & np.isnan(other))).all(axis=1)
    everything = np.concatenate([control, experiment], axis=1)
    several: Bools = np.nanmin(everything, axis=1) < np.nanmax(everything, axis=1)
    return several & ~same


def _compared(control: Floats, experiment: Floats, config: MetricConfig) -> tuple[Ints, Floats]:
    constant = (np.nanmin(control, axis=1) == np.nanmax(control, axis=1)) & (
        np.nanmin(experiment, axis=1) == np.nanmax(experiment, axis=1)
    )
    control = np.where(constant[:, None], _noisy(control), control)
    experiment = np.where(constant[:, None], _noisy(experiment), experiment)
    sizes = _cles if config.measure == "cles" else _mean_ratio
    effect = sizes(control, experiment)
    low, high = config.effect_size
    # An effect that can't be computed does not hold the interval up.
    may_be_high = ~(effect < high) & (config.direction != "decrease")
    may_be_low = ~(effect > low) & (config.direction != "increase")
    is_high = _clears_zero(experiment, control, may_be_high, config, sign=1)
    is_low = _clears_zero(experiment, control, may_be_low, config, sign=-1)
    return np.select([is_high, is_low], [Label.HIGH, Label.LOW], Label.PASS), effect


def _clears_zero(x: Floats, y: Floats, rows: Bools, config: MetricConfig, *, sign: int) -> Bools:
    """Of these rows, in which the interval for x's shift keeps far enough above (or below) zero."""
    clears = np.zeros(len(x), np.bool_)
    at = np.flatnonzero(rows)
    end = sign * shift(x[at], y[at], -sign * lower_quantile(config.confidence))
    at, end = at[end > 0], end[end > 0]  # the others need no estimate
    clears[at] = end > config.tolerance * np.abs(shift(x[at], y[at], 0.0))
    return clears


def _noisy(values: Floats) -> Floats:
    """Values without ties: where the judge adds Gaussian noise, evenly spread normal scores."""
    count = values.shape[1]
    scores = ndtri((np.arange(count) + 0.5) / count)
    return np.asarray(values * (1 + _NOISE * scores))


def _mean_ratio(control: Floats, experiment: Floats) -> Floats:
    before, after = np.nanmean(control, axis=1), np.nanmean(experiment, axis=1)
    known = (before != 0) & (after != 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(known, after / before, np.nan)


def _cles(control: Floats, experiment: Floats) -> Floats:
    """The chance that a value of the experiment is larger than one of control."""
    x, y = experiment[:, :, None], control[:, None, :]
    larger = np.count_nonzero(x > y, axis=(1, 2)) + np.count_nonzero(x == y, axis=(1, 2)) / 2
    pairs = (~np.isnan(experiment)).sum(axis=1) * (~np.isnan(control)).sum(axis=1)
    return np.asarray(larger / pairs)


@dataclass(frozen=True, slots=True)
class Metric:
    """A classified metric, as the scorer takes it."""

    label: Label
    groups: tuple[str, ...]
    critical: bool = False


def score(metrics: tuple[Metric, ...], weights: Mapping[str, float]) -> float:
    """The summary score, 0 to 100: each group's share of passes, weighted.

    A critical failure, or no data for half of the metrics, scores 0. A group without data counts
    as passed. Groups that have no weight share what is left of 100.
    """
    without = sum(metric.label == Label.NO_DATA for metric in metrics)
    failed = any(metric.critical and metric.label != Label.PASS for metric in metrics)
    if failed or 2 * without >= len(metrics):
        return 0.0
    known = Counter(group for metric in metrics for group in metric.groups)
    no_data, passed = Counter[str](), Counter[str]()
    for metric in metrics:
        for group in metric.groups:
            no_data[group] += metric.label == Label.NO_DATA
            passed[group] += metric.label == Label.PASS
    unweighted = [group for group in known if group not in weights]
    rest = (100 - sum(weights.values())) / max(len(unweighted), 1)
    total = 0.0
    for group, count in known.items():
        judged = count - no_data[group]
        total += weights.get(group, rest) * (passed[group] / judged if judged else 1.0)
    return round(total, 2)
