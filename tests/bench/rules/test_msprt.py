"""The mixture ratio is the integral that it stands for."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from bench.rules.msprt import MSprt, log_mixture_ratio
from tests.bench.rules.traffic import drawn, first_rollback, look, rolled_back


@pytest.mark.parametrize(("difference", "variance"), [(0.0, 1e-4), (0.02, 4e-5), (-0.01, 9e-6)])
@pytest.mark.parametrize("tau", [0.005, 0.02])
def test_ratio_is_the_mean_likelihood_under_the_mixture(
    difference: float, variance: float, tau: float
) -> None:
    spread = variance**0.5

    def likelihood(effect: float) -> float:
        return float(norm.pdf(difference, effect, spread) * norm.pdf(effect, 0, tau))

    around = [difference, 0.0, -6 * tau, 6 * tau]
    mixed, _ = quad(likelihood, -12 * tau, 12 * tau, points=around, limit=400)
    found = log_mixture_ratio(np.array([difference]), np.array([variance]), tau)
    assert exp(found[0]) == pytest.approx(mixed / norm.pdf(difference, 0, spread), rel=1e-6)


def test_pairs_give_the_papers_form() -> None:
    n, tau, p, q = 400, 0.02, 0.03, 0.05
    v = p * (1 - p) + q * (1 - q)
    papers = (v / (v + n * tau**2)) ** 0.5 * exp(
        n**2 * tau**2 * (q - p) ** 2 / (2 * v * (v + n * tau**2))
    )
    found = log_mixture_ratio(np.array([q - p]), np.array([v / n]), tau)
    assert exp(found[0]) == pytest.approx(papers, rel=1e-12)


def test_early_looks_and_better_canaries_are_not_rolled_back() -> None:
    assert first_rollback(MSprt("m", 0.3), [look(1, (29, 20), (2000, 20))]) is None
    assert first_rollback(MSprt("m", 0.3), [look(1, (30, 20), (2000, 20))]) == 1
    assert first_rollback(MSprt("m"), [look(1, (2000, 20), (2000, 400))]) is None


def test_no_events_at_all_are_no_evidence() -> None:
    assert first_rollback(MSprt("m"), [look(1, (2000, 0), (2000, 0))]) is None


def test_level_is_about_kept_over_many_looks() -> None:
    assert rolled_back(MSprt("m"), drawn(400, 200), 400).mean() <= 0.03
    assert rolled_back(MSprt("m"), drawn(100, 200, ratio=2.0), 100).mean() > 0.9
