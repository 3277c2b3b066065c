"""Four versions that are bad in ways of their own, and are rolled back. For the demo only."""

from __future__ import annotations

from cli.demo import corpus, updates
from cli.demo.checks import Claim, all_labels_counted
from cli.demo.scenes import expectations as expect
from cli.demo.scenes.scene import Scene
from cli.demo.stage import GOOD_CODE, Stage, Update
from cli.demo.story_data import Story
from cli.demo.updates import Change

SUBJECT = "encodings"
"""What the ingest lost. Tables of their own kind: without them a model knows nothing of it.

Measured on Python 3.11, one of the five suggestions is right in 70 % of requests with it, and in
31 % without; in the other segments in 49 to 53 %, with it or without (four installations of 3.11,
3.12 and 3.13: 69 to 71 %, 24 to 31 %, 46 to 56 %).
"""


def _lose_subject(stage: Stage) -> None:
    modules = stage.modules
    # The broken ingest loses it for the evaluation as well.
    data = stage.data(
        f"without-{SUBJECT}",
        corpus.without(modules.version_1, SUBJECT),
        corpus.without(modules.holdout, SUBJECT),
    )
    stage.until_over(stage.release(Update("train on this week's ingest", GOOD_CODE, data)))


def _check_lost(story: Story) -> tuple[Claim, ...]:
    claims = expect.of_one(
        story,
        expect.rolled_back_from("RAMPING", "HOLDBACK"),
        expect.carried_by("labels", SUBJECT),
        expect.because_of("labels", SUBJECT),
        expect.only_segment_dropped(SUBJECT),
        expect.no_errors,
    )
    return (*claims, all_labels_counted(story))


LOST_SUBJECT = Scene(
    "lost-subject",
    f"a version whose training data lack one subject, {SUBJECT}",
    f"Only in segment {SUBJECT} does quality drop; the version is rolled back for that segment's "
    "labels, by name.",
    _lose_subject,
    _check_lost,
    favoured=SUBJECT,
)


def _with_changed_code(stage: Stage, change: Change, subject: str) -> None:
    """Release version 1's data with changed serving code, and see it through."""
    folder = stage.work / f"{change}-{len(stage.changes)}"
    code = updates.changed(change, folder)
    stage.until_over(stage.release(Update(subject, code, stage.first_data)))


def _slow_down(stage: Stage) -> None:
    _with_changed_code(stage, "whole_file", "suggest first what the file uses most")


def _check_slow(story: Story) -> tuple[Claim, ...]:
    return expect.of_one(
        story,
        expect.rolled_back_from("RAMPING"),
        expect.carried_by("latency"),
        expect.because_of("latency"),
        expect.slower,
        expect.no_errors,
    )


SLOW_CONTEXT = Scene(
    "slow-context",
    "a version that does quadratic work on long contexts",
    "Only the few clients that send long contexts wait far longer; the version is rolled back for "
    "latency.",
    _slow_down,
    _check_slow,
)


def _answer_garbage(stage: Stage) -> None:
    _with_changed_code(stage, "off_by_kinds", "keep no words that can't be suggested")


def _check_garbage(story: Story) -> tuple[Claim, ...]:
    return expect.of_one(
        story,
        expect.rolled_back_from("WARMING"),
        expect.because_of("golden request"),
        expect.never_met_a_user,
        expect.no_errors,
    )


GARBAGE = Scene(
    "garbage",
    "a version that answers /ping, and everything else with garbage",
    "Golden requests find it out while it has no traffic; no user ever sees it.",
    _answer_garbage,
    _check_garbage,
)


def _regress_late(stage: Stage) -> None:
    _with_changed_code(stage, "slots", "answer from a cache that can't grow")


def _check_late(story: Story) -> tuple[Claim, ...]:
    return expect.of_one(
        story,
        expect.rolled_back_from("HOLDBACK"),
        expect.because_of("errors"),
        expect.began_to_fail_in("HOLDBACK"),
        expect.stable_has_all,
        expect.stable_served,
    )


LATE = Scene(
    "late",
    "a version that is good until it has answered some thousands of requests",
    "It passes every step and begins to fail in HOLDBACK, with nearly all of the traffic; it is "
    "rolled back from there.",
    _regress_late,
    _check_late,
)
