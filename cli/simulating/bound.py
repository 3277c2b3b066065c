"""The least canary requests that any rule with the policy's promise needs. For `cli.simulate`."""

from __future__ import annotations

from math import inf, log

import numpy as np

from bench.bounds import ordered, rates
from cli.simulating.scenes import latency, odds
from cli.simulating.setting import Setting
from cli.simulating.wording import Worse

_NOTHING = 1e-9  # nats: less is rounding, of latency bands to whole microseconds


def bound(setting: Setting, worse: Worse) -> float:
    """Canary requests until ln(1/alpha) of information has come, at the shares of the schedule.

    Margins are the policy's. Where it begins, and what gets worse, is taken for known.
    """
    needed, requests = -log(setting.policy.alpha), 0.0
    stays = setting.schedule.stays
    ends = (*(stay.start for stay in stays[1:]), inf)
    for stay, end in zip(stays, ends, strict=True):
        if end <= setting.after:
            continue
        share = stay.percent / 100
        each = information(setting, worse, share)
        there = (end - max(stay.start, setting.after)) * setting.per_second * share
        if each * there >= needed if end < inf else each > 0:
            return requests + needed / each
        needed, requests = needed - (each * there if end < inf else 0.0), requests + there
    return inf


def information(setting: Setting, worse: Worse, share: float) -> float:
    """Nats in one canary request and the stable ones that come with it.

    Args:
        setting: of the traffic.
        worse: the regression.
        share: the canary's, 0 to 1.
    """
    if worse.metric == "latency":
        return _of_latency(setting, worse, share)
    margin = setting.margin(worse.metric)
    if odds(setting, worse) <= margin:
        return 0.0
    part = 1 / setting.segments if worse.segment else 1.0
    part *= setting.labelled if worse.metric == "labels" else 1.0
    return part * rates(setting.rate(worse), setting.usual_rate(worse.metric), share, margin)


def _of_latency(setting: Setting, worse: Worse, share: float) -> float:
    law = latency(setting, worse)
    if law is None:
        return 0.0
    one, at = np.ones(1), np.array([setting.after])
    rng = np.random.default_rng(0)  # these curves leave nothing to chance
    factor, tail = (curve.over(rng, at, 1)[0] for curve in (law.factor, law.tail))
    canary = law.bands(one, factor, tail, canary=True)[0]
    found = ordered(canary, law.bands(one, one, 0 * one, canary=False)[0], share)
    return found if found > _NOTHING else 0.0
