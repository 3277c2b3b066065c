"""Labels from the book to the verdict: quality counts, by segment, in the minute of arrival."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from steelyard.aws.labels import LabelBook
from steelyard.evidence import OTHER, Guardrail
from steelyard.labels.reports import Report
from steelyard.rollout.model import Phase
from tests.functional.operator import CANARY, Operator, with_sight
from tests.functional.settings import POLICY
from tests.functional.world import World

IDS = count()
BY_LABELS = replace(
    POLICY,
    guardrails=(Guardrail("errors", 0.5), Guardrail("labels", 0.5, absolute_margin=None)),
    segments=("de", "fr"),
    metric_lag=timedelta(seconds=30),
)
Wrong = Mapping[tuple[str, str], float]


@pytest.fixture
def careful(operator: Operator) -> Operator:
    """Whoever wakes a service that weighs labels."""
    operator.reconciler = with_sight(operator.reconciler, policy=BY_LABELS)
    return operator


def reports(
    world: World, variant: str, segment: str, number: int, wrong: float
) -> Iterator[Report]:
    """Labels of one segment, of which a share is wrong."""
    for at in range(number):
        bad = at < round(number * wrong)
        yield Report(f"id{next(IDS)}", world.now - timedelta(minutes=1), variant, segment, bad)


def label(world: World, book: LabelBook, wrong: Wrong) -> None:
    """One minute's labels: twenty of each segment for stable, ten for a canary that has traffic."""
    found: list[Report] = []
    for variant, number in (("v1", 20), (CANARY, 10)):
        if world.endpoint.fleet.weights.get(variant):
            for segment in ("de", "fr", OTHER):
                share = wrong.get((variant, segment), 0.3)
                found += reports(world, variant, segment, number, share)
    book.add("completion", found, world.now)


def until_over(operator: Operator, world: World, book: LabelBook, wrong: Wrong) -> Phase:
    """Minutes with labels until the rollout is over; how it ended."""
    for _ in range(90):
        label(world, book, wrong)
        operator.minute()
        rollout = operator.state.rollout
        if rollout is not None and rollout.phase.is_over:
            return rollout.phase
    raise AssertionError(operator.reasons())


def test_drop_in_one_segment_rolls_back_and_is_named(
    careful: Operator, world: World, label_book: LabelBook
) -> None:
    careful.minute()
    world.approve(2)
    assert until_over(careful, world, label_book, {(CANARY, "fr"): 1.0}) is Phase.ROLLED_BACK
    (decision,) = [e.decision for e in careful.entries if e.decision["kind"] == "roll_back"][:1]
    assert "the canary is worse in labels of segment fr" in decision["reason"]
    assert decision["verdict"]["carried_by"] == {"metric": "labels", "segment": "fr"}


@pytest.mark.long
def test_equal_quality_is_promoted(careful: Operator, world: World, label_book: LabelBook) -> None:
    careful.minute()
    world.approve(2)
    assert until_over(careful, world, label_book, {}) is Phase.PROMOTED


def test_without_labels_nothing_advances_and_people_are_told_at_the_deadline(
    careful: Operator, world: World
) -> None:
    careful.minute()
    world.approve(2)
    careful.until(Phase.PAUSED)
    assert "the step still lacks samples of labels at this step" in careful.reasons()[-2]
    assert world.share(CANARY) == POLICY.steps[0]


def test_labels_that_can_not_be_read_hold_and_are_weighed_later_each_once(
    careful: Operator, world: World, label_book: LabelBook
) -> None:
    careful.minute()
    world.approve(2)
    careful.ramping()
    healthy = careful.reconciler
    book = LabelBook("no-such-table", label_book._dynamodb)
    careful.reconciler = with_sight(healthy, labels=book)
    for _ in range(4):
        label(world, label_book, {})
        careful.minute()
    unread = careful.rollout
    assert unread.samples["errors"].canary > 0
    assert (unread.samples["labels"].canary, unread.step) == (0, 0)
    careful.reconciler = healthy
    for _ in range(3):
        careful.minute()
    arrived = {
        (batch["end"], segment): counts["labels"]
        for entry in careful.entries
        for batch in entry.seen["batches"]
        for segment, counts in batch["canary"]["labels"].items()
    }
    read = [
        batch["end"]
        for entry in careful.entries
        for batch in entry.seen["batches"]
        if batch["canary"]["labels"]
    ]
    assert len(read) == len(set(read)) == 4
    assert sum(arrived.values()) == 4 * 3 * 10
    assert careful.rollout.evidence.guards["labels"].seen.canary_requests == 4 * 3 * 10


def test_harm_in_errors_rolls_back_while_labels_can_not_be_read(
    careful: Operator, world: World, label_book: LabelBook
) -> None:
    careful.minute()
    world.approve(2)
    careful.ramping()
    book = LabelBook("no-such-table", label_book._dynamodb)
    careful.reconciler = with_sight(careful.reconciler, labels=book)
    careful.until(Phase.ROLLING_BACK, bad={CANARY: 0.2})
    assert any("the canary is worse in errors" in reason for reason in careful.reasons())
