"""Rules side by side: what is counted until a rollback, and that thinning out changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from bench.counts import Look, Side
from bench.rule import Rule
from bench.run import outcomes, seed_of
from bench.traffic import Always, Events, Traffic, since
from bench.traffic.scene import Looks

from .rules_for_tests import After, Never

SEED = seed_of("a scene", 1)


@dataclass(frozen=True)
class Known:
    """Run r has its first error at look r, and 10 (r + 1) canary requests at each."""

    name: str = "known"
    onset: float = 0.0
    count: int = 20

    @property
    def seconds(self) -> float:
        return self.count * 60.0

    def looks(self, rng: np.random.Generator, runs: int) -> Looks:
        del rng
        here = np.arange(runs)
        for look in range(self.count):
            errors = (here <= look).astype(np.int64)
            stable = Side(100 + here, np.zeros_like(here))
            which = yield Look((look + 1) * 60.0, 60.0, 5.0, stable, Side(10 * (here + 1), errors))
            if which is not None:
                here = here[which]


def test_each_run_counts_its_own_requests_until_its_rollback() -> None:
    runs = np.arange(12)
    (found,) = outcomes([After(1)], Known(), 12, SEED)
    assert found.rule == "after"
    assert found.requests.tolist() == (10 * (runs + 1) ** 2).tolist()
    assert found.seconds.tolist() == (60.0 * (runs + 1)).tolist()


# With a rule that never ends the scene draws all runs; without it only those that go on.
@pytest.mark.parametrize("others", [(), (Never(),)])
def test_rules_side_by_side_do_not_disturb_each_other(others: tuple[Rule, ...]) -> None:
    rules: list[Rule] = [After(1), After(3, "later"), *others]
    together = outcomes(rules, Known(), 12, SEED)
    for rule, found in zip(rules, together, strict=True):
        (alone,) = outcomes([rule], Known(), 12, SEED)
        assert found.requests.tolist() == alone.requests.tolist()


def test_requests_are_counted_from_the_onset_on() -> None:
    (found,) = outcomes([After(1)], Known(onset=120.0), 5, SEED)
    assert found.requests.tolist() == [0, 0, 30, 80, 150]
    assert found.seconds.tolist() == [60, 120, 180, 240, 300]


def test_runs_that_no_rule_ends_are_never_rolled_back() -> None:
    after, never = outcomes([After(1), Never()], Known(count=3), 5, SEED)
    assert np.isinf(after.seconds).tolist() == [False, False, False, True, True]
    assert np.isinf(never.requests).all()


def test_drawing_ends_once_all_runs_are_settled() -> None:
    shares: list[float] = []
    outcomes([After(1)], Known(count=1000), 5, SEED, shares.append)
    assert len(shares) == 5
    assert shares == sorted(shares)


def test_thinned_runs_have_the_law_of_those_drawn_in_full() -> None:
    scene = Traffic(name="bad", errors=Always(0.02), seconds=7200.0)
    (thinned,) = outcomes([After(30)], scene, 4000, SEED)
    full, _ = outcomes([After(30), Never()], scene, 4000, SEED)
    errors = np.std(full.requests) * (2 / 4000) ** 0.5
    assert abs(thinned.requests.mean() - full.requests.mean()) < 4 * errors
    assert thinned.requests.mean() == pytest.approx(30 / 0.02 + 30, rel=0.05)


def test_the_same_seed_gives_the_same_outcomes() -> None:
    scene = Traffic(name="seeded", seconds=3600.0)
    first, again = (outcomes([After(5)], scene, 50, seed_of("s", 1))[0] for _ in range(2))
    (other,) = outcomes([After(5)], scene, 50, seed_of("s", 2))
    assert first.requests.tolist() == again.requests.tolist()
    assert first.requests.tolist() != other.requests.tolist()


def test_seeds_differ_by_scene_and_by_block() -> None:
    seeds = [seed_of("a", 1), seed_of("b", 1), seed_of("a", 1, block=1), seed_of("a", 2)]
    assert len({tuple(seed.generate_state(4)) for seed in seeds}) == 4


def test_an_event_stream_has_one_bad_request_a_look_and_the_right_rates() -> None:
    scene = Events(name="events", errors=0.02, odds=3.0, events=200)
    seen = list(scene.looks(np.random.default_rng(1), 500))
    bad = np.array([look.canary.errors + look.stable.errors for look in seen])
    assert (bad == 1).all()
    canary, canary_bad, stable, stable_bad = (
        float(sum(count.sum() for count in counts))
        for counts in zip(
            *(
                (x.canary.requests, x.canary.errors, x.stable.requests, x.stable.errors)
                for x in seen
            ),
            strict=True,
        )
    )
    worse = 3 * 0.02 / (0.98 + 3 * 0.02)
    assert canary / (canary + stable) == pytest.approx(0.05, rel=0.02)
    assert canary_bad / canary == pytest.approx(worse, rel=0.05)
    assert stable_bad / stable == pytest.approx(0.02, rel=0.02)
    assert (canary + stable) / 20 / 500 == pytest.approx(seen[-1].seconds, rel=0.02)


def test_a_late_regression_is_found_after_its_onset() -> None:
    scene = Traffic(name="late", odds=since(3600.0, 100.0), seconds=7200.0, onset=3600.0)
    (found,) = outcomes([After(60)], replace(scene, errors=Always(0.005)), 200, SEED)
    assert (found.seconds > 3600).mean() > 0.9
    assert np.median(found.requests) < 300
