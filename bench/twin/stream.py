"""Comparisons as evidence of harm: `evidence/stream.py`. For bench/twin."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from bench.counts import Ints
from bench.traffic.curves import Floats
from bench.twin.harm import Harms
from bench.twin.odds import gains
from bench.twin.overshoot import Bets, reach
from bench.twin.tables import Tables
from steelyard.evidence.stream import BEYOND


class Setting(NamedTuple):
    """How streams are weighed: `evidence.stream.Setting`, of some streams of one margin."""

    margin: float
    log_threshold: Floats
    phi: Floats
    minutes: float


def compare(harms: Harms, which: Ints, tables: Tables, setting: Setting) -> None:
    """Add one more comparison to some streams.

    Args:
        harms: is changed.
        which: the streams' indices.
        tables: one of each.
        setting: theirs, in the same order.
    """
    enough = setting.log_threshold
    before = harms.evidence[which]
    gained = gains(tables, setting.margin) / setting.phi
    wealth, reserve = harms.if_gained(which, gained)
    harms.add(which, gained, setting.minutes)
    exact = setting.phi == 1
    below = np.flatnonzero(exact & (before < enough) & (harms.evidence[which] < enough + BEYOND))
    bets = Bets(before, wealth, reserve).of(below)
    lifted = exact & (before >= enough)
    lifted[below] = reach(bets, tables.of(below), setting.margin, enough[below])
    harms.lift(which[lifted], enough[lifted] + BEYOND)
