"""Whether the story happened as told. For the demo only.

A claim that does not hold makes `make demo` fail; each is about what the APIs and the ledger say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cli.demo.story_data import Entry, Rollout, Story


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of the story, whether it holds, and what was found."""

    sentence: str
    holds: bool
    found: str


def check(story: Story) -> tuple[Claim, ...]:
    """All claims, in the order in which the story tells them."""
    bad = _of(story, 2)
    good = _of(story, 3)
    claims = [
        Claim(
            "version 2 and version 3 were each rolled out once",
            bool(bad and good),
            f"rollouts: {[(r.id, r.candidate, r.outcome) for r in story.rollouts]}",
        ),
    ]
    if bad is not None:
        claims += [rule(story, bad) for rule in _BAD]
    if good is not None:
        claims += [rule(story, good) for rule in _GOOD]
    return (*claims, *(rule(story) for rule in _CLIENTS))


def _of(story: Story, version: int) -> Rollout | None:
    found = [r for r in story.rollouts if r.candidate == version]
    return found[0] if len(found) == 1 else None


def _phases(rollout: Rollout) -> list[str]:
    phases: list[str] = []
    for entry in rollout.entries:
        phase = entry["decision"]["phase"]
        if not phases or phases[-1] != phase:
            phases.append(phase)
    return phases


def _rolled_back(_story: Story, bad: Rollout) -> Claim:
    reasons = [e["decision"]["reason"] for e in bad.entries if e["decision"]["kind"] == "roll_back"]
    return Claim(
        "the bad update took traffic and was rolled back for its errors",
        bad.outcome == "ROLLED_BACK"
        and "RAMPING" in _phases(bad)
        and any("errors" in reason for reason in reasons[:1]),
        f"{' → '.join(_phases(bad))}; {'; '.join(reasons[:1])}",
    )


def _evidence_noticed(story: Story, bad: Rollout) -> Claim:
    looks = [e for e in story.evidence if bad.started <= e.at <= bad.ended]
    peak = max(looks, key=lambda look: look.total, default=None)
    return Claim(
        "the evidence against the bad update reached its threshold",
        peak is not None and peak.total >= peak.threshold,
        "no look at it" if peak is None else f"{peak.total:.2f} of {peak.threshold:.2f} nats",
    )


def _alarm_noticed(story: Story, bad: Rollout) -> Claim:
    rang = sorted(
        {a.name for a in story.alarms if a.state == "ALARM" and bad.started <= a.at <= bad.ended}
    )
    return Claim("a CloudWatch alarm noticed the bad update", bool(rang), f"in ALARM: {rang}")


def _stayed_small(story: Story, bad: Rollout) -> Claim:
    raised = [e for e in bad.entries if _is_raise(e)]
    during = [w.weights for w in story.weights if bad.started <= w.at <= bad.ended]
    shares = [
        weights.get(bad.canary_variant, 0.0) / (sum(weights.values()) or 1) for weights in during
    ]
    return Claim(
        "the bad update never got beyond its first step",
        len(raised) == 1,
        f"raised {len(raised)} times, to at most {100 * max(shares, default=0):.0f} %",
    )


def _is_raise(entry: Entry) -> bool:
    decision = entry["decision"]
    return decision["kind"] == "advance" and decision["phase"] in ("RAMPING", "HOLDBACK")


def _promoted(_story: Story, good: Rollout) -> Claim:
    wanted = ["PENDING", "PROVISIONING", "WARMING", "RAMPING", "HOLDBACK", "FINALIZING", "PROMOTED"]
    return Claim(
        "the good update went through every phase and was promoted",
        good.outcome == "PROMOTED" and _phases(good) == wanted,
        " → ".join(_phases(good)),
    )


def _loser_stays(story: Story, good: Rollout) -> Claim:
    last = story.weights[-1].weights
    return Claim(
        "the promoted variant has all traffic, and the loser stays at weight 0",
        last.get(good.stable_variant) == 0 and last.get(good.canary_variant, 0) > 0,
        f"weights: {dict(last)}",
    )


def no_platform_errors(story: Story) -> Claim:
    """All that went wrong for a client went wrong in a model."""
    found = dict(story.clients.platform_errors)
    return Claim("stable never stopped serving", not found, f"errors of the platform: {found}")


def _errors_of_canary_alone(story: Story) -> Claim:
    bad = {r.canary_variant for r in story.rollouts if r.outcome == "ROLLED_BACK"}
    failed = {v: sum(m.errors for m in minutes) for v, minutes in story.metrics.items()}
    seen = sum(story.clients.model_errors.values())
    others = {v: n for v, n in failed.items() if n and v not in bad}
    return Claim(
        "no client saw an error that the bad canary did not cause",
        not others and seen == sum(failed.values()),
        f"clients saw {seen}; CloudWatch has {dict(failed)}",
    )


def _labels_of_all(story: Story, good: Rollout) -> Claim:
    segments = {
        variant: {m.segment for m in story.labels.get(variant, ()) if m.labels}
        for variant in (good.stable_variant, good.canary_variant)
    }
    every = set().union(*segments.values())
    return Claim(
        "users' labels came for both versions, in every segment",
        bool(every) and all(found == every for found in segments.values()),
        f"segments: { {variant: sorted(found) for variant, found in segments.items()} }",
    )


def _better_offline(story: Story, good: Rollout) -> Claim:
    top5 = {v.number: v.quality.get("top5_accuracy", 0.0) for v in story.versions}
    new, old = top5.get(good.candidate, 0.0), top5.get(good.stable, 0.0)
    return Claim(
        "the good update is better on modules that it has not seen",
        new > old,
        f"one of five suggestions is right: {new:.1%}, before {old:.1%}",
    )


def all_labels_counted(story: Story) -> Claim:
    """The intake's counters hold what the clients reported, each label once."""
    counted = [minute for minutes in story.labels.values() for minute in minutes]
    labels, wrong = sum(m.labels for m in counted), sum(m.wrong for m in counted)
    clients = story.clients
    return Claim(
        "every label that the clients reported is counted, and each once",
        (labels, wrong) == (clients.labels, clients.wrong) and labels > 0,
        f"reported {clients.labels}, {clients.wrong} wrong; counted {labels}, {wrong} wrong",
    )


_BAD: Iterable[Callable[[Story, Rollout], Claim]] = (
    _rolled_back,
    _evidence_noticed,
    _alarm_noticed,
    _stayed_small,
)
_GOOD: Iterable[Callable[[Story, Rollout], Claim]] = (
    _better_offline,
    _promoted,
    _loser_stays,
    _labels_of_all,
)
_CLIENTS: Iterable[Callable[[Story], Claim]] = (
    no_platform_errors,
    _errors_of_canary_alone,
    all_labels_counted,
)
