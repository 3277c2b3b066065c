"""Claims that scenes share: each is a rule over the story and one rollout. For the demo only.

Each says what it found, whether it holds or not; all is about what the APIs and the ledger say.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from cli.demo.checks import Claim, no_platform_errors
from cli.demo.facts import Labelled, RolloutFacts, rollouts
from cli.demo.story_data import Story

Rule = Callable[[Story, RolloutFacts], Claim]

_CHANCE = 4.0  # standard errors; a pair of equal segments differs by more once in 16,000 times
_LARGE_DROP = 15.0  # percentage points of right answers
_SLOWER = 3.0  # times stable's


def of_one(story: Story, *rules: Rule) -> tuple[Claim, ...]:
    """That there was one rollout, and what the rules say of it."""
    found = rollouts(story)
    outcomes = [(f.rollout.id, f.rollout.outcome) for f in found]
    once = Claim("there was one rollout", len(found) == 1, f"rollouts: {outcomes}")
    return (once, *(rule(story, found[0]) for rule in rules)) if once.holds else (once,)


def rolled_back_from(*phases: str) -> Rule:
    """It was rolled back, out of one of these phases."""

    def rule(_story: Story, facts: RolloutFacts) -> Claim:
        before = [d.phase_before for d in facts.decisions if d.phase == "ROLLING_BACK"]
        return Claim(
            f"it was rolled back out of {' or '.join(phases)}",
            facts.rollout.outcome == "ROLLED_BACK" and bool(before) and before[0] in phases,
            f"{facts.rollout.outcome}; rolled back out of {before[:1] or 'nothing'}",
        )

    return rule


def because_of(*words: str) -> Rule:
    """The reason to roll it back has these words."""

    def rule(_story: Story, facts: RolloutFacts) -> Claim:
        reason = _why_back(facts)
        return Claim(
            f"the decision names {' and '.join(words)}",
            all(word in reason for word in words),
            f"the reason: {reason}",
        )

    return rule


def carried_by(metric: str, segment: str | None = None) -> Rule:
    """The verdict names this metric, and this segment where one is given."""

    def rule(_story: Story, facts: RolloutFacts) -> Claim:
        said = next((d.carried_by for d in facts.decisions if d.phase == "ROLLING_BACK"), None)
        named = dict(said or {})
        holds = named.get("metric") == metric and segment in (None, named.get("segment"))
        where = f" in segment {segment}" if segment else ""
        return Claim(f"the verdict is carried by {metric}{where}", holds, f"carried by {named}")

    return rule


def only_segment_dropped(segment: str) -> Rule:
    """Right answers fell a lot in one segment, and by no more than chance in all others."""

    def rule(_story: Story, facts: RolloutFacts) -> Claim:
        drops = {q.segment: (_drop(q.stable, q.canary), q) for q in facts.quality}
        others = {
            name: drop
            for name, (drop, q) in drops.items()
            if name != segment and drop > _CHANCE * _standard_error(q.stable, q.canary)
        }
        drop = drops[segment][0] if segment in drops else 0.0
        return Claim(
            f"right answers fell by more than {_LARGE_DROP:.0f} points in segment {segment}, and "
            "nowhere else by more than chance explains",
            drop > _LARGE_DROP and not others,
            f"points lost: { {name: round(lost, 1) for name, (lost, _) in drops.items()} }",
        )

    return rule


def slower(_story: Story, facts: RolloutFacts) -> Claim:
    """The canary's tail is far from stable's."""
    stable, canary = facts.stable.p99_ms or 0.0, facts.canary.p99_ms or 0.0
    return Claim(
        f"the canary's p99 latency was more than {_SLOWER:.0f} times stable's",
        canary > _SLOWER * stable > 0,
        f"p99: canary {canary:.1f} ms, stable {stable:.1f} ms",
    )


def never_met_a_user(story: Story, facts: RolloutFacts) -> Claim:
    """No client had an answer, or an error, from the canary, which never had any weight."""
    variant = facts.rollout.canary_variant
    clients = story.clients
    met = clients.answered.get(variant, 0) + sum(clients.model_errors.values())
    return Claim(
        "no user ever saw it: 0 requests, weight 0 throughout",
        met == 0 and facts.first_traffic is None and clients.requests > 0,
        f"{met} requests of {clients.requests}; first traffic: {facts.first_traffic}",
    )


def stable_has_all(story: Story, facts: RolloutFacts) -> Claim:
    """In the end all weight is stable's again."""
    last = story.weights[-1].weights if story.weights else {}
    rest = {v: w for v, w in last.items() if w and v != facts.rollout.stable_variant}
    holds = not rest and last.get(facts.rollout.stable_variant, 0) > 0
    return Claim("stable has all traffic again", holds, f"weights: {dict(last)}")


def began_to_fail_in(phase: str) -> Rule:
    """No request failed before the rollout came to a phase, and some did in it."""

    def rule(story: Story, facts: RolloutFacts) -> Claim:
        reached = next((d.at for d in facts.decisions if d.phase == phase), None)
        minutes = story.metrics.get(facts.rollout.canary_variant, ())
        before = sum(m.errors for m in minutes if reached is None or m.at < reached)
        after = sum(m.errors for m in minutes if reached is not None and m.at >= reached)
        return Claim(
            f"it did not fail before {phase}, and did then",
            before == 0 and after > 0,
            f"{before} failed before {reached}, {after} after",
        )

    return rule


def no_errors(story: Story, _facts: RolloutFacts) -> Claim:
    """No client saw any error."""
    clients = story.clients
    found = {**clients.model_errors, **clients.platform_errors}
    return Claim("no client saw an error", not found, f"errors: {found}")


def stable_served(story: Story, _facts: RolloutFacts) -> Claim:
    """No client saw an error of the platform."""
    return no_platform_errors(story)


def _why_back(facts: RolloutFacts) -> str:
    return next((d.reason for d in facts.decisions if d.phase == "ROLLING_BACK"), "there is none")


def _drop(stable: Labelled, canary: Labelled) -> float:
    """Percentage points of right answers that the canary has less; 0 where one has no labels."""
    before, after = stable.correct_percent, canary.correct_percent
    return 0.0 if before is None or after is None else before - after


def _standard_error(stable: Labelled, canary: Labelled) -> float:
    """Of the difference of both percentages, if both variants are equally good."""
    labels = stable.labels + canary.labels
    if not stable.labels or not canary.labels:
        return 100.0
    share = (stable.wrong + canary.wrong) / labels
    return 100 * sqrt(share * (1 - share) * (1 / stable.labels + 1 / canary.labels))
