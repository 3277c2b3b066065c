"""What all rules have in common: names, and runs that are settled leave the others alone."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from bench.counts import Look, Side
from bench.rule import Rule
from bench.rules import (
    RIVALS,
    SOURCES,
    Oracle,
    label_rivals,
    latency_rivals,
    sequential_tests,
    system_rivals,
)
from bench.rules.argo import Argo, Limits
from bench.rules.kayenta import Kayenta
from tests.bench.rules.traffic import BANDS, drawn, of_runs

RUNS, MINUTES = 60, 70
# Kayenta's baseline is drawn anew, so it is compared without one here, and by hand below.
RULES = (
    *(rule for rule in RIVALS if not (isinstance(rule, Kayenta) and rule.baseline)),
    Argo(name="inconclusive", good=0.01, bad=0.03, limits=Limits(failure=2, inconclusive=3)),
    Oracle("oracle", 2.0),
    Oracle("oracle, share", 2.0, None),
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_runs_that_go_on_are_judged_as_if_all_did(rule: Rule) -> None:
    looks = list(drawn(RUNS, MINUTES, ratio=1.6))
    whole, kept = rule.begin(RUNS), rule.begin(RUNS)
    which = np.ones(RUNS, np.bool_)
    for minute, batch in enumerate(looks):
        expected = whole.rolls_back(batch)
        assert expected.shape == (RUNS,)
        assert expected.dtype == np.bool_
        assert (kept.rolls_back(of_runs(batch, which)) == expected[which]).all()
        if minute % 9 == 4:
            go_on = np.random.default_rng(minute).random(int(which.sum())) < 0.9
            kept.keep(go_on)
            which[np.flatnonzero(which)[~go_on]] = False
    assert 0 < which.sum() < RUNS


def test_kayenta_keeps_the_runs_that_go_on_apart() -> None:
    # Every second run is bad; the baseline is as large as stable, so that it is all of it.
    watch = Kayenta(name="k").begin(6)
    which = np.ones(6, np.bool_)
    for minute in range(1, 61):
        requests = np.full(6, 100)
        canary, stable = np.array([1, 30] * 3), np.full(6, 1 + minute % 2)
        batch = Look(60.0 * minute, 60.0, 50.0, Side(requests, stable), Side(requests, canary))
        asked = watch.rolls_back(of_runs(batch, which))
        if minute == 30:
            watch.keep(np.array([True, True, True, False, True, True]))
            which[3] = False
    assert asked.tolist() == [False, True, False, False, True]


def test_names_are_unique_and_say_where_a_rule_comes_from() -> None:
    names = [rule.name for rule in (*RIVALS, *latency_rivals(), *label_rivals(8))]
    assert len(set(names)) == len(names)
    for name in (rule.name for rule in RIVALS):
        assert any(name.startswith(source) for source in SOURCES), name


def full_looks(runs: int, minutes: int) -> list[Look]:
    """Healthy traffic with everything counted."""
    rng = np.random.default_rng(2)

    def side(requests: int) -> Side:
        count = np.full(runs, requests)
        bands = rng.multinomial(count, np.full(BANDS, 1 / BANDS))
        labels = np.full((runs, 8), requests // 10)
        return Side(
            count,
            rng.binomial(count, 0.01),
            labels=labels,
            wrong=rng.binomial(labels, 0.1),
            latency=bands,
        )

    return [
        Look(60.0 * minute, 60.0, 10.0, side(900), side(100)) for minute in range(1, minutes + 1)
    ]


@pytest.mark.parametrize(
    "rule",
    [*latency_rivals(slow=timedelta(milliseconds=300)), *label_rivals(8), *system_rivals()],
    ids=lambda rule: rule.name,
)
def test_rules_on_other_counters_run_on_full_traffic(rule: Rule) -> None:
    watch = rule.begin(5)
    for batch in full_looks(5, 65):
        assert watch.rolls_back(batch).shape == (5,)
    watch.keep(np.array([True, False, True, False, True]))
    assert watch.rolls_back(full_looks(3, 1)[0]).shape == (3,)


def test_tests_on_a_counter_see_what_it_counts() -> None:
    for rule, system in zip(sequential_tests(), system_rivals(), strict=True):
        assert system.name == f"{rule.name}, three metrics"
