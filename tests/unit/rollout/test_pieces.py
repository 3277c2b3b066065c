"""Batches shorter than a minute: which of them have this step's traffic alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from steelyard.evidence import Arm, Batch
from steelyard.evidence.counts import Labels
from steelyard.rollout.counting import minutes_of, weighed
from steelyard.rollout.model import Phase
from tests.unit.rollout.scenes import MINUTE, POLICY, START, batch, live_of, rollout_in, seen

SECOND = timedelta(seconds=1)
TEN = 10 * SECOND


def pieces(minute: datetime, every: timedelta = TEN) -> tuple[Batch, ...]:
    """The batches of one minute."""
    return tuple(batch(minute + every * n) for n in range(1, MINUTE // every + 1))


def counted(batches: tuple[Batch, ...], since: timedelta, discard: timedelta) -> list[timedelta]:
    """Ends of the batches that are weighed, after START."""
    policy = replace(POLICY, discard=discard)
    rollout = rollout_in(Phase.RAMPING, policy=policy, weights_since=START + since)
    reading = seen(live_of(rollout), batches=batches)
    return [one.end - START for one in weighed(rollout, reading)]


@pytest.mark.parametrize(
    ("since", "discard", "first"),
    [
        (timedelta(0), timedelta(0), 10),
        (20 * SECOND, timedelta(0), 30),
        (21 * SECOND, timedelta(0), 40),
        (49 * SECOND, timedelta(0), 60),
        (51 * SECOND, timedelta(0), 70),
        (5 * SECOND, MINUTE, 80),
    ],
)
def test_piece_counts_from_the_first_that_began_after_the_weights_and_the_discard(
    since: timedelta, discard: timedelta, first: int
) -> None:
    batches = (*pieces(START), *pieces(START + MINUTE))
    assert counted(batches, since, discard) == [
        seconds * SECOND for seconds in range(first, 121, 10)
    ]


def test_minute_that_is_not_cut_begins_with_itself_also_behind_one_that_is() -> None:
    batches = (batch(START + MINUTE), *pieces(START + MINUTE), batch(START + 3 * MINUTE))
    ends = counted(batches, SECOND, timedelta(0))
    assert ends == [*(MINUTE + n * TEN for n in range(1, 7)), 3 * MINUTE]
    ends = counted(batches, MINUTE + 25 * SECOND, timedelta(0))
    assert ends == [MINUTE + n * TEN for n in (4, 5, 6)] + [3 * MINUTE]
    assert counted(batches, 2 * MINUTE + SECOND, timedelta(0)) == []


def test_labels_of_a_discarded_piece_are_weighed_alone() -> None:
    labels = {"other": Labels(40, 8)}
    *others, last = pieces(START)
    stable, canary = (replace(arm, labels=labels) for arm in (last.stable, last.canary))
    batches = (*others, Batch(last.end, 10, stable, canary))
    rollout = rollout_in(Phase.RAMPING, weights_since=START + 55 * SECOND)
    (alone,) = weighed(rollout, seen(live_of(rollout), batches=batches))
    assert alone.stable == alone.canary == Arm(0, {}, labels=labels)


def test_pieces_are_told_by_the_minutes_that_they_lie_in() -> None:
    assert minutes_of(()) == 0
    assert minutes_of((*pieces(START), batch(START + 2 * MINUTE))) == 2
    assert minutes_of(pieces(START + MINUTE)[-1:]) == 1
