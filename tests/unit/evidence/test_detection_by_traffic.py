"""How fast a canary is found that is wrong in one segment, or slower: shifts and tails."""

from __future__ import annotations

from statistics import median

import pytest

from steelyard.evidence import Carrier, Guardrail, Promise, VerdictKind

from .simulation import odds_of, show
from .traffic import EIGHT, LabelScene, LatencyScene, found

WORSE = VerdictKind.WORSE
ALL = Promise(
    0.01,
    0.05,
    (
        Guardrail("errors", 0.4),
        Guardrail("labels", 0.3, absolute_margin=None),
        Guardrail("latency", 0.3, margin=1.1, absolute_margin=0.02),
    ),
    (3.0, 2.0, 1.5),
    EIGHT,
)


def one_segment(percent: int, before: float, after: float) -> LabelScene:
    """One of eight segments gets worse; 200 labels a minute."""
    odds = {"segment-c": odds_of(after, before)}
    return LabelScene(200, lambda _: percent, lambda _: before, odds)


def slower(percent: int, factor: float, share: float = 1.0, spread: float = 0.4) -> LatencyScene:
    """400 requests a minute; the canary takes longer in a share of its own."""
    return LatencyScene(400, lambda _: percent, factor, share, spread, margin=1.1)


def requests_to_rollback(scene: LabelScene | LatencyScene, runs: int) -> float:
    """Median canary requests (or labels, of all segments) until WORSE."""
    return median(found(scene, ALL, seed, WORSE)[0] for seed in range(runs))


@pytest.mark.parametrize(("percent", "limit"), [(10, 135), (50, 230)])
def test_drop_in_one_of_eight_segments_is_found_and_named(percent: int, limit: int) -> None:
    runs = [found(one_segment(percent, 0.45, 0.7), ALL, seed, WORSE) for seed in range(30)]
    labels, carriers = zip(*runs, strict=True)
    assert median(labels) / 8 < limit
    assert sum(carrier == Carrier("labels", "segment-c") for carrier in carriers) >= 29


@pytest.mark.parametrize(
    ("scene", "limit"),
    [(slower(5, 1.25), 200), (slower(5, 4, share=0.05), 250), (slower(50, 1.25), 460)],
    ids=["shift", "tail", "shift at half"],
)
def test_slower_canary_is_found(scene: LatencyScene, limit: float) -> None:
    assert requests_to_rollback(scene, runs=30) < limit


@pytest.mark.long
def test_table_of_labels_to_rollback() -> None:
    show("\nwrong: before  after  share of canary  labels of the segment")
    for before, after in ((0.45, 0.7), (0.4, 0.7), (0.55, 0.85), (0.05, 0.15)):
        for percent in (5, 10, 25, 50):
            labels = requests_to_rollback(one_segment(percent, before, after), runs=60) / 8
            show(f"{before:14.0%} {after:6.0%} {percent:16} {labels:22.0f}")
            assert labels < 450


# By spread and how much slower (fourfold in one of twenty): at 5 %, and at 50 %, where one batch is
# 200 requests.
LATENCY_LIMITS = {
    (0.2, 1.25): (80, 250),
    (0.2, 2.0): (25, 245),
    (0.2, 4.0): (150, 520),
    (0.4, 1.25): (200, 500),
    (0.4, 2.0): (25, 245),
    (0.4, 4.0): (265, 980),
    (0.8, 1.25): (675, 1700),
    (0.8, 2.0): (52, 245),
    (0.8, 4.0): (3500, 7800),
}


@pytest.mark.long
def test_table_of_requests_to_rollback_by_latency() -> None:
    show("\nspread  slower          at 5 %   at 50 %")
    for spread in (0.2, 0.4, 0.8):
        for factor, share in ((1.25, 1.0), (2.0, 1.0), (4.0, 0.05)):
            figures = [
                requests_to_rollback(slower(percent, factor, share, spread), runs=60)
                for percent in (5, 50)
            ]
            show(f"{spread:6}  {factor} x in {share:5.0%}  {figures[0]:9.0f} {figures[1]:9.0f}")
            limits = LATENCY_LIMITS[spread, factor]
            assert all(figure < limit for figure, limit in zip(figures, limits, strict=True))
