"""The Bayes factor is the Beta-binomial's, and an e-value."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from scipy.stats import betabinom, binom

from bench.rules.multinomial import Multinomial, log_bayes_factor
from tests.bench.rules.traffic import drawn, first_rollback, look, rolled_back


@pytest.mark.parametrize(("share", "concentration"), [(0.05, 20.0), (0.5, 3.0), (0.01, 100.0)])
def test_factor_is_the_ratio_of_the_two_laws(share: float, concentration: float) -> None:
    events = 30
    canary = np.arange(events + 1)
    found = log_bayes_factor(canary, events - canary, share, concentration)
    mixed = betabinom.logpmf(canary, events, concentration * share, concentration * (1 - share))
    assert found == pytest.approx(mixed - binom.logpmf(canary, events, share), abs=1e-9)


@pytest.mark.parametrize("share", [0.01, 0.2, 0.5])
def test_factor_has_mean_one_when_nobody_is_worse(share: float) -> None:
    canary = np.arange(41)
    factor = np.exp(log_bayes_factor(canary, 40 - canary, share, 20.0))
    assert float(binom.pmf(canary, 40, share) @ factor) == pytest.approx(1.0, abs=1e-9)


def test_rule_sums_events_and_asks_at_the_threshold() -> None:
    looks = [look(minute, (60, 2), (1140, 1)) for minute in range(1, 20)]
    place = first_rollback(Multinomial("m"), looks)
    assert place is not None
    evidence = [
        log_bayes_factor(np.array(2 * n), np.array(n), 0.05, 20.0) for n in (place - 1, place)
    ]
    assert evidence[0] < log(100) <= evidence[1]


def test_stretches_at_different_shares_are_multiplied() -> None:
    first = [look(minute, (60, 1), (1140, 6)) for minute in range(1, 6)]
    second = [look(minute, (600, 8), (600, 0), percent=50.0) for minute in (6, 7)]
    product = exp(
        log_bayes_factor(np.array(5), np.array(30), 0.05, 20.0)
        + log_bayes_factor(np.array(16), np.array(0), 0.5, 20.0)
    )
    for alpha, expected in ((1.001 / product, 7), (0.999 / product, None)):
        assert first_rollback(Multinomial("m", alpha=alpha), [*first, *second]) == expected


def test_canary_with_too_few_events_is_not_rolled_back() -> None:
    looks = [look(minute, (600, 0), (600, 9), percent=50.0) for minute in range(1, 30)]
    assert first_rollback(Multinomial("m"), looks) is None


def test_incident_that_both_share_is_no_evidence() -> None:
    looks = [look(minute, (1000, 250), (19_000, 4750)) for minute in range(1, 50)]
    assert first_rollback(Multinomial("m"), looks) is None


def test_nothing_is_compared_where_all_requests_are_the_canarys() -> None:
    looks = [look(minute, (600, 90), percent=100.0) for minute in range(1, 9)]
    assert first_rollback(Multinomial("m"), looks) is None


def test_level_is_kept_over_many_looks() -> None:
    assert rolled_back(Multinomial("m"), drawn(400, 200), 400).mean() <= 0.02
    assert rolled_back(Multinomial("m"), drawn(100, 200, ratio=2.0), 100).mean() > 0.9
