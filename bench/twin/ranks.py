"""Where the slowest begin, and normal scores: `evidence/ranks.py`, by columns. For bench/twin."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from bench.counts import Ints
from bench.traffic.curves import Floats
from steelyard.evidence.ranks import SLOWEST, TILTS

_TILTS = np.array(TILTS)[:, None]


def from_each_band(counts: Ints) -> Ints:
    """Requests in each band and all slower ones; bands are axis 0."""
    return np.asarray(np.cumsum(counts[::-1], axis=0)[::-1])


def cuts(pooled: Ints) -> Ints:
    """For each of `SLOWEST` the band where it begins, (shares, runs), from (bands, runs)."""
    beyond = from_each_band(pooled)
    total = beyond[0]
    apart = (beyond > 0) & (beyond < total)
    counts = np.where(apart, beyond, 1)
    found = np.empty((len(SLOWEST), len(total)), np.int64)
    for row, share in zip(found, SLOWEST, strict=True):
        meant = share * total
        factor = np.maximum(counts / meant, meant / counts)
        row[:] = np.where(apart, factor, np.inf).argmin(axis=0)
    found[:, ~apart.any(axis=0)] = len(pooled) - 1
    return found


def tilt_gains(canary: Ints, stable: Ints) -> Floats:
    """What each of `TILTS` gains by the canary's normal scores, (bets, runs)."""
    pooled = canary + stable
    told = pooled.any(axis=1)
    canary, pooled = canary[told], pooled[told]
    beyond = from_each_band(pooled)
    total, mine = beyond[0], canary.sum(axis=0)
    tops = normal_top(beyond, total)
    of_band = tops.copy()
    of_band[:-1] -= tops[1:]
    score = (of_band * canary / np.maximum(pooled, 1)).sum(axis=0)
    half_variance = mine * (total - mine) / total / 2
    return np.asarray(_TILTS * score - _TILTS * _TILTS * half_variance)


def normal_top(highest: Ints, total: Ints) -> Floats:
    """At most the expected sum of the `highest` of `total` standard normal values."""
    fewer = np.minimum(highest, total - highest)
    beyond = (fewer + 1) / (total + 1)
    density = np.exp(-(ndtri(beyond) ** 2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(fewer * density / beyond)
