"""One stream: a comparison's gains, what overdispersion leaves of them, and what waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import REGRESSIONS, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.pending import Pending
from steelyard.evidence.stream import Segment, Setting, all_compared, compared

TABLE = Table(60, 4, 1140, 20)
SETTING = Setting(margin=1.05, log_threshold=50.0)


def test_comparison_bets_on_regressions_beyond_the_margin() -> None:
    gains = odds_log_ratios(TABLE, 1.05, tuple(1.05 * r for r in REGRESSIONS))
    assert compared(begin_harm(), TABLE, SETTING) == begin_harm().after(gains)


@pytest.mark.parametrize("phi", [1.5, 4.0])
def test_overdispersion_divides_what_a_comparison_says(phi: float) -> None:
    gains = odds_log_ratios(TABLE, 1.05, tuple(1.05 * r for r in REGRESSIONS))
    expected = begin_harm().after(gain / phi for gain in gains)
    assert compared(begin_harm(), TABLE, replace(SETTING, phi=phi)) == expected


def test_comparisons_come_one_after_another() -> None:
    other = Table(20, 0, 380, 9)
    one_by_one = compared(compared(begin_harm(), TABLE, SETTING), other, SETTING)
    assert all_compared(begin_harm(), (TABLE, other), SETTING) == one_by_one
    assert all_compared(begin_harm(), (), SETTING) == begin_harm()


def test_segment_waits_for_enough_requests_and_keeps_shares_apart() -> None:
    waiting = Segment().after(5, ((3, 1), (70, 6)), SETTING)
    assert waiting == Segment(Pending(5, (3, 1), (70, 6)))
    raised = waiting.after(10, ((50, 6), (440, 10)), SETTING)
    tables = (Table(4, 1, 76, 6), Table(56, 6, 450, 10))
    assert raised == Segment(Pending(10), all_compared(begin_harm(), tables, SETTING))
