"""The oracle is Wald's likelihood ratio, and an e-value under its null."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy.stats import binom

from bench.rules.oracle import Oracle, log_likelihood_ratio, log_share_ratio
from tests.bench.rules.traffic import drawn, first_rollback, look, rolled_back


def test_ratio_is_of_the_binomial_laws() -> None:
    bad = np.arange(51)
    found = log_likelihood_ratio(np.full(51, 50), bad, 0.02, 3.0)
    expected = binom.logpmf(bad, 50, 0.06) - binom.logpmf(bad, 50, 0.02)
    assert found == pytest.approx(expected, abs=1e-9)
    assert float(binom.pmf(bad, 50, 0.02) @ np.exp(found)) == pytest.approx(1.0, abs=1e-12)


def test_share_ratio_is_of_the_two_shares() -> None:
    events, requests = 12, (100, 900)
    canary = np.arange(events + 1)
    found = log_share_ratio(
        (np.array(requests[0]), canary), (np.array(requests[1]), events - canary), 4.0
    )
    fair, worse = 0.1, 400 / 1300
    expected = binom.logpmf(canary, events, worse) - binom.logpmf(canary, events, fair)
    assert found == pytest.approx(expected, abs=1e-9)
    assert float(binom.pmf(canary, events, fair) @ np.exp(found)) == pytest.approx(1.0, abs=1e-12)


def test_nothing_observed_is_no_evidence() -> None:
    none = np.array([0])
    assert log_share_ratio((none, none), (none, none), 2.0).tolist() == [0.0]
    assert log_likelihood_ratio(none, none, 0.01, 2.0).tolist() == [0.0]


@pytest.mark.parametrize("base_rate", [0.01, None])
def test_oracle_asks_at_the_threshold(base_rate: float | None) -> None:
    looks = [look(minute, (60, 3), (1140, 11)) for minute in range(1, 30)]
    a_look = (
        log_likelihood_ratio(np.array(60), np.array(3), 0.01, 5.0)
        if base_rate
        else log_share_ratio((np.array(60), np.array(3)), (np.array(1140), np.array(11)), 5.0)
    )
    expected = int(np.ceil(log(100) / float(a_look)))
    assert first_rollback(Oracle("o", 5.0, base_rate), looks) == expected


def test_oracle_that_knows_the_base_rate_is_fooled_by_an_incident() -> None:
    looks = [look(minute, (60, 3), (1140, 57)) for minute in range(1, 30)]
    assert first_rollback(Oracle("o", 5.0), looks) is not None
    assert first_rollback(Oracle("o", 5.0, None), looks) is None


def test_rate_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="is no rate"):
        Oracle("o", 200.0, 0.01)


@pytest.mark.parametrize("base_rate", [0.01, None])
def test_level_is_kept_over_many_looks(base_rate: float | None) -> None:
    rule = Oracle("o", 2.0, base_rate)
    assert rolled_back(rule, drawn(400, 200), 400).mean() <= 0.025
    assert rolled_back(rule, drawn(100, 200, ratio=2.0), 100).mean() > 0.95
