"""What people may do: pause a rollout, approve the next, promote by hand. For the demo only."""

from __future__ import annotations

from datetime import timedelta

from cli.demo.checks import Claim
from cli.demo.facts import Decision, RolloutFacts, rollouts
from cli.demo.scenes import expectations as expect
from cli.demo.scenes.scene import Scene
from cli.demo.stage import GOOD_CODE, Stage, Update, is_about, takes_traffic
from cli.demo.story_data import Story
from steelyard.aws.ledger import Entry
from steelyard.rollout.observation import CommandName

_STEP = timedelta(minutes=7)
"""Longer than the first step takes: the canary would have its second one by then."""


def _good(stage: Stage) -> Update:
    return Update("train again on the same text", GOOD_CODE, stage.first_data)


def _until_first_step(stage: Stage, version: int) -> Entry:
    return stage.follow(
        f"version {version}'s first step", lambda entry: takes_traffic(entry, version)
    )


def _pause(stage: Stage) -> None:
    version = stage.release(_good(stage))
    started = _until_first_step(stage, version)
    paused = stage.order(CommandName.PAUSE, started, "I want to look at its answers first")
    stage.follow("the time of a step", lambda entry: entry.at >= paused.at + _STEP)
    resumed = stage.order(CommandName.RESUME, paused, "its answers are fine")
    raised = stage.follow(
        f"version {version}'s next step",
        lambda entry: entry.version > resumed.version and _is_raise(entry, version),
    )
    stage.order(CommandName.ABORT, raised, "the scene is over")
    stage.until_over(version)


def _is_raise(entry: Entry, version: int) -> bool:
    decision = entry.decision
    return is_about(entry, version) and (decision["kind"], decision["phase"]) == (
        "advance", "RAMPING",
    )  # fmt: skip


def _check_pause(story: Story) -> tuple[Claim, ...]:
    return expect.of_one(story, _stood_still, _went_on, expect.no_errors)


def _stood_still(story: Story, facts: RolloutFacts) -> Claim:
    paused, resumed = (_first(facts, kind) for kind in ("pause", "resume"))
    if paused is None or resumed is None:
        return Claim("it was paused and resumed", False, _in_short(facts))  # noqa: FBT003
    moved = [w.at for w in story.weights if paused.at < w.at <= resumed.at]
    return Claim(
        "while a person had it paused, for longer than a step, no weight moved",
        not moved and resumed.at - paused.at >= _STEP,
        f"paused {paused.at:%H:%M:%S} to {resumed.at:%H:%M:%S}; weights moved at {moved}",
    )


def _went_on(_story: Story, facts: RolloutFacts) -> Claim:
    kinds = [(d.kind, d.phase) for d in facts.decisions]
    at = kinds.index(("resume", "RAMPING")) if ("resume", "RAMPING") in kinds else len(kinds)
    return Claim(
        "resumed, it took its next step by itself",
        ("advance", "RAMPING") in kinds[at:],
        _in_short(facts),
    )


PAUSE = Scene(
    "pause",
    "a person pauses a rollout, and resumes it later",
    "Paused, it stays at its step, however good the evidence; resumed, it goes on to the next.",
    _pause,
    _check_pause,
)


def _newcomer(stage: Stage) -> None:
    first = stage.release(_good(stage))
    started = _until_first_step(stage, first)
    second = stage.release(Update("train on five times as much text", GOOD_CODE, stage.more_data))
    stage.follow(f"version {second} waiting", _is_waiting)
    stage.order(CommandName.ABORT, started, f"version {second} is better")
    stage.until_over(first)
    started = _until_first_step(stage, second)
    stage.order(CommandName.ABORT, started, "the scene is over")
    stage.until_over(second)


def _is_waiting(entry: Entry) -> bool:
    return entry.state["waiting"] is not None


def _check_newcomer(story: Story) -> tuple[Claim, ...]:
    found = rollouts(story)
    first, second = found if len(found) == 2 else (None, None)
    if first is None or second is None:
        return (Claim("there were two rollouts", False, f"rollouts: {len(found)}"),)  # noqa: FBT003
    approved = second.rollout.entries[0]
    return (
        Claim(
            "the newcomer waited until the rollout before it was over, and came next",
            first.rollout.ended <= second.rollout.started,
            f"the first ended {first.rollout.ended:%H:%M:%S}, "
            f"the second began {second.rollout.started:%H:%M:%S}: {approved['decision']['reason']}",
        ),
        Claim(
            "the newcomer took its first step",
            ("advance", "RAMPING") in [(d.kind, d.phase) for d in second.decisions],
            _in_short(second),
        ),
        expect.no_errors(story, second),
    )


NEWCOMER = Scene(
    "newcomer",
    "a version is approved while another is being rolled out",
    "It waits until that rollout is over, and is rolled out next.",
    _newcomer,
    _check_newcomer,
)


def _by_hand(stage: Stage) -> None:
    version = stage.release(_good(stage))
    started = _until_first_step(stage, version)
    stage.order(CommandName.PROMOTE, started, "the demo for the board is in ten minutes")
    stage.until_over(version)


def _check_by_hand(story: Story) -> tuple[Claim, ...]:
    return expect.of_one(story, _promoted_by_hand, _has_all, expect.no_errors)


def _promoted_by_hand(_story: Story, facts: RolloutFacts) -> Claim:
    order = next((d for d in facts.decisions if d.phase == "FINALIZING"), None)
    reason = "" if order is None else order.reason
    return Claim(
        "it was promoted by hand, recorded with name, reason and INCONCLUSIVE evidence",
        facts.rollout.outcome == "PROMOTED"
        and order is not None
        and order.trigger == "command"
        and "for the board" in reason
        and "by hand, the evidence is INCONCLUSIVE" in reason,
        f"{facts.rollout.outcome}: {reason}",
    )


def _has_all(story: Story, facts: RolloutFacts) -> Claim:
    last = story.weights[-1].weights
    rest = {v: w for v, w in last.items() if w and v != facts.rollout.canary_variant}
    return Claim("it has all traffic", not rest, f"weights: {dict(last)}")


BY_HAND = Scene(
    "by-hand",
    "an operator promotes a version before the evidence is conclusive",
    "It gets all traffic at once, and the ledger says who did it, why, and against what evidence.",
    _by_hand,
    _check_by_hand,
)


def _first(facts: RolloutFacts, kind: str) -> Decision | None:
    return next((decision for decision in facts.decisions if decision.kind == kind), None)


def _in_short(facts: RolloutFacts) -> str:
    return " → ".join(f"{d.kind} {d.phase}" for d in facts.decisions)
