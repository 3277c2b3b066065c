"""Batches that all but reach the threshold: what they may spend, exactly, and what they save."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from steelyard.evidence.likelihood import Table
from steelyard.evidence.mixture import DAY, NOTHING, REGRESSIONS, Harm, begin_harm
from steelyard.evidence.odds import odds_log_ratios
from steelyard.evidence.overshoot import reaches
from steelyard.evidence.stream import Setting, compared

from .exact import any_table, fisher_law, given_bad

MARGINS = st.sampled_from([1.0, 1.05, 1.5])
LOGS = st.floats(-6, 6)
SPENT = Harm((0.0,) * len(REGRESSIONS), NOTHING, DAY)  # after a day all is staked


def gains_of(table: Table, margin: float) -> tuple[float, ...]:
    """What each bet gains."""
    return odds_log_ratios(table, margin, tuple(margin * r for r in REGRESSIONS))


def counts_as_reaching(harm: Harm, table: Table, margin: float, log_threshold: float) -> bool:
    """Whether a batch reaches the threshold, by itself or by what lies beyond it."""
    gains = gains_of(table, margin)
    grown = harm.after(gains).log_evidence >= log_threshold
    return grown or reaches(harm, table, margin, gains, log_threshold)


@st.composite
def harms(draw: st.DrawFn) -> Harm:
    """Streams in any state."""
    wealth = draw(st.lists(LOGS, min_size=len(REGRESSIONS), max_size=len(REGRESSIONS)))
    return Harm(tuple(wealth), draw(LOGS), draw(st.floats(0, DAY)))


@st.composite
def totals(draw: st.DrawFn, canary: int = 40, stable: int = 200, most: int = 60) -> Table:
    """Any requests and bad events of both arms."""
    mine, theirs = draw(st.integers(1, canary)), draw(st.integers(1, stable))
    bad = draw(st.integers(0, min(most, mine + theirs)))
    return draw(st.sampled_from(given_bad(mine, theirs, bad)))


@given(harms(), totals(), MARGINS, st.floats(0.01, 6))
@settings(deadline=None)
def test_mean_of_what_counts_is_never_more_than_the_evidence_before(
    harm: Harm, table: Table, margin: float, further: float
) -> None:
    """Over all tables with the same totals, by Fisher's law; what counts ends at the threshold."""
    threshold = harm.log_evidence + further
    canary, bad, stable, stable_bad = (int(count) for count in table)
    tables = given_bad(canary, stable, bad + stable_bad)
    after = (compared(harm, one, Setting(margin, threshold)).log_evidence for one in tables)
    law = fisher_law(tables, margin)
    mean = sum(m * exp(min(one, threshold)) for m, one in zip(law, after, strict=True))
    assert mean <= exp(harm.log_evidence) * (1 + 1e-9)


@given(harms(), totals(), MARGINS, st.floats(0.01, 6))
@settings(deadline=None)
def test_more_of_the_same_bad_events_on_the_canary_reach_the_threshold_all_the_more(
    harm: Harm, table: Table, margin: float, further: float
) -> None:
    threshold = harm.log_evidence + further
    canary, bad, stable, stable_bad = (int(count) for count in table)
    tables = given_bad(canary, stable, bad + stable_bad)
    reached = [counts_as_reaching(harm, one, margin, threshold) for one in tables]
    assert reached == sorted(reached)


def crossings(
    table: Table, batches: int, step: Callable[[Harm, Table], Harm], odds: float
) -> float:
    """P(ever at ln 10) over some batches of these totals, at true odds, by dynamic programming.

    Evidence of such batches depends on the sum of the canary's bad events alone.
    """
    canary, bad, stable, stable_bad = (int(count) for count in table)
    tables = given_bad(canary, stable, bad + stable_bad)
    law = fisher_law(tables, odds)
    alive, crossed = {0: (1.0, SPENT)}, 0.0
    for _ in range(batches):
        states: dict[int, tuple[float, Harm]] = {}
        for total, (probability, harm) in alive.items():
            for mass, one in zip(law, tables, strict=True):
                if (after := step(harm, one)).log_evidence >= log(10):
                    crossed += probability * mass
                    continue
                here = total + int(one.canary_bad)
                before, _ = states.get(here, (0.0, after))
                states[here] = before + probability * mass, after
        alive = states
    assert crossed + sum(probability for probability, _ in alive.values()) == pytest.approx(1)
    return crossed


def test_most_of_alpha_is_used_where_batches_leap_far_beyond_the_threshold() -> None:
    table, setting = Table(5000, 10, 5000, 10), Setting(1.0, log(10))

    def stepped(harm: Harm, one: Table) -> Harm:
        return compared(harm, one, setting)

    def grown(harm: Harm, one: Table) -> Harm:
        return harm.after(gains_of(one, 1.0))

    used, without = (crossings(table, 12, step, odds=1.0) for step in (stepped, grown))
    assert 0.075 < used <= 0.1
    assert without < 0.03
    found, missed = (crossings(table, 2, step, odds=2.0) for step in (stepped, grown))
    assert found > missed + 0.1


@pytest.mark.parametrize(
    ("table", "margin"),
    [(Table(60, 1, 1140, 11), 1.0), (Table(60, 2, 1140, 34), 1.05), (Table(20, 5, 20, 5), 1.5)],
    ids=["rare", "margin", "frequent"],
)
def test_history_crosses_with_at_most_alpha_and_is_quicker(table: Table, margin: float) -> None:
    setting = Setting(margin, log(10))

    def stepped(harm: Harm, one: Table) -> Harm:
        return compared(harm, one, setting)

    def grown(harm: Harm, one: Table) -> Harm:
        return harm.after(gains_of(one, margin))

    assert crossings(table, 4, stepped, odds=margin) <= 0.1
    worse = 3 * margin
    found, missed = (crossings(table, 4, step, odds=worse) for step in (stepped, grown))
    assert found > missed + 0.01


@given(harms(), totals(canary=120, stable=1200), MARGINS, st.floats(0.01, 6))
@settings(deadline=None)
def test_one_more_bad_event_never_counts_for_its_own_arm(
    harm: Harm, table: Table, margin: float, further: float
) -> None:
    threshold = harm.log_evidence + further
    assume(table.canary_bad < table.canary_requests)
    if counts_as_reaching(harm, table, margin, threshold):
        worse = table._replace(canary_bad=table.canary_bad + 1)
        assert counts_as_reaching(harm, worse, margin, threshold)
    elif table.stable_bad < table.stable_requests:
        worse = table._replace(stable_bad=table.stable_bad + 1)
        assert not counts_as_reaching(harm, worse, margin, threshold)


@pytest.mark.parametrize(
    ("table", "margin", "short"),
    [
        (Table(12, 4, 312, 1), 1.0, 6.88),
        (Table(9, 8, 11, 1), 1.05, 4.9),
        (Table(1140, 63, 1140, 64), 1.0, 0.3),
    ],
    ids=["few", "all of the canary's", "too many for their law"],
)
def test_batch_that_one_more_bad_event_would_undo_never_reaches(
    table: Table, margin: float, short: float
) -> None:
    harm = begin_harm()
    worse = table._replace(canary_bad=table.canary_bad + 1)
    less = table._replace(stable_bad=table.stable_bad - 1)
    reached = [counts_as_reaching(harm, one, margin, short) for one in (table, worse, less)]
    assert reached[0] <= min(reached[1:])


def test_stream_that_reaches_its_threshold_has_it_and_keeps_its_proportions() -> None:
    harm, table, setting = SPENT.lifted(2.0), Table(60, 1, 1140, 9), Setting(1.0, log(10))
    grown, after = harm.after(gains_of(table, 1.0)), compared(harm, table, setting)
    assert grown.log_evidence < log(10) <= after.log_evidence < log(10) + 1e-6
    more = after.log_evidence - grown.log_evidence
    assert after.log_wealth == pytest.approx([wealth + more for wealth in grown.log_wealth])


def test_stream_beyond_its_threshold_counts_as_reaching_whatever_comes() -> None:
    beyond = begin_harm(log_start=9.0)
    for table in (Table(60, 0, 1140, 60), Table(60, 0, 1140, 0), Table(0, 0, 9, 9)):
        assert reaches(beyond, table, 1.0, gains_of(table, 1.0), 8.9)
    silent = Table(60, 0, 1140, 0)
    assert not reaches(begin_harm(), silent, 1.0, gains_of(silent, 1.0), 0.1)


def test_overdispersed_counts_never_spend_what_lies_beyond() -> None:
    harm, table = SPENT.lifted(2.0), Table(60, 1, 1140, 9)
    spread = compared(harm, table, Setting(1.0, log(10), phi=1.01))
    assert spread.log_evidence < log(10)


@given(harms(), any_table(), MARGINS, st.floats(-9, 1e6))
def test_any_counts_and_any_threshold_are_answered(
    harm: Harm, table: Table, margin: float, threshold: float
) -> None:
    after = compared(harm, table, Setting(margin, threshold))
    assert after.log_evidence < float("inf")


@pytest.mark.parametrize(
    ("table", "margin"),
    [
        (Table(10**6, 999_000, 10**6, 991_000), 1.05),
        (Table(7102, 7096, 7604, 3469), 3.0),
        (Table(67, 58, 4767, 4715), 3.0),
        (Table(10**9, 10**9, 10**9, 10**9 - 1), 1.5),
    ],
)
def test_requests_most_of_which_are_bad_are_answered(table: Table, margin: float) -> None:
    harm = begin_harm()
    assert compared(harm, table, Setting(margin, log(1000))).minutes == 1
