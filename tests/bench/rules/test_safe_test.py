"""A block's e-value has mean at most 1 whatever the common rate; blocks are multiplied."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import binom

from bench.rules.safe_test import Block, SafeTest, log_e_value
from tests.bench.rules.traffic import drawn, first_rollback, look, rolled_back

CANARY, STABLE = 3, 7


def table() -> Block:
    """Every outcome of a small block."""
    canary_bad, stable_bad = np.divmod(np.arange((CANARY + 1) * (STABLE + 1)), STABLE + 1)
    sizes = np.full_like(canary_bad, CANARY), np.full_like(canary_bad, STABLE)
    return Block(sizes[0], canary_bad, sizes[1], stable_bad)


def mean(canary_rate: float, stable_rate: float, true: tuple[float, float]) -> float:
    block = table()
    values = np.exp(log_e_value(block, np.array(canary_rate), np.array(stable_rate)))
    chance = binom.pmf(block.canary_bad, CANARY, true[0]) * binom.pmf(
        block.stable_bad, STABLE, true[1]
    )
    return float(values @ chance)


@pytest.mark.parametrize("bet", [(0.3, 0.1), (0.02, 0.01), (0.9, 0.5), (0.1, 0.4)])
def test_mean_is_at_most_one_for_every_common_rate(bet: tuple[float, float]) -> None:
    means = [mean(*bet, (rate, rate)) for rate in np.linspace(0, 1, 41)]
    assert max(means) <= 1 + 1e-12
    between = (CANARY * bet[0] + STABLE * bet[1]) / (CANARY + STABLE)
    assert mean(*bet, (between, between)) == pytest.approx(1.0, abs=1e-12)


def test_bet_that_is_true_gains() -> None:
    assert mean(0.6, 0.1, (0.6, 0.1)) > 1.5


def test_rule_multiplies_what_bets_on_the_past_gain() -> None:
    looks = [look(minute, (10, 3), (90, 2)) for minute in range(1, 9)]
    evidence, crossed = 0.0, None
    for place in range(1, 9):
        past = place - 1
        rates = [
            np.array((bad * past + 0.18) / (size * past + 0.36)) for size, bad in ((10, 3), (90, 2))
        ]
        block = Block(*(np.array(each) for each in (10, 3, 90, 2)))
        evidence += float(log_e_value(block, *rates)) if rates[0] > rates[1] else 0.0
        if evidence >= log(100) and crossed is None:
            crossed = place
    assert crossed is not None
    assert first_rollback(SafeTest("s"), looks) == crossed


def test_canary_that_looks_better_costs_no_evidence() -> None:
    good = [look(minute, (100, 0), (1900, 40)) for minute in range(1, 4)]
    bad = [look(minute, (100, 40), (1900, 40)) for minute in (4, 5)]
    assert first_rollback(SafeTest("s"), good) is None
    assert first_rollback(SafeTest("s"), [*good, *bad]) == 5


def test_empty_blocks_change_nothing() -> None:
    looks = [look(minute, (0, 0), (0, 0)) for minute in range(1, 9)]
    assert first_rollback(SafeTest("s"), looks) is None


def test_level_is_kept_over_many_looks() -> None:
    assert rolled_back(SafeTest("s"), drawn(400, 200), 400).mean() <= 0.02
    assert rolled_back(SafeTest("s"), drawn(100, 200, ratio=2.0), 100).mean() > 0.9
